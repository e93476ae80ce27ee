// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The safetensors file format (huggingface/safetensors, README "Format"), read
// as hostile and written atomically.
#ifndef DESCENT_RUNTIME_TRAIN_SAFETENSORS_H
#define DESCENT_RUNTIME_TRAIN_SAFETENSORS_H

#include "core/Program.h"

namespace descent::runtime {

/// A tensor inside a SafetensorsFile; dtype is the file's own word, such as
/// "F32" or "I64".
struct StoredTensor {
  std::string dtype;
  Shape shape;
  std::span<const std::byte> data;
};

/// A whole file in memory. Checked on opening: header length, JSON, known
/// dtypes, sizes without overflow, and that the tensors cover the data without
/// gaps or overlaps.
class SafetensorsFile {
public:
  /// Errors: Invalid, naming the file and the tensor.
  static SafetensorsFile open(const std::string &path);
  SafetensorsFile(std::vector<std::byte> data, const std::string &what);

  std::map<std::string, StoredTensor> tensors;
  std::map<std::string, std::string> metadata;

private:
  std::vector<std::byte> bytes;
};

struct TensorToStore {
  std::string name;
  DType dtype;
  Shape shape;
  std::span<const std::byte> data;
};

/// Writes beside path, then renames. Errors: Failure.
void writeSafetensors(const std::string &path,
                      const std::vector<TensorToStore> &tensors,
                      const std::map<std::string, std::string> &metadata);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_TRAIN_SAFETENSORS_H
