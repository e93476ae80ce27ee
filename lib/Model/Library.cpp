// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads the library, once.

#include "Library.h"
#include "LibrarySources.h"
#include "descent/Model/Load.h"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <unordered_map>

using namespace descent::model;

namespace {

struct Library {
  std::deque<Model> files;
  std::vector<const Definition *> definitions;
  std::unordered_map<std::string_view, const Definition *> byName;
};

Library readLibrary() {
  Library library;
  DiagnosticEngine diagnostics;
  for (const LibrarySource &source : librarySources()) {
    uint32_t file = diagnostics.addSource(std::string(source.name),
                                          std::string(source.text));
    if (std::optional<Model> model = readText(file, diagnostics))
      library.files.push_back(std::move(*model));
  }
  for (const Model &model : library.files)
    for (const Definition &definition : model.definitions) {
      library.definitions.push_back(&definition);
      if (!library.byName.try_emplace(definition.name.text, &definition).second)
        diagnostics.error(definition.name.location,
                          "the library has another definition of that name");
    }
  if (!diagnostics.hasErrors())
    return library;
  std::fputs(diagnostics.render().c_str(), stderr);
  std::abort();
}

const Library &theLibrary() {
  static const Library library = readLibrary();
  return library;
}

/// A description as one line, kept for good.
std::string_view oneLine(std::string_view text) {
  static std::deque<std::string> kept;
  if (text.find('\n') == std::string_view::npos)
    return text;
  std::string &line = kept.emplace_back(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

} // namespace

std::vector<OpSpec> descent::model::libraryEntries() {
  std::vector<OpSpec> result = initializers();
  for (const Definition *definition : theLibrary().definitions) {
    if (definition->name.text.starts_with("_"))
      continue;
    result.push_back(specify(*definition));
    result.back().doc = oneLine(result.back().doc);
  }
  return result;
}

const Definition *descent::model::libraryDefinition(std::string_view name) {
  auto found = theLibrary().byName.find(name);
  return found == theLibrary().byName.end() ? nullptr : found->second;
}
