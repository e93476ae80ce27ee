// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Vulkan instance, its devices, and which of them a bundle's variant can
// use.
#ifndef DESCENT_RUNTIME_VULKAN_INSTANCE_H
#define DESCENT_RUNTIME_VULKAN_INSTANCE_H

#include "core/Program.h"

#include <set>
#include <volk.h>

namespace descent::runtime {

/// Throws when result is an error: DeviceLost for a lost device or a lack of
/// memory, Failure otherwise.
void checkVulkan(VkResult result, const std::string &what);

/// What is asked of a physical device, once, when it is listed.
struct DeviceInfo {
  VkPhysicalDevice handle = VK_NULL_HANDLE;
  unsigned index = 0; ///< as in "vulkan:N"
  VkPhysicalDeviceProperties properties{};
  VkPhysicalDeviceMemoryProperties memory{};
  std::string driver; ///< driverName and driverInfo, where the device tells
  uint64_t maxAllocation = 0; ///< largest single allocation
  uint32_t subgroupSize = 0;
  uint32_t queueFamily = 0;       ///< a family with compute
  uint32_t timestampBits = 0;     ///< of that family
  std::set<std::string> features; ///< names of docs/bundle.md, "features"
  std::set<std::string> extensions;
  bool debugUtils = false; ///< objects can be given names

  std::string name() const { return properties.deviceName; }
  const char *
  type() const; ///< "discrete", "integrated", "virtual", "cpu" or "other"
  uint64_t deviceMemory() const; ///< bytes of the largest device-local heap
};

/// The loaded Vulkan library and an instance. With DESCENT_VALIDATION=1 in the
/// environment the validation layer runs, synchronization and queue submissions
/// included. Errors: NoDevice, with the packages to install, when there is no
/// loader; Failure when validation is asked for and not installed.
class Instance {
public:
  Instance();
  ~Instance();
  Instance(const Instance &) = delete;
  Instance &operator=(const Instance &) = delete;

  const std::vector<DeviceInfo> &devices() const { return list; }

  /// Warnings and errors that the validation layer has printed in this process.
  static unsigned validationMessages();

private:
  /// An instance that is not open yet. Once this is through the destructor
  /// runs, whatever the rest of the construction throws.
  struct Unopened {};
  explicit Instance(Unopened);

  VkInstance handle = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT messenger = VK_NULL_HANDLE;
  std::vector<DeviceInfo> list;
};

/// Why the device cannot run the variant, one sentence a reason; empty when it
/// can.
std::vector<std::string> refusals(const Variant &variant,
                                  const DeviceInfo &device);

struct Choice {
  const DeviceInfo *device = nullptr;
  const Variant *variant = nullptr;
};

/// The device that spec names ("" or "vulkan": the best that can run the
/// program; "cpu"; "vulkan:N"; "vulkan:NAME") and the first variant that it can
/// run. Errors: Usage for a spec that is none of these, NoDevice with every
/// reason.
Choice chooseDevice(const Instance &instance, const Program &program,
                    const std::string &spec);

/// The devices that spec allows, best first; same errors.
std::vector<const DeviceInfo *> matchDevices(const Instance &instance,
                                             const std::string &spec);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_VULKAN_INSTANCE_H
