// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A logical device with one compute queue, and the objects that live on it,
// each destroyed by its owner.
#ifndef DESCENT_RUNTIME_VULKAN_DEVICE_H
#define DESCENT_RUNTIME_VULKAN_DEVICE_H

#include "vulkan/Instance.h"

#include <type_traits>
#include <utility>

namespace descent::runtime {

struct DeviceOptions {
  std::vector<std::string> features; ///< switched on; the device has them
  bool robustBufferAccess = false;   ///< for bundles that nobody vouches for
};

class Device;

/// Gives a command buffer back to the device's pool.
void freeCommands(Device &device, VkCommandBuffer commands);

/// Owns an object of a device. Destroy ends its life: a member of
/// VolkDeviceTable, or a function.
template <typename Object, auto Destroy> class Owned {
public:
  Owned() = default;
  Owned(Device &device, Object object) : device(&device), object(object) {}
  Owned(Owned &&other) noexcept
      : device(other.device),
        object(std::exchange(other.object, VK_NULL_HANDLE)) {}
  Owned &operator=(Owned &&other) noexcept {
    std::swap(device, other.device);
    std::swap(object, other.object);
    return *this;
  }
  ~Owned();

  operator Object() const { return object; }

private:
  Device *device = nullptr;
  Object object = VK_NULL_HANDLE;
};

using Fence = Owned<VkFence, &VolkDeviceTable::vkDestroyFence>;
using QueryPool = Owned<VkQueryPool, &VolkDeviceTable::vkDestroyQueryPool>;
using ShaderModule =
    Owned<VkShaderModule, &VolkDeviceTable::vkDestroyShaderModule>;
using Pipeline = Owned<VkPipeline, &VolkDeviceTable::vkDestroyPipeline>;
using PipelineLayout =
    Owned<VkPipelineLayout, &VolkDeviceTable::vkDestroyPipelineLayout>;
using DescriptorSetLayout =
    Owned<VkDescriptorSetLayout,
          &VolkDeviceTable::vkDestroyDescriptorSetLayout>;
using DescriptorPool =
    Owned<VkDescriptorPool, &VolkDeviceTable::vkDestroyDescriptorPool>;

using Commands = Owned<VkCommandBuffer, &freeCommands>;

/// Owns the VkDevice; the instance that info came from must outlive it, and it
/// everything else here. vk holds its functions, so that several devices can be
/// open at once.
class Device {
public:
  Device(const DeviceInfo &info, const DeviceOptions &options);
  ~Device();
  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;

  VolkDeviceTable vk{};
  VkDevice handle = VK_NULL_HANDLE;
  const DeviceInfo info;

  Commands allocateCommands();
  Fence createFence();
  /// Submits the command buffers, in order; fence is signalled when the last is
  /// done.
  void submit(std::span<const VkCommandBuffer> commands, VkFence fence);
  /// Waits for fence and resets it.
  void wait(VkFence fence);
  void waitIdle();
  /// Calls an object by a name in validation messages and debuggers, where
  /// VK_EXT_debug_utils is on.
  void setName(VkObjectType type, uint64_t object, const std::string &name);

private:
  friend void freeCommands(Device &device, VkCommandBuffer commands);
  /// A device that is not open yet. Once this is through the destructor runs,
  /// whatever the rest of the construction throws.
  explicit Device(const DeviceInfo &info) : info(info) {}

  VkQueue queue = VK_NULL_HANDLE;
  VkCommandPool pool = VK_NULL_HANDLE;
};

template <typename Object, auto Destroy> Owned<Object, Destroy>::~Owned() {
  if (!object)
    return;
  if constexpr (std::is_member_pointer_v<decltype(Destroy)>)
    (device->vk.*Destroy)(device->handle, object, nullptr);
  else
    Destroy(*device, object);
}

/// A VkBuffer with memory of its own.
class Buffer {
public:
  enum class Kind { Device, Upload, Readback };

  /// Errors: DeviceLost when there is not enough memory; purpose is what the
  /// message, and a debugger, calls the buffer.
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
  /// Without buffer and memory; see Device.
  Buffer(Device &device, uint64_t size) : device(device), size(size) {}
  uint32_t chooseMemory(const VkMemoryRequirements &needs, Kind kind) const;

  Device &device;
  uint64_t size;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  std::byte *mapped = nullptr;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_VULKAN_DEVICE_H
