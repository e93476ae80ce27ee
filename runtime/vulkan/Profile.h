// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Device time of single launches by timestamp queries. Internal to vulkan/.
#ifndef DESCENT_RUNTIME_VULKAN_PROFILE_H
#define DESCENT_RUNTIME_VULKAN_PROFILE_H

#include "vulkan/Recorder.h"

namespace descent::runtime {

/// See Executor::profile.
std::vector<double> profileLaunches(Device &device,
                                    const std::vector<BoundLaunch> &launches,
                                    unsigned repeats);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_VULKAN_PROFILE_H
