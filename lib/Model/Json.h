// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A JSON document in which every key and value knows where it stands.

#ifndef DESCENT_LIB_MODEL_JSON_H
#define DESCENT_LIB_MODEL_JSON_H

#include "descent/Model/Diagnostics.h"
#include <optional>

namespace descent::model {

struct JsonMember;

struct JsonValue {
  enum class Kind { Null, Bool, Integer, Float, String, Array, Object };

  Kind kind = Kind::Null;
  Location location;
  bool boolean = false;
  int64_t integer = 0;
  double number = 0;
  std::string text;     ///< String, decoded
  bool escaped = false; ///< the string's source has escapes: columns inside it
                        ///< do not correspond
  std::vector<JsonValue> items;
  std::vector<JsonMember> members;

  bool isString() const { return kind == Kind::String; }
  bool isArray() const { return kind == Kind::Array; }
  bool isObject() const { return kind == Kind::Object; }

  /// The member called `key`, or null.
  const JsonMember *find(std::string_view key) const;

  /// "an object", "a string", ...
  std::string_view describe() const;
};

struct JsonMember {
  std::string key;
  Location location;
  JsonValue value;
};

/// Parses source `file` of `diagnostics`. Malformed text, a key that stands
/// twice in an object and nesting deeper than 64 are errors.
std::optional<JsonValue> parseJson(uint32_t file,
                                   DiagnosticEngine &diagnostics);

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_JSON_H
