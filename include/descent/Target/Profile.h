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

/// A number for every kind of instruction that the cost model tells apart:
/// how many a lane executes, or the time that one of them takes a subgroup, in
/// units of a multiply-add.
struct Instructions {
  /// Simple arithmetic on floats.
  double arithmetic = 0;
  /// Comparisons, selections and index computations.
  double integer = 0;
  /// Division and transcendental functions.
  double special = 0;
  /// Loads of one element, and of four neighbours at once.
  double load = 0, vectorLoad = 0;
  /// Loads, outside of loops, whose address is the same for all lanes.
  double uniformLoad = 0, uniformVectorLoad = 0;
  double store = 0, vectorStore = 0;
  /// Elements that all lanes take from one of them.
  double shuffle = 0;
  /// Trips around loops.
  double loop = 0;
  /// Values loaded and stored in a trip because the registers are full.
  double spill = 0;
  /// Starting and ending a subgroup.
  double start = 0;
};

/// The sum of products.
double dot(const Instructions &a, const Instructions &b);

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
  /// Storage buffers that a kernel may bind, and one that does the work of
  /// several.
  unsigned maxBindings, maxMergedBindings;
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
  /// True if four elements of 32 bits move faster as two integers of 64 bits:
  /// where the driver goes through the components of a vector one by one.
  bool pairsWords;
  /// True if lanes do well to load for each other, by shuffles in the subgroup,
  /// what all of them need: where a load costs as much for one address as for
  /// as many as there are lanes.
  bool sharesLoads;
  /// True if lanes side by side that access neighbouring elements share one
  /// memory transaction.
  bool coalesces;
  /// Subgroups that fill the device: with fewer, parts of it idle.
  unsigned parallelSubgroups;
  /// Times on the device.
  Instructions costs;
  /// Milliseconds that the driver takes to compile an instruction, how many a
  /// kernel may take in all, and over how many launches they are spread when
  /// strategies are compared.
  Instructions compileCosts;
  double maxCompileTime;
  double launches;
  /// The time of a multiply-add of one subgroup, divided by the subgroups that
  /// run at once, in milliseconds.
  double unit;
  /// Milliseconds that a launch takes beside what it executes.
  double launchTime;
  /// Where branches do not skip code that no lane wants: the share of its cost
  /// that it has all the same. 0 where they do.
  double idleCode;
};

/// All profiles, in the order in which a bundle's variants are preferred:
/// special ones first.
llvm::ArrayRef<Profile> allProfiles();

/// The profile of that name, or null.
const Profile *findProfile(llvm::StringRef name);

} // namespace descent

#endif // DESCENT_TARGET_PROFILE_H
