// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Optional device features by the names that bundles use, asked of a device and
// switched on in one.
#ifndef DESCENT_RUNTIME_VULKAN_FEATURES_H
#define DESCENT_RUNTIME_VULKAN_FEATURES_H

#include "vulkan/Instance.h"

namespace descent::runtime {

/// The feature structures that this runtime knows, chained for
/// vkGetPhysicalDeviceFeatures2 or vkCreateDevice.
struct FeatureChain {
  VkPhysicalDeviceFeatures2 core{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2};
  VkPhysicalDevice16BitStorageFeatures storage16{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES};
  VkPhysicalDevice8BitStorageFeatures storage8{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES};
  VkPhysicalDeviceShaderFloat16Int8Features float16Int8{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES};

  /// Chains the structures that a device with these extensions may be given.
  explicit FeatureChain(const std::set<std::string> &extensions);
  FeatureChain(const FeatureChain &) = delete;
  FeatureChain &operator=(const FeatureChain &) = delete;

  /// The switch of a feature that has one, nullptr for other names (subgroup
  /// operations need none).
  VkBool32 *find(const std::string &name);
  static const std::vector<std::string> &switchNames();
};

/// Everything about a physical device; nothing when it lacks Vulkan 1.1 or a
/// compute queue.
std::optional<DeviceInfo> describeDevice(VkPhysicalDevice handle,
                                         unsigned index);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_VULKAN_FEATURES_H
