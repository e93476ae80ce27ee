// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Thin wrappers over vkCmd*, with the three kinds of barrier that the runtime
// uses.
#include "vulkan/Recorder.h"

namespace descent::runtime {

constexpr VkPipelineStageFlags shader = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                               transfer = VK_PIPELINE_STAGE_TRANSFER_BIT;

Recorder::Recorder(Device &device, VkCommandBuffer commands,
                   VkCommandBufferUsageFlags usage)
    : device(device), commands(commands) {
  VkCommandBufferBeginInfo info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  info.flags = usage;
  checkVulkan(device.vk.vkBeginCommandBuffer(commands, &info),
              "recording commands");
}

void Recorder::barrier(VkPipelineStageFlags from, VkAccessFlags written,
                       VkPipelineStageFlags to, VkAccessFlags read) {
  VkMemoryBarrier memory{VK_STRUCTURE_TYPE_MEMORY_BARRIER};
  memory.srcAccessMask = written;
  memory.dstAccessMask = read;
  device.vk.vkCmdPipelineBarrier(commands, from, to, 0, 1, &memory, 0, nullptr,
                                 0, nullptr);
}

void Recorder::fullBarrier() {
  barrier(shader | transfer,
          VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
          shader | transfer,
          VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT |
              VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT);
}

void Recorder::shaderBarrier() {
  barrier(shader, VK_ACCESS_SHADER_WRITE_BIT, shader,
          VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
}

void Recorder::hostBarrier() {
  barrier(transfer, VK_ACCESS_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_HOST_BIT,
          VK_ACCESS_HOST_READ_BIT);
}

void Recorder::launch(const BoundLaunch &bound, uint32_t iteration) {
  const Launch &launch = *bound.launch;
  if (bound.pipeline != current)
    device.vk.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                                bound.pipeline);
  current = bound.pipeline;
  device.vk.vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                                    bound.layout, 0, 1, &bound.set, 0, nullptr);
  if (launch.pushBytes() != 0)
    device.vk.vkCmdPushConstants(
        commands, bound.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
        uint32_t(launch.pushBytes()),
        launch.iteration ? static_cast<const void *>(&iteration)
                         : launch.push.data());
  device.vk.vkCmdDispatch(commands, launch.groups[0], launch.groups[1],
                          launch.groups[2]);
}

void Recorder::copy(const Buffer &from, uint64_t fromOffset, const Buffer &to,
                    uint64_t toOffset, uint64_t size) {
  VkBufferCopy region{fromOffset, toOffset, size};
  device.vk.vkCmdCopyBuffer(commands, from.handle, to.handle, 1, &region);
}

void Recorder::fill(const Buffer &buffer, uint32_t value) {
  device.vk.vkCmdFillBuffer(commands, buffer.handle, 0, VK_WHOLE_SIZE, value);
}

void Recorder::end() {
  checkVulkan(device.vk.vkEndCommandBuffer(commands), "recording commands");
}

} // namespace descent::runtime
