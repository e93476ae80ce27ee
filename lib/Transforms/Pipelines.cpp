// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler's passes in their order, one function a phase.

#include "descent/Transforms/Pipelines.h"
#include "descent/Codegen/Passes.h"
#include "descent/Dialect/Schedule/SchedulePasses.h"
#include "descent/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace descent {

void addDifferentiation(OpPassManager &passes) {
  // Only what is left after simplification is differentiated: less to
  // differentiate, less to simplify afterwards. But where gradients are taken
  // to computed values, those must not have become one with others.
  OpPassManager &entry = passes.nest<EntryOp>();
  AutodiffPassOptions first;
  first.between = true;
  entry.addPass(createAutodiffPass(first));
  entry.addPass(createCanonicalizerPass());
  entry.addPass(createCSEPass());
  entry.addPass(createMultiplyTablesPass());
  entry.addPass(createAutodiffPass());
}

void addKernelFormation(OpPassManager &passes, bool fuse) {
  passes.addPass(createExpandOptimizersPass());
  OpPassManager &entry = passes.nest<EntryOp>();
  // Loops of kernels have no loops inside of them, and one iteration is none.
  UnrollScansPassOptions inner, single;
  inner.maxCount = maxInnerIterations;
  inner.innerOnly = true;
  single.maxCount = 1;
  entry.addPass(createUnrollScansPass(single));
  entry.addPass(createUnrollScansPass(inner));
  entry.addPass(createDecomposePass());
  // Forward and backward share much: simplified together, once all of it is
  // there.
  entry.addPass(createCanonicalizerPass());
  entry.addPass(createCSEPass());
  if (fuse)
    entry.addPass(createSortScattersPass());
  entry.addPass(createLowerToKernelsPass());
  entry.addPass(createFoldViewsPass());
  if (fuse) {
    entry.addPass(createFormKernelsPass());
    // What fusion left without readers reads nothing.
    entry.addPass(createCanonicalizerPass());
    entry.addPass(createCSEPass());
    entry.addPass(createFormAttentionPass());
  }
  entry.addPass(createSplitTensorsPass());
  entry.addPass(createSplitReductionsPass());
  // What fusion left without readers, and kernels that became equal.
  entry.addPass(createCanonicalizerPass());
  entry.addPass(createCSEPass());
  if (fuse)
    entry.addPass(createFormRowGroupsPass());
  entry.addPass(createVerifyKernelsPass());
}

void addRematerialization(OpPassManager &passes, int64_t budget) {
  schedule::RematerializeOptions options;
  options.budget = budget;
  passes.addPass(schedule::createRematerialize(options));
}

void addPlanning(OpPassManager &passes, int64_t maxBindings, int64_t budget) {
  schedule::PlanMemoryOptions options;
  options.budget = budget;
  options.maxBindings = maxBindings;
  passes.addPass(schedule::createPlanMemory(options));
}

void addStrategies(OpPassManager &passes, const Profile &profile, bool merge) {
  codegen::SelectStrategiesPassOptions strategies;
  strategies.profile = profile.name.str();
  passes.addPass(codegen::createSelectStrategiesPass(strategies));
  if (merge) {
    codegen::MergeLaunchesPassOptions merging;
    merging.profile = profile.name.str();
    passes.addPass(codegen::createMergeLaunchesPass(merging));
  }
  passes.addPass(schedule::createPlaceBarriers());
  passes.addPass(schedule::createVerifySchedule());
}

void addScheduling(OpPassManager &passes, const Profile &profile) {
  addPlanning(passes, profile.maxBindings);
  addStrategies(passes, profile);
}

} // namespace descent
