// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writing the container with libzip: it knows the format, here is only what
// makes the bytes aligned and reproducible.

#include "descent/Bundle/Archive.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/raw_ostream.h"
#include <zip.h>

using namespace descent::bundle;

/// Where entries' data begins, so that a mapped file can be used in place.
static constexpr uint64_t dataAlignment = 64;
/// The private block of the extra field that makes it so.
static constexpr uint16_t paddingBlock = 0xDE5C;
/// Sizes from the format: the fixed part of a local header, and the head of a
/// block of the extra field.
static constexpr uint64_t localHeaderSize = 30, blockHeaderSize = 4;
/// 1980-01-01 00:00, the first moment that DOS knows.
static constexpr uint16_t dosTime = 0, dosDate = (1 << 5) | 1;

static llvm::Error failure(const llvm::Twine &what, zip_error_t *error) {
  return llvm::createStringError(what + ": " + zip_error_strerror(error));
}

static llvm::Error addEntry(zip_t *archive, const ArchiveEntry &entry,
                            uint64_t &position) {
  auto failed = [&] {
    return failure("cannot add '" + entry.name + "' to the archive",
                   zip_get_error(archive));
  };
  zip_source_t *source =
      zip_source_buffer(archive, entry.data.data(), entry.data.size(), 0);
  if (!source)
    return failed();
  zip_int64_t index =
      zip_file_add(archive, entry.name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return failed();
  }
  uint64_t header = position + localHeaderSize + entry.name.size();
  uint64_t data = llvm::alignTo(header + blockHeaderSize, dataAlignment);
  std::string padding(data - header - blockHeaderSize, '\0');
  if (zip_set_file_compression(archive, index, ZIP_CM_STORE, 0) ||
      zip_file_set_dostime(archive, index, dosTime, dosDate, 0) ||
      zip_file_set_external_attributes(archive, index, 0, ZIP_OPSYS_DOS, 0) ||
      zip_file_extra_field_set(
          archive, index, paddingBlock, ZIP_EXTRA_FIELD_NEW,
          reinterpret_cast<const zip_uint8_t *>(padding.data()), padding.size(),
          ZIP_FL_LOCAL))
    return failed();
  position = data + entry.data.size();
  return llvm::Error::success();
}

llvm::Expected<std::string>
descent::bundle::buildArchive(llvm::ArrayRef<ArchiveEntry> entries) {
  zip_error_t error;
  zip_error_init(&error);
  auto finish = llvm::make_scope_exit([&] { zip_error_fini(&error); });
  zip_source_t *target = zip_source_buffer_create(nullptr, 0, 0, &error);
  if (!target)
    return failure("cannot make an archive", &error);
  // Kept past zip_close, which drops the archive's own reference.
  zip_source_keep(target);
  auto release = llvm::make_scope_exit([&] { zip_source_free(target); });
  zip_t *archive = zip_open_from_source(target, ZIP_TRUNCATE, &error);
  if (!archive) {
    zip_source_free(target);
    return failure("cannot make an archive", &error);
  }
  uint64_t position = 0;
  for (const ArchiveEntry &entry : entries)
    if (llvm::Error failed = addEntry(archive, entry, position)) {
      zip_discard(archive);
      return std::move(failed);
    }
  if (zip_close(archive)) {
    llvm::Error failed =
        failure("cannot finish the archive", zip_get_error(archive));
    zip_discard(archive);
    return std::move(failed);
  }
  zip_stat_t stat;
  if (zip_source_stat(target, &stat) || zip_source_open(target))
    return failure("cannot read the archive back", zip_source_error(target));
  std::string bytes(stat.size, '\0');
  zip_int64_t got = zip_source_read(target, bytes.data(), bytes.size());
  zip_source_close(target);
  if (got != zip_int64_t(bytes.size()))
    return failure("cannot read the archive back", zip_source_error(target));
  return bytes;
}

/// Writes all bytes; false if that fails.
static bool writeAll(int fd, llvm::StringRef bytes) {
  llvm::raw_fd_ostream stream(fd, /*shouldClose=*/false);
  stream << bytes;
  stream.flush();
  bool written = !stream.has_error();
  stream.clear_error();
  return written;
}

/// A device or a pipe is written to as it is: there is nothing beside it to
/// rename.
static llvm::Error writeInPlace(llvm::StringRef path, llvm::StringRef bytes) {
  int fd;
  if (std::error_code error = llvm::sys::fs::openFileForWrite(
          path, fd, llvm::sys::fs::CD_OpenExisting))
    return llvm::createStringError("cannot write '" + path +
                                   "': " + error.message());
  bool written = writeAll(fd, bytes);
  llvm::sys::fs::closeFile(fd);
  if (!written)
    return llvm::createStringError("cannot write '" + path + "'");
  return llvm::Error::success();
}

llvm::Error descent::bundle::writeFileAtomically(llvm::StringRef path,
                                                 llvm::StringRef bytes) {
  // A link stays, and what it names is replaced.
  llvm::SmallString<256> target(path);
  llvm::sys::fs::file_status status;
  if (!llvm::sys::fs::status(path, status)) {
    if (status.type() == llvm::sys::fs::file_type::directory_file)
      return llvm::createStringError("cannot write '" + path +
                                     "': it is a folder");
    if (status.type() != llvm::sys::fs::file_type::regular_file)
      return writeInPlace(path, bytes);
    if (std::error_code error = llvm::sys::fs::real_path(path, target))
      return llvm::createStringError("cannot write '" + path +
                                     "': " + error.message());
  }
  llvm::Expected<llvm::sys::fs::TempFile> file =
      llvm::sys::fs::TempFile::create(target + ".%%%%%%.tmp",
                                      llvm::sys::fs::all_read |
                                          llvm::sys::fs::all_write);
  if (!file)
    return llvm::createStringError("cannot write beside '" + path +
                                   "': " + llvm::toString(file.takeError()));
  if (!writeAll(file->FD, bytes)) {
    llvm::consumeError(file->discard());
    return llvm::createStringError("cannot write '" + path +
                                   "': the disk may be full");
  }
  if (llvm::Error error = file->keep(target))
    return llvm::createStringError("cannot write '" + path +
                                   "': " + llvm::toString(std::move(error)));
  return llvm::Error::success();
}

std::string descent::bundle::sha256(llvm::StringRef bytes) {
  return llvm::toHex(llvm::SHA256::hash(llvm::arrayRefFromStringRef(bytes)),
                     /*LowerCase=*/true);
}
