// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Objects and arrays on one line where they fit, or a line a member.

#include "JsonLayout.h"

using Json = nlohmann::ordered_json;

namespace {

constexpr size_t maxColumns = 100;

std::string leaf(const Json &json) {
  // Bytes that are not UTF-8 can only come from names in the text spelling.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string oneLine(const Json &json) {
  if (!json.is_structured())
    return leaf(json);
  bool isObject = json.is_object();
  if (json.empty())
    return isObject ? "{}" : "[]";
  std::string result;
  for (const auto &[key, value] : json.items()) {
    result += result.empty() ? "" : ", ";
    if (isObject)
      result += leaf(key) + ": ";
    result += oneLine(value);
  }
  return isObject ? "{ " + result + " }" : "[" + result + "]";
}

/// `used`: the columns before and behind it on its line.
void print(const Json &json, size_t indent, size_t used, std::string &out) {
  std::string line = oneLine(json);
  if (!json.is_structured() || json.empty() ||
      used + line.size() <= maxColumns) {
    out += line;
    return;
  }
  bool isObject = json.is_object();
  out += isObject ? "{\n" : "[\n";
  size_t left = json.size();
  for (const auto &[key, value] : json.items()) {
    std::string name = isObject ? leaf(key) + ": " : "";
    out.append(indent + 2, ' ');
    out += name;
    print(value, indent + 2, indent + 3 + name.size(), out);
    out += --left ? ",\n" : "\n";
  }
  out.append(indent, ' ');
  out += isObject ? '}' : ']';
}

} // namespace

std::string descent::model::layoutJson(const Json &json) {
  std::string out;
  print(json, 0, 0, out);
  return out + "\n";
}
