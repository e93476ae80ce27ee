// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// SHA-256 (FIPS 180-4), used to tie a bundle's manifest to its other entries.
#ifndef DESCENT_RUNTIME_CORE_SHA256_H
#define DESCENT_RUNTIME_CORE_SHA256_H

#include <cstddef>
#include <span>
#include <string>

namespace descent::runtime {

/// The SHA-256 of the bytes as 64 lower-case hexadecimal digits.
std::string sha256(std::span<const std::byte> data);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_CORE_SHA256_H
