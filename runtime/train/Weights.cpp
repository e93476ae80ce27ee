// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matching the tensors of a weights file with the parameters and buffers of a
// program.
#include "train/Weights.h"
#include "core/Error.h"
#include "core/Initialize.h"
#include "train/Safetensors.h"

#include <algorithm>

namespace descent::runtime {
namespace {

bool isAmong(Role role, std::initializer_list<Role> roles) {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

} // namespace

uint64_t countParameters(const Program &program) {
  uint64_t count = 0;
  for (const State &state : program.states)
    if (state.role == Role::Parameter)
      count += state.tensor.elements();
  return count;
}

StateBytes initialStates(const Program &program, uint64_t seed,
                         std::initializer_list<Role> roles) {
  StateBytes states;
  for (unsigned i = 0; i < program.states.size(); ++i)
    if (isAmong(program.states[i].role, roles))
      states[i] = initialState(program, i, seed);
  return states;
}

StateBytes loadWeights(const Program &program, const std::string &path) {
  return matchTensors(program, SafetensorsFile::open(path), path, weightRoles);
}

StateBytes matchTensors(const Program &program, const SafetensorsFile &file,
                        const std::string &path,
                        std::initializer_list<Role> roles) {
  StateBytes weights;
  for (unsigned i = 0; i < program.states.size(); ++i) {
    const Tensor &wanted = program.states[i].tensor;
    if (!isAmong(program.states[i].role, roles))
      continue;
    auto found = file.tensors.find(wanted.name);
    if (found == file.tensors.end())
      fail(Status::Invalid, path, ": the tensor '", wanted.name,
           "' of the model (shape ", print(wanted.shape), ") is missing");
    const StoredTensor &stored = found->second;
    if (stored.shape != wanted.shape)
      fail(Status::Invalid, path, ": tensor '", wanted.name, "' has shape ",
           print(stored.shape), ", the model needs ", print(wanted.shape));
    std::string dtype = safetensorsName(wanted.dtype);
    if (stored.dtype != dtype)
      fail(Status::Invalid, path, ": tensor '", wanted.name, "' is ",
           stored.dtype, ", the model needs ", dtype);
    weights[i].assign(stored.data.begin(), stored.data.end());
  }
  for (auto &[name, tensor] : file.tensors)
    if (!program.findState(name) && name != "num_batches_tracked" &&
        !name.ends_with(".num_batches_tracked"))
      fail(Status::Invalid, path, ": tensor '", name, "' (shape ",
           print(tensor.shape),
           ") is not one of the model; was the file made for another model?");
  return weights;
}

void saveWeights(const Program &program, const StateBytes &weights,
                 const std::string &path,
                 const std::map<std::string, std::string> &metadata) {
  std::vector<TensorToStore> tensors;
  for (auto &[index, data] : weights) {
    const Tensor &tensor = program.states[index].tensor;
    tensors.push_back({tensor.name, tensor.dtype, tensor.shape, data});
  }
  std::map<std::string, std::string> all = metadata;
  all["format"] =
      "pt"; // the value by which other readers know PyTorch's names and layouts
  all["descent.model"] = program.modelName;
  all["descent.model_sha256"] = program.modelHash;
  writeSafetensors(path, tensors, all);
}

void upload(Executor &executor, const StateBytes &states) {
  std::vector<std::pair<unsigned, std::span<const std::byte>>> writes;
  for (auto &[index, data] : states)
    writes.emplace_back(index, data);
  executor.writeStates(writes);
}

StateBytes download(Executor &executor, std::initializer_list<Role> roles) {
  const Program &program = executor.program();
  StateBytes states;
  std::vector<std::pair<unsigned, std::span<std::byte>>> reads;
  for (unsigned i = 0; i < program.states.size(); ++i)
    if (isAmong(program.states[i].role, roles)) {
      states[i].resize(program.states[i].tensor.bytes());
      reads.emplace_back(i, states[i]);
    }
  executor.readStates(reads);
  return states;
}

} // namespace descent::runtime
