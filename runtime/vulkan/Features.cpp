// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Asking a physical device for its properties, limits and features.
#include "vulkan/Features.h"

#include <map>

namespace descent::runtime {

FeatureChain::FeatureChain(const std::set<std::string> &extensions) {
  core.pNext = &storage16;
  void **end = &storage16.pNext;
  if (extensions.contains(VK_KHR_8BIT_STORAGE_EXTENSION_NAME)) {
    *end = &storage8;
    end = &storage8.pNext;
  }
  if (extensions.contains(VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME))
    *end = &float16Int8;
}

VkBool32 *FeatureChain::find(const std::string &name) {
  const std::map<std::string, VkBool32 *> switches = {
      {"shaderFloat64", &core.features.shaderFloat64},
      {"shaderInt64", &core.features.shaderInt64},
      {"shaderInt16", &core.features.shaderInt16},
      {"storageBuffer16BitAccess", &storage16.storageBuffer16BitAccess},
      {"storageBuffer8BitAccess", &storage8.storageBuffer8BitAccess},
      {"shaderFloat16", &float16Int8.shaderFloat16},
      {"shaderInt8", &float16Int8.shaderInt8}};
  auto found = switches.find(name);
  return found == switches.end() ? nullptr : found->second;
}

const std::vector<std::string> &FeatureChain::switchNames() {
  static const std::vector<std::string> names = {"shaderFloat64",
                                                 "shaderInt64",
                                                 "shaderInt16",
                                                 "storageBuffer16BitAccess",
                                                 "storageBuffer8BitAccess",
                                                 "shaderFloat16",
                                                 "shaderInt8"};
  return names;
}

namespace {

void addSubgroupFeatures(const VkPhysicalDeviceSubgroupProperties &subgroup,
                         DeviceInfo &device) {
  device.subgroupSize = subgroup.subgroupSize;
  if (!(subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT))
    return;
  const std::pair<VkSubgroupFeatureFlagBits, const char *> operations[] = {
      {VK_SUBGROUP_FEATURE_BASIC_BIT, "subgroupBasic"},
      {VK_SUBGROUP_FEATURE_VOTE_BIT, "subgroupVote"},
      {VK_SUBGROUP_FEATURE_ARITHMETIC_BIT, "subgroupArithmetic"},
      {VK_SUBGROUP_FEATURE_BALLOT_BIT, "subgroupBallot"},
      {VK_SUBGROUP_FEATURE_SHUFFLE_BIT, "subgroupShuffle"},
      {VK_SUBGROUP_FEATURE_SHUFFLE_RELATIVE_BIT, "subgroupShuffleRelative"},
      {VK_SUBGROUP_FEATURE_CLUSTERED_BIT, "subgroupClustered"},
      {VK_SUBGROUP_FEATURE_QUAD_BIT, "subgroupQuad"}};
  for (auto [bit, name] : operations)
    if (subgroup.supportedOperations & bit)
      device.features.insert(name);
  device.features.insert("subgroupSize" +
                         std::to_string(subgroup.subgroupSize));
}

bool findQueue(DeviceInfo &device) {
  uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(device.handle, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vkGetPhysicalDeviceQueueFamilyProperties(device.handle, &count,
                                           families.data());
  for (uint32_t i = 0; i < count; ++i)
    if (families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) {
      device.queueFamily = i;
      device.timestampBits = families[i].timestampValidBits;
      return true;
    }
  return false;
}

} // namespace

std::optional<DeviceInfo> describeDevice(VkPhysicalDevice handle,
                                         unsigned index) {
  DeviceInfo device;
  device.handle = handle;
  device.index = index;
  vkGetPhysicalDeviceProperties(handle, &device.properties);
  if (device.properties.apiVersion < VK_API_VERSION_1_1 || !findQueue(device))
    return {};
  vkGetPhysicalDeviceMemoryProperties(handle, &device.memory);

  uint32_t count = 0;
  vkEnumerateDeviceExtensionProperties(handle, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> extensions(count);
  vkEnumerateDeviceExtensionProperties(handle, nullptr, &count,
                                       extensions.data());
  for (const VkExtensionProperties &extension : extensions)
    device.extensions.insert(extension.extensionName);

  VkPhysicalDeviceDriverProperties driver{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
  VkPhysicalDeviceSubgroupProperties subgroup{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
  VkPhysicalDeviceMaintenance3Properties maintenance{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES};
  VkPhysicalDeviceProperties2 properties{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2};
  properties.pNext = &subgroup;
  subgroup.pNext = &maintenance;
  bool tellsDriver =
      device.extensions.contains(VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME);
  if (tellsDriver)
    maintenance.pNext = &driver;
  vkGetPhysicalDeviceProperties2(handle, &properties);
  device.maxAllocation = maintenance.maxMemoryAllocationSize;
  if (tellsDriver)
    device.driver = std::string(driver.driverName) + " " + driver.driverInfo;
  addSubgroupFeatures(subgroup, device);

  FeatureChain features(device.extensions);
  vkGetPhysicalDeviceFeatures2(handle, &features.core);
  for (const std::string &name : FeatureChain::switchNames())
    if (*features.find(name))
      device.features.insert(name);
  return device;
}

} // namespace descent::runtime
