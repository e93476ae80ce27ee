// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels as text.

#include "Emit.h"
#include "descent/Bundle/Archive.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <spirv-tools/libspirv.hpp>

using namespace mlir;

namespace descent {

static std::string disassemble(const CompiledKernel &kernel) {
  std::string text;
  spvtools::SpirvTools(SPV_ENV_VULKAN_1_1)
      .Disassemble(kernel.words.data(), kernel.words.size(), &text,
                   SPV_BINARY_TO_TEXT_OPTION_FRIENDLY_NAMES |
                       SPV_BINARY_TO_TEXT_OPTION_INDENT);
  return text;
}

void printAssembly(const bundle::Variant &variant, llvm::raw_ostream &os) {
  for (auto kernel : variant.module.get().getOps<schedule::KernelOp>())
    os << "; kernel " << kernel.getSymName() << " of " << variant.profile->name
       << "\n"
       << disassemble(variant.kernels.find(kernel.getSymName())->second)
       << "\n";
}

llvm::Error dumpKernels(ArrayRef<bundle::Variant> variants, StringRef folder) {
  if (std::error_code error = llvm::sys::fs::create_directories(folder))
    return llvm::createStringError("cannot make the folder '" + folder +
                                   "': " + error.message());
  for (const bundle::Variant &variant : variants)
    for (auto kernel : variant.module.get().getOps<schedule::KernelOp>()) {
      llvm::SmallString<128> stem = folder;
      llvm::sys::path::append(stem, variant.profile->name + "." +
                                        kernel.getSymName());
      std::string text;
      llvm::raw_string_ostream(text) << kernel << "\n";
      if (llvm::Error error =
              bundle::writeFileAtomically((stem + ".mlir").str(), text))
        return error;
      if (llvm::Error error = bundle::writeFileAtomically(
              (stem + ".spvasm").str(),
              disassemble(variant.kernels.find(kernel.getSymName())->second)))
        return error;
    }
  return llvm::Error::success();
}

} // namespace descent
