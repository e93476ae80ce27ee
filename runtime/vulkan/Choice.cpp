// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Choosing a device by what the user said, and a variant by what the device can
// do.
#include "core/Error.h"
#include "vulkan/Instance.h"

#include <algorithm>
#include <cctype>

namespace descent::runtime {
namespace {

std::string lower(std::string text) {
  for (char &c : text)
    c = char(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool contains(const std::string &text, const std::string &part) {
  return lower(text).find(lower(part)) != std::string::npos;
}

/// Better devices have smaller ranks.
int rank(const DeviceInfo &device) {
  switch (device.properties.deviceType) {
  case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
    return 0;
  case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
    return 1;
  case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
    return 2;
  case VK_PHYSICAL_DEVICE_TYPE_CPU:
    return 4;
  default:
    return 3;
  }
}

} // namespace

const char *DeviceInfo::type() const {
  const char *names[] = {"discrete", "integrated", "virtual", "other", "cpu"};
  return names[rank(*this)];
}

uint64_t DeviceInfo::deviceMemory() const {
  uint64_t largest = 0;
  for (uint32_t i = 0; i < memory.memoryHeapCount; ++i)
    if (memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT)
      largest = std::max<uint64_t>(largest, memory.memoryHeaps[i].size);
  return largest;
}

std::vector<std::string> refusals(const Variant &variant,
                                  const DeviceInfo &device) {
  const Requirements &needs = variant.requirements;
  const VkPhysicalDeviceLimits &limits = device.properties.limits;
  std::vector<std::string> reasons;
  auto need = [&](uint64_t wanted, uint64_t available, const char *what) {
    if (available < wanted)
      reasons.push_back(
          concat("needs ", what, " ", wanted, ", the device has ", available));
  };
  if (device.properties.apiVersion <
      VK_MAKE_API_VERSION(0, needs.vulkan[0], needs.vulkan[1], 0))
    reasons.push_back(
        concat("needs Vulkan ", needs.vulkan[0], ".", needs.vulkan[1]));
  if (!needs.driver.empty() && !contains(device.driver, needs.driver) &&
      !contains(device.name(), needs.driver))
    reasons.push_back("is for the driver '" + needs.driver + "'");
  need(needs.maxWorkgroupInvocations, limits.maxComputeWorkGroupInvocations,
       "workgroup invocations");
  for (int i = 0; i < 3; ++i) {
    need(needs.maxWorkgroupSize[i], limits.maxComputeWorkGroupSize[i],
         "workgroup size");
    need(needs.maxWorkgroupCount[i], limits.maxComputeWorkGroupCount[i],
         "workgroup count");
  }
  need(needs.maxStorageBindings,
       std::min(limits.maxPerStageDescriptorStorageBuffers,
                limits.maxDescriptorSetStorageBuffers),
       "storage bindings");
  need(needs.maxStorageRange, limits.maxStorageBufferRange,
       "storage buffer range");
  need(needs.maxPushBytes, limits.maxPushConstantsSize, "push constant bytes");
  need(needs.maxSharedBytes, limits.maxComputeSharedMemorySize,
       "shared memory bytes");
  if (limits.minStorageBufferOffsetAlignment > needs.minOffsetAlignment)
    reasons.push_back(concat("aligns buffer offsets to ",
                             needs.minOffsetAlignment, ", the device asks for ",
                             limits.minStorageBufferOffsetAlignment));
  for (const std::string &feature : needs.features)
    if (!device.features.contains(feature))
      reasons.push_back("needs the feature " + feature);
  for (const std::string &key : needs.unknown)
    reasons.push_back("has the requirement '" + key +
                      "', which this release does not know");
  return reasons;
}

std::vector<const DeviceInfo *> matchDevices(const Instance &instance,
                                             const std::string &spec) {
  std::vector<const DeviceInfo *> matches;
  for (const DeviceInfo &device : instance.devices())
    matches.push_back(&device);
  std::stable_sort(matches.begin(), matches.end(),
                   [](const DeviceInfo *a, const DeviceInfo *b) {
                     return rank(*a) < rank(*b);
                   });
  if (spec.empty() || spec == "vulkan")
    return matches;
  std::string wanted;
  if (spec == "cpu") {
    std::erase_if(matches,
                  [](const DeviceInfo *device) { return rank(*device) != 4; });
  } else if (spec.starts_with("vulkan:") && spec.size() > 7) {
    wanted = spec.substr(7);
    bool number = wanted.size() < 6 &&
                  std::all_of(wanted.begin(), wanted.end(), ::isdigit);
    std::erase_if(matches, [&](const DeviceInfo *device) {
      return number ? device->index != unsigned(std::stoi(wanted))
                    : !contains(device->name(), wanted);
    });
  } else {
    fail(Status::Usage, "'", spec,
         "' names no device: expected cpu, vulkan, vulkan:N or vulkan:NAME");
  }
  if (matches.empty())
    fail(Status::NoDevice, "no device matches '", spec,
         "'; descent-run devices lists what there is");
  return matches;
}

Choice chooseDevice(const Instance &instance, const Program &program,
                    const std::string &spec) {
  std::string reasons;
  for (const DeviceInfo *device : matchDevices(instance, spec))
    for (const Variant &variant : program.variants) {
      std::vector<std::string> refused = refusals(variant, *device);
      if (refused.empty())
        return {device, &variant};
      reasons += "\n  on " + device->name() + ", variant '" + variant.name +
                 "' " + refused.front();
    }
  fail(Status::NoDevice,
       "no variant of the bundle runs on a device of this machine:", reasons);
}

} // namespace descent::runtime
