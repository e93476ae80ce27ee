// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A program's state between host, device and weights files.
#ifndef DESCENT_RUNTIME_TRAIN_WEIGHTS_H
#define DESCENT_RUNTIME_TRAIN_WEIGHTS_H

#include "core/Executor.h"

#include <initializer_list>

namespace descent::runtime {

class SafetensorsFile;

/// The bytes of states, by index.
using StateBytes = std::map<unsigned, std::vector<std::byte>>;

/// What weights files hold.
constexpr std::initializer_list<Role> weightRoles = {Role::Parameter,
                                                     Role::Buffer};

uint64_t countParameters(const Program &program);

/// The initial bytes of the states whose role is among roles.
StateBytes initialStates(const Program &program, uint64_t seed,
                         std::initializer_list<Role> roles);

/// All parameters and buffers from a safetensors file, by name. Tensors called
/// num_batches_tracked and those of other states of the program are ignored.
/// Errors: Invalid, for a tensor that is missing, of another shape or type, or
/// not the model's, naming tensor, shapes and file.
StateBytes loadWeights(const Program &program, const std::string &path);
/// The same for the states of these roles, from a file that has been opened.
StateBytes matchTensors(const Program &program, const SafetensorsFile &file,
                        const std::string &path,
                        std::initializer_list<Role> roles);

/// Writes the states to a safetensors file whose metadata name the
/// model. Errors: Failure.
void saveWeights(const Program &program, const StateBytes &weights,
                 const std::string &path,
                 const std::map<std::string, std::string> &metadata);

void upload(Executor &executor, const StateBytes &states);
/// The states of these roles as they are on the device.
StateBytes download(Executor &executor, std::initializer_list<Role> roles);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_TRAIN_WEIGHTS_H
