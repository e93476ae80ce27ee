// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The model's files as the report names and quotes them.

#ifndef DESCENT_LIB_REPORT_SOURCES_H
#define DESCENT_LIB_REPORT_SOURCES_H

#include "mlir/IR/Location.h"
#include "llvm/ADT/StringMap.h"
#include <string>
#include <vector>

namespace descent::report {

/// A line of a model file; the file is empty where the model has no line for
/// something.
struct Line {
  std::string file;
  unsigned line = 0;

  bool isKnown() const { return !file.empty(); }
  /// `file:line`.
  std::string print() const;
  auto operator<=>(const Line &) const = default;
};

class Sources {
public:
  /// `input` is the file that the compiler was given.
  explicit Sources(llvm::StringRef input);

  /// The line that a location speaks of. Files are named as seen from the
  /// folder of the input, so that a report does not depend on where that lay.
  Line locate(mlir::Location location);
  /// The text of a line; empty if the file cannot be read.
  std::string quote(const Line &line) const;

private:
  std::string nameOf(llvm::StringRef path);

  std::string folder;
  /// The lines of every file that was spoken of, by its name.
  llvm::StringMap<std::vector<std::string>> texts;
};

/// The name in a location, as of a layer; empty if it has none.
std::string nameOf(mlir::Location location);

} // namespace descent::report

#endif // DESCENT_LIB_REPORT_SOURCES_H
