// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler knows about a kind of device: limits to keep, and costs to
// choose strategies by.

#ifndef DESCENT_TARGET_PROFILE_H
#define DESCENT_TARGET_PROFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>

namespace descent {

/// Relative times of one instruction of a whole subgroup, in units of a
/// multiply-add. Where a load's address is the same for all lanes (`uniform`),
/// devices load once; the profile says how much that is worth.
struct InstructionCosts {
  double fma;
  double uniformLoad;
  double varyingLoad;
  /// Four elements at a time, whole.
  double uniformVectorLoad;
  double varyingVectorLoad;
  double store;
  double vectorStore;
  /// A comparison, a selection or an index computation.
  double integer;
  /// A transcendental function.
  double special;
  /// Starting and ending a workgroup's lanes, once a subgroup.
  double start;
  /// One trip around a loop, and a value that is loaded and stored in every
  /// trip because the registers are full.
  double loop;
  double spill;
};

/// A kind of device as a record of numbers. Every limit is one that the devices
/// of this kind are promised to meet.
struct Profile {
  llvm::StringLiteral name;
  /// Part of the driver's name that the runtime asks for; empty for any.
  llvm::StringLiteral driver;
  unsigned subgroupSize;
  /// Largest workgroup that a strategy may choose.
  unsigned maxWorkgroupSize;
  /// Largest number of workgroups in one dimension of a launch.
  unsigned maxWorkgroupCount;
  /// Storage buffers that a kernel may bind.
  unsigned maxBindings;
  /// Bytes that the offset of a binding is a multiple of.
  unsigned minOffsetAlignment;
  /// Elements of the widest load or store.
  unsigned vectorWidth;
  /// Results that a lane may keep in registers, and the multiply-adds (or other
  /// steps of a body) of one loop trip.
  unsigned maxTile;
  unsigned maxUnrolledSteps;
  /// Combined values that stay in registers.
  unsigned registers;
  /// True if lanes side by side that access neighbouring elements share one
  /// memory transaction.
  bool coalesces;
  /// Subgroups that fill the device: with fewer, parts of it idle.
  unsigned parallelSubgroups;
  InstructionCosts costs;
};

/// All profiles, in the order in which a bundle's variants are preferred:
/// special ones first.
llvm::ArrayRef<Profile> allProfiles();

/// The profile of that name, or null.
const Profile *findProfile(llvm::StringRef name);

} // namespace descent

#endif // DESCENT_TARGET_PROFILE_H
