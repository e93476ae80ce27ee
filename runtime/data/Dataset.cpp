// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parsing data specifications and the table of kinds.
#include "data/Dataset.h"
#include "core/Error.h"

#include <algorithm>
#include <charconv>

namespace descent::runtime {
namespace {

struct Kind {
  const char *name, *usage;
  Dataset (*open)(const DataSpec &, Part);
  bool needsPath;
};

constexpr Kind kinds[] = {{"idx", "idx:DIR", openIdx, true},
                          {"glyphs", "glyphs", drawGlyphs, false}};

} // namespace

std::string datasetKinds() {
  std::string text;
  for (const Kind &kind : kinds)
    text += (text.empty() ? "" : ", ") + std::string(kind.usage);
  return text;
}

DataSpec DataSpec::parse(const std::string &text) {
  DataSpec spec;
  spec.text = text;
  size_t query = text.find('?');
  std::string front = text.substr(0, query);
  size_t colon = front.find(':');
  spec.kind = front.substr(0, colon);
  if (colon != std::string::npos)
    spec.path = front.substr(colon + 1);
  while (query != std::string::npos) {
    size_t next = text.find('&', query + 1);
    std::string option = text.substr(
        query + 1, next == std::string::npos ? next : next - query - 1);
    size_t equals = option.find('=');
    if (equals == std::string::npos || equals == 0)
      fail(Status::Usage, "data '", text,
           "': expected key=value after '?' and '&', found '", option, "'");
    if (!spec.options
             .emplace(option.substr(0, equals), option.substr(equals + 1))
             .second)
      fail(Status::Usage, "data '", text, "': '", option.substr(0, equals),
           "' is given twice");
    query = next;
  }
  return spec;
}

uint64_t DataSpec::number(const std::string &key, uint64_t fallback,
                          uint64_t low, uint64_t high) const {
  auto found = options.find(key);
  if (found == options.end())
    return fallback;
  const std::string &digits = found->second;
  uint64_t value = 0;
  auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() ||
      value < low || value > high)
    fail(Status::Usage, "data '", text, "': ", key, " must be an integer from ",
         low, " to ", high, ", not '", digits, "'");
  return value;
}

void DataSpec::allowOnly(const std::vector<std::string> &known) const {
  for (auto &[key, value] : options)
    if (std::find(known.begin(), known.end(), key) == known.end())
      fail(Status::Usage, "data '", text, "': '", kind, "' has no option '",
           key, "'");
}

Dataset openDataset(const std::string &text, Part part) {
  DataSpec spec = DataSpec::parse(text);
  for (const Kind &kind : kinds) {
    if (spec.kind != kind.name)
      continue;
    if (kind.needsPath == spec.path.empty())
      fail(Status::Usage, "data '", text, "': expected ", kind.usage);
    return kind.open(spec, part);
  }
  fail(Status::Usage, "data '", text, "': '", spec.kind,
       "' is no kind of data; there are ", datasetKinds());
}

} // namespace descent::runtime
