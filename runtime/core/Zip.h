// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Strict reader of the bundle's container: a ZIP archive of stored entries,
// treated as hostile.
#ifndef DESCENT_RUNTIME_CORE_ZIP_H
#define DESCENT_RUNTIME_CORE_ZIP_H

#include <cstddef>
#include <map>
#include <span>
#include <string>

namespace descent::runtime {

/// Finds the entries of a ZIP archive (PKWARE APPNOTE 6.3) held in memory.
/// Accepted is only what docs/bundle.md describes: stored entries, one after
/// another from offset 0 and without gaps, local headers that agree with the
/// central ones, data on multiples of 64 bytes, right CRC-32, no ZIP64,
/// comments, encryption or data descriptors, no duplicate or dangerous names.
/// The spans point into data. Errors: Invalid, naming the entry and the offset.
std::map<std::string, std::span<const std::byte>>
readZip(std::span<const std::byte> data);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_CORE_ZIP_H
