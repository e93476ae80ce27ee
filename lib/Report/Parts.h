// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parts of a report's data.

#ifndef DESCENT_LIB_REPORT_PARTS_H
#define DESCENT_LIB_REPORT_PARTS_H

#include "Sources.h"
#include "descent/Dialect/Descent/Descent.h"
#include "descent/Dialect/Schedule/Lives.h"
#include "descent/Report/Report.h"

namespace descent::report {

/// A variant while it is described.
struct Program {
  Program(const bundle::Variant &variant, Sources &sources);

  const bundle::Variant &variant;
  Sources &sources;
  mutable mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  /// Inputs and states by their places.
  llvm::SmallVector<schedule::PlaceOp, 0> fixed;
  /// The estimated milliseconds of a launch, by kernel.
  llvm::StringMap<double> times;

  schedule::KernelOp kernelOf(schedule::LaunchOp launch) const;
};

/// A number with four significant digits: more would be noise in an estimate.
double round(double number);

/// The loop nests of a kernel's part: the one, or those of its row group.
llvm::SmallVector<descent::KernelOp> nestsOf(mlir::Operation *part);
/// Those of all parts.
llvm::SmallVector<descent::KernelOp> nestsOf(schedule::KernelOp kernel);

/// A kernel, what it computes and how; sets its time.
Json describeKernel(Program &program, schedule::KernelOp kernel);

/// `product` sums products, `reduction` combines anything else, `elementwise`
/// combines nothing, `move` computes nothing.
llvm::StringRef kindOf(descent::KernelOp part);
/// What a kernel that only moves data does with it, as `copies`; empty for one
/// that computes.
std::string describeMovement(descent::KernelOp part);

/// An entry's tensors by name: what launches read and write.
class Tensors {
public:
  Tensors(const Program &program, schedule::EntryOp entry);

  const schedule::Lives &getLives() const { return lives; }
  /// The life with its name, kind, place and launches.
  Json describe(unsigned life) const;
  /// Whose bytes a launch reads at `place`.
  std::string nameRead(unsigned launch, schedule::PlaceAttr place) const;
  /// Whose bytes it writes there.
  std::string nameWritten(unsigned launch, schedule::PlaceAttr place) const;
  /// Why what `nest`, of a part of the kernel that `launch` runs, writes lies
  /// in memory; empty if it is in registers only.
  std::string explain(unsigned launch, unsigned part,
                      descent::KernelOp nest) const;

private:
  std::string nameLife(unsigned life) const;
  /// The input or state that holds `place`; empty if it is none.
  std::string nameFixed(schedule::PlaceAttr place) const;
  /// The outputs in the bytes of a life at the end.
  std::string nameOutput(unsigned life) const;
  bool isGathered(unsigned launch, schedule::PlaceAttr place) const;

  const Program &program;
  mutable schedule::EntryOp entry;
  schedule::Lives lives;
};

/// An entry: totals, launches, model lines and memory.
Json describeEntry(Program &program, schedule::EntryOp entry);

/// How the transients of an entry lie in memory over its launches.
Json describeEntryMemory(const Program &program, const Tensors &tensors);

/// Slabs, and what lies in them all the time. `entries` have been described.
Json describeMemory(const Program &program, const Json &entries);

/// Where the places that hold inputs and control words end in the transient
/// slab: what lies behind them lives between launches.
int64_t endOfFixed(const Program &program);

} // namespace descent::report

#endif // DESCENT_LIB_REPORT_PARTS_H
