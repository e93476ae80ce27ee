// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The one exception type of the runtime: a message for people and a status that
// becomes the exit code.
#ifndef DESCENT_RUNTIME_CORE_ERROR_H
#define DESCENT_RUNTIME_CORE_ERROR_H

#include <sstream>
#include <stdexcept>
#include <string>

namespace descent::runtime {

/// What went wrong, in the classes that a caller can act on. The numbers are
/// descent-run's exit codes.
enum class Status : int {
  Ok = 0,
  Failure = 1,      ///< the operating system or the driver refused something
  Usage = 2,        ///< the caller asked for something that makes no sense
  Invalid = 3,      ///< a bundle, weights file or data set is not valid
  NoDevice = 4,     ///< no usable Vulkan device
  DeviceLost = 5,   ///< the device was lost or is out of memory
  Diverged = 6,     ///< a loss or gradient became NaN or infinite
  Interrupted = 130 ///< a signal ended the run after a whole step
};

/// Thrown by every function of the C++ runtime; never crosses the C interface.
class Error : public std::runtime_error {
public:
  Error(Status status, const std::string &message)
      : std::runtime_error(message), code(status) {}
  Status status() const { return code; }

private:
  Status code;
};

/// The arguments, each printed with <<, in one string.
template <typename... Args> std::string concat(const Args &...args) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  (out << ... << args);
  return out.str();
}

/// Throws an Error whose message is the arguments printed one after another.
template <typename... Args>
[[noreturn]] void fail(Status status, const Args &...args) {
  throw Error(status, concat(args...));
}

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_CORE_ERROR_H
