// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One variant of the manifest: requirements, slabs, places, and the schedules
// that belong to it.
#include "core/BundleReader.h"
#include "core/Error.h"

#include <algorithm>
#include <set>

namespace descent::runtime {
namespace {

Size3 readSize3(const JsonView &view) {
  Size3 size;
  auto parts = view.elements(3);
  for (int i = 0; i < 3; ++i)
    size[i] = uint32_t(parts[i].count(1, UINT32_MAX));
  return size;
}

Requirements readRequirements(const JsonView &view) {
  static const std::set<std::string> known = {"vulkan",
                                              "driver",
                                              "max_workgroup_invocations",
                                              "max_workgroup_size",
                                              "max_storage_bindings",
                                              "max_storage_range",
                                              "min_offset_alignment",
                                              "max_push_bytes",
                                              "max_workgroup_count",
                                              "max_shared_bytes",
                                              "features"};
  Requirements needs;
  auto version = view.get("vulkan").elements(2);
  needs.vulkan = {uint32_t(version[0].count(1, 127)),
                  uint32_t(version[1].count(0, 1023))};
  if (auto driver = view.find("driver"))
    needs.driver = driver->text();
  needs.maxWorkgroupInvocations =
      uint32_t(view.get("max_workgroup_invocations").count(1, UINT32_MAX));
  needs.maxWorkgroupSize = readSize3(view.get("max_workgroup_size"));
  needs.maxWorkgroupCount = readSize3(view.get("max_workgroup_count"));
  needs.maxStorageBindings =
      uint32_t(view.get("max_storage_bindings").count(0, 1024));
  needs.maxStorageRange = view.get("max_storage_range").count(0, UINT32_MAX);
  needs.minOffsetAlignment = view.get("min_offset_alignment").count(4, 1 << 20);
  if (needs.minOffsetAlignment & (needs.minOffsetAlignment - 1))
    view.get("min_offset_alignment").expected("a power of two");
  needs.maxPushBytes = uint32_t(view.get("max_push_bytes").count(0, 65536));
  if (auto shared = view.find("max_shared_bytes"))
    needs.maxSharedBytes = uint32_t(shared->count(0, UINT32_MAX));
  for (const JsonView &feature : view.get("features").elements())
    needs.features.push_back(feature.text());
  for (auto &[key, member] : view.members())
    if (!known.contains(key))
      needs.unknown.push_back(key);
  return needs;
}

std::vector<Slab> readSlabs(const JsonView &view) {
  std::vector<Slab> slabs;
  for (const JsonView &slab : view.elements()) {
    std::string kind = slab.get("kind").text();
    if (kind != "state" && kind != "transient")
      slab.get("kind").expected("\"state\" or \"transient\"");
    slabs.push_back({slab.get("size").count(4, largestSize), kind == "state"});
  }
  if (slabs.empty() || slabs.size() > 1024)
    view.expected("from 1 to 1024 slabs");
  return slabs;
}

void readPlaces(const JsonView &view, const Program &program,
                Variant &variant) {
  for (const Tensor &input : program.inputs)
    variant.inputs.push_back(
        readPlace(view.get(input.name), variant.slabs, input.placeBytes()));
  for (const State &state : program.states) {
    JsonView place = view.get(state.tensor.name);
    variant.states.push_back(
        readPlace(place, variant.slabs, state.tensor.placeBytes()));
    if (!variant.slabs[variant.states.back().slab].keepsState)
      place.expected("a state in a slab of kind \"state\"");
  }
}

/// No byte may belong to two states, to a state and an input, or to two inputs
/// of one entry; control overlaps nothing.
void checkOverlaps(const JsonView &view, const Program &program,
                   const Variant &variant) {
  struct Named {
    Place place;
    std::string name;
  };
  auto check = [&](std::vector<Named> places) {
    std::sort(places.begin(), places.end(), [](const Named &a, const Named &b) {
      return std::pair(a.place.slab, a.place.offset) <
             std::pair(b.place.slab, b.place.offset);
    });
    for (size_t i = 1; i < places.size(); ++i)
      if (places[i - 1].place.overlaps(places[i].place))
        fail(Status::Invalid, view.place(), ": '", places[i - 1].name,
             "' and '", places[i].name, "' share bytes");
  };
  std::vector<Named> states = {{variant.control, "control"}};
  for (size_t i = 0; i < program.states.size(); ++i)
    states.push_back({variant.states[i], program.states[i].tensor.name});
  check(states);
  for (auto &[name, entry] : program.entries) {
    std::vector<Named> places = states;
    for (unsigned input : entry.inputs)
      places.push_back({variant.inputs[input], program.inputs[input].name});
    check(std::move(places));
  }
}

Statistics readStatistics(const JsonView &view) {
  constexpr uint64_t most = uint64_t(1) << 62;
  return {view.get("kernels").count(0, most),
          view.get("launches").count(0, most), view.get("flop").count(0, most),
          view.get("bytes").count(0, most)};
}

} // namespace

Variant readVariant(const JsonView &view, const Program &program,
                    const Files &files) {
  Variant variant;
  variant.name = readFileStem(view.get("name"));
  variant.requirements = readRequirements(view.get("requirements"));
  variant.slabs = readSlabs(view.get("slabs"));
  variant.control = readPlace(view.get("control"), variant.slabs, 256);
  readPlaces(view.get("places"), program, variant);
  checkOverlaps(view.get("places"), program, variant);
  variant.peakBytes = view.get("peak_bytes").count(0, largestSize);

  auto outputs = view.find("outputs"), statistics = view.find("statistics");
  for (auto &[name, entry] : program.entries) {
    std::vector<Place> &places = variant.outputs[name];
    for (const Tensor &output : entry.outputs)
      places.push_back(readPlace(view.get("outputs").get(name).get(output.name),
                                 variant.slabs, output.placeBytes()));
    if (statistics)
      if (auto found = statistics->find(name))
        variant.statistics[name] = readStatistics(*found);
    std::string path = "variants/" + variant.name + "/" + name + ".json";
    variant.schedules.emplace(name, readSchedule(path, name, variant, files));
  }
  return variant;
}

} // namespace descent::runtime
