// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names of launches for people.

#include "descent/Dialect/Schedule/Labels.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

static void collectNames(Location location,
                         llvm::SmallSetVector<StringRef, 4> &names) {
  if (auto name = dyn_cast<NameLoc>(location)) {
    names.insert(name.getName());
  } else if (auto fused = dyn_cast<FusedLoc>(location)) {
    for (Location part : fused.getLocations())
      collectNames(part, names);
  } else if (auto call = dyn_cast<CallSiteLoc>(location)) {
    collectNames(call.getCallee(), names);
  }
}

std::string descent::schedule::getLabel(Location location) {
  constexpr unsigned maxNames = 3;
  llvm::SmallSetVector<StringRef, 4> names;
  collectNames(location, names);
  std::string label = llvm::join(
      llvm::ArrayRef(names.begin(), std::min<size_t>(names.size(), maxNames)),
      "+");
  return names.size() > maxNames ? label + "+..." : label;
}
