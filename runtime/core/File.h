// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Whole files in and out: reading into memory, and writing so that a crash
// leaves the old file or the new one.
#ifndef DESCENT_RUNTIME_CORE_FILE_H
#define DESCENT_RUNTIME_CORE_FILE_H

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace descent::runtime {

/// The file's bytes. Errors: Invalid when it is missing, a directory,
/// unreadable or larger than limit bytes.
std::vector<std::byte> readFile(const std::string &path,
                                size_t limit = size_t(1) << 40);

/// Writes a file beside its final name, flushes it to the disk, and renames it
/// on commit(); without commit the half-written file is removed again. Errors:
/// Failure with the path and the system's reason.
class AtomicFile {
public:
  explicit AtomicFile(const std::string &path);
  ~AtomicFile();
  AtomicFile(const AtomicFile &) = delete;
  AtomicFile &operator=(const AtomicFile &) = delete;

  void write(std::span<const std::byte> data);
  void write(const std::string &text) { write(std::as_bytes(std::span(text))); }
  void commit();

private:
  std::string path, temporary;
  int fd = -1;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_CORE_FILE_H
