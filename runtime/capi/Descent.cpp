// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The C interface over the C++ classes: names to indices, exceptions to status
// codes.
#include "descent/runtime/descent.h"
#include "core/Error.h"
#include "train/Weights.h"
#include "vulkan/VulkanExecutor.h"

#include <algorithm>
#include <cstring>
#include <new>

using namespace descent::runtime;

struct descent_bundle {
  std::shared_ptr<const Program> program;
};

struct descent_run {
  Executor *executor = nullptr;
  Run *run = nullptr;
  bool submitted = false;
};

struct descent_session {
  std::unique_ptr<Executor> executor;
  std::map<Run *, std::unique_ptr<descent_run>> runs;
};

namespace {

thread_local std::string lastError;

descent_status failed(Status status, const char *message) {
  lastError = message;
  return descent_status(status);
}

/// Runs body and turns what it throws into a status and a message.
template <typename Body> descent_status guarded(const Body &body) {
  try {
    body();
    return DESCENT_OK;
  } catch (const Error &error) {
    return failed(error.status(), error.what());
  } catch (const std::bad_alloc &) {
    return failed(Status::DeviceLost, "out of host memory");
  } catch (const std::exception &error) {
    return failed(Status::Failure, error.what());
  }
}

void require(bool condition, const char *what) {
  if (!condition)
    fail(Status::Usage, what);
}

/// The caller's structure, with zeros for fields that it does not know.
template <typename Struct> Struct known(const Struct *given) {
  Struct copy{};
  if (given)
    std::memcpy(&copy, given,
                std::min<size_t>(given->struct_size, sizeof copy));
  return copy;
}

static_assert(DESCENT_F32 == int(DType::F32) &&
              DESCENT_I32 == int(DType::I32) &&
              DESCENT_F64 == int(DType::F64) &&
              DESCENT_F16 == int(DType::F16) &&
              DESCENT_BF16 == int(DType::BF16) &&
              DESCENT_U32 == int(DType::U32));

void describe(const Tensor &tensor, descent_role role, descent_tensor *to) {
  require(to && to->struct_size >= sizeof(uint32_t),
          "descent_tensor.struct_size is not set");
  descent_tensor full{};
  full.struct_size = to->struct_size;
  full.dtype = descent_dtype(tensor.dtype);
  full.name = tensor.name.c_str();
  full.shape = tensor.shape.data();
  full.rank = uint32_t(tensor.shape.size());
  full.batch_axis = tensor.batchAxis ? int32_t(*tensor.batchAxis) : -1;
  full.bytes = tensor.bytes();
  full.role = role;
  std::memcpy(to, &full, std::min<size_t>(to->struct_size, sizeof full));
}

const Entry &entryOf(const Program &program, const char *name) {
  require(name, "the entry's name is NULL");
  const Entry *entry = program.findEntry(name);
  if (!entry)
    fail(Status::Usage, "the bundle has no entry '", name, "'");
  return *entry;
}

unsigned stateOf(const Program &program, const char *name, size_t size) {
  require(name, "the state's name is NULL");
  auto index = program.findState(name);
  if (!index)
    fail(Status::Usage, "the bundle has no state '", name, "'");
  uint64_t bytes = program.states[*index].tensor.bytes();
  if (bytes != size)
    fail(Status::Usage, "the state '", name, "' has ", bytes, " bytes, not ",
         size);
  return *index;
}

template <typename Items> const auto &at(const Items &items, uint32_t index) {
  if (index >= items.size())
    fail(Status::Usage, "index ", index, " of ", items.size());
  return items[index];
}

} // namespace

const char *descent_last_error(void) { return lastError.c_str(); }

descent_status descent_bundle_open(const char *path, descent_bundle **bundle) {
  return guarded([&] {
    require(path && bundle, "path or bundle is NULL");
    *bundle = new descent_bundle{openBundle(path)};
  });
}

descent_status descent_bundle_read(const void *data, size_t size,
                                   descent_bundle **bundle) {
  return guarded([&] {
    require(data && bundle, "data or bundle is NULL");
    auto bytes = static_cast<const std::byte *>(data);
    *bundle = new descent_bundle{
        readBundle(std::vector<std::byte>(bytes, bytes + size))};
  });
}

void descent_bundle_close(descent_bundle *bundle) { delete bundle; }

descent_status descent_bundle_input(const descent_bundle *bundle,
                                    uint32_t index, descent_tensor *tensor) {
  return guarded([&] {
    describe(at(bundle->program->inputs, index), DESCENT_PARAMETER, tensor);
  });
}

descent_status descent_bundle_state(const descent_bundle *bundle,
                                    uint32_t index, descent_tensor *tensor) {
  return guarded([&] {
    const State &state = at(bundle->program->states, index);
    describe(state.tensor, descent_role(state.role), tensor);
  });
}

descent_status descent_entry_input(const descent_bundle *bundle,
                                   const char *entry, uint32_t index,
                                   descent_tensor *tensor) {
  return guarded([&] {
    unsigned input = at(entryOf(*bundle->program, entry).inputs, index);
    describe(bundle->program->inputs[input], DESCENT_PARAMETER, tensor);
  });
}

descent_status descent_entry_output(const descent_bundle *bundle,
                                    const char *entry, uint32_t index,
                                    descent_tensor *tensor) {
  return guarded([&] {
    describe(at(entryOf(*bundle->program, entry).outputs, index),
             DESCENT_PARAMETER, tensor);
  });
}

descent_status descent_session_create(const descent_bundle *bundle,
                                      const descent_session_options *given,
                                      descent_session **session) {
  return guarded([&] {
    require(bundle && session, "bundle or session is NULL");
    descent_session_options options = known(given);
    ExecutorOptions wanted;
    if (options.device)
      wanted.device = options.device;
    if (options.runs_in_flight)
      wanted.runsInFlight = options.runs_in_flight;
    wanted.trusted = options.trust_bundle != 0;
    if (options.cache_directory)
      wanted.cacheFolder = options.cache_directory;
    if (options.validator)
      wanted.validator =
          [options](std::span<const uint32_t> code) -> std::string {
        return options.validator(code.data(), code.size_bytes(),
                                 options.user) == 0
                   ? ""
                   : "the application refused it";
      };
    auto created = std::make_unique<descent_session>();
    created->executor = createVulkanExecutor(std::make_shared<Instance>(),
                                             bundle->program, wanted);
    *session = created.release();
  });
}

void descent_session_destroy(descent_session *session) { delete session; }

const char *descent_session_device(const descent_session *session) {
  return session->executor->deviceName().c_str();
}

descent_status descent_session_prepare(descent_session *session,
                                       const char *entry) {
  return guarded([&] {
    session->executor->prepare(
        {entryOf(session->executor->program(), entry).name});
  });
}

descent_status descent_session_initialize(descent_session *session,
                                          uint64_t seed) {
  return guarded([&] {
    upload(*session->executor,
           initialStates(session->executor->program(), seed,
                         {Role::Parameter, Role::Buffer, Role::Optimizer,
                          Role::Metric, Role::Status}));
  });
}

descent_status descent_session_reset_metrics(descent_session *session) {
  return guarded([&] {
    upload(*session->executor,
           initialStates(session->executor->program(), 0, {Role::Metric}));
  });
}

descent_status descent_session_load_weights(descent_session *session,
                                            const char *path) {
  return guarded([&] {
    require(path, "path is NULL");
    upload(*session->executor, loadWeights(session->executor->program(), path));
  });
}

descent_status descent_session_save_weights(descent_session *session,
                                            const char *path) {
  return guarded([&] {
    require(path, "path is NULL");
    saveWeights(session->executor->program(),
                download(*session->executor, weightRoles), path, {});
  });
}

descent_status descent_session_read_state(descent_session *session,
                                          const char *name, void *data,
                                          size_t size) {
  return guarded([&] {
    require(data, "data is NULL");
    unsigned index = stateOf(session->executor->program(), name, size);
    session->executor->readStates(
        {{index, {static_cast<std::byte *>(data), size}}});
  });
}

descent_status descent_session_write_state(descent_session *session,
                                           const char *name, const void *data,
                                           size_t size) {
  return guarded([&] {
    require(data, "data is NULL");
    unsigned index = stateOf(session->executor->program(), name, size);
    session->executor->writeStates(
        {{index, {static_cast<const std::byte *>(data), size}}});
  });
}

descent_status descent_session_begin(descent_session *session,
                                     const char *entry, descent_run **run) {
  return guarded([&] {
    require(run, "run is NULL");
    const std::string &name = entryOf(session->executor->program(), entry).name;
    session->executor->prepare({name});
    Run *inner = &session->executor->acquire(name);
    std::unique_ptr<descent_run> &handle = session->runs[inner];
    if (!handle)
      handle.reset(new descent_run{session->executor.get(), inner});
    handle->submitted = false;
    *run = handle.get();
  });
}

descent_status descent_run_input(descent_run *run, const char *name,
                                 void **data, size_t *size) {
  return guarded([&] {
    require(name && data && size, "name, data or size is NULL");
    require(!run->submitted,
            "the run is in flight; its inputs cannot be changed");
    const Program &program = run->executor->program();
    const Entry &entry = *run->run->entry;
    for (size_t i = 0; i < entry.inputs.size(); ++i)
      if (const Tensor &input = program.inputs[entry.inputs[i]];
          input.name == name || entry.plainName(input) == name) {
        *data = run->run->inputs[i].data();
        *size = run->run->inputs[i].size();
        return;
      }
    fail(Status::Usage, "the entry '", entry.name, "' has no input '", name,
         "'");
  });
}

descent_status descent_run_submit(descent_run *run,
                                  const descent_control *given) {
  return guarded([&] {
    require(!run->submitted, "the run was submitted before");
    descent_control control = known(given);
    int32_t batch = int32_t(run->run->entry->batch);
    require(control.valid >= 0 && control.valid <= batch,
            "descent_control.valid is not within the batch");
    require(!run->run->entry->wholeBatches || control.valid == 0 ||
                control.valid == batch,
            "descent_control.valid is less than the batch, and the layers of "
            "the entry mix samples");
    run->run->control = {control.step, control.seed,
                         control.valid ? control.valid : batch,
                         control.lr_scale != 0 ? control.lr_scale : 1};
    run->executor->submit(*run->run);
    run->submitted = true;
  });
}

descent_status descent_run_wait(descent_run *run) {
  return guarded([&] {
    require(run->submitted, "the run was not submitted");
    run->executor->wait(*run->run);
    run->submitted = false;
    if (run->run->diverged != 0)
      fail(Status::Diverged, "the loss or a gradient of step ",
           run->run->diverged, " was not finite");
  });
}

descent_status descent_run_output(const descent_run *run, const char *name,
                                  const void **data, size_t *size) {
  return guarded([&] {
    require(name && data && size, "name, data or size is NULL");
    require(!run->submitted, "the run was not waited for");
    auto index = run->run->entry->findOutput(name);
    if (!index)
      fail(Status::Usage, "the entry '", run->run->entry->name,
           "' has no output '", name, "'");
    *data = run->run->outputs[*index].data();
    *size = run->run->outputs[*index].size();
  });
}
