// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A program on a Vulkan device: slabs, pipelines, one recorded command buffer
// an entry, a few runs in flight.
#ifndef DESCENT_RUNTIME_VULKAN_VULKANEXECUTOR_H
#define DESCENT_RUNTIME_VULKAN_VULKANEXECUTOR_H

#include "core/Executor.h"
#include "vulkan/Instance.h"

namespace descent::runtime {

struct ExecutorOptions {
  std::string device;        ///< as in chooseDevice
  ModuleValidator validator; ///< asked before a module is used, by several
                             ///< threads at once
  bool trusted = false;      ///< the caller vouches for the bundle: no
                        ///< robustBufferAccess although no validator is given
  unsigned runsInFlight = 2;
  std::string cacheFolder; ///< for compiled pipelines; empty: none are kept
};

/// Chooses device and variant, allocates the slabs and zeroes them. The
/// environment variable DESCENT_POISON=1 fills transient slabs with NaNs
/// instead, to show reads of what nobody wrote. Errors: those of chooseDevice,
/// and DeviceLost when the slabs do not fit.
std::unique_ptr<Executor>
createVulkanExecutor(std::shared_ptr<Instance> instance,
                     std::shared_ptr<const Program> program,
                     const ExecutorOptions &options);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_VULKAN_VULKANEXECUTOR_H
