// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parts of a bundle's manifest as JSON.

#include "Manifest.h"
#include "descent/Dialect/Descent/Descent.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <set>

using namespace mlir;

namespace descent::bundle {

std::string print(const Json &json) {
  return json.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false,
                   Json::error_handler_t::replace) +
         "\n";
}

//===----------------------------------------------------------------------===//
// What all variants share
//===----------------------------------------------------------------------===//

/// C99 hexadecimal, the shortest exact form.
static std::string hexadecimal(FloatAttr number) {
  char text[64];
  snprintf(text, sizeof text, "%a", number.getValueAsDouble());
  return text;
}

static Json describeInit(InitAttr init) {
  std::string a = hexadecimal(init.getA()), b = hexadecimal(init.getB());
  Json json = {{"kind", stringifyInitKind(init.getKind()).str()}};
  switch (init.getKind()) {
  case InitKind::constant:
    json["value"] = a;
    break;
  case InitKind::uniform:
    json["low"] = a;
    json["high"] = b;
    break;
  case InitKind::normal:
  case InitKind::truncated_normal:
    json["mean"] = a;
    json["std"] = b;
    break;
  case InitKind::orthogonal:
  case InitKind::identity:
    json["gain"] = a;
    break;
  }
  return json;
}

/// `name`, `dtype` and `shape`. A boolean is a word like an i32's, 0 or 1, and
/// is described as one.
static Json describeTensor(StringRef name, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  Type element = tensor.getElementType();
  std::string dtype;
  if (element.isInteger(1))
    dtype = "i32";
  else if (element.isUnsignedInteger(32))
    dtype = "u32";
  else
    llvm::raw_string_ostream(dtype) << element;
  return {{"name", name.str()},
          {"dtype", dtype},
          {"shape", tensor.getShape().vec()}};
}

static Json describeEntry(const ModelInfo &model, schedule::EntryOp entry) {
  Json inputs = Json::array(), outputs = Json::array();
  for (auto input : entry.getInputs().getAsRange<FlatSymbolRefAttr>())
    inputs.push_back(input.getValue().str());
  for (auto output : entry.getBody().getOps<schedule::OutputOp>()) {
    Json json = describeTensor(output.getName(), output.getType());
    if (std::optional<uint64_t> axis = output.getBatchAxis())
      json["batch_axis"] = *axis;
    outputs.push_back(json);
  }
  Json json = {{"inputs", inputs}, {"outputs", outputs}};
  if (llvm::is_contained(model.wholeBatches, entry.getSymName()))
    json["whole_batches"] = true;
  return json;
}

Json describeProgram(const ModelInfo &model, const Variant &variant) {
  ModuleOp module = variant.module.get();
  Json inputs = Json::array(), states = Json::array(), entries = Json::object();
  for (auto input : module.getOps<InputOp>()) {
    Json json = describeTensor(input.getSymName(), input.getType());
    if (std::optional<uint64_t> axis = input.getBatchAxis())
      json["batch_axis"] = *axis;
    if (std::optional<ArrayRef<int64_t>> range = input.getRange())
      json["range"] = range->vec();
    inputs.push_back(json);
  }
  for (auto state : module.getOps<StateOp>()) {
    Json tensor = describeTensor(state.getSymName(), state.getType());
    states.push_back({{"name", tensor["name"]},
                      {"role", stringifyRole(state.getRole()).str()},
                      {"dtype", tensor["dtype"]},
                      {"shape", tensor["shape"]},
                      {"init", describeInit(state.getInit())}});
  }
  for (auto entry : module.getOps<schedule::EntryOp>())
    entries[entry.getSymName().str()] = describeEntry(model, entry);
  return {{"format", {1, 1}},
          {"producer", "descentc " DESCENT_VERSION},
          {"model", {{"name", model.name}, {"sha256", model.sha256}}},
          {"batch", model.batch},
          {"train", {{"epochs", model.epochs}}},
          {"inputs", inputs},
          {"state", states},
          {"entries", entries},
          {"variants", Json::array()}};
}

//===----------------------------------------------------------------------===//
// Variants
//===----------------------------------------------------------------------===//

SlabNumbers numberSlabs(ModuleOp module) {
  SlabNumbers numbers;
  for (auto slab : module.getOps<schedule::SlabOp>())
    numbers.try_emplace(slab.getSymName(), numbers.size());
  return numbers;
}

Json describePlace(schedule::PlaceAttr place, const SlabNumbers &slabs) {
  return {slabs.lookup(place.getSlab().getValue()), place.getOffset(),
          place.getSize()};
}

/// The push constants of a kernel that is told its iteration.
static constexpr int64_t kIterationBytes = 4;

/// What the variant's kernels and launches ask of a device: the least that they
/// can do with.
static Json describeRequirements(const Variant &variant) {
  std::array<int64_t, 3> size = {1, 1, 1}, groups = {1, 1, 1};
  int64_t invocations = 1, bindings = 1, range = schedule::kWordBytes, push = 0;
  std::set<std::string> features;
  for (const auto &entry : variant.kernels) {
    const CompiledKernel &kernel = entry.second;
    features.insert(kernel.features.begin(), kernel.features.end());
    for (unsigned i = 0; i < 3; ++i) {
      size[i] = std::max(size[i], kernel.localSize[i]);
      groups[i] = std::max(groups[i], kernel.groups[i]);
    }
    invocations =
        std::max(invocations, kernel.localSize[0] * kernel.localSize[1] *
                                  kernel.localSize[2]);
    bindings = std::max(bindings, int64_t(kernel.bindings.size()));
  }
  variant.module.get().walk([&](schedule::LaunchOp launch) {
    for (auto place : launch.getBindings().getAsRange<schedule::PlaceAttr>())
      range = std::max(range, place.getSize());
  });
  for (auto kernel : variant.module.get().getOps<schedule::KernelOp>())
    if (kernel.getIterations())
      push = kIterationBytes;
  Json json = {{"vulkan", {1, 1}}};
  if (!variant.profile->driver.empty())
    json["driver"] = variant.profile->driver.str();
  json["max_workgroup_invocations"] = invocations;
  json["max_workgroup_size"] = size;
  json["max_storage_bindings"] = bindings;
  json["max_storage_range"] = range;
  json["min_offset_alignment"] = schedule::kPlaceAlignment;
  json["max_push_bytes"] = push;
  json["max_workgroup_count"] = groups;
  json["features"] = features;
  return json;
}

Json describeVariant(const Variant &variant) {
  ModuleOp module = variant.module.get();
  SlabNumbers numbers = numberSlabs(module);
  Json slabs = Json::array(), control, places = Json::object(),
       outputs = Json::object(), statistics = Json::object();
  for (auto slab : module.getOps<schedule::SlabOp>())
    slabs.push_back(
        {{"size", slab.getSize()},
         {"kind", schedule::stringifySlabKind(slab.getKind()).str()}});
  for (auto op : module.getOps<schedule::ControlOp>())
    control = describePlace(op.getPlace(), numbers);
  for (auto place : module.getOps<schedule::PlaceOp>())
    places[place.getSymbol().str()] = describePlace(place.getPlace(), numbers);
  for (auto entry : module.getOps<schedule::EntryOp>()) {
    std::string name = entry.getSymName().str();
    for (auto output : entry.getBody().getOps<schedule::OutputOp>())
      outputs[name][output.getName().str()] =
          describePlace(output.getPlace(), numbers);
    Statistics cost = getEntryStatistics(entry);
    statistics[name] = {{"kernels", cost.kernels},
                        {"launches", cost.launches},
                        {"flop", cost.flop},
                        {"bytes", cost.bytes}};
  }
  return {{"name", variant.profile->name.str()},
          {"requirements", describeRequirements(variant)},
          {"slabs", slabs},
          {"control", control},
          {"places", places},
          {"outputs", outputs},
          {"statistics", statistics},
          {"peak_bytes", getPeakBytes(module)}};
}

} // namespace descent::bundle
