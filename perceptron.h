/* perceptron: a model compiled by symc 0.1.0.
   Two-layer perceptron: yhat = sigmoid(tanh(x W1 + b1) W2 + b2), trained on the mean squared error

   Data is dense, row-major and owned by the caller; shapes are written as in the graph file. Functions return a
   status, 0 is success, and never exit, print or throw.
   A call that returns another status changes nothing. One instance is used by one thread at a time, with 1 MiB
   of stack; instances are independent. */
#ifndef SYMC_MODEL_perceptron_H
#define SYMC_MODEL_perceptron_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct DLTensor;   /* of DLPack */
struct symc_model; /* of symc/runtime.h */

/* An instance of the model: parameters, optimizer state and working memory. */
typedef struct perceptron perceptron;

typedef enum {
  PERCEPTRON_OK = 0,
  PERCEPTRON_INVALID_ARGUMENT,
  PERCEPTRON_OUT_OF_MEMORY,
  PERCEPTRON_IO_ERROR,
  PERCEPTRON_UNSUPPORTED,
  PERCEPTRON_CHECK_FAILED,
  PERCEPTRON_INTERNAL
} perceptron_status;

typedef struct {
  uint32_t size;   /* set by perceptron_options_default, so that the struct can grow */
  int32_t threads; /* 0: as many as the process may use */
  uint64_t seed;   /* of the initial parameters and of random operators */
  void *user;      /* passed to the hooks below */
  void *(*allocate)(void *user, size_t bytes, size_t alignment); /* NULL: the library's own */
  void (*release)(void *user, void *memory, size_t bytes);       /* set together with allocate */
  /* Calls body(context, chunk) for every chunk in [0, chunks), on any threads; NULL: the library's own. */
  void (*parallel_for)(void *user, int64_t chunks, void (*body)(void *context, int64_t chunk), void *context);
} perceptron_options;

perceptron_options perceptron_options_default(void);

/* Makes an instance with parameters initialised from options->seed. `options` may be NULL. It is released by
   perceptron_destroy. */
perceptron_status perceptron_create(const perceptron_options *options, perceptron **out);

/* NULL is allowed. */
void perceptron_destroy(perceptron *m);

/* The message of the last failure of the instance; for NULL that of the last failed call without an instance,
   such as create, on this thread. Never NULL. */
const char *perceptron_error(const perceptron *m);

/* Initialises parameters and optimizer state again, and sets the seed of random operators. */
perceptron_status perceptron_initialize(perceptron *m, uint64_t seed);

/* Parameters from and to a safetensors file. Names, types and shapes must be the model's. */
perceptron_status perceptron_load_parameters(perceptron *m, const char *path);
perceptron_status perceptron_save_parameters(perceptron *m, const char *path);

/* Everything that training goes on from: parameters, optimizer state, steps, seed. The file is replaced at once,
   also when the process is killed. */
perceptron_status perceptron_save_state(perceptron *m, const char *path);
perceptron_status perceptron_load_state(perceptron *m, const char *path);

/* A view of a parameter: `out` points into the instance. Parameters: "W1" f32[2, 16], "b1" f32[16], "W2" f32[16,
   1], "b2" f32[1]. */
perceptron_status perceptron_parameter(perceptron *m, const char *name, struct DLTensor *out);

/* Allocates ahead for these dimensions; calls with no larger ones do not allocate. */
perceptron_status perceptron_reserve(perceptron *m, int64_t batch);

/* Uses the parameters of `owner` from now on; their memory lives until the last user is destroyed. */
perceptron_status perceptron_share_parameters(perceptron *m, perceptron *owner);

/* The reflection interface, see symc/runtime.h. */
const struct symc_model *perceptron_model(void);

/* Computes the outputs.
   batch: dimension 'batch', at least 1
   x: input, f32[batch, 2]; points of the plane
   yhat: result, f32[batch, 1] */
perceptron_status perceptron_predict(perceptron *m, int64_t batch, const float *x, float *yhat);

/* Computes the loss, in inference mode.
   batch: dimension 'batch', at least 1
   x: input, f32[batch, 2]; points of the plane
   y: input, f32[batch, 1]; 0 or 1: the class of each point
   loss: result, f32[] */
perceptron_status perceptron_loss(perceptron *m, int64_t batch, const float *x, const float *y, float *loss);

/* Computes the gradient of the loss for every trainable parameter; changes no state.
   batch: dimension 'batch', at least 1
   x: input, f32[batch, 2]; points of the plane
   y: input, f32[batch, 1]; 0 or 1: the class of each point
   W1: result, f32[2, 16]
   b1: result, f32[16]
   W2: result, f32[16, 1]
   b2: result, f32[1] */
perceptron_status perceptron_gradients(perceptron *m, int64_t batch, const float *x, const float *y, float *W1, 
                                       float *b1, float *W2, float *b2);

/* One step of the optimizer. The loss is that before the update.
   batch: dimension 'batch', at least 1
   x: input, f32[batch, 2]; points of the plane
   y: input, f32[batch, 1]; 0 or 1: the class of each point
   loss: result, f32[] */
perceptron_status perceptron_train_step(perceptron *m, int64_t batch, const float *x, const float *y, float *loss);

/* Computes the loss and the metrics, in inference mode.
   batch: dimension 'batch', at least 1
   x: input, f32[batch, 2]; points of the plane
   y: input, f32[batch, 1]; 0 or 1: the class of each point
   loss: result, f32[]
   accuracy: result, f32[] */
perceptron_status perceptron_evaluate(perceptron *m, int64_t batch, const float *x, const float *y, 
                                      float *loss, float *accuracy);

#ifdef __cplusplus
}
#endif

#endif /* SYMC_MODEL_perceptron_H */
