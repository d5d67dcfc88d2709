/* embedder.c LIBRARY FOLDER: a library in programs of all kinds.

   Part of symc, under the Apache License v2.0 with LLVM Exceptions.

   Every function is called through the reflection interface, with bytes around each buffer that nobody may touch. What
   comes out is condensed to one number, which must be the same in every program: with other rounding, flushed
   denormals, another locale, a small stack, many threads, in a child of fork, with hooks, and when memory runs out at
   any allocation and the call that said so is made again. */
#define _GNU_SOURCE
#include "symc/runtime.h"

#include <dirent.h>
#include <dlfcn.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xmmintrin.h>

enum { GUARD = 64, MOST = 64 };

static const symc_model *model;
static const char *folder;
static int may_fail; /* for want of memory */

#define FAIL(...) (fprintf(stderr, "%s: line %d: ", model ? model->name : "?", __LINE__), fprintf(stderr, __VA_ARGS__), \
                   fputc('\n', stderr), exit(1))
#define CHECK(condition) ((condition) ? (void)0 : (void)FAIL("%s", #condition))

/* What a call must leave as it was. */
typedef struct {
  unsigned mxcsr;
  unsigned short x87;
  sigset_t mask;
} surroundings;

static surroundings look(void) {
  surroundings s;
  memset(&s, 0, sizeof s);
  s.mxcsr = _mm_getcsr();
  __asm__ volatile("fnstcw %0" : "=m"(s.x87));
  pthread_sigmask(SIG_SETMASK, NULL, &s.mask);
  return s;
}

static int same(const surroundings *a) {
  surroundings b = look();
  return a->mxcsr == b.mxcsr && a->x87 == b.x87 && memcmp(&a->mask, &b.mask, sizeof b.mask) == 0;
}

/* A call; one that found no memory has changed nothing and is made again. */
#define MUST(instance, call)                                                                                           \
  do {                                                                                                                 \
    surroundings before = look();                                                                                      \
    symc_status status = (call);                                                                                       \
    if (status == SYMC_OUT_OF_MEMORY && may_fail)                                                                                  \
      status = (call);                                                                                                 \
    CHECK(same(&before));                                                                                              \
    if (status != SYMC_OK)                                                                                             \
      FAIL("%s: %s", #call, model->error(instance));                                                                   \
  } while (0)

static void add(uint64_t *digest, const void *data, size_t size) {
  const unsigned char *bytes = data;
  while (size--)
    *digest = (*digest ^ *bytes++) * 1099511628211u;
}

typedef struct {
  DLTensor tensor;
  int64_t shape[32];
  char *memory, *copy;
  size_t bytes;
} buffer;

static void make(buffer *b, const symc_argument *a, const int64_t *dims, int32_t function, int32_t output) {
  size_t i, count = 1, width = a->dtype.bits / 8;
  int32_t axis;
  memset(b, 0, sizeof *b);
  if (output >= 0)
    CHECK(model->output_shape(model, function, output, dims, b->shape) == SYMC_OK);
  for (axis = 0; axis < a->rank; ++axis) {
    if (output < 0)
      b->shape[axis] = a->dims[axis] >= 0 ? dims[a->dims[axis]] : a->shape[axis];
    count *= (size_t)b->shape[axis];
  }
  b->bytes = count * width;
  b->memory = aligned_alloc(64, (b->bytes + 2 * GUARD + 127) / 64 * 64);
  memset(b->memory, 0x5a, b->bytes + 2 * GUARD + width);
  /* As far from a multiple of 64 as the type allows. */
  char *data = b->memory + GUARD + width % 64;
  unsigned random = 17;
  for (i = 0; i < count && output < 0; ++i) {
    random = random * 1664525u + 1013904223u;
    if (a->dtype.code == 2 && width == 4)
      ((float *)data)[i] = (float)(random >> 8) / (1 << 24);
    else if (a->dtype.code == 2 && width == 8)
      ((double *)data)[i] = (double)(random >> 8) / (1 << 24);
    else if (width == 2) /* f16 and bf16 between 0.5 and 1 */
      ((uint16_t *)data)[i] = (uint16_t)(a->dtype.code == 2   ? 0x3800 | random >> 22
                                         : a->dtype.code == 4 ? 0x3f00 | random >> 25
                                                              : random >> 31);
    else if (width == 1)
      data[i] = random >> 31;
    else if (width == 4)
      ((int32_t *)data)[i] = random >> 31;
    else
      ((int64_t *)data)[i] = random >> 31;
  }
  b->tensor.data = data;
  b->tensor.device.device_type = 1;
  b->tensor.ndim = a->rank;
  b->tensor.dtype = a->dtype;
  b->tensor.shape = b->shape;
  b->copy = malloc(b->bytes + 2 * GUARD + width);
  memcpy(b->copy, b->memory, b->bytes + 2 * GUARD + width);
}

/* Around a result nothing has changed, and in an argument neither. */
static void check(buffer *b, int output) {
  size_t before = (size_t)((char *)b->tensor.data - b->memory), whole = b->bytes + 2 * GUARD + b->tensor.dtype.bits / 8;
  if (output)
    memcpy(b->copy + before, b->tensor.data, b->bytes);
  CHECK(memcmp(b->copy, b->memory, whole) == 0);
}

/* The first sizes that do for all functions. */
static void values_of_dims(int64_t *dims) {
  int64_t arena, live;
  int good = 0;
  for (int64_t wanted = 5; !good && wanted < 100; wanted *= 2) {
    for (int32_t i = 0; i < model->dim_count; ++i) {
      const symc_dim *d = model->dims + i;
      int64_t value = d->min > wanted ? d->min : wanted;
      value = (value + d->multiple_of - 1) / d->multiple_of * d->multiple_of;
      dims[i] = value > d->max ? d->max / d->multiple_of * d->multiple_of : value;
    }
    good = 1;
    for (int32_t f = 0; f < model->function_count; ++f)
      good &= model->plan(model, f, dims, &arena, &live) == SYMC_OK;
  }
  if (!good)
    FAIL("%s", model->error(NULL));
}

static void call_all(symc_instance *m, uint64_t *digest) {
  int64_t dims[MOST];
  values_of_dims(dims);
  for (int32_t f = 0; f < model->function_count; ++f) {
    const symc_function *function = model->functions + f;
    buffer inputs[MOST], outputs[MOST];
    DLTensor in[MOST], out[MOST];
    for (int32_t i = 0; i < function->input_count; ++i)
      make(inputs + i, function->inputs + i, dims, f, -1), in[i] = inputs[i].tensor;
    for (int32_t i = 0; i < function->output_count; ++i)
      make(outputs + i, function->outputs + i, dims, f, i), out[i] = outputs[i].tensor;
    MUST(m, model->call(m, f, in, out));
    for (int32_t i = 0; i < function->input_count; ++i)
      check(inputs + i, 0), free(inputs[i].memory), free(inputs[i].copy);
    for (int32_t i = 0; i < function->output_count; ++i) {
      check(outputs + i, 1);
      add(digest, outputs[i].tensor.data, outputs[i].bytes);
      free(outputs[i].memory), free(outputs[i].copy);
    }
  }
  for (int32_t i = 0; i < model->parameter_count; ++i) {
    DLTensor view;
    MUST(m, model->parameter(m, model->parameters[i].name, &view));
    add(digest, view.data, (size_t)model->parameters[i].count * view.dtype.bits / 8);
  }
}

/* What the hooks of a caller are told. */
typedef struct {
  long live, count, fails; /* fails: the allocation that finds no memory */
} memory;

/* A life: all functions, through files, again. */
static uint64_t live(const symc_options *options, const char *name) {
  symc_instance *m = NULL;
  char path[512];
  const char *note;
  uint64_t digest = 14695981039346656037u;
  int64_t dims[MOST];
  MUST(NULL, model->create(model, options, &m));
  if (strcmp(name, "reserve") == 0) { /* from here on no call needs memory */
    memory *hooks = options->user;
    values_of_dims(dims);
    MUST(m, model->reserve(m, dims));
    hooks->fails = hooks->count + 1;
  }
  call_all(m, &digest);
  if (strcmp(name, "reserve") == 0)
    ((memory *)options->user)->fails = 0;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  MUST(m, model->save_state(m, path, "3,5"));
  MUST(m, model->initialize(m, 99));
  MUST(m, model->load_state(m, path, &note));
  CHECK(strcmp(note, "3,5") == 0);
  MUST(m, model->save_parameters(m, path));
  MUST(m, model->load_parameters(m, path));
  values_of_dims(dims);
  MUST(m, model->reserve(m, dims));
  call_all(m, &digest);
  surroundings before = look();
  model->destroy(m);
  CHECK(same(&before));
  return digest;
}

static symc_options plain(int32_t threads) {
  symc_options options;
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.threads = threads;
  options.seed = 11;
  return options;
}

static uint64_t expected;

static void *in_thread(void *argument) {
  char name[40];
  symc_options options = plain(2);
  snprintf(name, sizeof name, "thread%ld", (long)(intptr_t)argument);
  CHECK(live(&options, name) == expected);
  return NULL;
}

static void run_threads(int count, size_t stack) {
  pthread_t threads[8];
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack);
  for (int i = 0; i < count; ++i)
    CHECK(pthread_create(threads + i, &attributes, in_thread, (void *)(intptr_t)i) == 0);
  for (int i = 0; i < count; ++i)
    pthread_join(threads[i], NULL);
  pthread_attr_destroy(&attributes);
}

/* The hooks of a caller. */
static void *allocate(void *user, size_t bytes, size_t alignment) {
  memory *m = user;
  if (++m->count == m->fails)
    return NULL;
  m->live += (long)bytes;
  void *block = aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  return memset(block, 0xa5, bytes);
}

static void release(void *user, void *block, size_t bytes) {
  ((memory *)user)->live -= (long)bytes;
  free(block);
}

static void parallel_for(void *user, int64_t chunks, void (*body)(void *context, int64_t chunk), void *context) {
  (void)user;
  for (int64_t i = chunks; i-- > 0;)
    body(context, i);
}

static int threads_of_process(void) {
  int count = 0;
  DIR *tasks = opendir("/proc/self/task");
  while (readdir(tasks))
    ++count;
  closedir(tasks);
  return count - 2;
}

static int is_mapped(const char *path) {
  char line[1024];
  int found = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  while (fgets(line, sizeof line, maps))
    found |= strstr(line, path) != NULL;
  fclose(maps);
  return found;
}

int main(int argc, char **argv) {
  char entry[256], *file;
  symc_options options = plain(1);
  CHECK(argc == 4);
  folder = argv[2];
  file = realpath(argv[1], NULL);
  void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    FAIL("%s", dlerror());
  snprintf(entry, sizeof entry, "%s_model", argv[3]);
  const symc_model *(*reflect)(void);
  *(void **)&reflect = dlsym(library, entry);
  model = reflect();
  expected = live(&options, "first");

  for (int32_t threads = 0; threads <= 64; threads = threads * 4 + 1) {
    options = plain(threads);
    CHECK(live(&options, "threads") == expected);
  }
  /* Flushed denormals, rounding towards zero, a trap on division by zero; 24 bits and another rounding on the x87. */
  unsigned mxcsr = _mm_getcsr();
  unsigned short x87, odd = 0x0c7f & ~0x0300;
  __asm__ volatile("fnstcw %0" : "=m"(x87));
  for (int32_t threads = 1; threads <= 2; ++threads) {
    options = plain(threads);
    options.parallel_for = threads == 2 ? parallel_for : NULL;
    _mm_setcsr((mxcsr | 0x8040 | 0x6000) & ~0x0200u);
    __asm__ volatile("fldcw %0" : : "m"(odd));
    uint64_t digest = live(&options, "rounding");
    _mm_setcsr(mxcsr);
    __asm__ volatile("fldcw %0" : : "m"(x87));
    CHECK(digest == expected);
  }
  options = plain(2);
  if (setlocale(LC_ALL, "de_DE.UTF-8") || setlocale(LC_ALL, "de_DE"))
    CHECK(live(&options, "locale") == expected);
  setlocale(LC_ALL, "C");
  run_threads(1, 1 << 20);
  run_threads(4, 8 << 20);

  /* A child of a process whose instance has threads: uses it, makes another, destroys both. */
  symc_instance *parent = NULL;
  uint64_t here = 1, there = 1;
  MUST(NULL, model->create(model, &options, &parent));
  call_all(parent, &here);
  here = 1;
  pid_t child = fork();
  if (child == 0) {
    call_all(parent, &there);
    CHECK(live(&options, "child") == expected);
    model->destroy(parent);
    FILE *out = fopen("child.txt", "w");
    fprintf(out, "%llx", (unsigned long long)there);
    fclose(out);
    _exit(0);
  }
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  call_all(parent, &here);
  FILE *in = fopen("child.txt", "r");
  unsigned long long digest = 0;
  CHECK(in && fscanf(in, "%llx", &digest) == 1 && digest == here);
  fclose(in);
  model->destroy(parent);

  /* No memory at the k-th allocation, for every k. */
  memory hooks = {0, 0, 0};
  options = plain(2);
  options.user = &hooks;
  options.allocate = allocate;
  options.release = release;
  CHECK(live(&options, "reserve") == expected);
  CHECK(hooks.live == 0);
  options.parallel_for = parallel_for;
  may_fail = 1;
  do {
    hooks.count = 0;
    ++hooks.fails;
    CHECK(live(&options, "memory") == expected);
    CHECK(hooks.live == 0);
  } while (hooks.count >= hooks.fails && hooks.fails < 500);
  CHECK(hooks.fails > 5 && hooks.fails < 500);

  CHECK(threads_of_process() == 1);
  CHECK(dlclose(library) == 0);
  CHECK(!is_mapped(file));
  free(file);
  puts("as it should be");
  return 0;
}
