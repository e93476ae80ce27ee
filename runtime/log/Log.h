// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a run says: JSON events for programs, lines and a progress line for
// people.
#ifndef DESCENT_RUNTIME_LOG_LOG_H
#define DESCENT_RUNTIME_LOG_LOG_H

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

namespace descent::runtime {

using Event = nlohmann::ordered_json;

/// A number with that many digits behind the point.
std::string fixed(double value, int digits);

/// With json, events go to stdout, one object a line and nothing else, and
/// people's lines to stderr; without, people's lines go to stdout. The progress
/// line is drawn on stderr when that is a terminal, and not at all otherwise.
/// What cannot be written is remembered and not thrown, so that a run can save
/// before it ends: see lost() and check().
class Log {
public:
  explicit Log(bool json);
  ~Log();
  Log(const Log &) = delete;
  Log &operator=(const Log &) = delete;

  /// Also writes the events to a file, until the log is gone; append keeps what
  /// stands there. Error: Failure.
  void keep(const std::string &path, bool append);

  /// {"event": name, ...fields}
  void event(const std::string &name, const Event &fields);
  /// A line for people.
  void line(const std::string &text);
  /// Replaces the progress line, at most ten times a second.
  void progress(const std::string &text);
  bool showsProgress() const { return terminal; }

  /// Why stdout or the file no longer takes what is written; empty while they
  /// do.
  const std::string &lost() const { return loss; }
  /// Error: Failure when something was lost.
  void check() const;

private:
  void clearProgress();
  void write(std::FILE *to, const std::string &name, const std::string &text);

  bool json, terminal, drawn = false;
  std::FILE *file = nullptr;
  std::string fileName, loss;
  std::chrono::steady_clock::time_point lastDrawn{};
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_LOG_LOG_H
