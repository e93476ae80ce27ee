// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rendering of errors: the source line, the caret, and the nearest name.

#include "descent/Model/Diagnostics.h"
#include <algorithm>

using namespace descent::model;

namespace {

/// The longest piece of a source line that is shown, in characters.
constexpr size_t maxShown = 120;

/// The bytes of the UTF-8 character at the start of `text`, or 0 if there is
/// none that may be shown: control characters and malformed sequences would
/// garble a terminal.
size_t printableLength(std::string_view text) {
  unsigned char lead = text[0];
  if (lead < 0x80)
    return lead == '\t' || (lead >= 0x20 && lead != 0x7f) ? 1 : 0;
  size_t length = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead >= 0xf5 || text.size() < length)
    return 0;
  for (size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80)
      return 0;
  bool isC1Control = lead == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
  return isC1Control ? 0 : length;
}

/// How many columns of a terminal a character takes: two for the wide ones of
/// East Asia, none for combining marks.
size_t displayWidth(std::string_view character) {
  if (character.size() < 2)
    return 1;
  uint32_t code = static_cast<unsigned char>(character[0]) &
                  (0xff >> (character.size() + 1));
  for (char c : character.substr(1))
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3f);
  if (code >= 0x300 && code <= 0x36f)
    return 0;
  static constexpr std::pair<uint32_t, uint32_t> wide[] = {
      {0x1100, 0x115f},   {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
      {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
      {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff},
      {0x20000, 0x3fffd},
  };
  for (auto [first, last] : wide)
    if (code >= first && code <= last)
      return 2;
  return 1;
}

/// Splits `text` into characters fit for a terminal, and says at which of them
/// byte `offset` is.
std::vector<std::string> characters(std::string_view text, size_t offset,
                                    size_t &index) {
  std::vector<std::string> result;
  index = 0;
  for (size_t i = 0; i < text.size();) {
    if (i <= offset)
      index = result.size();
    size_t length = printableLength(text.substr(i));
    result.push_back(length ? std::string(text.substr(i, length)) : "?");
    i += std::max<size_t>(length, 1);
  }
  if (offset >= text.size())
    index = result.size();
  return result;
}

std::string printable(std::string_view text) {
  size_t ignored;
  std::string result;
  for (const std::string &c : characters(text, 0, ignored))
    result += c;
  return result;
}

/// `line` and a caret under its byte `offset`, two lines.
std::string caretLines(std::string_view line, size_t offset) {
  // Of a line of megabytes only the neighbourhood is looked at; it is wider
  // than what is shown.
  constexpr size_t margin = 8 * maxShown;
  line = line.substr(0, offset + margin);
  if (offset > margin) {
    size_t begin = offset - margin;
    while (begin < offset && (line[begin] & 0xc0) == 0x80)
      ++begin;
    line.remove_prefix(begin);
    offset -= begin;
  }
  size_t caret;
  std::vector<std::string> shown = characters(line, offset, caret);
  size_t begin = 0, end = shown.size();
  if (end > maxShown) {
    begin = caret > maxShown / 2 ? caret - maxShown / 2 : 0;
    begin = std::min(begin, end - maxShown);
    end = begin + maxShown;
    // The caret may stand one past the last character.
    begin = std::min(begin, caret);
  }
  std::string text = begin ? "..." : "";
  std::string pad = begin ? "   " : "";
  for (size_t i = begin; i < end; ++i) {
    text += shown[i];
    if (i < caret)
      pad += shown[i] == "\t" ? "\t" : std::string(displayWidth(shown[i]), ' ');
  }
  if (end < shown.size())
    text += "...";
  return text + "\n" + pad + "^\n";
}

/// Insertions, deletions, substitutions and swaps of neighbours that make `b`
/// of `a` (Damerau's distance, restricted).
size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> twoAbove(b.size() + 1), above(b.size() + 1),
      row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    std::swap(twoAbove, above);
    std::swap(above, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j - 1] + (a[i - 1] != b[j - 1]), above[j] + 1,
                         row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], twoAbove[j - 2] + 1);
    }
  }
  return row[b.size()];
}

} // namespace

uint32_t DiagnosticEngine::addSource(std::string name, std::string text) {
  Source source{std::move(name), std::move(text), {0}};
  for (size_t i = 0; i < source.text.size(); ++i)
    if (source.text[i] == '\n')
      source.lineStarts.push_back(i + 1);
  sources.push_back(std::move(source));
  return sources.size() - 1;
}

Location DiagnosticEngine::locate(uint32_t file, size_t offset) const {
  const Source &source = sources[file];
  offset = std::min(offset, source.text.size());
  auto next = std::upper_bound(source.lineStarts.begin(),
                               source.lineStarts.end(), offset);
  size_t line = next - source.lineStarts.begin();
  return {file, static_cast<uint32_t>(line),
          static_cast<uint32_t>(offset - source.lineStarts[line - 1] + 1)};
}

std::string DiagnosticEngine::describe(Location location) const {
  std::string result = name(location.file);
  if (location.line)
    result.append(":")
        .append(std::to_string(location.line))
        .append(":")
        .append(std::to_string(location.column));
  return result;
}

Diagnostic &DiagnosticEngine::error(Location location, std::string message) {
  ++errorCount;
  Diagnostic diagnostic{location, std::move(message), {}};
  if (reported.size() < maxErrors)
    return reported.emplace_back(std::move(diagnostic));
  return overflow = std::move(diagnostic);
}

Diagnostic &DiagnosticEngine::warning(Location location, std::string message) {
  Diagnostic diagnostic{location, std::move(message), {}};
  if (warned.size() < maxErrors)
    return warned.emplace_back(std::move(diagnostic));
  return overflow = std::move(diagnostic);
}

std::string DiagnosticEngine::render(Location location,
                                     std::string_view severity,
                                     std::string_view message) const {
  std::string result = printable(describe(location)) + ": " +
                       std::string(severity) + ": " + printable(message) + "\n";
  if (!location.line)
    return result;
  const Source &source = sources[location.file];
  std::string_view line = source.text;
  line.remove_prefix(source.lineStarts[location.line - 1]);
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  return result + caretLines(line, location.column - 1);
}

std::string DiagnosticEngine::render() const {
  std::string result;
  auto add = [&](const Diagnostic &diagnostic, std::string_view severity) {
    result += render(diagnostic.location, severity, diagnostic.message);
    for (const Note &note : diagnostic.notes)
      result += render(note.location, "note", note.message);
  };
  for (const Diagnostic &diagnostic : warned)
    add(diagnostic, "warning");
  for (const Diagnostic &diagnostic : reported)
    add(diagnostic, "error");
  if (reported.size() == maxErrors)
    result += "stopped after " + std::to_string(maxErrors) + " errors\n";
  return result;
}

std::string
descent::model::didYouMean(std::string_view word,
                           const std::vector<std::string> &candidates) {
  // A third of the word may be wrong, and never more than three letters.
  size_t best = std::min<size_t>(std::max<size_t>(word.size() / 3, 1), 3) + 1;
  if (word.size() > 64)
    return {};
  const std::string *nearest = nullptr;
  for (const std::string &candidate : candidates) {
    size_t longer = std::max(word.size(), candidate.size());
    size_t shorter = std::min(word.size(), candidate.size());
    if (longer - shorter >= best)
      continue;
    size_t distance = editDistance(word, candidate);
    if (distance < best && distance < candidate.size()) {
      best = distance;
      nearest = &candidate;
    }
  }
  return nearest ? " (did you mean '" + *nearest + "'?)" : std::string();
}
