//===- Instance.cpp - The life of an instance ----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"
#include <stdio.h>

using namespace symc::rt;

namespace {
size_t slotBytes(const symc_slot &slot) {
  return (static_cast<size_t>(slot.count) * elementBytes(slot.dtype) + alignment - 1) & -static_cast<size_t>(alignment);
}

/// Names the features that `variant` needs and this machine lacks.
void lackingFeatures(uint64_t lacking, char *out, size_t size) {
  *out = 0;
  for (uint64_t bit = 1; lacking; bit <<= 1) {
    if (!(lacking & bit))
      continue;
    size_t used = strlen(out);
    snprintf(out + used, size - used, used ? ", %s" : "%s", cpuFeatureName(bit));
    lacking &= ~bit;
  }
}

const symc_variant *chooseVariant(const symc_program *program, uint64_t features) {
  for (int32_t i = 0; i < program->variant_count; ++i)
    if ((program->variants[i].features & ~features) == 0)
      return program->variants + i;
  return nullptr;
}

symc_status readOptions(const symc_options *given, symc_options &options) {
  memset(&options, 0, sizeof(options));
  if (!given)
    return SYMC_OK;
  if (given->size < offsetof(symc_options, seed))
    return fail(nullptr, SYMC_INVALID_ARGUMENT, "options.size is %u; take the options from options_default",
                given->size);
  memcpy(&options, given, given->size < sizeof(options) ? given->size : sizeof(options));
  if (options.threads < 0)
    return fail(nullptr, SYMC_INVALID_ARGUMENT, "options.threads is %d; it must be 0 or more", options.threads);
  if (!options.allocate != !options.release)
    return fail(nullptr, SYMC_INVALID_ARGUMENT, "options.%s is set without options.%s",
                options.allocate ? "allocate" : "release", options.allocate ? "release" : "allocate");
  return SYMC_OK;
}

/// The object and all its tables in one block: run once to measure, once to cut.
void carveInstance(Carver &carver, const symc_program *program, symc_instance &instance) {
  const symc_model &model = program->model;
  carver.take<symc_instance>(1);
  instance.slots = carver.take<void *>(program->slot_count);
  instance.dims = carver.take<int64_t>(model.dim_count);
  instance.plans = carver.take<Plan>(static_cast<size_t>(model.function_count) * plansPerFunction);
  int32_t inputs = 0, outputs = 0, spans = 0, buffers = 0;
  for (int32_t f = 0; f < model.function_count; ++f) {
    const symc_function &function = model.functions[f];
    inputs = function.input_count > inputs ? function.input_count : inputs;
    outputs = function.output_count > outputs ? function.output_count : outputs;
    int32_t both = function.input_count + function.output_count + 1;
    spans = both > spans ? both : spans;
    int32_t own = instance.variant->entries[f].buffer_count;
    buffers = own > buffers ? own : buffers;
    for (int i = 0; i < plansPerFunction; ++i) {
      Plan plan = {};
      carvePlan(carver, program, instance.variant, f, plan);
      if (carver.block)
        instance.plans[f * plansPerFunction + i] = plan;
    }
  }
  instance.inputs = carver.take<void *>(inputs);
  instance.outputs = carver.take<void *>(outputs);
  instance.results = carver.take<void *>(outputs);
  // Also a place to note which argument named a dimension.
  instance.spans = carver.take<symc_rt_span>(spans > model.dim_count ? spans : model.dim_count);
  instance.planScratch = carver.take<char>(planScratch(buffers));
  instance.strides = carver.take<int64_t *>(model.parameter_count);
  for (int32_t i = 0; i < model.parameter_count; ++i) {
    int64_t *strides = carver.take<int64_t>(model.parameters[i].rank);
    if (!carver.block)
      continue;
    instance.strides[i] = strides;
    int64_t stride = 1;
    for (int32_t axis = model.parameters[i].rank - 1; axis >= 0; --axis) {
      strides[axis] = stride;
      stride *= model.parameters[i].shape[axis];
    }
  }
}

void releaseParameters(symc_rt_parameters *parameters) {
  if (!parameters || __atomic_sub_fetch(&parameters->references, 1, __ATOMIC_ACQ_REL) > 0)
    return;
  Allocator allocator = parameters->allocator;
  allocator.release(parameters->data, parameters->bytes);
  allocator.release(parameters, sizeof(*parameters));
}

void pointSlots(symc_instance *instance) {
  const symc_program *program = instance->program;
  char *next = instance->parameters->data;
  for (int32_t i = 0; i < program->slot_count; ++i) {
    if (i == program->model.parameter_count)
      next = instance->state;
    instance->slots[i] = next;
    next += slotBytes(program->slots[i]);
  }
}

/// Memory for parameters and optimizer state; padding is zero, so that nothing of the process gets into files.
symc_status allocateSlots(symc_instance *instance) {
  const symc_program *program = instance->program;
  size_t bytes[2] = {0, 0};
  for (int32_t i = 0; i < program->slot_count; ++i)
    bytes[i >= program->model.parameter_count] += slotBytes(program->slots[i]);
  const Allocator &allocator = instance->allocator;
  auto *parameters = static_cast<symc_rt_parameters *>(allocator.allocate(sizeof(symc_rt_parameters)));
  char *data = parameters ? static_cast<char *>(allocator.allocate(bytes[0])) : nullptr;
  char *state = data ? static_cast<char *>(allocator.allocate(bytes[1])) : nullptr;
  if (!state) {
    allocator.release(data, bytes[0]);
    allocator.release(parameters, sizeof(symc_rt_parameters));
    return SYMC_OUT_OF_MEMORY;
  }
  *parameters = {1, allocator, bytes[0], data};
  memset(data, 0, bytes[0]);
  memset(state, 0, bytes[1]);
  instance->parameters = parameters;
  instance->state = state;
  instance->stateBytes = bytes[1];
  pointSlots(instance);
  return SYMC_OK;
}
} // namespace

const symc_variant *symc::rt::likelyVariant(const symc_program *program) {
  const symc_variant *variant = chooseVariant(program, cpuFeatures());
  return variant ? variant : program->variants + program->variant_count - 1;
}

symc_status symc_rt_create(const symc_model *model, const symc_options *given, symc_instance **out) {
  if (!out)
    return fail(nullptr, SYMC_INVALID_ARGUMENT, "create: the place for the instance is NULL");
  *out = nullptr;
  if (!model)
    return fail(nullptr, SYMC_INVALID_ARGUMENT, "create: the model is NULL");
  const symc_program *program = programOf(model);
  symc_options options;
  if (symc_status status = readOptions(given, options))
    return status;

  uint64_t features = cpuFeatures();
  const symc_variant *variant = chooseVariant(program, features);
  if (!variant) {
    const symc_variant &last = program->variants[program->variant_count - 1];
    char lacking[256];
    lackingFeatures(last.features & ~features, lacking, sizeof(lacking));
    return fail(nullptr, SYMC_UNSUPPORTED, "model %s was compiled for %s; this CPU lacks %s", model->name, last.cpu,
                lacking);
  }

  Allocator allocator{options.user, options.allocate, options.release};
  symc_instance measure = {};
  measure.variant = variant;
  Carver carver;
  carveInstance(carver, program, measure);
  size_t size = carver.used;
  auto *instance = static_cast<symc_instance *>(allocator.allocate(size));
  if (!instance)
    return fail(nullptr, SYMC_OUT_OF_MEMORY, "no memory for an instance of %s", model->name);
  memset(instance, 0, size);
  instance->program = program;
  instance->variant = variant;
  instance->allocator = allocator;
  instance->size = size;
  instance->print = options.print;
  instance->user = options.user;
  carver = Carver{reinterpret_cast<char *>(instance), 0};
  carveInstance(carver, program, *instance);

  symc_status status = allocateSlots(instance);
  if (status == SYMC_OK) {
    instance->pool = poolCreate(allocator, options.threads ? options.threads : availableThreads(), options);
    status = instance->pool ? symc_rt_initialize(instance, options.seed) : SYMC_OUT_OF_MEMORY;
  }
  // Where no dimension can vary everything is known now, and no call allocates.
  bool fixed = true;
  for (int32_t i = 0; i < model->dim_count; ++i)
    fixed &= model->dims[i].min == model->dims[i].max;
  if (status == SYMC_OK && fixed) {
    Scratch<int64_t> dims(allocator);
    status = dims.resize(model->dim_count) ? SYMC_OK : SYMC_OUT_OF_MEMORY;
    for (int32_t i = 0; i < model->dim_count && status == SYMC_OK; ++i)
      dims[i] = model->dims[i].min;
    if (status == SYMC_OK)
      status = reserveAll(instance, dims.data);
  }
  if (status != SYMC_OK) {
    fail(nullptr, status, "%s",
         instance->error[0] ? instance->error : "no memory for the parameters and the state of an instance");
    symc_rt_destroy(instance);
    return status;
  }
  *out = instance;
  return SYMC_OK;
}

void symc_rt_destroy(symc_instance *instance) {
  if (!instance)
    return;
  Allocator allocator = instance->allocator;
  poolDestroy(allocator, instance->pool);
  releaseParameters(instance->parameters);
  allocator.release(instance->state, instance->stateBytes);
  allocator.release(instance->arena, instance->arenaBytes + beyondArena);
  allocator.release(instance->note, instance->noteBytes);
  allocator.release(instance, instance->size);
}

const char *symc_rt_error(const symc_instance *instance) { return instance ? instance->error : threadError(); }

int64_t symc_rt_step(const symc_instance *instance) { return instance ? instance->step : 0; }

symc_status symc_rt_initialize(symc_instance *instance, uint64_t seed) {
  if (!instance)
    return fail(nullptr, SYMC_INVALID_ARGUMENT, "initialize: the instance is NULL");
  const symc_program *program = instance->program;
  size_t wanted = 0;
  const char *largest = "";
  for (int32_t i = 0; i < program->slot_count; ++i)
    if (size_t own = initializeScratch(program->slots[i]); own > wanted)
      wanted = own, largest = program->slots[i].name;
  Scratch<double> scratch(instance->allocator);
  if (wanted > 0 && !scratch.resize(wanted))
    return fail(instance, SYMC_OUT_OF_MEMORY, "no memory to initialize '%s'", largest);
  FloatState ieee;
  for (int32_t i = 0; i < program->slot_count; ++i)
    initializeSlot(program->slots[i], seed, instance->slots[i], scratch.data);
  instance->seed = seed;
  instance->step = 0;
  return SYMC_OK;
}

symc_status symc_rt_reset(symc_instance *instance) {
  if (!instance)
    return fail(nullptr, SYMC_INVALID_ARGUMENT, "reset: the instance is NULL");
  // A stream begins with numbers that are known: nothing is drawn, and no scratch is needed.
  const symc_program *program = instance->program;
  for (int32_t i = 0; i < program->slot_count; ++i)
    if (program->slots[i].resets)
      initializeSlot(program->slots[i], 0, instance->slots[i], nullptr);
  return SYMC_OK;
}

symc_status symc_rt_parameter(symc_instance *instance, const char *name, DLTensor *out) {
  if (!instance || !name || !out)
    return fail(instance, SYMC_INVALID_ARGUMENT, "parameter: the %s is NULL",
                !instance ? "instance"
                : !name   ? "name"
                          : "tensor");
  const symc_model &model = instance->program->model;
  for (int32_t i = 0; i < model.parameter_count; ++i) {
    const symc_parameter &parameter = model.parameters[i];
    if (strcmp(parameter.name, name) != 0)
      continue;
    *out = {instance->slots[i],   {1, 0}, parameter.rank, parameter.dtype, const_cast<int64_t *>(parameter.shape),
            instance->strides[i], 0};
    return SYMC_OK;
  }
  return fail(instance, SYMC_INVALID_ARGUMENT, "model %s has no parameter '%s'", model.name, Shown(name).text);
}

symc_status symc_rt_share_parameters(symc_instance *instance, symc_instance *owner) {
  if (!instance || !owner)
    return fail(instance, SYMC_INVALID_ARGUMENT, "share_parameters: the %s is NULL", instance ? "owner" : "instance");
  if (instance->program != owner->program) {
    const char *name = instance->program->model.name, *other = owner->program->model.name;
    if (strcmp(name, other) == 0)
      return fail(
          instance, SYMC_INVALID_ARGUMENT,
          "the instances are of two libraries, each compiled of a model %s; parameters are shared by instances of "
          "one library",
          name);
    return fail(instance, SYMC_INVALID_ARGUMENT, "the instances are of different models, %s and %s", name, other);
  }
  if (instance->parameters == owner->parameters)
    return SYMC_OK;
  __atomic_add_fetch(&owner->parameters->references, 1, __ATOMIC_RELAXED);
  releaseParameters(instance->parameters);
  instance->parameters = owner->parameters;
  pointSlots(instance);
  return SYMC_OK;
}
