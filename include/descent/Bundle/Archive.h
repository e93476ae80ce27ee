// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The container of a bundle: a ZIP archive of stored, aligned entries; see
// docs/bundle.md.

#ifndef DESCENT_BUNDLE_ARCHIVE_H
#define DESCENT_BUNDLE_ARCHIVE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace descent::bundle {

/// A file of an archive.
struct ArchiveEntry {
  std::string name;
  std::string data;
};

/// The bytes of an archive with `entries` in their order. The same entries give
/// the same bytes on every host.
llvm::Expected<std::string> buildArchive(llvm::ArrayRef<ArchiveEntry> entries);

/// Writes `bytes` to a file beside `path` and renames it, so that `path` holds
/// either what it held before or all of `bytes`.
llvm::Error writeFileAtomically(llvm::StringRef path, llvm::StringRef bytes);

/// The SHA-256 of `bytes` as 64 lower-case hexadecimal digits.
std::string sha256(llvm::StringRef bytes);

} // namespace descent::bundle

#endif // DESCENT_BUNDLE_ARCHIVE_H
