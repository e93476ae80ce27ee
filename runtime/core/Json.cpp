// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parsing JSON without trust, and the checked accessors.
#include "core/Json.h"
#include "core/Error.h"

#include <charconv>
#include <cmath>
#include <set>

namespace descent::runtime {

using nlohmann::json;

json parseJson(std::span<const std::byte> text, const std::string &what) {
  constexpr int deepest = 64;
  std::vector<std::set<std::string>> keys;
  auto watch = [&](int depth, json::parse_event_t event, json &parsed) {
    if (depth > deepest)
      fail(Status::Invalid, what, ": nested deeper than ", deepest, " levels");
    if (event == json::parse_event_t::object_start)
      keys.emplace_back();
    else if (event == json::parse_event_t::object_end)
      keys.pop_back();
    else if (event == json::parse_event_t::key &&
             !keys.back().insert(parsed.get<std::string>()).second)
      fail(Status::Invalid, what, ": the key '", parsed.get<std::string>(),
           "' stands in an object twice");
    return true;
  };
  const char *begin = reinterpret_cast<const char *>(text.data());
  try {
    return json::parse(begin, begin + text.size(), watch);
  } catch (const json::exception &error) {
    fail(Status::Invalid, what, ": not valid JSON: ", error.what());
  }
}

void JsonView::expected(const std::string &what) const {
  std::string found =
      value->dump(-1, ' ', true, json::error_handler_t::replace);
  if (found.size() > 60)
    found = found.substr(0, 57) + "...";
  fail(Status::Invalid, where, ": expected ", what, ", found ", found);
}

JsonView JsonView::get(std::string_view key) const {
  if (std::optional<JsonView> member = find(key))
    return *member;
  fail(Status::Invalid, where, ": the key '", key, "' is missing");
}

std::optional<JsonView> JsonView::find(std::string_view key) const {
  if (!value->is_object())
    expected("an object");
  auto found = value->find(key);
  if (found == value->end())
    return {};
  return JsonView(*found, concat(where, where.ends_with(": ") ? "" : ".", key));
}

std::vector<std::pair<std::string, JsonView>> JsonView::members() const {
  if (!value->is_object())
    expected("an object");
  std::vector<std::pair<std::string, JsonView>> result;
  for (auto &[key, member] : value->items())
    result.emplace_back(
        key,
        JsonView(member, concat(where, where.ends_with(": ") ? "" : ".", key)));
  return result;
}

std::vector<JsonView> JsonView::elements(std::optional<size_t> size) const {
  if (!value->is_array())
    expected("an array");
  if (size && value->size() != *size)
    expected(concat("an array of ", *size, " elements"));
  std::vector<JsonView> result;
  for (size_t i = 0; i < value->size(); ++i)
    result.emplace_back((*value)[i], concat(where, "[", i, "]"));
  return result;
}

uint64_t JsonView::count(uint64_t low, uint64_t high) const {
  if (!value->is_number_unsigned() || value->get<uint64_t>() < low ||
      value->get<uint64_t>() > high)
    expected(concat("an integer from ", low, " to ", high));
  return value->get<uint64_t>();
}

int64_t JsonView::integer(int64_t low, int64_t high) const {
  bool fits = value->is_number_unsigned()
                  ? value->get<uint64_t>() <= uint64_t(INT64_MAX)
                  : value->is_number_integer();
  if (!fits || value->get<int64_t>() < low || value->get<int64_t>() > high)
    expected(concat("an integer from ", low, " to ", high));
  return value->get<int64_t>();
}

bool JsonView::flag() const {
  if (!value->is_boolean())
    expected("true or false");
  return value->get<bool>();
}

std::string JsonView::text() const {
  if (!value->is_string())
    expected("a string");
  return value->get<std::string>();
}

double JsonView::hexFloat() const {
  std::string digits = text();
  std::string_view rest = digits;
  bool negative = rest.starts_with('-');
  if (negative)
    rest.remove_prefix(1);
  double number = 0;
  if (!rest.starts_with("0x"))
    expected("a float in C99 hexadecimal");
  rest.remove_prefix(2);
  auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(),
                                      number, std::chars_format::hex);
  if (error != std::errc() || end != rest.data() + rest.size() ||
      rest.starts_with('-') || !std::isfinite(number))
    expected("a finite float in C99 hexadecimal");
  return negative ? -number : number;
}

} // namespace descent::runtime
