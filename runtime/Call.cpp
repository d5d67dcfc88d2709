//===- Call.cpp - Calls of a model's functions ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Everything that a caller can get wrong is found here, before any code of the model
// runs: the body itself checks nothing but what depends on the data.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"
#include <stdio.h>

using namespace symc::rt;

namespace {
/// Writes a check's message with the values in their places.
void formatCheck(char *out, size_t size, const char *message, const symc_check &check) {
  char *end = out + size - 1;
  while (*message && out < end) {
    const int64_t *value = nullptr;
    size_t skip = 0;
    if (strncmp(message, "{value}", 7) == 0)
      value = &check.value, skip = 7;
    else if (strncmp(message, "{bound}", 7) == 0)
      value = &check.bound, skip = 7;
    if (!value) {
      *out++ = *message++;
      continue;
    }
    int written = snprintf(out, end - out + 1, "%lld", static_cast<long long>(*value));
    out = written < end - out ? out + written : end;
    message += skip;
  }
  *out = 0;
}

} // namespace

symc_status symc::rt::failCheck(symc_instance *instance, const symc_program *program, const symc_check &check) {
  char text[errorSize];
  formatCheck(text, sizeof(text), check.code > 0 ? program->checks[check.code - 1] : "a check of the model failed",
              check);
  return fail(instance, SYMC_CHECK_FAILED, "%s", text);
}

namespace {
const char *nameOf(const symc_function &f, int32_t index) {
  if (index < 0)
    return "the instance's parameters";
  return index < f.input_count ? f.inputs[index].name : f.outputs[index - f.input_count].name;
}

symc_rt_span spanOf(const void *data, int64_t bytes, int32_t index) {
  auto begin = reinterpret_cast<uintptr_t>(data);
  uintptr_t end;
  if (__builtin_add_overflow(begin, static_cast<uintptr_t>(bytes), &end))
    end = UINTPTR_MAX;
  return {begin, end, index};
}

/// No two buffers of a call may overlap, and no result lies in the parameters.
symc_status checkOverlaps(symc_instance *instance, const symc_function &f, const Plan &plan) {
  symc_rt_span *spans = instance->spans;
  int32_t count = 0;
  auto add = [&](symc_rt_span span) {
    if (span.begin == span.end)
      return;
    // Callers tend to pass buffers in the order of their addresses: insertion is fast then, and few are many.
    int32_t at = count++;
    for (; at > 0 && spans[at - 1].begin > span.begin; --at)
      spans[at] = spans[at - 1];
    spans[at] = span;
  };
  for (int32_t i = 0; i < f.input_count; ++i)
    add(spanOf(instance->inputs[i], plan.inputBytes[i], i));
  for (int32_t i = 0; i < f.output_count; ++i)
    if (instance->outputs[i])
      add(spanOf(instance->outputs[i], plan.outputBytes[i], f.input_count + i));
  add(spanOf(instance->parameters->data, static_cast<int64_t>(instance->parameters->bytes), -1));

  bool writes = f.flags & SYMC_FUNCTION_UPDATES_STATE;
  for (int32_t i = 1; i < count; ++i) {
    const symc_rt_span &a = spans[i - 1], &b = spans[i];
    if (a.end <= b.begin)
      continue;
    // Parameters may be looked at, also through an argument, as long as nothing changes them meanwhile.
    bool onlyReads = !writes && (a.index < 0 || b.index < 0) && a.index < f.input_count && b.index < f.input_count;
    if (!onlyReads)
      return fail(instance, SYMC_INVALID_ARGUMENT, "%s%s%s and %s%s%s of %s overlap in memory", a.index < 0 ? "" : "'",
                  nameOf(f, a.index), a.index < 0 ? "" : "'", b.index < 0 ? "" : "'", nameOf(f, b.index),
                  b.index < 0 ? "" : "'", f.name);
    // What lies inside the longer of the two may still meet the next one.
    if (a.end > b.end)
      spans[i] = {b.begin, a.end, a.index};
  }
  return SYMC_OK;
}

/// Whether a result is METRIC/totals.
bool isTotals(const symc_argument &output) {
  static const char ending[] = SYMC_TOTALS_ENDING;
  size_t size = strlen(output.name), own = sizeof(ending) - 1;
  return size > own && memcmp(output.name + size - own, ending, own) == 0;
}

/// A step without examples has no loss and no gradient.
symc_status checkExamples(symc_instance *instance, const symc_function &f, const Plan &plan) {
  if (!(f.flags & SYMC_FUNCTION_TRAINING_MODE))
    return SYMC_OK;
  for (int32_t i = 0; i < f.input_count; ++i) {
    const symc_argument &input = f.inputs[i];
    if (plan.inputBytes[i] > 0)
      continue;
    int64_t shape[32];
    for (int32_t axis = 0; axis < input.rank; ++axis)
      shape[axis] = input.dims[axis] >= 0 ? plan.dims[input.dims[axis]] : input.shape[axis];
    return fail(instance, SYMC_INVALID_ARGUMENT, "%s has no examples: its argument '%s', %s, has shape %s", f.name,
                input.name, input.type, ShownShape(shape, input.rank).text);
  }
  return SYMC_OK;
}

/// Runs with instance->dims, inputs and outputs set. Dropped results are NULL.
symc_status run(symc_instance *instance, int32_t function, Plan &plan) {
  const symc_program *program = instance->program;
  const symc_function &f = program->model.functions[function];
  if (symc_status status = checkExamples(instance, f, plan))
    return status;
  if (symc_status status = checkOverlaps(instance, f, plan))
    return status;

  // See beyondArena.
  alignas(alignment) static const char nothing[alignment] = {};
  for (int32_t i = 0; i < f.input_count; ++i)
    if (plan.inputBytes[i] == 0)
      instance->inputs[i] = const_cast<char *>(nothing);

  // Results that nobody wants, and those of a call that may yet fail, go behind the plan's buffers.
  bool held = f.flags & SYMC_FUNCTION_LATE_CHECKS;
  int64_t wanted = plan.arenaBytes;
  for (int32_t i = 0; i < f.output_count; ++i)
    if ((held || !instance->outputs[i]) && wanted <= maxBytes)
      wanted += alignUp(plan.outputBytes[i]);
  if (symc_status status = growArena(instance, wanted))
    return status;
  char *next = instance->arena + plan.arenaBytes;
  for (int32_t i = 0; i < f.output_count; ++i) {
    instance->results[i] = instance->outputs[i];
    if (instance->outputs[i] && !held)
      continue;
    instance->outputs[i] = plan.outputBytes[i] ? next : static_cast<void *>(instance);
    next += alignUp(plan.outputBytes[i]);
  }

  symc_frame frame = {instance->dims,
                      instance->inputs,
                      instance->outputs,
                      instance->slots,
                      instance->arena ? instance->arena : const_cast<char *>(nothing),
                      plan.offsets,
                      instance->pool,
                      instance->seed,
                      instance->step,
                      {},
                      instance->print,
                      instance->user,
                      instance->trace,
                      instance->traceUser};
  FloatState ieee;
  if (instance->variant->bodies[function](&frame) != 0 || frame.check.code != 0)
    return failCheck(instance, program, frame.check);
  for (int32_t i = 0; i < f.output_count && held; ++i)
    if (instance->results[i] && plan.outputBytes[i] > 0)
      memcpy(instance->results[i], instance->outputs[i], static_cast<size_t>(plan.outputBytes[i]));
  if (f.flags & SYMC_FUNCTION_UPDATES_STATE)
    ++instance->step;
  return SYMC_OK;
}

const char *shapeProblem(const DLTensor &tensor) {
  if (tensor.ndim > 0 && !tensor.shape)
    return "has no shape";
  if (tensor.device.device_type != 1)
    return "is not in CPU memory";
  // An axis of length 1, or a tensor without elements, has no stride to speak of.
  for (int32_t i = 0; i < tensor.ndim; ++i)
    if (tensor.shape[i] == 0)
      return nullptr;
  int64_t stride = 1;
  for (int32_t i = tensor.ndim - 1; tensor.strides && i >= 0; --i) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != stride)
      return "is not dense and row-major";
    if (__builtin_mul_overflow(stride, tensor.shape[i], &stride))
      return "is too large";
  }
  return nullptr;
}

symc_status checkTensor(symc_instance *instance, const symc_function &f, const symc_argument &argument,
                        const char *role, const DLTensor &tensor) {
  if (tensor.dtype.code != argument.dtype.code || tensor.dtype.bits != argument.dtype.bits || tensor.dtype.lanes != 1)
    return fail(instance, SYMC_INVALID_ARGUMENT, "%s '%s' of %s is %s; it must be %s", role, argument.name, f.name,
                tensor.dtype.lanes == 1 ? typeName(tensor.dtype) : "of vectors", argument.type);
  if (tensor.ndim != argument.rank)
    return fail(instance, SYMC_INVALID_ARGUMENT, "%s '%s' of %s has %d dimensions; it must be %s", role, argument.name,
                f.name, tensor.ndim, argument.type);
  if (const char *problem = shapeProblem(tensor))
    return fail(instance, SYMC_INVALID_ARGUMENT, "%s '%s' of %s %s; it must be %s", role, argument.name, f.name,
                problem, argument.type);
  return SYMC_OK;
}

symc_status wrongShape(symc_instance *instance, const symc_function &f, const symc_argument &argument, const char *role,
                       const DLTensor &tensor) {
  return fail(instance, SYMC_INVALID_ARGUMENT, "%s '%s' of %s has shape %s; it must be %s", role, argument.name, f.name,
              ShownShape(tensor.shape, tensor.ndim).text, argument.type);
}

void *dataOf(const DLTensor &tensor) {
  return tensor.data ? static_cast<char *>(tensor.data) + tensor.byte_offset : nullptr;
}
} // namespace

void symc_rt_print(const symc_frame *frame, const char *label, void *data, int32_t code, int32_t bits, int32_t rank,
                   const int64_t *shape) {
  if (!frame->print)
    return;
  DLTensor value = {
      data,    {1, 0}, rank, {static_cast<uint8_t>(code), static_cast<uint8_t>(bits), 1}, const_cast<int64_t *>(shape),
      nullptr, 0};
  frame->print(frame->user, label, &value);
}

symc_status symc_rt_call_typed(symc_instance *instance, const symc_model *model, int32_t function, const int64_t *dims,
                               const void *const *inputs, void *const *outputs) {
  if (!instance)
    return fail(nullptr, SYMC_INVALID_ARGUMENT, "%s of %s: the instance is NULL", model->functions[function].name,
                model->name);
  if (&instance->program->model != model)
    return fail(instance, SYMC_INVALID_ARGUMENT, "the instance is of model %s, the function of %s",
                instance->program->model.name, model->name);
  const symc_function &f = model->functions[function];
  resetDims(instance);
  for (int32_t i = 0; i < f.dim_count; ++i) {
    if (symc_status status = checkDim(instance, model, f.dims[i], dims[i]))
      return status;
    instance->dims[f.dims[i]] = dims[i];
  }
  Plan *plan;
  if (symc_status status = findPlan(instance, function, &plan))
    return status;
  for (int32_t i = 0; i < f.input_count; ++i) {
    if (!inputs[i] && plan->inputBytes[i] > 0)
      return fail(instance, SYMC_INVALID_ARGUMENT, "argument '%s' of %s is NULL", f.inputs[i].name, f.name);
    // A tensor without elements may be NULL; code that looks at its address gets one.
    instance->inputs[i] = inputs[i] ? const_cast<void *>(inputs[i]) : instance;
  }
  // Of the typed train_step metrics are no results, and of no function what a metric over a data set is made of.
  int32_t typed = f.flags & SYMC_FUNCTION_UPDATES_STATE ? 1 : f.output_count;
  while (typed > 0 && isTotals(f.outputs[typed - 1]))
    --typed;
  for (int32_t i = 0; i < f.output_count; ++i) {
    if (!outputs[i] && i < typed && plan->outputBytes[i] > 0)
      return fail(instance, SYMC_INVALID_ARGUMENT, "result '%s' of %s is NULL", f.outputs[i].name, f.name);
    instance->outputs[i] = outputs[i];
  }
  return run(instance, function, *plan);
}

symc_status symc_rt_call(symc_instance *instance, int32_t function, const DLTensor *inputs, const DLTensor *outputs) {
  if (!instance)
    return fail(nullptr, SYMC_INVALID_ARGUMENT, "call: the instance is NULL");
  const symc_model &model = instance->program->model;
  if (function < 0 || function >= model.function_count)
    return fail(instance, SYMC_INVALID_ARGUMENT, "there is no function %d; %s has %d", function, model.name,
                model.function_count);
  const symc_function &f = model.functions[function];
  if ((!inputs && f.input_count) || (!outputs && f.output_count))
    return fail(instance, SYMC_INVALID_ARGUMENT, "the %s of %s are NULL", inputs ? "results" : "arguments", f.name);

  resetDims(instance);
  const int32_t unseen = -1;
  int32_t *namedBy = reinterpret_cast<int32_t *>(instance->spans); // free until the search for overlaps
  for (int32_t i = 0; i < model.dim_count; ++i)
    namedBy[i] = unseen;
  for (int32_t i = 0; i < f.input_count; ++i) {
    const symc_argument &argument = f.inputs[i];
    if (symc_status status = checkTensor(instance, f, argument, "argument", inputs[i]))
      return status;
    for (int32_t axis = 0; axis < argument.rank; ++axis) {
      int64_t size = inputs[i].shape[axis];
      int32_t dim = argument.dims[axis];
      if (dim < 0) {
        if (size != argument.shape[axis])
          return wrongShape(instance, f, argument, "argument", inputs[i]);
        continue;
      }
      if (namedBy[dim] == unseen) {
        if (symc_status status = checkDim(instance, &model, dim, size))
          return status;
        instance->dims[dim] = size;
        namedBy[dim] = i;
      } else if (instance->dims[dim] != size) {
        return fail(instance, SYMC_INVALID_ARGUMENT,
                    "dimension '%s' of %s is %lld in argument '%s' and %lld in argument '%s'", model.dims[dim].name,
                    f.name, static_cast<long long>(instance->dims[dim]), f.inputs[namedBy[dim]].name,
                    static_cast<long long>(size), argument.name);
      }
    }
  }
  Plan *plan;
  if (symc_status status = findPlan(instance, function, &plan))
    return status;
  for (int32_t i = 0; i < f.input_count; ++i) {
    if (!inputs[i].data && plan->inputBytes[i] > 0)
      return fail(instance, SYMC_INVALID_ARGUMENT, "argument '%s' of %s is NULL", f.inputs[i].name, f.name);
    instance->inputs[i] = inputs[i].data ? dataOf(inputs[i]) : instance;
  }
  const int64_t *shape = plan->shapes;
  for (int32_t i = 0; i < f.output_count; ++i) {
    const symc_argument &argument = f.outputs[i];
    instance->outputs[i] = dataOf(outputs[i]);
    if (outputs[i].data) {
      if (symc_status status = checkTensor(instance, f, argument, "result", outputs[i]))
        return status;
      if (argument.rank && memcmp(outputs[i].shape, shape, argument.rank * sizeof(int64_t)) != 0)
        return fail(instance, SYMC_INVALID_ARGUMENT, "result '%s' of %s has shape %s; it must be %s, here %s",
                    argument.name, f.name, ShownShape(outputs[i].shape, outputs[i].ndim).text, argument.type,
                    ShownShape(shape, argument.rank).text);
    }
    shape += argument.rank;
  }
  return run(instance, function, *plan);
}
