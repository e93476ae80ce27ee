// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The file of a pipeline cache. Drivers check little of what they are given,
// so its hash is checked here.
#include "vulkan/PipelineCache.h"
#include "core/Error.h"
#include "core/File.h"
#include "core/Sha256.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace descent::runtime {
namespace {

/// A file that has outgrown this is not read, so the next save begins it anew.
constexpr size_t largestCache = size_t(256) << 20;

std::string hex(std::span<const uint8_t> bytes) {
  std::string text;
  for (uint8_t byte : bytes)
    for (unsigned digit : {byte >> 4, byte & 15})
      text += "0123456789abcdef"[digit];
  return text;
}

} // namespace

PipelineCache::PipelineCache(Device &device, const std::string &folder)
    : device(device), folder(folder) {
  if (folder.empty())
    return;
  const VkPhysicalDeviceProperties &properties = device.info.properties;
  path = folder + "/pipelines-" + hex(properties.pipelineCacheUUID) + "-" +
         std::to_string(properties.driverVersion) + ".bin";
  std::vector<std::byte> data = load();
  VkPipelineCacheCreateInfo info{VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
  info.initialDataSize = data.size();
  info.pInitialData = data.data();
  VkPipelineCache created = VK_NULL_HANDLE;
  if (device.vk.vkCreatePipelineCache(device.handle, &info, nullptr,
                                      &created) == VK_SUCCESS)
    cache = {device, created};
  if (!data.empty())
    written = header(data);
}

std::string PipelineCache::header(std::span<const std::byte> data) const {
  const VkPhysicalDeviceProperties &properties = device.info.properties;
  return concat("descent pipelines 1\nvendor ", properties.vendorID,
                "\ndevice ", properties.deviceID, "\ndriver ",
                properties.driverVersion, "\nuuid ",
                hex(properties.pipelineCacheUUID), "\nbytes ", data.size(),
                "\nsha256 ", sha256(data), "\n\n");
}

std::vector<std::byte> PipelineCache::load() const {
  std::vector<std::byte> file;
  try {
    file = readFile(path, largestCache);
  } catch (const Error &) {
    return {};
  }
  std::string_view text(reinterpret_cast<const char *>(file.data()),
                        file.size());
  size_t end = text.find("\n\n");
  if (end == std::string_view::npos)
    return {};
  std::vector<std::byte> data(file.begin() + long(end) + 2, file.end());
  if (text.substr(0, end + 2) != header(data))
    return {};
  return data;
}

void PipelineCache::save() {
  if (!cache)
    return;
  size_t size = 0;
  if (device.vk.vkGetPipelineCacheData(device.handle, cache, &size, nullptr) !=
      VK_SUCCESS)
    return;
  std::vector<std::byte> data(size);
  if (device.vk.vkGetPipelineCacheData(device.handle, cache, &size,
                                       data.data()) != VK_SUCCESS)
    return;
  data.resize(size);
  std::string text = header(data);
  if (text == written)
    return;
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  try {
    AtomicFile file(path);
    file.write(text);
    file.write(data);
    file.commit();
    written = text;
  } catch (const Error &) {
    // The next process compiles again.
  }
}

std::string defaultCacheFolder() {
  // The XDG base directory specification: relative paths are to be ignored.
  const char *cache = std::getenv("XDG_CACHE_HOME");
  if (cache && *cache == '/')
    return std::string(cache) + "/descent";
  const char *home = std::getenv("HOME");
  return home && *home == '/' ? std::string(home) + "/.cache/descent" : "";
}

} // namespace descent::runtime
