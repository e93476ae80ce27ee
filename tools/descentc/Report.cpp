// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What was built, for people.

#include "Emit.h"
#include "descent/Dialect/Descent/Descent.h"
#include "descent/Dialect/Schedule/MemoryReport.h"
#include "descent/Dialect/Schedule/Rematerialization.h"
#include "llvm/Support/Format.h"

using namespace mlir;

namespace descent {

/// A number with a prefix of the SI and three digits: `12.3 M`.
static std::string abbreviate(double number) {
  static constexpr const char *prefixes[] = {"", "k", "M", "G", "T", "P"};
  unsigned prefix = 0;
  for (; number >= 1000 && prefix + 1 < std::size(prefixes); ++prefix)
    number /= 1000;
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::format(prefix == 0 ? "%.0f " : "%.3g ", number)
      << prefixes[prefix];
  return text;
}

/// The entry that is run most: train if there is one.
static schedule::EntryOp getMainEntry(ModuleOp module) {
  auto entries = module.getOps<schedule::EntryOp>();
  for (auto entry : entries)
    if (entry.getSymName() == "train")
      return entry;
  return *entries.begin();
}

/// A line for every entry of which something is computed again.
static void printRematerialization(ModuleOp module, llvm::raw_ostream &os) {
  std::optional<schedule::Rematerialization> what =
      schedule::getRematerialization(module);
  if (!what)
    return;
  for (const schedule::Rematerialization::Entry &entry : what->entries)
    os << "  " << entry.name << ": " << entry.launches
       << (entry.launches == 1 ? " launch" : " launches")
       << " repeated to stay within " << abbreviate(what->budget)
       << "B: " << abbreviate(entry.flop)
       << llvm::format("FLOP (+%.2g %%), ",
                       100.0 * entry.flop /
                           std::max<int64_t>(entry.baseFlop, 1))
       << abbreviate(entry.bytes) << "B moved; peak memory with all kept "
       << abbreviate(what->unrestricted) << "B\n";
}

void printSummary(const bundle::ModelInfo &model,
                  const bundle::Variant &variant, llvm::raw_ostream &os) {
  ModuleOp module = variant.module.get();
  int64_t parameters = 0;
  for (auto state : module.getOps<StateOp>())
    if (state.getRole() == Role::parameter)
      parameters += countElements(state.getType());
  schedule::EntryOp entry = getMainEntry(module);
  bundle::Statistics cost = bundle::getEntryStatistics(entry);
  os << model.name << ": " << parameters << " parameters; "
     << entry.getSymName() << ": " << cost.launches << " launches of "
     << cost.kernels << " kernels, " << abbreviate(cost.flop) << "FLOP, "
     << abbreviate(cost.bytes) << "B moved; peak memory "
     << abbreviate(bundle::getPeakBytes(module)) << "B\n";
  printRematerialization(module, os);
}

/// A line for every record; those of loops are indented.
static void printRecords(Block &block, const std::string &indent,
                         const bundle::Variant &variant, SymbolTable &symbols,
                         llvm::raw_ostream &os) {
  auto product = [](const std::array<int64_t, 3> &sizes) {
    return (long long)(sizes[0] * sizes[1] * sizes[2]);
  };
  for (Operation &op : block) {
    if (isa<schedule::BarrierOp>(op))
      os << indent << "barrier\n";
    if (auto loop = dyn_cast<schedule::LoopOp>(op)) {
      os << indent << "loop of " << loop.getCount() << " iterations"
         << (loop.getReversed() ? ", reversed" : "") << "\n";
      printRecords(loop.getBody().front(), indent + "  ", variant, symbols, os);
    }
    auto launch = dyn_cast<schedule::LaunchOp>(op);
    if (!launch)
      continue;
    bundle::Statistics cost = bundle::getLaunchStatistics(
        launch, symbols.lookup<schedule::KernelOp>(launch.getKernel()));
    const CompiledKernel &kernel =
        variant.kernels.find(launch.getKernel())->second;
    os << llvm::left_justify(indent + launch.getKernel().str(), 10)
       << llvm::format(" %12lld %7lld %14llu %14llu  ", product(kernel.groups),
                       product(kernel.localSize), (unsigned long long)cost.flop,
                       (unsigned long long)cost.bytes)
       << launch.getLabel().value_or("") << "\n";
  }
}

/// A table of the launches of an entry.
static void printLaunches(schedule::EntryOp entry,
                          const bundle::Variant &variant, SymbolTable &symbols,
                          llvm::raw_ostream &os) {
  bundle::Statistics total = bundle::getEntryStatistics(entry);
  os << "entry " << entry.getSymName() << ": " << total.launches
     << " launches of " << total.kernels << " kernels, " << total.flop
     << " FLOP, " << total.bytes << " bytes moved\n";
  os << "  kernel     workgroups   lanes           flop          bytes  "
        "label\n";
  printRecords(entry.getBody().front(), "  ", variant, symbols, os);
}

void printReport(const bundle::ModelInfo &model,
                 ArrayRef<bundle::Variant> variants, llvm::raw_ostream &os) {
  for (const bundle::Variant &variant : variants) {
    os << "variant " << variant.profile->name << " of ";
    printSummary(model, variant, os);
    SymbolTable symbols(variant.module.get());
    for (auto entry : variant.module.get().getOps<schedule::EntryOp>())
      printLaunches(entry, variant, symbols, os);
    os << "memory\n";
    schedule::printMemoryPlan(variant.module.get(), os);
    os << "\n";
  }
}

} // namespace descent
