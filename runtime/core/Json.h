// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checked access to JSON of unknown origin: every value knows its place, so
// every complaint can name it.
#ifndef DESCENT_RUNTIME_CORE_JSON_H
#define DESCENT_RUNTIME_CORE_JSON_H

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace descent::runtime {

/// Parses text. Errors: Invalid for malformed JSON, duplicate keys, or nesting
/// deeper than 64; what names the source.
nlohmann::json parseJson(std::span<const std::byte> text,
                         const std::string &what);

/// A value inside a parsed document. Errors of all members: Invalid, with the
/// place ("manifest.json: slabs[1].size"), what was expected and what was
/// found. The document must outlive its views.
class JsonView {
public:
  JsonView(const nlohmann::json &value, std::string where)
      : value(&value), where(std::move(where)) {}

  /// The member called key of an object.
  JsonView get(std::string_view key) const;
  std::optional<JsonView> find(std::string_view key) const;
  std::vector<std::pair<std::string, JsonView>> members() const;

  /// The elements of an array; size, when given, is the number that it must
  /// have.
  std::vector<JsonView> elements(std::optional<size_t> size = {}) const;

  /// An integer within [low, high].
  uint64_t count(uint64_t low, uint64_t high) const;
  int64_t integer(int64_t low, int64_t high) const;
  bool flag() const;
  std::string text() const;
  /// A finite number written as a string in C99 hexadecimal, such as
  /// "-0x1.8p-2".
  double hexFloat() const;

  const std::string &place() const { return where; }
  [[noreturn]] void expected(const std::string &what) const;

private:
  const nlohmann::json *value;
  std::string where;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_CORE_JSON_H
