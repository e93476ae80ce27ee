// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Strategies drawn at random, to test code generation and its cost model off
// the selected path.

#ifndef DESCENT_TEST_CODEGEN_RANDOMSTRATEGY_H
#define DESCENT_TEST_CODEGEN_RANDOMSTRATEGY_H

#include "descent/Codegen/Codegen.h"
#include "descent/Codegen/IterationSpace.h"
#include "descent/Target/Profile.h"
#include <random>

namespace descent::test {

/// A strategy that fits the space and the profile's limits on tiles. Tiles need
/// not divide their extents.
codegen::StrategyAttr randomStrategy(const codegen::IterationSpace &space,
                                     const Profile &profile,
                                     std::mt19937 &random);

} // namespace descent::test

#endif // DESCENT_TEST_CODEGEN_RANDOMSTRATEGY_H
