// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// nlohmann/json keeps no positions, so its SAX parser reads through an iterator
// that knows how far it is.

#include "Json.h"
#include <nlohmann/json.hpp>
#include <unordered_map>

using namespace descent::model;

namespace {

/// Objects and arrays may be nested this deep.
constexpr size_t maxDepth = 64;

/// An input iterator over the text that tells its position to `reached`.
class CountingIterator {
public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char *;
  using reference = const char &;

  CountingIterator(const char *position, const char **reached)
      : position(position), reached(reached) {}

  reference operator*() const { return *position; }
  CountingIterator &operator++() {
    *reached = ++position;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator old = *this;
    ++*this;
    return old;
  }
  bool operator==(const CountingIterator &other) const {
    return position == other.position;
  }
  bool operator!=(const CountingIterator &other) const {
    return position != other.position;
  }

private:
  const char *position;
  const char **reached;
};

/// Builds the tree from the parser's events.
class TreeBuilder {
public:
  TreeBuilder(uint32_t file, DiagnosticEngine &diagnostics)
      : diagnostics(diagnostics), file(file), text(diagnostics.text(file)),
        reached(text.data()) {}

  /// The document, or nothing after an error.
  std::optional<JsonValue> run() {
    size_t before = diagnostics.numErrors();
    const char *end = text.data() + text.size();
    nlohmann::json::sax_parse(CountingIterator(text.data(), &reached),
                              CountingIterator(end, &reached), this);
    if (diagnostics.numErrors() != before)
      return std::nullopt;
    return std::move(document);
  }

  bool null() { return add(scalar(JsonValue::Kind::Null)); }
  bool boolean(bool value) {
    JsonValue result = scalar(JsonValue::Kind::Bool);
    result.boolean = value;
    return add(std::move(result));
  }
  bool number_integer(int64_t value) {
    JsonValue result = scalar(JsonValue::Kind::Integer);
    result.integer = value;
    return add(std::move(result));
  }
  bool number_unsigned(uint64_t value) {
    if (value <= uint64_t(std::numeric_limits<int64_t>::max()))
      return number_integer(int64_t(value));
    return number_float(double(value), {});
  }
  bool number_float(double value, const std::string &) {
    JsonValue result = scalar(JsonValue::Kind::Float);
    result.number = value;
    return add(std::move(result));
  }
  bool string(std::string &value) {
    size_t begin = tokenStart();
    JsonValue result;
    result.kind = JsonValue::Kind::String;
    result.location = diagnostics.locate(file, begin);
    result.text = std::move(value);
    consumed = offset();
    result.escaped = consumed - begin != result.text.size() + 2;
    return add(std::move(result));
  }
  bool binary(nlohmann::json::binary_t &) { return false; }

  bool start_object(size_t) { return open(JsonValue::Kind::Object); }
  bool start_array(size_t) { return open(JsonValue::Kind::Array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string &key) {
    Frame &frame = frames.back();
    Location location = diagnostics.locate(file, tokenStart());
    consumed = offset();
    auto [first, isNew] = frame.keys.try_emplace(key, location);
    if (!isNew)
      diagnostics.error(location, "duplicate key '" + key + "'")
          .notes.push_back({first->second, "it stands here already"});
    frame.value.members.push_back({std::move(key), location, {}});
    return true;
  }

  bool parse_error(size_t position, const std::string &,
                   const nlohmann::json::exception &exception) {
    std::string_view what = exception.what();
    std::string message(what.substr(what.find("] ") + 2));
    constexpr std::string_view syntax = "syntax error ";
    if (size_t at = message.find(syntax); at != std::string::npos)
      message.erase(0, at + syntax.size());
    diagnostics.error(diagnostics.locate(file, errorStart(message, position)),
                      "malformed JSON: " + edited(message));
    return false;
  }

private:
  /// An object or array that is still open.
  struct Frame {
    JsonValue value;
    std::unordered_map<std::string, Location> keys;
  };

  static bool isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
  }

  size_t offset() const { return reached - text.data(); }

  /// Where the token that is being reported begins: past what separates it from
  /// the one before.
  size_t tokenStart() const {
    size_t at = consumed;
    while (at < text.size() &&
           (isSpace(text[at]) || text[at] == ',' || text[at] == ':'))
      ++at;
    return at;
  }

  /// Where the text is wrong: `position` bytes were read up to the end of the
  /// token that `message` is about.
  size_t errorStart(std::string_view message, size_t position) const {
    auto says = [&](std::string_view part) {
      return message.find(part) != message.npos;
    };
    size_t at = position ? position - 1 : 0;
    if (says("unexpected end of input"))
      at = text.size();
    else if (!says("unexpected '") && !says("invalid string"))
      at = tokenStart();
    if (at < text.size())
      return at;
    // The end of the text is where its last line with something on it ends.
    at = text.size();
    while (at && isSpace(text[at - 1]))
      --at;
    return at;
  }

  /// What the parser says, without what it read last (the source line shows
  /// that) and with the commas that it forgets.
  static std::string edited(std::string message) {
    size_t begin = message.find("; last read: ");
    if (begin != std::string::npos) {
      size_t end = message.find("; expected", begin);
      message.erase(begin, std::min(end, message.size()) - begin);
    }
    for (std::string_view closing : {"; expected '}'", "; expected ']'"})
      if (message.ends_with(closing))
        message.insert(message.size() - 3, "',' or ");
    return message;
  }

  /// A literal or number: its end is not reported, so it is where its
  /// characters end.
  JsonValue scalar(JsonValue::Kind kind) {
    JsonValue result;
    result.kind = kind;
    size_t at = tokenStart();
    result.location = diagnostics.locate(file, at);
    while (at < text.size() && !isSpace(text[at]) && text[at] != ',' &&
           text[at] != ']' && text[at] != '}')
      ++at;
    consumed = at;
    return result;
  }

  bool open(JsonValue::Kind kind) {
    size_t at = tokenStart();
    consumed = at + 1;
    Location location = diagnostics.locate(file, at);
    if (frames.size() == maxDepth) {
      diagnostics.error(location, "nested deeper than " +
                                      std::to_string(maxDepth) + " levels");
      return false;
    }
    Frame &frame = frames.emplace_back();
    frame.value.kind = kind;
    frame.value.location = location;
    return true;
  }

  bool close() {
    consumed = offset();
    JsonValue value = std::move(frames.back().value);
    frames.pop_back();
    return add(std::move(value));
  }

  bool add(JsonValue value) {
    if (frames.empty())
      document = std::move(value);
    else if (frames.back().value.isArray())
      frames.back().value.items.push_back(std::move(value));
    else
      frames.back().value.members.back().value = std::move(value);
    return true;
  }

  DiagnosticEngine &diagnostics;
  uint32_t file;
  const std::string &text;
  const char *reached;
  size_t consumed = 0; ///< the end of the last token reported
  std::vector<Frame> frames;
  std::optional<JsonValue> document;
};

} // namespace

const JsonMember *JsonValue::find(std::string_view key) const {
  for (const JsonMember &member : members)
    if (member.key == key)
      return &member;
  return nullptr;
}

std::string_view JsonValue::describe() const {
  switch (kind) {
  case Kind::Null:
    return "null";
  case Kind::Bool:
    return "a boolean";
  case Kind::Integer:
  case Kind::Float:
    return "a number";
  case Kind::String:
    return "a string";
  case Kind::Array:
    return "an array";
  case Kind::Object:
    return "an object";
  }
  return "";
}

std::optional<JsonValue>
descent::model::parseJson(uint32_t file, DiagnosticEngine &diagnostics) {
  return TreeBuilder(file, diagnostics).run();
}
