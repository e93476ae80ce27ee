// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writing events and lines where they belong.
#include "log/Log.h"
#include "core/Error.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace descent::runtime {

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

Log::Log(bool json) : json(json), terminal(::isatty(STDERR_FILENO)) {}

Log::~Log() {
  clearProgress();
  if (file)
    std::fclose(file);
}

void Log::keep(const std::string &path, bool append) {
  file = std::fopen(path.c_str(), append ? "a" : "w");
  if (!file)
    fail(Status::Failure, "cannot write '", path, "': ", std::strerror(errno));
  fileName = "'" + path + "'";
}

void Log::write(std::FILE *to, const std::string &name,
                const std::string &text) {
  bool written = std::fputs(text.c_str(), to) >= 0;
  // Flushed even so: an earlier error must not stay in the buffer.
  if ((std::fflush(to) == 0 && written) || to == stderr || !loss.empty())
    return;
  loss = concat("cannot write to ", name, ": ", std::strerror(errno));
}

void Log::check() const {
  if (!loss.empty())
    fail(Status::Failure, loss);
}

void Log::clearProgress() {
  if (drawn)
    std::fputs("\r\033[K", stderr);
  drawn = false;
}

void Log::event(const std::string &name, const Event &fields) {
  if (!json && !file)
    return;
  Event object;
  object["event"] = name;
  object.update(fields);
  std::string text =
      object.dump(-1, ' ', false, Event::error_handler_t::replace) + "\n";
  if (json)
    write(stdout, "stdout", text);
  if (file)
    write(file, fileName, text);
}

void Log::line(const std::string &text) {
  clearProgress();
  write(json ? stderr : stdout, "stdout", text + "\n");
}

void Log::progress(const std::string &text) {
  if (!terminal)
    return;
  auto now = std::chrono::steady_clock::now();
  if (drawn && now - lastDrawn < std::chrono::milliseconds(100))
    return;
  lastDrawn = now;
  drawn = true;
  std::fprintf(stderr, "\r%s\033[K", text.c_str());
}

} // namespace descent::runtime
