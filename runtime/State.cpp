//===- State.cpp - Parameters and training state in files ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Weights are a safetensors file with the parameters' names. A checkpoint is one as
// well: beside the parameters it holds the optimizer's state under "state:NAME" (no
// name of a graph has a colon), the counters as metadata, and a checksum of it all.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"
#include <stdio.h>

using namespace symc::rt;

namespace {
constexpr size_t shaSize = 64;

/// "graph_sha256" of the manifest; "" when it has none.
void graphHash(const symc_model &model, char out[shaSize + 1]) {
  *out = 0;
  const char *at = model.manifest ? strstr(model.manifest, "\"graph_sha256\"") : nullptr;
  at = at ? strchr(at + 14, '"') : nullptr;
  if (!at)
    return;
  size_t size = 0;
  for (++at; size < shaSize && at[size] && at[size] != '"'; ++size)
    out[size] = at[size];
  out[size] = 0;
}

/// The names of slots in a checkpoint, and the tensors of a file to write or read.
class Tensors {
public:
  explicit Tensors(const Allocator &allocator) : names(allocator), tensors(allocator) {}

  /// The first `count` slots; those beyond the parameters are prefixed.
  bool collect(symc_instance *instance, int32_t count) {
    const symc_program *program = instance->program;
    size_t bytes = 0;
    for (int32_t i = 0; i < count; ++i)
      bytes += strlen(program->slots[i].name) + 7;
    if (!names.resize(bytes) || !tensors.resize(static_cast<size_t>(count)))
      return false;
    char *next = names.data;
    // Larger elements first, so that all of them are aligned in the file.
    for (int64_t size = 8; size > 0; size /= 2)
      for (int32_t i = 0; i < count; ++i) {
        const symc_slot &slot = program->slots[i];
        if (elementBytes(slot.dtype) != size)
          continue;
        FileTensor &tensor = tensors[used++];
        size_t prefix = i >= program->model.parameter_count ? 6 : 0;
        size_t length = strlen(slot.name) + 1;
        memcpy(next, "state:", prefix);
        memcpy(next + prefix, slot.name, length);
        tensor.name = next;
        next += prefix + length;
        tensor.dtype = symc::findElementType(slot.dtype.code, slot.dtype.bits)->safetensors;
        tensor.shape = slot.shape;
        tensor.rank = slot.rank;
        tensor.begin = 0;
        tensor.end = static_cast<uint64_t>(slot.count * size);
        tensor.data = instance->slots[i];
      }
    return true;
  }

  Scratch<char> names;
  Scratch<FileTensor> tensors;
  size_t used = 0;
};

/// "f32[2, 16]", as in the graph file.
struct ShownType {
  char text[16 + sizeof(ShownShape)];
  explicit ShownType(const FileTensor &tensor) {
    size_t size = 0;
    for (const char *c = tensor.dtype; *c && size < 15; ++c)
      text[size++] = static_cast<char>(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    ShownShape shape(tensor.shape, tensor.rank);
    memcpy(text + size, shape.text, strlen(shape.text) + 1);
  }
};

symc_status noMemory(symc_instance *instance, const char *path) {
  return fail(instance, SYMC_OUT_OF_MEMORY, "no memory for the names of the tensors of %s", Shown(path).text);
}

/// Finds every wanted tensor in the file and compares types. Nothing is read yet.
symc_status match(symc_instance *instance, const char *path, SafetensorsFile &file, Tensors &wanted, bool subset) {
  for (size_t i = 0; i < wanted.used; ++i) {
    const FileTensor &slot = wanted.tensors[i];
    FileTensor *found = file.find(slot.name);
    if (!found)
      return fail(instance, SYMC_INVALID_ARGUMENT, "%s has no tensor '%s'; model %s wants %s", Shown(path).text,
                  Shown(slot.name).text, instance->program->model.name, ShownType(slot).text);
    bool same = strcmp(found->dtype, slot.dtype) == 0 && found->rank == slot.rank;
    for (int32_t axis = 0; axis < slot.rank && same; ++axis)
      same = found->shape[axis] == slot.shape[axis];
    if (!same)
      return fail(instance, SYMC_INVALID_ARGUMENT, "tensor '%s' of %s is %s; model %s wants %s", Shown(slot.name).text,
                  Shown(path).text, ShownType(*found).text, instance->program->model.name, ShownType(slot).text);
    found->data = slot.data;
  }
  for (size_t i = 0; i < file.tensorCount && !subset; ++i)
    if (!file.tensors[i].data)
      return fail(instance, SYMC_INVALID_ARGUMENT, "model %s has no tensor '%s', which %s holds",
                  instance->program->model.name, Shown(file.tensors[i].name).text, Shown(path).text);
  return SYMC_OK;
}

symc_status checkPath(symc_instance *instance, const char *path, const char *function) {
  if (instance && path)
    return SYMC_OK;
  return fail(instance, SYMC_INVALID_ARGUMENT, "%s: the %s is NULL", function, instance ? "path" : "instance");
}

symc_status load(symc_instance *instance, const char *path, bool subset) {
  SafetensorsFile file(instance->allocator);
  if (symc_status status = file.open(path, instance->error))
    return status;
  Tensors wanted(instance->allocator);
  if (!wanted.collect(instance, instance->program->model.parameter_count))
    return noMemory(instance, path);
  if (symc_status status = match(instance, path, file, wanted, subset))
    return status;
  return file.readTensors(path, instance->error);
}

bool readNumber(const char *text, uint64_t *out) {
  if (!text || !*text)
    return false;
  *out = 0;
  for (; *text; ++text)
    if (*text < '0' || *text > '9' || __builtin_mul_overflow(*out, uint64_t(10), out) ||
        __builtin_add_overflow(*out, static_cast<uint64_t>(*text - '0'), out))
      return false;
  return true;
}

/// A checkpoint has these keys and no others.
constexpr const char *stateKeys[] = {checksumKey, "symc.graph_sha256", "symc.model",
                                     "symc.note", "symc.seed",         "symc.step"};

bool isStateKey(const char *name) {
  for (const char *key : stateKeys)
    if (strcmp(key, name) == 0)
      return true;
  return false;
}

symc_status checkOrigin(symc_instance *instance, const char *path, const SafetensorsFile &file) {
  bool checkpoint = false;
  const char *unknown = nullptr, *missing = nullptr;
  for (size_t i = 0; i < file.metadataCount; ++i) {
    const char *key = file.metadata.data[i].key;
    checkpoint |= strncmp(key, "symc.", 5) == 0;
    if (!isStateKey(key))
      unknown = key;
  }
  if (!checkpoint)
    return fail(instance, SYMC_INVALID_ARGUMENT, "%s is no checkpoint: it has no training state", Shown(path).text);
  for (const char *key : stateKeys)
    if (!missing && !file.meta(key))
      missing = key;
  if (unknown)
    return fail(instance, SYMC_INVALID_ARGUMENT, "%s has the unknown metadata key '%s'%s%s%s", Shown(path).text,
                Shown(unknown).text, missing ? " and lacks '" : "", missing ? missing : "", missing ? "'" : "");
  if (missing)
    return fail(
        instance, SYMC_INVALID_ARGUMENT, "%s lacks the metadata key '%s'%s", Shown(path).text, missing,
        missing == checksumKey ? ", its checksum: it was changed, or written by a version of symc that made none" : "");
  const symc_model &model = instance->program->model;
  const char *name = file.meta("symc.model");
  if (strcmp(name, model.name) == 0)
    return SYMC_OK;
  return fail(instance, SYMC_INVALID_ARGUMENT, "%s is a checkpoint of model %s; this is %s", Shown(path).text,
              Shown(name).text, model.name);
}
} // namespace

symc_status symc_rt_load_parameters(symc_instance *instance, const char *path) {
  symc_status status = checkPath(instance, path, "load_parameters");
  return status ? status : load(instance, path, false);
}

symc_status symc_rt_load_parameters_subset(symc_instance *instance, const char *path) {
  symc_status status = checkPath(instance, path, "load_parameters");
  return status ? status : load(instance, path, true);
}

symc_status symc_rt_save_parameters(symc_instance *instance, const char *path) {
  if (symc_status status = checkPath(instance, path, "save_parameters"))
    return status;
  Tensors tensors(instance->allocator);
  if (!tensors.collect(instance, instance->program->model.parameter_count))
    return noMemory(instance, path);
  return writeSafetensors(instance->allocator, path, tensors.tensors.data, tensors.used, nullptr, 0, false,
                          instance->error);
}

symc_status symc_rt_save_state(symc_instance *instance, const char *path, const char *note) {
  if (symc_status status = checkPath(instance, path, "save_state"))
    return status;
  size_t noteSize = note ? strlen(note) : 0;
  for (size_t i = 0; i < noteSize;) {
    size_t length = utf8Length(note + i, noteSize - i);
    if (length == 0)
      return fail(instance, SYMC_INVALID_ARGUMENT, "save_state: the note is not UTF-8 at byte %zu", i);
    i += length;
  }
  Tensors tensors(instance->allocator);
  if (!tensors.collect(instance, instance->program->slot_count))
    return noMemory(instance, path);
  char step[24], seed[24], hash[shaSize + 1];
  snprintf(step, sizeof(step), "%lld", static_cast<long long>(instance->step));
  snprintf(seed, sizeof(seed), "%llu", static_cast<unsigned long long>(instance->seed));
  graphHash(instance->program->model, hash);
  const Metadata metadata[] = {{"symc.graph_sha256", hash},
                               {"symc.model", instance->program->model.name},
                               {"symc.note", note ? note : ""},
                               {"symc.seed", seed},
                               {"symc.step", step}};
  return writeSafetensors(instance->allocator, path, tensors.tensors.data, tensors.used, metadata, 5, true,
                          instance->error);
}

symc_status symc_rt_load_state(symc_instance *instance, const char *path, const char **note) {
  if (symc_status status = checkPath(instance, path, "load_state"))
    return status;
  SafetensorsFile file(instance->allocator);
  if (symc_status status = file.open(path, instance->error))
    return status;
  if (symc_status status = checkOrigin(instance, path, file))
    return status;
  Tensors wanted(instance->allocator);
  if (!wanted.collect(instance, instance->program->slot_count))
    return noMemory(instance, path);
  // The tensors first: a message about one of them says more than one about hashes.
  if (symc_status status = match(instance, path, file, wanted, false))
    return status;
  char hash[shaSize + 1];
  graphHash(instance->program->model, hash);
  const char *saved = file.meta("symc.graph_sha256");
  if (strcmp(saved, hash) != 0)
    return fail(instance, SYMC_INVALID_ARGUMENT,
                "%s is a checkpoint of another version of %s: its graph_sha256 is %s, this library's %s",
                Shown(path).text, instance->program->model.name, Shown(saved).text, hash);
  uint64_t step, seed;
  if (!readNumber(file.meta("symc.step"), &step) || step > INT64_MAX || !readNumber(file.meta("symc.seed"), &seed))
    return fail(instance, SYMC_INVALID_ARGUMENT, "%s has no valid step and seed", Shown(path).text);

  const char *text = file.meta("symc.note");
  size_t size = strlen(text) + 1;
  auto *copy = static_cast<char *>(instance->allocator.allocate(size));
  if (!copy)
    return fail(instance, SYMC_OUT_OF_MEMORY, "no memory for the note of %s", Shown(path).text);
  memcpy(copy, text, size);
  if (symc_status status = file.readTensors(path, instance->error)) {
    instance->allocator.release(copy, size);
    return status;
  }
  instance->allocator.release(instance->note, instance->noteBytes);
  instance->note = copy;
  instance->noteBytes = size;
  instance->step = static_cast<int64_t>(step);
  instance->seed = seed;
  if (note)
    *note = copy;
  return SYMC_OK;
}
