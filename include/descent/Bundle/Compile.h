// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler as a library: from a model file to a bundle, phase by phase.

#ifndef DESCENT_BUNDLE_COMPILE_H
#define DESCENT_BUNDLE_COMPILE_H

#include "descent/Bundle/BundleWriter.h"
#include "descent/Model/Load.h"
#include "descent/Target/Profile.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include <functional>
#include <memory>
#include <optional>

namespace llvm {
class ThreadPoolInterface;
}

namespace mlir {
class OpPassManager;
}

namespace descent {

struct CompileOptions {
  /// A model file: `.json` or `.descent` in the model language, `.mlir` in the
  /// dialect.
  std::string input;
  /// `-D`, `--batch`.
  model::LoadOptions load;
  /// The entries to build; empty: all that the model has what it needs for.
  std::vector<std::string> entries;
  /// The devices to build for, in the order in which a runtime tries them;
  /// empty: all profiles.
  std::vector<const Profile *> targets;
  /// Where the state of the compiler is written if it fails by its own fault;
  /// empty: nowhere.
  std::string reproducer;
  /// How many threads work at once; 0: as many as there are cores. The bundle
  /// does not depend on it.
  unsigned threads = 0;
  /// Whether to fuse kernels and merge launches. Without, every operation runs
  /// in a kernel of its own: slower, and a reference to compare with.
  bool fuse = true;
  /// The most bytes that all memory together may take: what does not fit is
  /// computed again where it is needed. 0: as many as it takes.
  int64_t memoryBudget = 0;
};

/// How a compilation went; the numbers are exit codes.
enum class CompileStatus {
  Done = 0,
  InternalError = 1,
  UsageError = 2,
  InvalidModel = 3
};

/// One compilation. The phases run in their order, each on what the one before
/// has left; after one that is not Done no other may run. Errors go to the
/// stream that the constructor is given, those of the model with the line of
/// the file and a caret.
class Compilation {
public:
  Compilation(CompileOptions options, llvm::raw_ostream &errors);
  ~Compilation();

  /// Reads and checks the model file. (A `.mlir` file is only read by
  /// `import`.)
  CompileStatus load();
  /// Builds the module of the tensor level.
  CompileStatus import();
  /// Expands gradients.
  CompileStatus differentiate();
  /// Goes down to the kernel level.
  CompileStatus formKernels();
  /// Plans memory and chooses strategies for every target.
  CompileStatus schedule();
  /// Compiles the kernels of every target.
  CompileStatus compileKernels();
  /// All of the phases above.
  CompileStatus run();

  /// The checked model; none for `.mlir`.
  const std::optional<model::CheckedModel> &getModel() const { return model; }
  /// The module, at the level that the last phase but `schedule` has brought it
  /// to.
  mlir::ModuleOp getModule() const { return module.get(); }
  /// One for every target, after `schedule`.
  llvm::ArrayRef<bundle::Variant> getVariants() const { return variants; }
  /// What the bundle says about the model; after `schedule`.
  bundle::ModelInfo getModelInfo() const;
  /// Names of the phases that have run, and their wall time in seconds.
  llvm::ArrayRef<std::pair<std::string, double>> getTimes() const {
    return times;
  }

private:
  CompileStatus
  runPasses(mlir::ModuleOp module,
            llvm::function_ref<void(mlir::OpPassManager &)> addPasses,
            CompileStatus failure);
  /// Whether every entry that was asked for is among these; reports one that
  /// is not.
  bool hasEntries(llvm::ArrayRef<std::string> available);
  CompileStatus importModelFile();
  CompileStatus parseDialectFile();
  CompileStatus checkSizes();
  /// Stays within the memory budget, or reports that there is no way to.
  CompileStatus rematerialize();
  CompileStatus plan(int64_t maxBindings,
                     mlir::OwningOpRef<mlir::ModuleOp> &planned);
  CompileStatus timed(llvm::StringRef phase,
                      llvm::function_ref<CompileStatus()> work);
  bool isDialectFile() const;

  CompileOptions options;
  llvm::raw_ostream &errors;
  std::unique_ptr<llvm::ThreadPoolInterface> pool; // outlives the context
  mlir::MLIRContext context;
  std::optional<model::CheckedModel> model;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<bundle::Variant> variants;
  std::vector<std::pair<std::string, double>> times;
  std::string dialectText;
  struct Diagnostics;
  std::unique_ptr<Diagnostics> diagnostics;
};

/// Compiles a model to the bytes of a bundle; nothing, after errors, if that
/// fails.
std::optional<std::string> compileToBundle(CompileOptions options,
                                           llvm::raw_ostream &errors);

} // namespace descent

#endif // DESCENT_BUNDLE_COMPILE_H
