// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writing arrays for NumPy and for spreadsheets.
#ifndef DESCENT_RUNTIME_DATA_NPZ_H
#define DESCENT_RUNTIME_DATA_NPZ_H

#include "core/Program.h"

namespace descent::runtime {

/// A dense row-major array.
struct Array {
  std::string name;
  DType dtype = DType::F32;
  Shape shape;
  std::vector<std::byte> data;
};

/// A ZIP archive of stored .npy files (NumPy's format 1.0), bf16 as f32.
/// Errors: Failure.
void writeNpz(const std::string &path, const std::vector<Array> &arrays);

/// One line an index of the first axis, under a line of names; arrays with more
/// than one number a sample give the columns name.0, name.1, ... Errors:
/// Failure.
void writeCsv(const std::string &path, const std::vector<Array> &arrays);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_DATA_NPZ_H
