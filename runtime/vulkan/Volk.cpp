// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The one translation unit that holds volk's code: Vulkan is opened at run
// time, never linked.
#define VOLK_IMPLEMENTATION
#include <volk.h>
