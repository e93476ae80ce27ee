// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the model asks for what a launch computes. Equal kernels become one,
// whose body has the locations of the first of them only; so every launch
// remembers those of its own.

#ifndef DESCENT_DIALECT_SCHEDULE_ORIGINS_H
#define DESCENT_DIALECT_SCHEDULE_ORIGINS_H

#include "descent/Dialect/Descent/Descent.h"
#include "descent/Dialect/Schedule/Schedule.h"

namespace descent::schedule {

/// The location of a launch of `kernel`: the kernel's, with those of the
/// operations in its body beside it.
mlir::Location locateLaunch(mlir::Operation *kernel);

/// The location of a launch that does what these launches do.
mlir::Location locateTogether(
    llvm::ArrayRef<std::pair<LaunchOp, schedule::KernelOp>> launches);

/// The locations of the operations of the body that a launch of `kernel` runs,
/// part by part: those of the map, then those of the finish, each with its end.
/// A launch that remembers none has the kernel's.
llvm::SmallVector<mlir::Location> getBodyLocations(LaunchOp launch,
                                                   schedule::KernelOp kernel);

/// The position in a model file that a location speaks of, the first if there
/// are several; none if it knows none.
mlir::FileLineColLoc getPosition(mlir::Location location);

} // namespace descent::schedule

#endif // DESCENT_DIALECT_SCHEDULE_ORIGINS_H
