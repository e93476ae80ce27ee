// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A logical device with one compute queue, and the buffers that live on it.
#ifndef DESCENT_RUNTIME_VULKAN_DEVICE_H
#define DESCENT_RUNTIME_VULKAN_DEVICE_H

#include "vulkan/Instance.h"

namespace descent::runtime {

struct DeviceOptions {
  std::vector<std::string> features; ///< switched on; the device has them
  bool robustBufferAccess = false;   ///< for bundles that nobody vouches for
};

/// Owns the VkDevice; the instance that info came from must outlive it. vk
/// holds its functions, so that several devices can be open at once.
class Device {
public:
  Device(const DeviceInfo &info, const DeviceOptions &options);
  ~Device();
  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;

  VolkDeviceTable vk{};
  VkDevice handle = VK_NULL_HANDLE;
  const DeviceInfo info;

  VkCommandBuffer allocateCommands();
  VkFence createFence();
  /// Submits the command buffers, in order; fence is signalled when the last is
  /// done.
  void submit(std::span<const VkCommandBuffer> commands, VkFence fence);
  /// Waits for fence and resets it.
  void wait(VkFence fence);
  void waitIdle();

private:
  VkQueue queue = VK_NULL_HANDLE;
  VkCommandPool pool = VK_NULL_HANDLE;
};

/// A VkBuffer with memory of its own.
class Buffer {
public:
  enum class Kind { Device, Upload, Readback };

  /// Errors: DeviceLost when there is not enough memory; purpose is what the
  /// message calls the buffer.
  Buffer(Device &device, uint64_t size, Kind kind, const std::string &purpose);
  ~Buffer();
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;

  VkBuffer handle = VK_NULL_HANDLE;
  /// The memory itself, for Upload and Readback.
  std::span<std::byte> bytes() const {
    return {mapped, mapped ? size_t(size) : 0};
  }

private:
  uint32_t chooseMemory(const VkMemoryRequirements &needs, Kind kind) const;

  Device &device;
  uint64_t size;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  std::byte *mapped = nullptr;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_VULKAN_DEVICE_H
