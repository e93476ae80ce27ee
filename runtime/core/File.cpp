// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading whole files, and writing by a temporary file, fsync and rename.
#include "core/File.h"
#include "core/Error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace descent::runtime {

std::vector<std::byte> readFile(const std::string &path, size_t limit) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    fail(Status::Invalid, "cannot open '", path, "': ", std::strerror(errno));
  struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
  } closer{fd};
  struct stat info;
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
    fail(Status::Invalid, "'", path, "' is not a regular file");
  if (uint64_t(info.st_size) > limit)
    fail(Status::Invalid, "'", path, "' has ", info.st_size, " bytes, at most ",
         limit, " are read");
  std::vector<std::byte> data(size_t(info.st_size));
  size_t done = 0;
  while (done < data.size()) {
    ssize_t got = ::read(fd, data.data() + done, data.size() - done);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      fail(Status::Invalid, "cannot read '", path, "': ", std::strerror(errno));
    if (got == 0)
      break;
    done += size_t(got);
  }
  data.resize(done);
  return data;
}

AtomicFile::AtomicFile(const std::string &path)
    : path(path), temporary(path + ".tmp." + std::to_string(::getpid())) {
  fd =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0)
    fail(Status::Failure, "cannot write '", path, "': ", std::strerror(errno));
}

AtomicFile::~AtomicFile() {
  if (fd >= 0) {
    ::close(fd);
    ::unlink(temporary.c_str());
  }
}

void AtomicFile::write(std::span<const std::byte> data) {
  while (!data.empty()) {
    ssize_t put = ::write(fd, data.data(), data.size());
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      fail(Status::Failure, "cannot write '", path,
           "': ", std::strerror(errno));
    data = data.subspan(size_t(put));
  }
}

void AtomicFile::commit() {
  if (::fsync(fd) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0)
    fail(Status::Failure, "cannot write '", path, "': ", std::strerror(errno));
  ::close(fd);
  fd = -1;
  // The rename itself is durable once the directory is.
  std::string folder = std::filesystem::path(path).parent_path().string();
  int directory = ::open(folder.empty() ? "." : folder.c_str(),
                         O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
}

} // namespace descent::runtime
