// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The entries of a model, one by one.

#ifndef DESCENT_LIB_IMPORT_ENTRIES_H
#define DESCENT_LIB_IMPORT_ENTRIES_H

#include "descent/Model/Graph.h"
#include "mlir/IR/Builders.h"

namespace descent::import {

/// The symbol of an input in an entry. Entries share an input that has the type
/// the model gives it; one that an entry has in sizes of its own is called
/// `<entry>.<input>`.
std::string inputSymbol(const model::CheckedModel &model,
                        const model::Entry &entry, const model::Node &input);

/// Builds the body of an entry at the builder's insertion point. False after
/// errors.
bool buildEntry(mlir::OpBuilder &b, const model::CheckedModel &model,
                const model::Entry &entry);

} // namespace descent::import

#endif // DESCENT_LIB_IMPORT_ENTRIES_H
