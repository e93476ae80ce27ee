// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A bundle's manifest, schedules and kernels, in the order and the spelling of
// docs/bundle.md.

#include "descent/Bundle/BundleWriter.h"
#include "Manifest.h"
#include "descent/Bundle/Archive.h"
#include "llvm/Support/Endian.h"

using namespace mlir;

namespace descent::bundle {

namespace {

/// Collects the files of a bundle.
class Files {
public:
  void add(std::string name, std::string data) {
    hashes[name] = sha256(data);
    entries.push_back({std::move(name), std::move(data)});
  }
  /// The name of the file that holds these words; equal modules are one file.
  std::string addKernel(ArrayRef<uint32_t> words) {
    std::string data(words.size() * sizeof(uint32_t), '\0');
    for (auto [i, word] : llvm::enumerate(words))
      llvm::support::endian::write32le(data.data() + i * sizeof(uint32_t),
                                       word);
    std::string name = "kernels/" + sha256(data) + ".spv";
    if (!hashes.contains(name))
      add(name, std::move(data));
    return name;
  }

  std::vector<ArchiveEntry> entries;
  Json hashes = Json::object();
};

} // namespace

static Json describeLaunch(schedule::LaunchOp launch, schedule::KernelOp kernel,
                           unsigned number, const CompiledKernel &compiled,
                           const SlabNumbers &slabs) {
  Statistics cost = getLaunchStatistics(launch, kernel);
  Json bindings = Json::array();
  for (auto place : launch.getBindings().getAsRange<schedule::PlaceAttr>())
    bindings.push_back(describePlace(place, slabs));
  Json record = {
      {"kernel", number}, {"groups", compiled.groups}, {"bindings", bindings}};
  if (kernel.getIterations())
    record["iteration"] = true;
  if (std::optional<StringRef> label = launch.getLabel())
    record["label"] = label->str();
  record["flop"] = cost.flop;
  record["bytes"] = cost.bytes;
  return {{"launch", record}};
}

namespace {

/// Describes the schedule of one entry; its kernels are added to `files`.
class ScheduleWriter {
public:
  ScheduleWriter(const Variant &variant, Files &files)
      : variant(variant), files(files), symbols(variant.module.get()),
        slabs(numberSlabs(variant.module.get())) {}

  /// The file variants/<variant>/<entry>.json.
  Json describe(schedule::EntryOp entry) {
    Json records = describeRecords(entry.getBody().front());
    return {{"entry", entry.getSymName().str()},
            {"kernels", kernels},
            {"records", records}};
  }

private:
  Json describeRecords(Block &block) {
    Json records = Json::array();
    for (Operation &op : block) {
      if (isa<schedule::BarrierOp>(op))
        records.push_back({{"barrier", Json::object()}});
      if (auto launch = dyn_cast<schedule::LaunchOp>(op))
        records.push_back(describe(launch));
      if (auto loop = dyn_cast<schedule::LoopOp>(op))
        records.push_back(
            {{"loop",
              {{"count", loop.getCount()},
               {"reversed", loop.getReversed()},
               {"body", describeRecords(loop.getBody().front())}}}});
    }
    return records;
  }

  Json describe(schedule::LaunchOp launch) {
    auto kernel = symbols.lookup<schedule::KernelOp>(launch.getKernel());
    const CompiledKernel &compiled =
        variant.kernels.find(launch.getKernel())->second;
    auto [number, isNew] =
        numbers.try_emplace(launch.getKernel(), kernels.size());
    if (isNew) {
      Json accesses = Json::array();
      for (schedule::BindingAccess access : compiled.bindings)
        accesses.push_back(schedule::stringifyBindingAccess(access).str());
      kernels.push_back({{"file", files.addKernel(compiled.words)},
                         {"local_size", compiled.localSize},
                         {"bindings", accesses}});
    }
    return describeLaunch(launch, kernel, number->second, compiled, slabs);
  }

  const Variant &variant;
  Files &files;
  SymbolTable symbols;
  SlabNumbers slabs;
  llvm::StringMap<unsigned> numbers;
  Json kernels = Json::array();
};

} // namespace

llvm::Expected<std::string> buildBundle(const ModelInfo &model,
                                        ArrayRef<Variant> variants) {
  Files files;
  for (const Variant &variant : variants)
    for (auto entry : variant.module.get().getOps<schedule::EntryOp>()) {
      Json schedule = ScheduleWriter(variant, files).describe(entry);
      files.add("variants/" + variant.profile->name.str() + "/" +
                    entry.getSymName().str() + ".json",
                print(schedule));
    }
  Json manifest = describeProgram(model, variants.front());
  for (const Variant &variant : variants)
    manifest["variants"].push_back(describeVariant(variant));
  manifest["files"] = files.hashes;
  // The manifest comes first, so that a reader finds it without the directory.
  files.entries.insert(files.entries.begin(),
                       {"manifest.json", print(manifest)});
  return buildArchive(files.entries);
}

} // namespace descent::bundle
