// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The texts of lib/Model/Library, as EmbedLibrary.cmake writes them.

#ifndef DESCENT_LIB_MODEL_LIBRARYSOURCES_H
#define DESCENT_LIB_MODEL_LIBRARYSOURCES_H

#include <span>
#include <string_view>

namespace descent::model {

struct LibrarySource {
  std::string_view name; ///< of the file
  std::string_view text;
};

std::span<const LibrarySource> librarySources();

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_LIBRARYSOURCES_H
