// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parts of a bundle's manifest as JSON.

#ifndef DESCENT_LIB_BUNDLE_MANIFEST_H
#define DESCENT_LIB_BUNDLE_MANIFEST_H

#include "descent/Bundle/BundleWriter.h"
#include <nlohmann/json.hpp>

namespace descent::bundle {

/// Keeps keys in the order in which they are set, so that the same program
/// gives the same text.
using Json = nlohmann::ordered_json;

/// Slabs by name: their index in `slabs`.
using SlabNumbers = llvm::StringMap<unsigned>;
SlabNumbers numberSlabs(mlir::ModuleOp module);

/// `[slab, offset, size]`.
Json describePlace(schedule::PlaceAttr place, const SlabNumbers &slabs);

/// The manifest without `variants` and `files`: all that variants of a model
/// have in common, read off one of them.
Json describeProgram(const ModelInfo &model, const Variant &variant);

/// An element of `variants`.
Json describeVariant(const Variant &variant);

/// One line of text; bytes that are not UTF-8 are replaced.
std::string print(const Json &json);

} // namespace descent::bundle

#endif // DESCENT_LIB_BUNDLE_MANIFEST_H
