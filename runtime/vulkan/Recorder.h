// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recording of command buffers: the launches of an entry, barriers, copies.
#ifndef DESCENT_RUNTIME_VULKAN_RECORDER_H
#define DESCENT_RUNTIME_VULKAN_RECORDER_H

#include "vulkan/Pipelines.h"

namespace descent::runtime {

/// Records into one command buffer, from construction to end().
class Recorder {
public:
  Recorder(Device &device, VkCommandBuffer commands,
           VkCommandBufferUsageFlags usage);

  /// Orders all shader and copy accesses before against all shader and copy
  /// accesses after. Entries begin and end with it: that is how hazards between
  /// one step and the next, uploads and read-backs included, are all met.
  void fullBarrier();
  /// Orders shader accesses before against shader accesses after.
  void shaderBarrier();
  /// Makes copies into host memory visible to the host once the fence is
  /// signalled.
  void hostBarrier();
  void launch(const BoundLaunch &bound, uint32_t iteration = 0);
  void copy(const Buffer &from, uint64_t fromOffset, const Buffer &to,
            uint64_t toOffset, uint64_t size);
  void fill(const Buffer &buffer, uint32_t value);
  void end();

private:
  void barrier(VkPipelineStageFlags from, VkAccessFlags written,
               VkPipelineStageFlags to, VkAccessFlags read);

  Device &device;
  VkCommandBuffer commands;
  VkPipeline current = VK_NULL_HANDLE;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_VULKAN_RECORDER_H
