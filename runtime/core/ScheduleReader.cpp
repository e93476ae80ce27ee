// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The schedule of one entry in one variant: kernels, launches, barriers and
// loops, checked against the variant's promises.
#include "core/BundleReader.h"
#include "core/Error.h"
#include "core/Sha256.h"

namespace descent::runtime {
namespace {

Access readAccess(const JsonView &view) {
  std::string text = view.text();
  if (text == "read")
    return Access::Read;
  if (text == "write")
    return Access::Write;
  if (text != "readwrite")
    view.expected("read, write or readwrite");
  return Access::ReadWrite;
}

std::vector<std::byte> readHex(const JsonView &view) {
  std::string text = view.text();
  auto digit = [&](char c) -> unsigned {
    if (c >= '0' && c <= '9')
      return unsigned(c - '0');
    if (c >= 'a' && c <= 'f')
      return unsigned(c - 'a' + 10);
    view.expected("bytes in lower-case hexadecimal");
  };
  if (text.size() % 8 != 0)
    view.expected("whole 4-byte words in hexadecimal");
  std::vector<std::byte> bytes;
  for (size_t i = 0; i < text.size(); i += 2)
    bytes.push_back(std::byte(digit(text[i]) << 4 | digit(text[i + 1])));
  return bytes;
}

Kernel readKernel(const JsonView &view, const Requirements &needs,
                  const Files &files) {
  Kernel kernel;
  kernel.file = view.get("file").text();
  auto file = files.find(kernel.file);
  if (file == files.end())
    view.get("file").expected("the name of an entry of the bundle");
  if (kernel.file != "kernels/" + sha256(file->second) + ".spv")
    view.get("file").expected("a kernel named by the SHA-256 of its bytes");
  auto local = view.get("local_size").elements(3);
  uint64_t invocations = 1;
  for (int i = 0; i < 3; ++i) {
    kernel.localSize[i] =
        uint32_t(local[i].count(1, needs.maxWorkgroupSize[i]));
    invocations *= kernel.localSize[i];
    if (invocations > needs.maxWorkgroupInvocations)
      view.get("local_size")
          .expected(concat("at most ", needs.maxWorkgroupInvocations,
                           " invocations"));
  }
  for (const JsonView &access : view.get("bindings").elements())
    kernel.bindings.push_back(readAccess(access));
  if (kernel.bindings.size() > needs.maxStorageBindings)
    view.get("bindings")
        .expected(concat("at most ", needs.maxStorageBindings, " bindings"));
  if (file->second.size() % 4 != 0)
    fail(Status::Invalid, "'", kernel.file, "' is not made of 4-byte words");
  // Entries begin at multiples of 64 in the file, and the file at what the
  // allocator aligns for any type.
  kernel.code = {reinterpret_cast<const uint32_t *>(file->second.data()),
                 file->second.size() / 4};
  kernel.pushBytes = checkModule(kernel, needs);
  return kernel;
}

Launch readLaunch(const JsonView &view, const Schedule &schedule,
                  const Variant &variant, bool inLoop) {
  const Requirements &needs = variant.requirements;
  Launch launch;
  if (schedule.kernels.empty())
    view.get("kernel").expected("a schedule with kernels");
  launch.kernel =
      unsigned(view.get("kernel").count(0, schedule.kernels.size() - 1));
  auto groups = view.get("groups").elements(3);
  for (int i = 0; i < 3; ++i)
    launch.groups[i] = uint32_t(groups[i].count(1, needs.maxWorkgroupCount[i]));
  for (const JsonView &binding :
       view.get("bindings")
           .elements(schedule.kernels[launch.kernel].bindings.size())) {
    Place place = readPlace(binding, variant.slabs);
    if (place.offset % needs.minOffsetAlignment != 0)
      binding.expected(
          concat("an offset that is a multiple of ", needs.minOffsetAlignment));
    if (place.size > needs.maxStorageRange)
      binding.expected(concat("at most ", needs.maxStorageRange, " bytes"));
    launch.bindings.push_back(place);
  }
  if (auto push = view.find("push"))
    launch.push = readHex(*push);
  if (auto iteration = view.find("iteration"); iteration && iteration->flag()) {
    if (!inLoop)
      iteration->expected("a launch in a loop");
    if (!launch.push.empty())
      view.get("push").expected("either push or iteration");
    launch.iteration = true;
  }
  if (launch.pushBytes() > needs.maxPushBytes)
    view.get(launch.iteration ? "iteration" : "push")
        .expected(
            concat("at most ", needs.maxPushBytes, " bytes of push constants"));
  const Kernel &kernel = schedule.kernels[launch.kernel];
  if (kernel.pushBytes > launch.pushBytes())
    view.expected(concat("push constants as large as the block of '",
                         kernel.file, "', ", kernel.pushBytes, " bytes, not ",
                         launch.pushBytes()));
  if (auto label = view.find("label"))
    launch.label = label->text();
  if (auto flop = view.find("flop"))
    launch.flop = flop->count(0, uint64_t(1) << 62);
  if (auto bytes = view.find("bytes"))
    launch.bytes = bytes->count(0, uint64_t(1) << 62);
  return launch;
}

/// Reads the records of an entry, or of a loop in it.
class RecordReader {
public:
  RecordReader(Schedule &schedule, const Variant &variant)
      : schedule(schedule), variant(variant) {}

  void read(const JsonView &records) {
    for (const JsonView &record : records.elements()) {
      auto members = record.members();
      if (members.size() != 1)
        record.expected("one launch, barrier or loop");
      auto &[kind, view] = members[0];
      if (kind == "barrier") {
        barrier = true;
      } else if (kind == "launch") {
        launches += count;
        if (launches > mostLaunches)
          record.expected(concat("at most ", mostLaunches,
                                 " launches in a run of an entry, those of "
                                 "loops in every iteration counted"));
        schedule.records.push_back(
            {readLaunch(view, schedule, variant, inLoop), barrier, count});
        barrier = false;
      } else if (kind == "loop" && !inLoop) {
        readLoop(view);
      } else {
        record.expected(inLoop ? "a launch or a barrier"
                               : "a launch, a barrier or a loop");
      }
    }
  }

private:
  void readLoop(const JsonView &view) {
    Schedule::Loop loop;
    loop.count = uint32_t(view.get("count").count(1, mostLaunches));
    if (auto reversed = view.find("reversed"))
      loop.reversed = reversed->flag();
    loop.barrierBefore = barrier;
    loop.first = schedule.records.size();
    barrier = false;
    inLoop = true;
    count = loop.count;
    read(view.get("body"));
    inLoop = false;
    count = 1;
    loop.end = schedule.records.size();
    if (loop.first == loop.end)
      view.get("body").expected("at least one launch");
    // A barrier at the end of the body stands before the next iteration too.
    if (barrier)
      schedule.records[loop.first].barrierBefore = true;
    schedule.loops.push_back(loop);
  }

  Schedule &schedule;
  const Variant &variant;
  bool barrier = false, inLoop = false;
  uint64_t count = 1, launches = 0;
};

} // namespace

Schedule readSchedule(const std::string &path, const std::string &entry,
                      const Variant &variant, const Files &files) {
  auto file = files.find(path);
  if (file == files.end())
    fail(Status::Invalid, "the bundle has no '", path, "'");
  nlohmann::json document = parseJson(file->second, path);
  JsonView view(document, path + ": ");
  if (view.get("entry").text() != entry)
    view.get("entry").expected("\"" + entry + "\"");
  Schedule schedule;
  for (const JsonView &kernel : view.get("kernels").elements())
    schedule.kernels.push_back(readKernel(kernel, variant.requirements, files));
  RecordReader(schedule, variant).read(view.get("records"));
  return schedule;
}

} // namespace descent::runtime
