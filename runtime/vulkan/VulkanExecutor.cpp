// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The executor: memory, entries made ready on demand, state moved through a
// small staging buffer.
#include "vulkan/VulkanExecutor.h"
#include "core/Error.h"
#include "vulkan/EntryRuns.h"
#include "vulkan/Profile.h"

#include <cstdlib>
#include <cstring>

namespace descent::runtime {
namespace {

constexpr uint64_t transferChunk = 4 << 20;

class VulkanExecutor : public Executor {
public:
  VulkanExecutor(std::shared_ptr<Instance> instance,
                 std::shared_ptr<const Program> program, const Choice &choice,
                 const ExecutorOptions &options);
  ~VulkanExecutor() override;

  const Program &program() const override { return *loaded; }
  const Variant &variant() const override { return chosen; }
  const std::string &deviceName() const override { return name; }
  void prepare(const std::vector<std::string> &entries) override;
  unsigned runsInFlight() const override { return runs; }
  Run &acquire(const std::string &entry) override;
  void submit(Run &run) override;
  void wait(Run &run) override { static_cast<VulkanRun &>(run).wait(); }
  void
  writeStates(const std::vector<std::pair<unsigned, std::span<const std::byte>>>
                  &states) override;
  void readStates(const std::vector<std::pair<unsigned, std::span<std::byte>>>
                      &states) override;
  std::vector<double> profile(const std::string &entry,
                              unsigned repeats) override;

private:
  void clearSlabs();
  EntryRuns &ready(const std::string &entry);
  /// Records with record and waits until it is done.
  void once(const std::function<void(Recorder &)> &record);

  std::shared_ptr<Instance> instance;
  std::shared_ptr<const Program> loaded;
  const Variant &chosen;
  std::string name;
  unsigned runs;
  Device device;
  Slabs slabs;
  std::optional<unsigned> diverged;
  std::unique_ptr<Pipelines> pipelines;
  std::map<std::string, std::unique_ptr<EntryRuns>> entries;
  std::unique_ptr<Buffer> toDevice, toHost;
  Commands commands;
  Fence fence;
};

VulkanExecutor::VulkanExecutor(std::shared_ptr<Instance> instance,
                               std::shared_ptr<const Program> program,
                               const Choice &choice,
                               const ExecutorOptions &options)
    : instance(std::move(instance)), loaded(std::move(program)),
      chosen(*choice.variant), name(choice.device->name()),
      runs(options.runsInFlight),
      device(*choice.device, {chosen.requirements.features,
                              !options.validator && !options.trusted}) {
  for (size_t i = 0; i < chosen.slabs.size(); ++i)
    slabs.push_back(std::make_unique<Buffer>(
        device, chosen.slabs[i].size, Buffer::Kind::Device,
        concat("slab ", i, " of a plan of ", chosen.peakBytes, " bytes")));
  for (unsigned i = 0; i < loaded->states.size(); ++i)
    if (loaded->states[i].role == Role::Status)
      diverged = i;
  pipelines = std::make_unique<Pipelines>(device, slabs, options.validator,
                                          options.cacheFolder);
  commands = device.allocateCommands();
  fence = device.createFence();
  clearSlabs();
}

VulkanExecutor::~VulkanExecutor() { device.waitIdle(); }

void VulkanExecutor::once(const std::function<void(Recorder &)> &record) {
  Recorder recorder(device, commands,
                    VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
  recorder.fullBarrier();
  record(recorder);
  recorder.fullBarrier();
  recorder.hostBarrier();
  recorder.end();
  const VkCommandBuffer work = commands;
  device.submit({&work, 1}, fence);
  device.wait(fence);
}

void VulkanExecutor::clearSlabs() {
  const char *poison = std::getenv("DESCENT_POISON");
  uint32_t garbage = poison && std::strcmp(poison, "1") == 0 ? 0xffffffff : 0;
  once([&](Recorder &recorder) {
    for (size_t i = 0; i < slabs.size(); ++i)
      recorder.fill(*slabs[i], chosen.slabs[i].keepsState ? 0 : garbage);
  });
}

void VulkanExecutor::prepare(const std::vector<std::string> &names) {
  std::vector<const Schedule *> schedules;
  for (const std::string &entry : names) {
    if (!loaded->findEntry(entry))
      fail(Status::Usage, "the bundle has no entry '", entry, "'");
    if (!entries.contains(entry))
      schedules.push_back(&chosen.schedules.at(entry));
  }
  pipelines->build(schedules);
  for (const std::string &entry : names) {
    if (entries.contains(entry))
      continue;
    EntryContext context{*loaded, chosen, loaded->entries.at(entry), slabs,
                         diverged};
    const Schedule &schedule = chosen.schedules.at(entry);
    entries[entry] = std::make_unique<EntryRuns>(
        device, context, schedule, pipelines->bind(schedule), runs);
  }
}

EntryRuns &VulkanExecutor::ready(const std::string &entry) {
  auto found = entries.find(entry);
  if (found == entries.end())
    fail(Status::Usage, "the entry '", entry, "' was not prepared");
  return *found->second;
}

Run &VulkanExecutor::acquire(const std::string &entry) {
  return ready(entry).acquire();
}

void VulkanExecutor::submit(Run &run) {
  static_cast<VulkanRun &>(run).submit(ready(run.entry->name).commands);
}

void VulkanExecutor::writeStates(
    const std::vector<std::pair<unsigned, std::span<const std::byte>>>
        &states) {
  if (!toDevice)
    toDevice = std::make_unique<Buffer>(
        device, transferChunk, Buffer::Kind::Upload, "staging of state");
  struct Copy {
    Place place;
    uint64_t from;
  };
  std::vector<Copy> copies;
  uint64_t used = 0;
  auto flush = [&] {
    if (!copies.empty())
      once([&](Recorder &recorder) {
        for (const Copy &copy : copies)
          recorder.copy(*toDevice, copy.from, *slabs[copy.place.slab],
                        copy.place.offset, copy.place.size);
      });
    copies.clear(), used = 0;
  };
  for (auto &[index, data] : states) {
    Place place = chosen.states[index];
    for (uint64_t done = 0; done < data.size();) {
      if (used == transferChunk)
        flush();
      uint64_t size =
          std::min<uint64_t>(data.size() - done, transferChunk - used);
      std::memcpy(toDevice->bytes().data() + used, data.data() + done, size);
      copies.push_back({{place.slab, place.offset + done, size}, used});
      used += size, done += size;
    }
  }
  flush();
}

void VulkanExecutor::readStates(
    const std::vector<std::pair<unsigned, std::span<std::byte>>> &states) {
  if (!toHost)
    toHost = std::make_unique<Buffer>(
        device, transferChunk, Buffer::Kind::Readback, "reading of state");
  struct Copy {
    Place place;
    std::span<std::byte> to;
    uint64_t from;
  };
  std::vector<Copy> copies;
  uint64_t used = 0;
  auto flush = [&] {
    if (!copies.empty())
      once([&](Recorder &recorder) {
        for (const Copy &copy : copies)
          recorder.copy(*slabs[copy.place.slab], copy.place.offset, *toHost,
                        copy.from, copy.place.size);
      });
    for (const Copy &copy : copies)
      std::memcpy(copy.to.data(), toHost->bytes().data() + copy.from,
                  copy.to.size());
    copies.clear(), used = 0;
  };
  for (auto &[index, data] : states) {
    Place place = chosen.states[index];
    for (uint64_t done = 0; done < data.size();) {
      if (used == transferChunk)
        flush();
      uint64_t size =
          std::min<uint64_t>(data.size() - done, transferChunk - used);
      copies.push_back({{place.slab, place.offset + done, size},
                        data.subspan(done, size),
                        used});
      used += size, done += size;
    }
  }
  flush();
}

std::vector<double> VulkanExecutor::profile(const std::string &entry,
                                            unsigned repeats) {
  std::vector<double> times =
      profileLaunches(device, ready(entry).launches, repeats);
  const Schedule &schedule = chosen.schedules.at(entry);
  for (size_t i = 0; i < times.size(); ++i)
    times[i] *= double(schedule.records[i].runs);
  return times;
}

} // namespace

std::unique_ptr<Executor>
createVulkanExecutor(std::shared_ptr<Instance> instance,
                     std::shared_ptr<const Program> program,
                     const ExecutorOptions &options) {
  Choice choice = chooseDevice(*instance, *program, options.device);
  return std::make_unique<VulkanExecutor>(std::move(instance),
                                          std::move(program), choice, options);
}

} // namespace descent::runtime
