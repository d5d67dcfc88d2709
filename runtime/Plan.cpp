//===- Plan.cpp - Plans of functions at given dimensions -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"

using namespace symc::rt;

int64_t symc::rt::elementBytes(DLDataType type) { return type.bits / 8; }

symc_status symc::rt::checkDim(symc_instance *instance, const symc_model *model, int32_t dim, int64_t value) {
  const symc_dim &bounds = model->dims[dim];
  auto shown = static_cast<long long>(value);
  if (value < bounds.min)
    return fail(instance, SYMC_INVALID_ARGUMENT, "dimension '%s' is %lld; its minimum is %lld", bounds.name, shown,
                static_cast<long long>(bounds.min));
  if (value > bounds.max)
    return fail(instance, SYMC_INVALID_ARGUMENT, "dimension '%s' is %lld; its maximum is %lld", bounds.name, shown,
                static_cast<long long>(bounds.max));
  if (bounds.multiple_of > 1 && value % bounds.multiple_of != 0)
    return fail(instance, SYMC_INVALID_ARGUMENT, "dimension '%s' is %lld; it must be a multiple of %lld", bounds.name,
                shown, static_cast<long long>(bounds.multiple_of));
  return SYMC_OK;
}

void symc::rt::resetDims(symc_instance *instance) {
  const symc_model &model = instance->program->model;
  for (int32_t i = 0; i < model.dim_count; ++i)
    instance->dims[i] = model.dims[i].min;
}

void symc::rt::carvePlan(Carver &carver, const symc_program *program, const symc_variant *variant, int32_t function,
                         Plan &plan) {
  const symc_function &f = program->model.functions[function];
  int32_t buffers = variant->entries[function].buffer_count;
  size_t ranks = 0;
  for (int32_t i = 0; i < f.output_count; ++i)
    ranks += f.outputs[i].rank;
  plan.dims = carver.take<int64_t>(program->model.dim_count);
  plan.bytes = carver.take<int64_t>(buffers);
  plan.offsets = carver.take<int64_t>(buffers);
  plan.shapes = carver.take<int64_t>(ranks);
  plan.outputBytes = carver.take<int64_t>(f.output_count);
  plan.inputBytes = carver.take<int64_t>(f.input_count);
}

namespace {
/// The bytes of a dense tensor; -1: a negative size, or more than any memory.
int64_t bytesOf(DLDataType type, int32_t rank, const int64_t *shape) {
  int64_t bytes = elementBytes(type);
  bool empty = false;
  for (int32_t i = 0; i < rank; ++i) {
    if (shape[i] < 0)
      return -1;
    empty |= shape[i] == 0;
  }
  for (int32_t i = 0; i < rank && !empty; ++i)
    if (__builtin_mul_overflow(bytes, shape[i], &bytes) || bytes > maxBytes)
      return -1;
  return empty ? 0 : bytes;
}
} // namespace

symc_status symc::rt::makePlan(symc_instance *instance, const symc_program *program, const symc_variant *variant,
                               int32_t function, void *scratch, Plan &plan) {
  const symc_model &model = program->model;
  const symc_function &f = model.functions[function];
  const symc_entry &entry = variant->entries[function];
  int64_t shape[32];
  for (int32_t i = 0; i < f.input_count; ++i) {
    const symc_argument &input = f.inputs[i];
    for (int32_t axis = 0; axis < input.rank; ++axis)
      shape[axis] = input.dims[axis] >= 0 ? plan.dims[input.dims[axis]] : input.shape[axis];
    plan.inputBytes[i] = bytesOf(input.dtype, input.rank, shape);
    if (plan.inputBytes[i] < 0)
      return fail(instance, SYMC_INVALID_ARGUMENT, "argument '%s' of %s cannot have shape %s: it is too large",
                  input.name, f.name, ShownShape(shape, input.rank).text);
  }
  symc_check check = {};
  if (entry.sizes(plan.dims, plan.bytes, plan.shapes, &check) != 0)
    return failCheck(instance, program, check);
  const int64_t *next = plan.shapes;
  for (int32_t i = 0; i < f.output_count; ++i) {
    const symc_argument &output = f.outputs[i];
    plan.outputBytes[i] = bytesOf(output.dtype, output.rank, next);
    if (plan.outputBytes[i] < 0)
      return fail(instance, SYMC_INVALID_ARGUMENT, "result '%s' of %s, %s, would have the impossible shape %s",
                  output.name, f.name, output.type, ShownShape(next, output.rank).text);
    next += output.rank;
  }
  if (!planArena(entry.buffers, entry.buffer_count, scratch, plan.bytes, plan.offsets, &plan.arenaBytes,
                 &plan.liveBytes))
    return fail(instance, SYMC_OUT_OF_MEMORY, "%s needs more memory at these dimensions than can be addressed", f.name);
  return SYMC_OK;
}

symc_status symc::rt::growArena(symc_instance *instance, int64_t bytes) {
  if (bytes < 0 || bytes > maxBytes)
    return fail(instance, SYMC_OUT_OF_MEMORY, "more memory is needed than can be addressed");
  if (static_cast<size_t>(bytes) <= instance->arenaBytes)
    return SYMC_OK;
  // The old one stays when there is no new one. It holds nothing between calls: its pages need not be there twice.
  const Allocator &allocator = instance->allocator;
  allocator.forget(instance->arena, instance->arenaBytes);
  auto *arena = static_cast<char *>(allocator.allocate(bytes + beyondArena));
  if (!arena)
    return fail(instance, SYMC_OUT_OF_MEMORY, "no memory for an arena of %lld bytes", static_cast<long long>(bytes));
  allocator.release(instance->arena, instance->arenaBytes + beyondArena);
  instance->arena = arena;
  instance->arenaBytes = bytes;
  return SYMC_OK;
}

symc_status symc::rt::findPlan(symc_instance *instance, int32_t function, Plan **out) {
  const symc_program *program = instance->program;
  size_t dimBytes = program->model.dim_count * sizeof(int64_t);
  Plan *plans = instance->plans + function * plansPerFunction;
  for (int i = 0; i < plansPerFunction; ++i) {
    if (!plans[i].used || memcmp(plans[i].dims, instance->dims, dimBytes) != 0)
      continue;
    plans[i].used = ++instance->clock;
    *out = plans + i;
    return SYMC_OK;
  }

  // The largest plan stays: see below.
  int largest = 0, oldest = -1;
  for (int i = 1; i < plansPerFunction; ++i)
    if (plans[i].arenaBytes > plans[largest].arenaBytes)
      largest = i;
  for (int i = 0; i < plansPerFunction; ++i)
    if ((i != largest || !plans[i].used) && (oldest < 0 || plans[i].used < plans[oldest].used))
      oldest = i;
  Plan &plan = plans[oldest];
  plan.used = 0;
  plan.arenaBytes = 0;
  memcpy(plan.dims, instance->dims, dimBytes);
  if (symc_status status = makePlan(instance, program, instance->variant, function, instance->planScratch, plan))
    return status;

  // Smaller buffers can, rarely, get a larger arena. Then the offsets of the largest plan serve: a call allocates only
  // when a dimension grows.
  int32_t buffers = instance->variant->entries[function].buffer_count;
  const Plan &other = plans[largest];
  if (static_cast<size_t>(plan.arenaBytes) > instance->arenaBytes && other.used && other.arenaBytes < plan.arenaBytes) {
    bool fits = true;
    for (int32_t i = 0; i < buffers && fits; ++i)
      fits = plan.bytes[i] <= other.bytes[i];
    if (fits) {
      memcpy(plan.offsets, other.offsets, buffers * sizeof(int64_t));
      plan.arenaBytes = other.arenaBytes;
    }
  }
  plan.used = ++instance->clock;
  *out = &plan;
  return SYMC_OK;
}

symc_status symc::rt::reserveAll(symc_instance *instance, const int64_t *dims) {
  const symc_model &model = instance->program->model;
  int64_t wanted = 0;
  for (int32_t f = 0; f < model.function_count; ++f) {
    const symc_function &function = model.functions[f];
    resetDims(instance);
    for (int32_t i = 0; i < function.dim_count; ++i)
      instance->dims[function.dims[i]] = dims[function.dims[i]];
    Plan *plan;
    if (symc_status status = findPlan(instance, f, &plan))
      return status;
    // Behind the plan there are metrics of train_step that nobody asks for, and results that are held back.
    int64_t bytes = plan->arenaBytes;
    for (int32_t i = 0; i < function.output_count; ++i)
      if ((function.outputs[i].rank == 0 || (function.flags & SYMC_FUNCTION_LATE_CHECKS)) && bytes <= maxBytes)
        bytes += alignUp(plan->outputBytes[i]);
    wanted = bytes > wanted ? bytes : wanted;
  }
  return growArena(instance, wanted);
}

symc_status symc_rt_reserve(symc_instance *instance, const int64_t *dims) {
  if (!instance)
    return fail(nullptr, SYMC_INVALID_ARGUMENT, "the instance is NULL");
  const symc_model &model = instance->program->model;
  if (!dims && model.dim_count)
    return fail(instance, SYMC_INVALID_ARGUMENT, "the dimensions of reserve are NULL");
  for (int32_t i = 0; i < model.dim_count; ++i)
    if (symc_status status = checkDim(instance, &model, i, dims[i]))
      return status;
  if (symc_status status = reserveAll(instance, dims))
    return status;
  poolStart(instance->pool);
  return SYMC_OK;
}

symc_status symc_rt_plan(const symc_model *model, int32_t function, const int64_t *dims, int64_t *arenaBytes,
                         int64_t *liveBytes) {
  if (!model || function < 0 || function >= model->function_count || (!dims && model->dim_count))
    return fail(nullptr, SYMC_INVALID_ARGUMENT, "plan: no such model or function, or no dimensions");
  for (int32_t i = 0; i < model->dim_count; ++i)
    if (symc_status status = checkDim(nullptr, model, i, dims[i]))
      return status;
  const symc_program *program = programOf(model);
  const symc_variant *variant = likelyVariant(program);
  Plan plan = {};
  Carver carver;
  carvePlan(carver, program, variant, function, plan);
  carver.take<char>(planScratch(variant->entries[function].buffer_count));
  Allocator allocator;
  Scratch<char> block(allocator);
  if (!block.resize(carver.used))
    return fail(nullptr, SYMC_OUT_OF_MEMORY, "no memory for a plan");
  carver = Carver{block.data, 0};
  carvePlan(carver, program, variant, function, plan);
  memcpy(plan.dims, dims, model->dim_count * sizeof(int64_t));
  if (symc_status status = makePlan(nullptr, program, variant, function, carver.take<char>(0), plan))
    return status;
  if (arenaBytes)
    *arenaBytes = plan.arenaBytes;
  if (liveBytes)
    *liveBytes = plan.liveBytes;
  return SYMC_OK;
}

symc_status symc_rt_output_shape(const symc_model *model, int32_t function, int32_t output, const int64_t *dims,
                                 int64_t *shape) {
  if (!model || function < 0 || function >= model->function_count || output < 0 ||
      output >= model->functions[function].output_count || (!dims && model->dim_count) || !shape)
    return fail(nullptr, SYMC_INVALID_ARGUMENT, "output_shape: no such model, function or result, or a NULL pointer");
  for (int32_t i = 0; i < model->dim_count; ++i)
    if (symc_status status = checkDim(nullptr, model, i, dims[i]))
      return status;
  const symc_program *program = programOf(model);
  const symc_function &f = model->functions[function];
  const symc_variant *variant = likelyVariant(program);
  Plan plan = {};
  Carver carver;
  carvePlan(carver, program, variant, function, plan);
  Allocator allocator;
  Scratch<char> block(allocator);
  if (!block.resize(carver.used))
    return fail(nullptr, SYMC_OUT_OF_MEMORY, "no memory for a shape");
  carver = Carver{block.data, 0};
  carvePlan(carver, program, variant, function, plan);
  symc_check check = {};
  if (variant->entries[function].sizes(dims, plan.bytes, plan.shapes, &check) != 0)
    return failCheck(nullptr, program, check);
  const int64_t *from = plan.shapes;
  for (int32_t i = 0; i < output; ++i)
    from += f.outputs[i].rank;
  memcpy(shape, from, f.outputs[output].rank * sizeof(int64_t));
  return SYMC_OK;
}
