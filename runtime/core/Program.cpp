// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Look-ups in a program, the names of its enumerators, and the way from a path
// to a program.
#include "core/Program.h"
#include "core/Error.h"
#include "core/File.h"

#include <algorithm>
#include <cctype>

namespace descent::runtime {

const char *name(DType dtype) {
  switch (dtype) {
  case DType::F32:
    return "f32";
  case DType::I32:
    return "i32";
  case DType::F64:
    return "f64";
  case DType::F16:
    return "f16";
  case DType::BF16:
    return "bf16";
  case DType::U32:
    return "u32";
  }
  return "";
}

std::string safetensorsName(DType dtype) {
  std::string text = name(dtype);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return char(std::toupper(c)); });
  return text;
}

uint64_t sizeOf(DType dtype) {
  switch (dtype) {
  case DType::F64:
    return 8;
  case DType::F16:
  case DType::BF16:
    return 2;
  case DType::F32:
  case DType::I32:
  case DType::U32:
    return 4;
  }
  return 0;
}

bool isFloat(DType dtype) { return dtype != DType::I32 && dtype != DType::U32; }

const char *name(Role role) {
  switch (role) {
  case Role::Parameter:
    return "parameter";
  case Role::Buffer:
    return "buffer";
  case Role::Optimizer:
    return "optimizer";
  case Role::Metric:
    return "metric";
  case Role::Status:
    return "status";
  }
  return "";
}

std::string print(const Shape &shape) {
  std::string text = "[";
  for (int64_t size : shape)
    text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

uint64_t elementsOf(const Shape &shape) {
  uint64_t product = 1;
  for (int64_t size : shape)
    product *= uint64_t(size);
  return product;
}

std::optional<unsigned> Entry::findOutput(const std::string &wanted) const {
  for (unsigned i = 0; i < outputs.size(); ++i)
    if (outputs[i].name == wanted)
      return i;
  return {};
}

const Entry *Program::findEntry(const std::string &wanted) const {
  auto found = entries.find(wanted);
  return found == entries.end() ? nullptr : &found->second;
}

std::optional<unsigned> Program::findInput(const std::string &wanted) const {
  for (unsigned i = 0; i < inputs.size(); ++i)
    if (inputs[i].name == wanted)
      return i;
  return {};
}

std::optional<unsigned> Program::findState(const std::string &wanted) const {
  for (unsigned i = 0; i < states.size(); ++i)
    if (states[i].tensor.name == wanted)
      return i;
  return {};
}

std::shared_ptr<const Program> openBundle(const std::string &path) {
  constexpr size_t largest =
      size_t(1)
      << 30; // kernels and schedules are small; weights are never inside
  std::vector<std::byte> file = readFile(path, largest);
  try {
    return readBundle(std::move(file));
  } catch (const Error &error) {
    fail(error.status(), path, ": ", error.what());
  }
}

} // namespace descent::runtime
