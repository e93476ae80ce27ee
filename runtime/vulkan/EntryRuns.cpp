// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Laying out staging memory, and the three command buffers of a run: upload,
// launches, read-back.
#include "vulkan/EntryRuns.h"
#include "core/Error.h"

#include <bit>
#include <cstring>

namespace descent::runtime {
namespace {

constexpr uint64_t controlSize = 256;

/// Parts of staging buffers begin at multiples of 64, so that copies and host
/// loops are aligned.
uint64_t aligned(uint64_t size) { return (size + 63) / 64 * 64; }

} // namespace

VulkanRun::VulkanRun(Device &device, const EntryContext &context)
    : device(device) {
  entry = &context.entry;
  uint64_t uploadSize = controlSize, readbackSize = 64;
  for (unsigned input : entry->inputs)
    uploadSize += aligned(context.program.inputs[input].bytes());
  for (const Tensor &output : entry->outputs)
    readbackSize += aligned(output.bytes());
  upload = std::make_unique<Buffer>(device, uploadSize, Buffer::Kind::Upload,
                                    "staging");
  readback = std::make_unique<Buffer>(device, readbackSize,
                                      Buffer::Kind::Readback, "results");
  std::memset(upload->bytes().data(), 0, uploadSize);
  std::memset(readback->bytes().data(), 0, readbackSize);
  recordUpload(context);
  recordReadback(context);
  fence = device.createFence();
}

void VulkanRun::recordUpload(const EntryContext &context) {
  uploadCommands = device.allocateCommands();
  Recorder recorder(device, uploadCommands, 0);
  recorder.fullBarrier();
  const Place &control = context.variant.control;
  recorder.copy(*upload, 0, *context.slabs[control.slab], control.offset,
                controlSize);
  uint64_t at = controlSize;
  for (unsigned input : entry->inputs) {
    const Place &place = context.variant.inputs[input];
    inputs.push_back(
        upload->bytes().subspan(at, context.program.inputs[input].bytes()));
    recorder.copy(*upload, at, *context.slabs[place.slab], place.offset,
                  place.size);
    at += aligned(place.size);
  }
  recorder.end();
}

void VulkanRun::recordReadback(const EntryContext &context) {
  readbackCommands = device.allocateCommands();
  Recorder recorder(device, readbackCommands, 0);
  uint64_t at = 64;
  const std::vector<Place> &places = context.variant.outputs.at(entry->name);
  for (size_t i = 0; i < places.size(); ++i) {
    const Place &place = places[i];
    outputs.push_back(readback->bytes().subspan(at, entry->outputs[i].bytes()));
    recorder.copy(*context.slabs[place.slab], place.offset, *readback, at,
                  place.size);
    at += aligned(place.size);
  }
  if (context.diverged) {
    const Place &place = context.variant.states[*context.diverged];
    divergedWord = readback->bytes().subspan(0, 4);
    recorder.copy(*context.slabs[place.slab], place.offset, *readback, 0, 4);
  }
  recorder.hostBarrier();
  recorder.end();
}

void VulkanRun::submit(VkCommandBuffer launches) {
  const uint32_t words[5] = {uint32_t(control.step), uint32_t(control.seed),
                             uint32_t(control.seed >> 32),
                             uint32_t(control.valid),
                             std::bit_cast<uint32_t>(control.lrScale)};
  std::memcpy(upload->bytes().data(), words, sizeof words);
  const VkCommandBuffer commands[] = {uploadCommands, launches,
                                      readbackCommands};
  device.submit(commands, fence);
  current = Turn::Device;
}

void VulkanRun::wait() {
  device.wait(fence);
  current = Turn::Free;
  if (!divergedWord.empty())
    std::memcpy(&diverged, divergedWord.data(), 4);
}

EntryRuns::EntryRuns(Device &device, const EntryContext &context,
                     const Schedule &schedule, std::vector<BoundLaunch> bound,
                     unsigned count)
    : commands(device.allocateCommands()), launches(std::move(bound)) {
  Recorder recorder(device, commands,
                    VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT);
  recorder.fullBarrier();
  schedule.forEachLaunch([&](size_t index, uint32_t iteration, bool barrier) {
    if (barrier)
      recorder.shaderBarrier();
    recorder.launch(launches[index], iteration);
  });
  recorder.fullBarrier();
  recorder.end();
  for (unsigned i = 0; i < count; ++i)
    runs.push_back(std::make_unique<VulkanRun>(device, context));
}

VulkanRun &EntryRuns::acquire() {
  VulkanRun &run = *runs[turn];
  if (run.turn() == VulkanRun::Turn::Device)
    fail(Status::Usage, "all ", runs.size(), " runs of '", run.entry->name,
         "' are in flight; wait for the oldest first");
  if (run.turn() == VulkanRun::Turn::Caller)
    fail(Status::Usage, "all ", runs.size(), " runs of '", run.entry->name,
         "' were begun, and the oldest was not submitted; submit it and wait "
         "for it first");
  turn = (turn + 1) % runs.size();
  run.acquire();
  return run;
}

} // namespace descent::runtime
