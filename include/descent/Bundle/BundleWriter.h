// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The bundle format's writing side: manifest, schedules and kernels of compiled
// variants; see docs/bundle.md.

#ifndef DESCENT_BUNDLE_BUNDLEWRITER_H
#define DESCENT_BUNDLE_BUNDLEWRITER_H

#include "descent/Target/Profile.h"
#include "descent/Target/SPIRV/SPIRV.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace descent::bundle {

/// What a bundle says about the model that it was made from.
struct ModelInfo {
  std::string name;
  std::string sha256;
  int64_t batch = 1;
  int64_t epochs = 1;
  /// Entries that give wrong results where not all rows of the batch count.
  std::vector<std::string> wholeBatches;
};

/// A program for one kind of device: a module of the schedule level with its
/// kernels by name.
struct Variant {
  const Profile *profile;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  llvm::StringMap<CompiledKernel> kernels;
};

/// What running an entry once costs.
struct Statistics {
  uint64_t kernels = 0; ///< different ones
  uint64_t launches = 0;
  uint64_t flop = 0;    ///< floating-point operations, a multiply-add being two
  uint64_t bytes = 0;   ///< every tensor that a launch touches counted once, or
                        ///< as many elements of it as the launch has iterations
  uint64_t written = 0; ///< those of `bytes` that are written
};

/// What a launch reads or writes of one tensor.
struct Transfer {
  unsigned part; ///< of the kernel
  bool isWrite;
  unsigned number; ///< of the part's operand, or its result
  uint64_t bytes;
};

/// All transfers of a launch of `kernel`, part by part: every tensor that the
/// part reads once, then its results.
llvm::SmallVector<Transfer> getTransfers(schedule::KernelOp kernel);

/// The cost of one launch; `kernels` and `launches` are 1.
Statistics getLaunchStatistics(schedule::LaunchOp launch,
                               schedule::KernelOp kernel);
Statistics getEntryStatistics(schedule::EntryOp entry);
/// The bytes of all slabs.
int64_t getPeakBytes(mlir::ModuleOp module);

/// The bytes of the bundle of `variants`, which are programs of the same model.
/// Deterministic.
llvm::Expected<std::string> buildBundle(const ModelInfo &model,
                                        llvm::ArrayRef<Variant> variants);

} // namespace descent::bundle

#endif // DESCENT_BUNDLE_BUNDLEWRITER_H
