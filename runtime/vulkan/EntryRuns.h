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

  /// Whose turn it is: the caller's from acquire() to submit(), the device's
  /// until wait() is through.
  enum class Turn { Free, Caller, Device };
  Turn turn() const { return current; }
  void acquire() { current = Turn::Caller; }
  void submit(VkCommandBuffer launches);
  void wait();

private:
  void recordUpload(const EntryContext &context);
  void recordReadback(const EntryContext &context);

  Device &device;
  std::unique_ptr<Buffer> upload, readback;
  std::span<const std::byte> divergedWord;
  Commands uploadCommands, readbackCommands;
  Fence fence;
  Turn current = Turn::Free;
};

/// The launches of an entry, recorded once and submitted by every run.
class EntryRuns {
public:
  /// `launches` are the records of `schedule`.
  EntryRuns(Device &device, const EntryContext &context,
            const Schedule &schedule, std::vector<BoundLaunch> launches,
            unsigned runs);

  /// The run whose turn it is, handed to the caller. Error: Usage when it is
  /// not free.
  VulkanRun &acquire();
  Commands commands;
  const std::vector<BoundLaunch> launches;

private:
  std::vector<std::unique_ptr<VulkanRun>> runs;
  size_t turn = 0;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_VULKAN_ENTRYRUNS_H
