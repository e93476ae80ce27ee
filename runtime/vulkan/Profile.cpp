// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An instrumented recording of an entry: a timestamp and a barrier after every
// launch.
#include "vulkan/Profile.h"
#include "core/Error.h"

#include <algorithm>

namespace descent::runtime {

std::vector<double> profileLaunches(Device &device,
                                    const std::vector<BoundLaunch> &launches,
                                    unsigned repeats) {
  if (device.info.timestampBits == 0)
    fail(Status::Failure, device.info.name(),
         " has no timestamps on its compute queue");
  uint32_t count = uint32_t(launches.size()) + 1;
  VkQueryPoolCreateInfo info{VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO};
  info.queryType = VK_QUERY_TYPE_TIMESTAMP;
  info.queryCount = count;
  VkQueryPool created = VK_NULL_HANDLE;
  checkVulkan(
      device.vk.vkCreateQueryPool(device.handle, &info, nullptr, &created),
      "creating a query pool");
  QueryPool pool(device, created);

  Commands commands = device.allocateCommands();
  Recorder recorder(device, commands, 0);
  device.vk.vkCmdResetQueryPool(commands, pool, 0, count);
  recorder.fullBarrier();
  device.vk.vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT,
                                pool, 0);
  for (uint32_t i = 0; i + 1 < count; ++i) {
    recorder.launch(launches[i]);
    recorder.shaderBarrier();
    device.vk.vkCmdWriteTimestamp(
        commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool, i + 1);
  }
  recorder.fullBarrier();
  recorder.end();

  Fence fence = device.createFence();
  const VkCommandBuffer work = commands;
  uint64_t mask = device.info.timestampBits >= 64
                      ? ~uint64_t(0)
                      : (uint64_t(1) << device.info.timestampBits) - 1;
  std::vector<std::vector<double>> samples(launches.size());
  std::vector<uint64_t> stamps(count);
  for (unsigned run = 0; run < repeats; ++run) {
    device.submit({&work, 1}, fence);
    device.wait(fence);
    checkVulkan(device.vk.vkGetQueryPoolResults(
                    device.handle, pool, 0, count, stamps.size() * 8,
                    stamps.data(), 8,
                    VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
                "reading timestamps");
    for (size_t i = 0; i < launches.size(); ++i)
      samples[i].push_back(double((stamps[i + 1] - stamps[i]) & mask) *
                           device.info.properties.limits.timestampPeriod /
                           1000);
  }
  std::vector<double> medians;
  for (std::vector<double> &sample : samples) {
    std::nth_element(sample.begin(), sample.begin() + sample.size() / 2,
                     sample.end());
    medians.push_back(sample[sample.size() / 2]);
  }
  return medians;
}

} // namespace descent::runtime
