/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The C interface of libdescent_runtime: load a bundle, put it on a Vulkan
 * device, train it, read it. This header is the manual.
 *
 *   descent_bundle *bundle;
 *   descent_session *session;
 *   descent_run *run;
 *   void *image;
 *   const void *loss;
 *   size_t size;
 *   descent_control control = {sizeof control};
 *
 *   if (descent_bundle_open("net.bundle", &bundle) ||
 * descent_session_create(bundle, NULL, &session)) return
 * puts(descent_last_error()); descent_session_initialize(session, 1); for (int
 * step = 1; step <= 1000; ++step) { descent_session_begin(session, "train",
 * &run); descent_run_input(run, "image", &image, &size); memcpy(image,
 * next_batch(), size); control.step = step; control.valid = 128;
 *     descent_run_submit(run, &control);
 *     descent_run_wait(run);
 *     descent_run_output(run, "loss", &loss, &size);
 *   }
 *   descent_session_save_weights(session, "net.safetensors");
 *   descent_session_destroy(session);
 *   descent_bundle_close(bundle);
 *
 * Errors. Functions that can fail return a descent_status, 0 for success; the
 * message is then descent_last_error(). On failure nothing is written through
 * output parameters. No C++ exception leaves this interface.
 *
 * Ownership. What a create, open or read function returns is the caller's until
 * the matching destroy or close. A session keeps what it needs of its bundle,
 * which may be closed at once. Strings and pointers into a bundle live as long
 * as the bundle; runs and pointers into them as long as the session.
 *
 * Threads. Different sessions may be used from different threads, one session
 * only from one thread at a time. Bundles are never changed and may be shared.
 * The error message is per thread.
 *
 * Versions. Structures begin with struct_size, which the caller sets to sizeof;
 * a library that knows more fields treats those beyond struct_size as zero.
 * Functions are only added.
 */
#ifndef DESCENT_RUNTIME_DESCENT_H
#define DESCENT_RUNTIME_DESCENT_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define DESCENT_API __attribute__((visibility("default")))
#else
#define DESCENT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers are also descent-run's exit codes. */
typedef enum descent_status {
  DESCENT_OK = 0,
  DESCENT_FAILURE = 1, /* the system or the driver refused something */
  DESCENT_USAGE = 2,   /* a wrong argument or call: unknown names, wrong sizes,
                          runs not waited for */
  DESCENT_INVALID = 3, /* the bundle or weights file is not valid */
  DESCENT_NO_DEVICE = 4, /* no Vulkan, or no device that can run the bundle */
  DESCENT_DEVICE_LOST =
      5, /* the device was lost or is out of memory; destroy the session */
  DESCENT_DIVERGED = 6 /* a loss or gradient was not finite */
} descent_status;

/* The message of the last failure in this thread; never NULL, valid until the
 * next call in this thread. */
DESCENT_API const char *descent_last_error(void);

/* ---- Bundles: what descentc writes ---- */

typedef struct descent_bundle descent_bundle;

/* Reads and checks a bundle from a file, or from memory, which is copied. */
DESCENT_API descent_status descent_bundle_open(const char *path,
                                               descent_bundle **bundle);
DESCENT_API descent_status descent_bundle_read(const void *data, size_t size,
                                               descent_bundle **bundle);
DESCENT_API void descent_bundle_close(descent_bundle *bundle);

/* Element types; those called bf16 are the upper halves of f32. Booleans are
 * DESCENT_I32, 0 or 1. */
typedef enum descent_dtype {
  DESCENT_F32 = 0,
  DESCENT_I32 = 1,
  DESCENT_F64 = 2,
  DESCENT_F16 = 3,
  DESCENT_BF16 = 4,
  DESCENT_U32 = 5
} descent_dtype;
typedef enum descent_role {
  DESCENT_PARAMETER = 0,
  DESCENT_BUFFER = 1, /* in weights files, not trained */
  DESCENT_OPTIMIZER = 2,
  DESCENT_METRIC = 3,
  DESCENT_STATUS = 4
} descent_role;

/* A dense row-major tensor, its elements little endian. Set struct_size before
 * the call.
 */
typedef struct descent_tensor {
  uint32_t struct_size;
  descent_dtype dtype;
  const char *name;
  const int64_t *shape;
  uint32_t rank;
  int32_t batch_axis; /* the axis that holds samples, or -1 */
  uint64_t bytes;
  descent_role role; /* of states only */
} descent_tensor;

/* Each fills *tensor for an index; DESCENT_USAGE beyond the last one, so loops
 * may end on that. */
DESCENT_API descent_status descent_bundle_input(const descent_bundle *bundle,
                                                uint32_t index,
                                                descent_tensor *tensor);
DESCENT_API descent_status descent_bundle_state(const descent_bundle *bundle,
                                                uint32_t index,
                                                descent_tensor *tensor);
/* The inputs and outputs of an entry: "train", "eval", "metrics", "predict" or
 * one of the model's own. */
DESCENT_API descent_status descent_entry_input(const descent_bundle *bundle,
                                               const char *entry,
                                               uint32_t index,
                                               descent_tensor *tensor);
DESCENT_API descent_status descent_entry_output(const descent_bundle *bundle,
                                                const char *entry,
                                                uint32_t index,
                                                descent_tensor *tensor);

/* ---- Sessions: a bundle on a device ---- */

typedef struct descent_session descent_session;

/* Checks a SPIR-V module of size bytes before it is given to the driver;
 * returns 0 to accept it. It is called from several threads at once. */
typedef int (*descent_validator)(const uint32_t *code, size_t size, void *user);

typedef struct descent_session_options {
  uint32_t struct_size;
  uint32_t runs_in_flight; /* runs of an entry that may be submitted and not
                              waited for; 0 means 2 */
  const char *
      device; /* NULL or "vulkan": the best; "cpu"; "vulkan:N"; "vulkan:NAME" */
  descent_validator validator; /* may be NULL */
  void *user;                  /* handed to validator */
  int32_t trust_bundle;        /* not 0: the bundle comes from a source that the
                                  application vouches for */
  const char *cache_directory; /* where compiled kernels are kept, in one file
                                  for each device and driver; made when missing;
                                  NULL: nowhere */
} descent_session_options;

/* Opens the device and reserves its memory; options may be NULL. Without a
 * validator and without trust the device is opened with robustBufferAccess,
 * which keeps kernels inside their buffers and costs speed. States hold zeros
 * until they are initialized, loaded or written. */
DESCENT_API descent_status descent_session_create(
    const descent_bundle *bundle, const descent_session_options *options,
    descent_session **session);
/* Waits for what is in flight. NULL is allowed. */
DESCENT_API void descent_session_destroy(descent_session *session);
/* The name of the session's device. */
DESCENT_API const char *descent_session_device(const descent_session *session);

/* Builds the pipelines of an entry; descent_session_begin does it when nobody
 * has, at the cost of a slow first run. */
DESCENT_API descent_status descent_session_prepare(descent_session *session,
                                                   const char *entry);

/* Gives every state its initial value: parameters as the model says, drawn from
 * seed; everything else likewise. */
DESCENT_API descent_status descent_session_initialize(descent_session *session,
                                                      uint64_t seed);
/* Gives only metrics their initial value: call it before the first "eval" of a
 * data set. */
DESCENT_API descent_status
descent_session_reset_metrics(descent_session *session);

/* Parameters and buffers from and to a safetensors file, by PyTorch's names.
 * Saving writes beside the file and then renames, so a crash leaves the old
 * file or the new one. */
DESCENT_API descent_status
descent_session_load_weights(descent_session *session, const char *path);
DESCENT_API descent_status
descent_session_save_weights(descent_session *session, const char *path);

/* One state by name, after all submitted runs; size must be the state's. */
DESCENT_API descent_status descent_session_read_state(descent_session *session,
                                                      const char *name,
                                                      void *data, size_t size);
DESCENT_API descent_status descent_session_write_state(descent_session *session,
                                                       const char *name,
                                                       const void *data,
                                                       size_t size);

/* ---- Runs: one execution of an entry ---- */

typedef struct descent_run descent_run;

typedef struct descent_control {
  uint32_t struct_size;
  int32_t step;   /* number of the training step, from 1; 0 outside training */
  uint64_t seed;  /* of dropout and other random numbers in the entry */
  int32_t valid;  /* rows of the batch that count, the rest repeating one of
                     them; 0 means all */
  float lr_scale; /* factor on the learning rate; 0 means 1 */
} descent_control;

/* A free run of the entry, to be filled and submitted. Runs execute in the
 * order of submission. A run must be submitted and waited for before its turn
 * comes again, runs_in_flight begins later; else DESCENT_USAGE, so no two
 * begins hand out one run. */
DESCENT_API descent_status descent_session_begin(descent_session *session,
                                                 const char *entry,
                                                 descent_run **run);
/* Where the caller writes an input, size bytes. The memory keeps its content
 * from the run's last turn. */
DESCENT_API descent_status descent_run_input(descent_run *run, const char *name,
                                             void **data, size_t *size);
/* Hands the run to the device and returns at once. control may be NULL. */
DESCENT_API descent_status descent_run_submit(descent_run *run,
                                              const descent_control *control);
/* Blocks until the run is done. DESCENT_DIVERGED when the model's loss or
 * gradient was not finite in this run or an earlier one: from that step on the
 * state has not changed. A run that fails in another way has no outputs. */
DESCENT_API descent_status descent_run_wait(descent_run *run);
/* An output of a run that was waited for; valid until the run is submitted
 * again. */
DESCENT_API descent_status descent_run_output(const descent_run *run,
                                              const char *name,
                                              const void **data, size_t *size);

#ifdef __cplusplus
}
#endif

#endif /* DESCENT_RUNTIME_DESCENT_H */
