// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Positions in model files, and the errors that are reported at them.

#ifndef DESCENT_MODEL_DIAGNOSTICS_H
#define DESCENT_MODEL_DIAGNOSTICS_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace descent::model {

/// A position in a source: the source's number in its DiagnosticEngine, line
/// and column from 1. A column counts bytes. Line 0 means the source as a
/// whole.
struct Location {
  uint32_t file = 0;
  uint32_t line = 0;
  uint32_t column = 0;

  bool operator==(const Location &) const = default;
};

/// A remark that belongs to an error, at a place of its own.
struct Note {
  Location location;
  std::string message;
};

/// One error or warning: what was found, what was expected, where.
struct Diagnostic {
  Location location;
  std::string message;
  std::vector<Note> notes;
};

/// Holds the texts being read and collects the errors found in them, and
/// warnings, with which a model is sound.
class DiagnosticEngine {
public:
  /// Errors after this many are counted and not kept; the checker stops there.
  static constexpr size_t maxErrors = 20;

  /// Adds a source, whose number is returned. `name` is what messages call it;
  /// `text` is kept so that lines can be shown.
  uint32_t addSource(std::string name, std::string text);

  const std::string &name(uint32_t file) const { return sources[file].name; }
  const std::string &text(uint32_t file) const { return sources[file].text; }
  size_t numSources() const { return sources.size(); }

  /// The position of byte `offset` of a source; an offset past the end means
  /// the end.
  Location locate(uint32_t file, size_t offset) const;

  /// `name:line:column`, or the name alone for a source as a whole.
  std::string describe(Location location) const;

  /// Reports an error. The reference is valid until the next call; add notes to
  /// it.
  Diagnostic &error(Location location, std::string message);

  /// Reports what is allowed and hardly meant, in the same way.
  Diagnostic &warning(Location location, std::string message);

  bool hasErrors() const { return errorCount != 0; }
  size_t numErrors() const { return errorCount; }
  const std::vector<Diagnostic> &diagnostics() const { return reported; }
  const std::vector<Diagnostic> &warnings() const { return warned; }

  /// The errors and warnings as text for people: `file:line:column: error:
  /// message`, the source line, a caret under the column, and the notes the
  /// same way. Tabs are kept, long lines are cut around the caret, and bytes
  /// that a terminal would interpret are shown as `?`.
  std::string render() const;

private:
  struct Source {
    std::string name;
    std::string text;
    std::vector<size_t> lineStarts;
  };
  std::string render(Location location, std::string_view severity,
                     std::string_view message) const;

  std::vector<Source> sources;
  std::vector<Diagnostic> reported;
  std::vector<Diagnostic> warned;
  Diagnostic overflow;
  size_t errorCount = 0;
};

/// The candidate nearest to `word` by edit distance, as " (did you mean 'x'?)",
/// or an empty string where none is near.
std::string didYouMean(std::string_view word,
                       const std::vector<std::string> &candidates);

} // namespace descent::model

#endif // DESCENT_MODEL_DIAGNOSTICS_H
