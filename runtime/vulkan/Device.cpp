// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Creating the logical device, submitting to its queue, and giving buffers
// memory.
#include "vulkan/Device.h"
#include "core/Error.h"
#include "vulkan/Features.h"

namespace descent::runtime {

Device::Device(const DeviceInfo &info, const DeviceOptions &options)
    : Device(info) {
  const float priority = 1;
  VkDeviceQueueCreateInfo queueInfo{VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO};
  queueInfo.queueFamilyIndex = info.queueFamily;
  queueInfo.queueCount = 1;
  queueInfo.pQueuePriorities = &priority;

  FeatureChain features(info.extensions);
  features.core.features.robustBufferAccess = options.robustBufferAccess;
  for (const std::string &name : options.features)
    if (VkBool32 *enable = features.find(name))
      *enable = VK_TRUE;
  std::vector<const char *> extensions;
  for (const char *name :
       {"VK_KHR_portability_subset", VK_KHR_8BIT_STORAGE_EXTENSION_NAME,
        VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME})
    if (info.extensions.contains(name))
      extensions.push_back(name);

  VkDeviceCreateInfo create{VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO};
  create.pNext = &features.core;
  create.queueCreateInfoCount = 1;
  create.pQueueCreateInfos = &queueInfo;
  create.enabledExtensionCount = uint32_t(extensions.size());
  create.ppEnabledExtensionNames = extensions.data();
  checkVulkan(vkCreateDevice(info.handle, &create, nullptr, &handle),
              "opening " + info.name());
  volkLoadDeviceTable(&vk, handle);
  vk.vkGetDeviceQueue(handle, info.queueFamily, 0, &queue);

  VkCommandPoolCreateInfo poolInfo{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
  poolInfo.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
  poolInfo.queueFamilyIndex = info.queueFamily;
  checkVulkan(vk.vkCreateCommandPool(handle, &poolInfo, nullptr, &pool),
              "creating a command pool");
}

Device::~Device() {
  if (pool)
    vk.vkDestroyCommandPool(handle, pool, nullptr);
  if (handle)
    vk.vkDestroyDevice(handle, nullptr);
}

void freeCommands(Device &device, VkCommandBuffer commands) {
  device.vk.vkFreeCommandBuffers(device.handle, device.pool, 1, &commands);
}

Commands Device::allocateCommands() {
  VkCommandBufferAllocateInfo info{
      VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
  info.commandPool = pool;
  info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  info.commandBufferCount = 1;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  checkVulkan(vk.vkAllocateCommandBuffers(handle, &info, &commands),
              "allocating a command buffer");
  return {*this, commands};
}

Fence Device::createFence() {
  VkFenceCreateInfo info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  VkFence fence = VK_NULL_HANDLE;
  checkVulkan(vk.vkCreateFence(handle, &info, nullptr, &fence),
              "creating a fence");
  return {*this, fence};
}

void Device::submit(std::span<const VkCommandBuffer> commands, VkFence fence) {
  VkSubmitInfo info{VK_STRUCTURE_TYPE_SUBMIT_INFO};
  info.commandBufferCount = uint32_t(commands.size());
  info.pCommandBuffers = commands.data();
  checkVulkan(vk.vkQueueSubmit(queue, 1, &info, fence), "submitting work");
}

void Device::wait(VkFence fence) {
  VkResult result = vk.vkWaitForFences(handle, 1, &fence, VK_TRUE, UINT64_MAX);
  if (result != VK_SUCCESS)
    waitIdle(); // the caller destroys what the work uses
  checkVulkan(result, "waiting for the device");
  checkVulkan(vk.vkResetFences(handle, 1, &fence), "waiting for the device");
}

void Device::waitIdle() {
  if (handle)
    vk.vkDeviceWaitIdle(handle);
}

void Device::setName(VkObjectType type, uint64_t object,
                     const std::string &name) {
  if (!info.debugUtils)
    return;
  VkDebugUtilsObjectNameInfoEXT named{
      VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT};
  named.objectType = type;
  named.objectHandle = object;
  named.pObjectName = name.c_str();
  // A name that is not taken changes nothing.
  vkSetDebugUtilsObjectNameEXT(handle, &named);
}

Buffer::Buffer(Device &device, uint64_t size, Kind kind,
               const std::string &purpose)
    : Buffer(device, size) {
  VkBufferCreateInfo info{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
  info.size = size;
  info.usage =
      VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  if (kind == Kind::Device)
    info.usage |= VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
  std::string what = concat("allocating ", size, " bytes for ", purpose);
  checkVulkan(device.vk.vkCreateBuffer(device.handle, &info, nullptr, &handle),
              what);
  device.setName(VK_OBJECT_TYPE_BUFFER, reinterpret_cast<uint64_t>(handle),
                 purpose);
  VkMemoryRequirements needs;
  device.vk.vkGetBufferMemoryRequirements(device.handle, handle, &needs);
  VkMemoryAllocateInfo allocate{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
  allocate.allocationSize = needs.size;
  allocate.memoryTypeIndex = chooseMemory(needs, kind);
  const VkPhysicalDeviceMemoryProperties &memories = device.info.memory;
  uint64_t heap =
      memories
          .memoryHeaps[memories.memoryTypes[allocate.memoryTypeIndex].heapIndex]
          .size;
  if (needs.size > device.info.maxAllocation || needs.size > heap)
    fail(Status::DeviceLost, what, ": the device allocates at most ",
         std::min(device.info.maxAllocation, heap),
         " bytes at once; compile with a smaller --batch");
  checkVulkan(
      device.vk.vkAllocateMemory(device.handle, &allocate, nullptr, &memory),
      what);
  checkVulkan(device.vk.vkBindBufferMemory(device.handle, handle, memory, 0),
              what);
  if (kind == Kind::Device)
    return;
  void *address = nullptr;
  checkVulkan(device.vk.vkMapMemory(device.handle, memory, 0, VK_WHOLE_SIZE, 0,
                                    &address),
              what);
  mapped = static_cast<std::byte *>(address);
}

Buffer::~Buffer() {
  device.vk.vkDestroyBuffer(device.handle, handle, nullptr);
  device.vk.vkFreeMemory(device.handle, memory, nullptr);
}

uint32_t Buffer::chooseMemory(const VkMemoryRequirements &needs,
                              Kind kind) const {
  // The Vulkan specification promises a type that is host visible and coherent,
  // and one that is device local.
  constexpr VkMemoryPropertyFlags mappable =
      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
      VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  std::vector<VkMemoryPropertyFlags> wishes;
  if (kind == Kind::Device)
    wishes = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0};
  else if (kind == Kind::Upload)
    wishes = {mappable};
  else
    wishes = {mappable | VK_MEMORY_PROPERTY_HOST_CACHED_BIT, mappable};
  const VkPhysicalDeviceMemoryProperties &memory = device.info.memory;
  for (VkMemoryPropertyFlags wish : wishes)
    for (uint32_t i = 0; i < memory.memoryTypeCount; ++i)
      if ((needs.memoryTypeBits >> i & 1) &&
          (memory.memoryTypes[i].propertyFlags & wish) == wish)
        return i;
  fail(Status::Failure, "the device has no memory type for a buffer");
}

} // namespace descent::runtime
