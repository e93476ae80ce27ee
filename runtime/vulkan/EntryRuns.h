// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An entry made ready: its recorded launches and the runs that carry data to
// and from them. Internal to vulkan/.
#ifndef DESCENT_RUNTIME_VULKAN_ENTRYRUNS_H
#define DESCENT_RUNTIME_VULKAN_ENTRYRUNS_H

#include "core/Executor.h"
#include "vulkan/Recorder.h"

namespace descent::runtime {

using Slabs = std::vector<std::unique_ptr<Buffer>>;

/// What is true of every run of one entry.
struct EntryContext {
  const Program &program;
  const Variant &variant;
  const Entry &entry;
  const Slabs &slabs;
  std::optional<unsigned> diverged; ///< the state to read back after every run
};

/// Staging memory, an upload and a read-back command buffer, and a fence.
class VulkanRun : public Run {
public:
  VulkanRun(Device &device, const EntryContext &context);
  ~VulkanRun() override;

  void submit(VkCommandBuffer launches);
  void wait();
  bool pending() const { return isPending; }

private:
  void recordUpload(const EntryContext &context);
  void recordReadback(const EntryContext &context);

  Device &device;
  std::unique_ptr<Buffer> upload, readback;
  std::span<const std::byte> divergedWord;
  VkCommandBuffer uploadCommands, readbackCommands;
  VkFence fence;
  bool isPending = false;
};

/// The launches of an entry, recorded once and submitted by every run.
class EntryRuns {
public:
  /// `launches` are the records of `schedule`.
  EntryRuns(Device &device, const EntryContext &context,
            const Schedule &schedule, std::vector<BoundLaunch> launches,
            unsigned runs);

  VulkanRun &next();
  VkCommandBuffer commands;
  const std::vector<BoundLaunch> launches;

private:
  std::vector<std::unique_ptr<VulkanRun>> runs;
  size_t turn = 0;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_VULKAN_ENTRYRUNS_H
