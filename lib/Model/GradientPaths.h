// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether a gradient gets from one value to another, and what it ends at:
// integers and booleans have none.

#ifndef DESCENT_LIB_MODEL_GRADIENTPATHS_H
#define DESCENT_LIB_MODEL_GRADIENTPATHS_H

#include "descent/Model/Graph.h"

namespace descent::model {

/// What a value depends on. The nodes must outlive it.
class GradientPaths {
public:
  GradientPaths(const std::vector<Node> &nodes, ValueRef value);

  /// Whether the value depends on node `i` by floats all the way, and not
  /// behind `stop_gradient` only.
  bool isReached(size_t i) const { return byFloats[i]; }

  /// Where the value depends on `from`, but not by floats all the way: the
  /// first op that makes integers or booleans of what depends on `from`.
  std::optional<uint32_t> findCut(ValueRef from) const;

private:
  const std::vector<Node> &nodes;
  std::vector<bool> byFloats, byAny; ///< `stop_gradient` ends both
};

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_GRADIENTPATHS_H
