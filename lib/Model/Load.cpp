// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files into texts, texts into checked models.

#include "descent/Model/Load.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

using namespace descent::model;

namespace {

/// A model file larger than this is a mistake: another file was meant.
constexpr size_t maxFileSize = size_t(16) << 20;

std::optional<std::string> readFile(const std::string &path,
                                    std::string &problem) {
  std::unique_ptr<FILE, int (*)(FILE *)> file(std::fopen(path.c_str(), "rb"),
                                              std::fclose);
  if (!file) {
    problem = "cannot open the model file: " + std::string(strerror(errno));
    return std::nullopt;
  }
  std::string text;
  char buffer[65536];
  while (size_t count = std::fread(buffer, 1, sizeof buffer, file.get())) {
    text.append(buffer, count);
    if (text.size() > maxFileSize) {
      problem = "the model file is larger than 16 MiB";
      return std::nullopt;
    }
  }
  if (std::ferror(file.get())) {
    problem = "cannot read the model file: " + std::string(strerror(errno));
    return std::nullopt;
  }
  return text;
}

/// Whether a source is in the text spelling: by its name, or else by how it
/// begins.
bool isText(uint32_t file, const DiagnosticEngine &diagnostics) {
  const std::string &name = diagnostics.name(file);
  if (name.ends_with(".descent"))
    return true;
  if (name.ends_with(".json"))
    return false;
  const std::string &text = diagnostics.text(file);
  size_t first = text.find_first_not_of(" \t\r\n");
  return first != text.npos && text[first] != '{';
}

/// Reads `text`, which messages call `name`, in the spelling it is in.
std::optional<Model> read(std::string name, std::string text,
                          DiagnosticEngine &diagnostics) {
  // Editors of some systems put a byte order mark first.
  if (text.starts_with("\xef\xbb\xbf"))
    text.erase(0, 3);
  uint32_t file = diagnostics.addSource(std::move(name), std::move(text));
  return isText(file, diagnostics) ? readText(file, diagnostics)
                                   : readJson(file, diagnostics);
}

} // namespace

std::optional<Model> descent::model::readModel(const std::string &path,
                                               DiagnosticEngine &diagnostics) {
  std::string problem;
  std::optional<std::string> text = readFile(path, problem);
  if (text)
    return read(path, std::move(*text), diagnostics);
  diagnostics.error({diagnostics.addSource(path, ""), 0, 0}, problem);
  return std::nullopt;
}

std::optional<CheckedModel>
descent::model::loadModel(const std::string &path, const LoadOptions &options,
                          DiagnosticEngine &diagnostics) {
  std::optional<Model> model = readModel(path, diagnostics);
  if (!model)
    return std::nullopt;
  return check(*model, options, diagnostics);
}

std::optional<CheckedModel>
descent::model::loadModelText(std::string name, std::string text,
                              const LoadOptions &options,
                              DiagnosticEngine &diagnostics) {
  std::optional<Model> model =
      read(std::move(name), std::move(text), diagnostics);
  if (!model)
    return std::nullopt;
  return check(*model, options, diagnostics);
}
