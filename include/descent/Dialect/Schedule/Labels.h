// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names of launches for people.

#ifndef DESCENT_DIALECT_SCHEDULE_LABELS_H
#define DESCENT_DIALECT_SCHEDULE_LABELS_H

#include "mlir/IR/Location.h"
#include <string>

namespace descent::schedule {

/// The names in a location (NameLoc), each once, in order, joined by `+`; after
/// the third `+...`. Never a file or a line, so that a bundle does not depend
/// on where its model file lay. Empty if there is no name.
std::string getLabel(mlir::Location location);

} // namespace descent::schedule

#endif // DESCENT_DIALECT_SCHEDULE_LABELS_H
