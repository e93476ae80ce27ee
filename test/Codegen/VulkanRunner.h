// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs one compiled kernel on the first Vulkan device: for tests and
// measurements of code generation alone.

#ifndef DESCENT_TEST_CODEGEN_VULKANRUNNER_H
#define DESCENT_TEST_CODEGEN_VULKANRUNNER_H

#include "descent/Target/SPIRV/SPIRV.h"
#include <string>
#include <vector>

namespace descent::test {

/// The contents of a kernel's bindings as words.
using Buffers = std::vector<std::vector<uint32_t>>;

struct RunTimes {
  /// Creating the pipeline and, as drivers may put that off, the first launch.
  double compileMilliseconds = 0;
  /// Median and least time of one launch.
  double milliseconds = 0, leastMilliseconds = 0;
  /// Least time of one launch summed over the processor's cores: on a CPU
  /// driver, what is left of noise from other programs.
  double cpuMilliseconds = 0;
};

/// The name of the device, or empty if there is none.
std::string deviceName();

/// Runs the kernel `repeats` times and reads the buffers back. Vulkan's
/// failures end the program with a message.
RunTimes runKernel(const CompiledKernel &kernel, Buffers &buffers,
                   unsigned repeats = 1);

} // namespace descent::test

#endif // DESCENT_TEST_CODEGEN_VULKANRUNNER_H
