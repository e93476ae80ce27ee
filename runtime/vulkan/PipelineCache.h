// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled pipelines on disk, so that a driver compiles a kernel once and not
// in every process. Internal to vulkan/.
#ifndef DESCENT_RUNTIME_VULKAN_PIPELINECACHE_H
#define DESCENT_RUNTIME_VULKAN_PIPELINECACHE_H

#include "vulkan/Device.h"

namespace descent::runtime {

/// A VkPipelineCache that begins with what a file in the folder holds, one file
/// for every device and driver. A file that is missing, damaged, too large, or
/// of another device or driver is as if it were empty, and nothing here fails
/// for a folder that cannot be written: the cache only saves time.
class PipelineCache {
public:
  /// An empty folder: no cache at all.
  PipelineCache(Device &device, const std::string &folder);

  VkPipelineCache handle() const { return cache; }
  /// Writes beside the file and renames, when the cache has changed. What
  /// another process has added meanwhile is lost.
  void save();

private:
  /// The file's bytes before the driver's: which device and driver it is of,
  /// and the size and hash of what follows.
  std::string header(std::span<const std::byte> data) const;
  std::vector<std::byte> load() const;

  Device &device;
  std::string folder, path;
  Owned<VkPipelineCache, &VolkDeviceTable::vkDestroyPipelineCache> cache;
  std::string written; ///< the header in the file
};

/// Where descent-run keeps pipelines: $XDG_CACHE_HOME/descent, or
/// ~/.cache/descent. Empty when the environment names neither folder.
std::string defaultCacheFolder();

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_VULKAN_PIPELINECACHE_H
