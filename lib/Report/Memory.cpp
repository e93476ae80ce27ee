// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The memory plan in the report, and the bound that no plan goes below.

#include "Parts.h"
#include "descent/Dialect/Schedule/Rematerialization.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace descent::report {

static constexpr int64_t alignment = schedule::kPlaceAlignment;

int64_t endOfFixed(const Program &program) {
  int64_t end = 0;
  auto include = [&](schedule::PlaceAttr place) {
    auto slab =
        program.symbols.lookup<schedule::SlabOp>(place.getSlab().getValue());
    if (slab.getKind() == schedule::SlabKind::transient)
      end = std::max(end, int64_t(llvm::alignTo(place.getEnd(), alignment)));
  };
  for (schedule::PlaceOp place : program.fixed)
    include(place.getPlace());
  for (auto control : program.module.getBody()->getOps<schedule::ControlOp>())
    include(control.getPlace());
  return end;
}

/// How many times the bound a plan takes; 1 where nothing is needed.
static double ratioOf(int64_t plan, int64_t bound) {
  return bound > 0 ? round(double(plan) / double(bound)) : 1;
}

Json describeEntryMemory(const Program &program, const Tensors &tensors) {
  const schedule::Lives &lives = tensors.getLives();
  int64_t begin = endOfFixed(program), end = begin;
  Json described = Json::array(), live = Json::array();
  for (unsigned i = 0; i < lives.lives.size(); ++i) {
    described.push_back(tensors.describe(i));
    end = std::max(
        end, int64_t(llvm::alignTo(lives.lives[i].place.getEnd(), alignment)));
  }
  for (unsigned time = 0; time < lives.launches.size(); ++time)
    live.push_back(lives.countLiveBytes(time, alignment));
  int64_t bound = lives.countPeakBytes(alignment);
  return {{"begin", begin},       {"planned_bytes", end - begin},
          {"bound_bytes", bound}, {"ratio", ratioOf(end - begin, bound)},
          {"live_bytes", live},   {"tensors", described}};
}

static Json describeFixed(StringRef name, StringRef kind, Type type,
                          schedule::PlaceAttr place) {
  Json json = {{"name", name.str()}, {"kind", kind.str()}};
  if (auto tensor = dyn_cast_or_null<RankedTensorType>(type)) {
    std::string element;
    llvm::raw_string_ostream(element) << tensor.getElementType();
    json["type"] = element;
    json["shape"] = tensor.getShape().vec();
  }
  json["slab"] = place.getSlab().getValue().str();
  json["offset"] = place.getOffset();
  json["size"] = place.getSize();
  return json;
}

/// The memory budget, if something is computed again for it.
static Json describeBudget(const schedule::Rematerialization &what) {
  Json repeated = Json::array();
  for (const schedule::Rematerialization::Entry &entry : what.entries)
    repeated.push_back({{"entry", entry.name},
                        {"launches", entry.launches},
                        {"flop", entry.flop},
                        {"bytes", entry.bytes}});
  return {{"budget_bytes", what.budget},
          {"unrestricted_bytes", what.unrestricted},
          {"repeated", repeated}};
}

Json describeMemory(const Program &program, const Json &entries) {
  Json slabs = Json::array(), fixed = Json::array();
  int64_t states = 0, bound = 0;
  for (auto slab : program.module.getBody()->getOps<schedule::SlabOp>()) {
    slabs.push_back(
        {{"name", slab.getSymName().str()},
         {"kind", schedule::stringifySlabKind(slab.getKind()).str()},
         {"size", slab.getSize()}});
    if (slab.getKind() == schedule::SlabKind::state)
      states += slab.getSize();
  }
  for (auto control : program.module.getBody()->getOps<schedule::ControlOp>())
    fixed.push_back(
        describeFixed("control", "control", {}, control.getPlace()));
  for (schedule::PlaceOp place : program.fixed) {
    Operation *target = program.symbols.lookup(place.getSymbol());
    if (auto state = dyn_cast<StateOp>(target))
      fixed.push_back(describeFixed(place.getSymbol(),
                                    stringifyRole(state.getRole()),
                                    state.getType(), place.getPlace()));
    if (auto input = dyn_cast<InputOp>(target))
      fixed.push_back(describeFixed(place.getSymbol(), "input", input.getType(),
                                    place.getPlace()));
  }
  for (const Json &entry : entries)
    bound = std::max(bound, entry["memory"]["bound_bytes"].get<int64_t>());
  bound += states + endOfFixed(program);
  int64_t peak = bundle::getPeakBytes(program.module);
  Json json = {{"alignment", alignment}, {"peak_bytes", peak},
               {"bound_bytes", bound},   {"ratio", ratioOf(peak, bound)},
               {"slabs", slabs},         {"fixed", fixed}};
  if (auto what = schedule::getRematerialization(program.module))
    json["budget"] = describeBudget(*what);
  return json;
}

} // namespace descent::report
