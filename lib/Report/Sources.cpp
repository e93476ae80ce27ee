// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The model's files as the report names and quotes them.

#include "Sources.h"
#include "descent/Dialect/Schedule/Labels.h"
#include "descent/Dialect/Schedule/Origins.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace descent::report {

/// A longer line is cut: nobody reads it, and a generated file may be one line.
static constexpr size_t maxQuote = 200;

std::string Line::print() const { return file + ":" + std::to_string(line); }

Sources::Sources(StringRef input)
    : folder(llvm::sys::path::parent_path(input)) {}

std::string Sources::nameOf(StringRef path) {
  StringRef name = path;
  if (!folder.empty() && name.consume_front(folder) &&
      name.starts_with(llvm::sys::path::get_separator()))
    return name.drop_front().str();
  if (llvm::sys::path::is_relative(path) && folder.empty())
    return path.str();
  return llvm::sys::path::filename(path).str();
}

Line Sources::locate(Location location) {
  FileLineColLoc position = schedule::getPosition(location);
  if (!position || position.getLine() == 0)
    return {};
  StringRef path = position.getFilename().getValue();
  std::string name = nameOf(path);
  auto [known, isNew] = texts.try_emplace(name);
  // A .mlir file may name anything, also what cannot be read to an end.
  if (isNew && llvm::sys::fs::is_regular_file(path))
    if (auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/true)) {
      SmallVector<StringRef> lines;
      (*file)->getBuffer().split(lines, '\n');
      for (StringRef line : lines)
        known->second.push_back(line.rtrim().str());
    }
  return {name, position.getLine()};
}

std::string Sources::quote(const Line &line) const {
  auto found = texts.find(line.file);
  if (found == texts.end() || line.line > found->second.size())
    return "";
  StringRef text = StringRef(found->second[line.line - 1]).ltrim();
  if (text.size() <= maxQuote)
    return text.str();
  // Not in the middle of a character.
  size_t end = maxQuote;
  while (end > 0 && (text[end] & 0xC0) == 0x80)
    --end;
  return text.take_front(end).str() + "...";
}

std::string nameOf(Location location) { return schedule::getLabel(location); }

} // namespace descent::report
