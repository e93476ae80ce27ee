// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compute pipelines of a variant's kernels, each made once, and the descriptor
// sets of its launches.
#ifndef DESCENT_RUNTIME_VULKAN_PIPELINES_H
#define DESCENT_RUNTIME_VULKAN_PIPELINES_H

#include "core/Executor.h"
#include "vulkan/Device.h"
#include "vulkan/PipelineCache.h"

#include <map>

namespace descent::runtime {

/// A launch with everything that recording it needs.
struct BoundLaunch {
  const Launch *launch = nullptr;
  VkPipeline pipeline = VK_NULL_HANDLE;
  VkPipelineLayout layout = VK_NULL_HANDLE;
  VkDescriptorSet set = VK_NULL_HANDLE;
};

class Pipelines {
public:
  Pipelines(Device &device, const std::vector<std::unique_ptr<Buffer>> &slabs,
            ModuleValidator validator, const std::string &cacheFolder);
  Pipelines(const Pipelines &) = delete;
  Pipelines &operator=(const Pipelines &) = delete;

  /// Makes the pipelines that these schedules need and that do not exist yet,
  /// several at a time, and keeps them in the cache. Errors: Invalid when the
  /// validator refuses a module, Failure when the driver does.
  void build(const std::vector<const Schedule *> &schedules);

  /// The records of a built schedule with descriptor sets written, in order.
  std::vector<BoundLaunch> bind(const Schedule &schedule);

private:
  struct Layout {
    DescriptorSetLayout set;
    PipelineLayout pipeline;
  };
  struct Key {
    std::string file;
    size_t bindings, pushBytes;
    auto operator<=>(const Key &) const = default;
  };
  static Key keyOf(const Schedule &schedule, const Launch &launch);
  const Layout &layoutFor(size_t bindings, size_t pushBytes);
  Pipeline create(const Kernel &kernel, VkPipelineLayout layout,
                  const std::string &label) const;
  VkDescriptorPool createPool(const Schedule &schedule);

  Device &device;
  const std::vector<std::unique_ptr<Buffer>> &slabs;
  ModuleValidator validator;
  PipelineCache cache;
  std::map<std::pair<size_t, size_t>, Layout> layouts;
  std::map<Key, Pipeline> pipelines;
  std::vector<DescriptorPool> pools;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_VULKAN_PIPELINES_H
