// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// descent-run devices.
#include "Common.h"
#include "core/Error.h"

namespace descent::runtime {
namespace {

int listDevices(const CommonOptions &options) {
  Instance instance;
  Log log(options.json);
  for (const DeviceInfo &device : instance.devices()) {
    const VkPhysicalDeviceLimits &limits = device.properties.limits;
    std::string version =
        concat(VK_API_VERSION_MAJOR(device.properties.apiVersion), ".",
               VK_API_VERSION_MINOR(device.properties.apiVersion), ".",
               VK_API_VERSION_PATCH(device.properties.apiVersion));
    log.event("device",
              {{"index", device.index},
               {"name", device.name()},
               {"type", device.type()},
               {"driver", device.driver},
               {"vulkan", version},
               {"memory_bytes", device.deviceMemory()},
               {"subgroup_size", device.subgroupSize},
               {"max_storage_range", limits.maxStorageBufferRange},
               {"max_shared_bytes", limits.maxComputeSharedMemorySize},
               {"features", device.features}});
    std::string features;
    for (const std::string &feature : device.features)
      features += " " + feature;
    log.line(concat("vulkan:", device.index, "  ", device.name(), " (",
                    device.type(), ", Vulkan ", version, ", ", device.driver,
                    ")"));
    log.line(concat(
        "          ", readableBytes(device.deviceMemory()),
        " of memory, subgroups of ", device.subgroupSize, ", buffers to ",
        readableBytes(limits.maxStorageBufferRange), ", ",
        readableBytes(limits.maxComputeSharedMemorySize), " shared"));
    log.line("         " + features);
  }
  log.check();
  return 0;
}

} // namespace

void addDevices(CLI::App &app, Action &action) {
  auto options = std::make_shared<CommonOptions>();
  CLI::App *command = app.add_subcommand("devices", "list the Vulkan devices");
  addCommon(*command, *options, false);
  command->callback(
      [=, &action] { action = [=] { return listDevices(*options); }; });
}

} // namespace descent::runtime
