// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pieces of the bundle reader: manifest, variants, schedules and kernels.
// Internal to core/.
#ifndef DESCENT_RUNTIME_CORE_BUNDLEREADER_H
#define DESCENT_RUNTIME_CORE_BUNDLEREADER_H

#include "core/Json.h"
#include "core/Program.h"

namespace descent::runtime {

using Files = std::map<std::string, std::span<const std::byte>>;

/// No tensor, slab or archive of format 1 is larger than this many bytes.
constexpr uint64_t largestSize = uint64_t(1) << 40;

/// No run of an entry has more launches, those of loops in every iteration
/// counted: a runtime records them all, at about a kilobyte of host memory
/// each.
constexpr uint64_t mostLaunches = uint64_t(1) << 18;

/// Names that become parts of file names: letters, digits, '_', '-' and '.',
/// not beginning with '.'.
std::string readFileStem(const JsonView &view);

/// Everything of the manifest but "variants" and "files".
void readModel(const JsonView &manifest, Program &program);

/// One element of "variants", its schedules included.
Variant readVariant(const JsonView &view, const Program &program,
                    const Files &files);

/// A place inside one of the slabs, 4-byte aligned, of exactly size bytes when
/// size is given.
Place readPlace(const JsonView &view, const std::vector<Slab> &slabs,
                std::optional<uint64_t> size = {});

/// variants/<variant>/<entry>.json.
Schedule readSchedule(const std::string &path, const std::string &entry,
                      const Variant &variant, const Files &files);

/// Checks what manifest and schedule say of a kernel against its module: one
/// GLCompute entry point "main", the local size, no resource outside descriptor
/// set 0 and its bindings, no capability whose feature is not required, no more
/// workgroup memory than is. Returns the bytes of its push constants.
uint64_t checkModule(const Kernel &kernel, const Requirements &needs);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_CORE_BUNDLEREADER_H
