// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The report's data: what docs/report.md describes.

#include "descent/Report/Report.h"
#include "Parts.h"
#include "descent/Dialect/Descent/RowGroups.h"
#include "llvm/Support/Path.h"
#include <cstdlib>

using namespace mlir;

namespace descent::report {

Program::Program(const bundle::Variant &variant, Sources &sources)
    : variant(variant), sources(sources), module(variant.module.get()),
      symbols(module), fixed(module.getOps<schedule::PlaceOp>()) {}

schedule::KernelOp Program::kernelOf(schedule::LaunchOp launch) const {
  return symbols.lookup<schedule::KernelOp>(launch.getKernel());
}

SmallVector<descent::KernelOp> nestsOf(Operation *part) {
  if (auto nest = dyn_cast<descent::KernelOp>(part))
    return {nest};
  return getLoopNests(cast<RowGroupOp>(part));
}

SmallVector<descent::KernelOp> nestsOf(schedule::KernelOp kernel) {
  SmallVector<descent::KernelOp> nests;
  for (Operation *part : kernel.getParts())
    llvm::append_range(nests, nestsOf(part));
  return nests;
}

double round(double number) {
  char text[32];
  snprintf(text, sizeof text, "%.3e", number);
  return strtod(text, nullptr);
}

static Json describeVariant(const bundle::Variant &variant, Sources &sources) {
  Program program(variant, sources);
  const Profile &profile = *variant.profile;
  Json kernels = Json::array(), entries = Json::array();
  for (auto kernel : program.module.getOps<schedule::KernelOp>())
    kernels.push_back(describeKernel(program, kernel));
  for (auto entry : program.module.getOps<schedule::EntryOp>())
    entries.push_back(describeEntry(program, entry));
  Json memory = describeMemory(program, entries);
  return {{"name", profile.name.str()},
          {"profile",
           {{"subgroup_size", profile.subgroupSize},
            {"max_workgroup_size", profile.maxWorkgroupSize},
            {"max_bindings", profile.maxBindings},
            {"registers", profile.registers}}},
          {"memory", memory},
          {"kernels", kernels},
          {"entries", entries}};
}

Json buildReport(const bundle::ModelInfo &model,
                 ArrayRef<bundle::Variant> variants, StringRef input) {
  Sources sources(input);
  int64_t parameters = 0;
  for (auto state : variants.front().module.get().getOps<StateOp>())
    if (state.getRole() == Role::parameter)
      parameters += countElements(state.getType());
  Json described = Json::array();
  for (const bundle::Variant &variant : variants)
    described.push_back(describeVariant(variant, sources));
  Json report = {{"format", "descent-report"},
                 {"version", {1, 1}},
                 {"producer", "descentc " DESCENT_VERSION},
                 {"model",
                  {{"name", model.name},
                   {"file", llvm::sys::path::filename(input).str()},
                   {"sha256", model.sha256},
                   {"batch", model.batch},
                   {"parameters", parameters}}},
                 {"variants", described}};
  // What is no UTF-8 is replaced once and for all spellings.
  return Json::parse(report.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false,
                                 Json::error_handler_t::replace));
}

std::string printJson(const Json &report) {
  return report.dump(/*indent=*/1, ' ', /*ensure_ascii=*/false,
                     Json::error_handler_t::replace) +
         "\n";
}

} // namespace descent::report
