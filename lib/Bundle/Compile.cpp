// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler as a library: one function a phase.

#include "descent/Bundle/Compile.h"
#include "descent/Bundle/Archive.h"
#include "descent/Dialect/Descent/RowGroups.h"
#include "descent/Dialect/Schedule/SchedulePasses.h"
#include "descent/Import/Import.h"
#include "descent/Transforms/Pipelines.h"
#include "mlir/IR/Threading.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ThreadPool.h"
#include <chrono>
#include <map>

using namespace mlir;

namespace descent {

/// Prints errors with their line of the model file, which it reads when there
/// is one.
struct Compilation::Diagnostics {
  Diagnostics(MLIRContext &context, llvm::raw_ostream &errors)
      : handler(sources, &context, errors) {}
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler;
};

Compilation::Compilation(CompileOptions options, llvm::raw_ostream &errors)
    : options(std::move(options)), errors(errors),
      context(MLIRContext::Threading::DISABLED) {
  // One thread is the one that calls; it needs no pool.
  if (this->options.threads != 1) {
    pool = std::make_unique<llvm::DefaultThreadPool>(
        llvm::hardware_concurrency(this->options.threads));
    context.setThreadPool(*pool);
  }
  context.loadDialect<DescentDialect, schedule::ScheduleDialect>();
  loadCodegenDialects(context);
  // An operation's text in a message is for people who work on the compiler.
  context.printOpOnDiagnostic(false);
  diagnostics = std::make_unique<Diagnostics>(context, errors);
  if (this->options.targets.empty())
    for (const Profile &profile : allProfiles())
      this->options.targets.push_back(&profile);
}

Compilation::~Compilation() = default;

CompileStatus Compilation::timed(StringRef phase,
                                 llvm::function_ref<CompileStatus()> work) {
  auto start = std::chrono::steady_clock::now();
  CompileStatus status = work();
  std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - start;
  times.push_back({phase.str(), seconds.count()});
  return status;
}

//===----------------------------------------------------------------------===//
// From text to the tensor level
//===----------------------------------------------------------------------===//

bool Compilation::isDialectFile() const {
  return llvm::sys::path::extension(options.input) == ".mlir";
}

CompileStatus Compilation::load() {
  if (isDialectFile())
    return CompileStatus::Done;
  return timed("load", [&] {
    model::DiagnosticEngine engine;
    model = model::loadModel(options.input, options.load, engine);
    errors << engine.render();
    return model ? CompileStatus::Done : CompileStatus::InvalidModel;
  });
}

bool Compilation::hasEntries(llvm::ArrayRef<std::string> available) {
  for (const std::string &entry : options.entries)
    if (!llvm::is_contained(available, entry)) {
      errors << "error: the model has no entry '" << entry
             << "'; it has: " << llvm::join(available, ", ") << "\n";
      return false;
    }
  return true;
}

CompileStatus Compilation::importModelFile() {
  if (!hasEntries(entriesOf(*model)))
    return CompileStatus::UsageError;
  module = importModel(*model, context, {options.entries});
  return module ? CompileStatus::Done : CompileStatus::InvalidModel;
}

CompileStatus Compilation::parseDialectFile() {
  auto file = llvm::MemoryBuffer::getFile(options.input, /*IsText=*/true);
  if (!file) {
    errors << options.input
           << ": error: cannot read the file: " << file.getError().message()
           << "\n";
    return CompileStatus::InvalidModel;
  }
  dialectText = (*file)->getBuffer().str();
  module = parseSourceString<ModuleOp>(dialectText, ParserConfig(&context),
                                       options.input);
  if (!module)
    return CompileStatus::InvalidModel;
  std::vector<std::string> available;
  for (auto entry : module->getOps<EntryOp>())
    available.push_back(entry.getSymName().str());
  if (available.empty()) {
    errors << options.input << ": error: expected at least one descent.entry\n";
    return CompileStatus::InvalidModel;
  }
  if (!hasEntries(available))
    return CompileStatus::UsageError;
  for (auto entry : llvm::make_early_inc_range(module->getOps<EntryOp>()))
    if (!options.entries.empty() &&
        !llvm::is_contained(options.entries, entry.getSymName()))
      entry.erase();
  return CompileStatus::Done;
}

CompileStatus Compilation::import() {
  return timed("import", [&] {
    return isDialectFile() ? parseDialectFile() : importModelFile();
  });
}

//===----------------------------------------------------------------------===//
// Passes
//===----------------------------------------------------------------------===//

CompileStatus
Compilation::runPasses(ModuleOp target,
                       llvm::function_ref<void(OpPassManager &)> addPasses,
                       CompileStatus failure) {
  PassManager passes(&context);
  if (failure == CompileStatus::InternalError && !options.reproducer.empty())
    passes.enableCrashReproducerGeneration(options.reproducer);
  addPasses(passes);
  return succeeded(passes.run(target)) ? CompileStatus::Done : failure;
}

CompileStatus Compilation::differentiate() {
  // What fails here is a model that has no gradient.
  return timed("differentiate", [&] {
    return runPasses(*module, addDifferentiation, CompileStatus::InvalidModel);
  });
}

/// Reports the first scan in another that is too long to be unrolled.
static CompileStatus checkInnerScans(ModuleOp module) {
  WalkResult result = module.walk([](ScanOp scan) {
    if (!isa<ScanOp>(scan->getParentOp()) ||
        int64_t(scan.getCount()) <= maxInnerIterations)
      return WalkResult::advance();
    scan.emitError() << "a scan of " << scan.getCount()
                     << " steps inside of another; an inner scan is unrolled, "
                        "so it may have at most "
                     << maxInnerIterations << " steps";
    return WalkResult::interrupt();
  });
  return result.wasInterrupted() ? CompileStatus::InvalidModel
                                 : CompileStatus::Done;
}

CompileStatus Compilation::formKernels() {
  return timed("form kernels", [&] {
    if (CompileStatus status = checkInnerScans(*module);
        status != CompileStatus::Done)
      return status;
    auto addPasses = [&](OpPassManager &passes) {
      addKernelFormation(passes, options.fuse);
    };
    return runPasses(*module, addPasses, CompileStatus::InternalError);
  });
}

/// Reports the first tensor that a kernel or a loop uses and no binding can
/// hold.
CompileStatus Compilation::checkSizes() {
  WalkResult result = module->walk([&](Operation *op) {
    if (!isLaunched(op) && !isa<ScanOp>(op))
      return WalkResult::advance();
    SmallVector<Value> values(op->getOperands());
    llvm::append_range(values, op->getResults());
    for (Value value : values) {
      if (schedule::byteSize(value.getType()) <= maxTensorBytes)
        continue;
      Operation *maker = value.getDefiningOp();
      (maker ? maker : op)->emitError()
          << "a tensor of type " << value.getType() << " has "
          << schedule::byteSize(value.getType())
          << " bytes; the most that a device promises to bind is "
          << maxTensorBytes << "; a smaller batch or layer makes it smaller";
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return result.wasInterrupted() ? CompileStatus::InvalidModel
                                 : CompileStatus::Done;
}

/// The most launches that a reader of bundles takes of one run of an entry.
static constexpr uint64_t maxLaunches = uint64_t(1) << 18;

static CompileStatus checkLaunches(ModuleOp module) {
  for (auto entry : module.getOps<schedule::EntryOp>())
    if (uint64_t launches = bundle::getEntryStatistics(entry).launches;
        launches > maxLaunches) {
      entry.emitError() << "a run of entry '" << entry.getSymName()
                        << "' launches " << launches
                        << " kernels, those of loops in every step counted; "
                           "the most is "
                        << maxLaunches << "; shorter sequences have fewer";
      return CompileStatus::InvalidModel;
    }
  return CompileStatus::Done;
}

CompileStatus Compilation::rematerialize() {
  if (options.memoryBudget == 0)
    return CompileStatus::Done;
  auto addPasses = [&](OpPassManager &passes) {
    addRematerialization(passes, options.memoryBudget);
  };
  CompileStatus status =
      runPasses(*module, addPasses, CompileStatus::InvalidModel);
  return status == CompileStatus::Done ||
                 module.get()->hasAttr(schedule::kTooLargeAttrName)
             ? status
             : CompileStatus::InternalError;
}

CompileStatus Compilation::plan(int64_t maxBindings,
                                OwningOpRef<ModuleOp> &planned) {
  auto run = [&](CompileStatus failure) {
    planned = module->clone();
    auto addPasses = [&](OpPassManager &passes) {
      addPlanning(passes, maxBindings, options.memoryBudget);
    };
    return runPasses(*planned, addPasses, failure);
  };
  CompileStatus status = run(CompileStatus::InvalidModel);
  // Only what is not too large for the devices needs a reproducer.
  if (status != CompileStatus::Done &&
      !(*planned)->hasAttr(schedule::kTooLargeAttrName))
    status = run(CompileStatus::InternalError);
  return status == CompileStatus::Done ? checkLaunches(*planned) : status;
}

CompileStatus Compilation::schedule() {
  return timed("schedule", [&] {
    if (CompileStatus status = checkSizes(); status != CompileStatus::Done)
      return status;
    if (CompileStatus status = rematerialize(); status != CompileStatus::Done)
      return status;
    // By the number of bindings, which is all that plans depend on.
    std::map<int64_t, OwningOpRef<ModuleOp>> plans;
    for (const Profile *profile : options.targets) {
      OwningOpRef<ModuleOp> &planned = plans[profile->maxBindings];
      if (!planned)
        if (CompileStatus status = plan(profile->maxBindings, planned);
            status != CompileStatus::Done)
          return status;
      bundle::Variant variant{profile, planned->clone(), {}};
      auto addPasses = [&](OpPassManager &passes) {
        addStrategies(passes, *profile, options.fuse);
      };
      if (CompileStatus status = runPasses(variant.module.get(), addPasses,
                                           CompileStatus::InternalError);
          status != CompileStatus::Done)
        return status;
      variants.push_back(std::move(variant));
    }
    return CompileStatus::Done;
  });
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

namespace {

/// Whether a kernel of one strategy becomes the same code for both.
bool isEmittedAlike(const Profile &a, const Profile &b) {
  return a.maxWorkgroupCount == b.maxWorkgroupCount &&
         a.pairsWords == b.pairsWords && a.sharesLoads == b.sharesLoads &&
         a.subgroupSize == b.subgroupSize;
}

/// The kernels to compile, each once: variants that share a plan have kernels
/// of the same names, and simple ones get the same strategy everywhere.
class KernelJobs {
public:
  /// Adds a kernel, and returns its number.
  unsigned add(schedule::KernelOp kernel, const Profile &profile) {
    auto &known = byName[kernel.getSymName()];
    for (unsigned number : known)
      if (isEmittedAlike(*jobs[number].profile, profile) &&
          OperationEquivalence::isEquivalentTo(
              jobs[number].kernel, kernel,
              OperationEquivalence::IgnoreLocations))
        return number;
    known.push_back(jobs.size());
    jobs.push_back({kernel, &profile, failure()});
    return jobs.size() - 1;
  }

  /// Compiles all. Returns the first that fails, or none.
  schedule::KernelOp compile(MLIRContext &context) {
    parallelForEach(&context, jobs, [](Job &job) {
      job.result = compileKernel(job.kernel, *job.profile);
    });
    for (Job &job : jobs)
      if (failed(job.result))
        return job.kernel;
    return {};
  }

  const CompiledKernel &getResult(unsigned number) const {
    return *jobs[number].result;
  }

private:
  struct Job {
    schedule::KernelOp kernel;
    const Profile *profile;
    FailureOr<CompiledKernel> result;
  };
  std::vector<Job> jobs;
  llvm::StringMap<SmallVector<unsigned, 2>> byName;
};

} // namespace

CompileStatus Compilation::compileKernels() {
  return timed("compile kernels", [&] {
    KernelJobs jobs;
    std::vector<std::vector<std::pair<std::string, unsigned>>> numbers;
    for (bundle::Variant &variant : variants) {
      numbers.emplace_back();
      for (auto kernel : variant.module.get().getOps<schedule::KernelOp>())
        numbers.back().push_back(
            {kernel.getSymName().str(), jobs.add(kernel, *variant.profile)});
    }
    if (schedule::KernelOp kernel = jobs.compile(context)) {
      if (!options.reproducer.empty()) {
        std::string text;
        llvm::raw_string_ostream(text) << kernel;
        if (llvm::Error error =
                bundle::writeFileAtomically(options.reproducer, text))
          errors << "error: " << llvm::toString(std::move(error)) << "\n";
      }
      return CompileStatus::InternalError;
    }
    for (auto [variant, kernels] : llvm::zip(variants, numbers))
      for (auto &[name, number] : kernels)
        variant.kernels[name] = jobs.getResult(number);
    return CompileStatus::Done;
  });
}

CompileStatus Compilation::run() {
  CompileStatus (Compilation::*phases[])() = {
      &Compilation::load,          &Compilation::import,
      &Compilation::differentiate, &Compilation::formKernels,
      &Compilation::schedule,      &Compilation::compileKernels};
  for (auto phase : phases)
    if (CompileStatus status = (this->*phase)(); status != CompileStatus::Done)
      return status;
  return CompileStatus::Done;
}

bundle::ModelInfo Compilation::getModelInfo() const {
  bundle::ModelInfo info;
  if (model) {
    info.name = model->name;
    info.sha256 = bundle::sha256(model::canonical(*model));
    info.batch = model->batch.value_or(1);
    info.epochs = model->epochs;
    for (const model::Entry &entry : model->entries)
      if (entry.mixesRows >= 0)
        info.wholeBatches.push_back(entry.name);
    return info;
  }
  info.name = llvm::sys::path::stem(options.input).str();
  info.sha256 = bundle::sha256(dialectText);
  for (auto input : variants.front().module.get().getOps<InputOp>())
    if (std::optional<uint64_t> axis = input.getBatchAxis())
      info.batch = cast<RankedTensorType>(input.getType()).getDimSize(*axis);
  return info;
}

std::optional<std::string> compileToBundle(CompileOptions options,
                                           llvm::raw_ostream &errors) {
  Compilation compilation(std::move(options), errors);
  if (compilation.run() != CompileStatus::Done)
    return std::nullopt;
  llvm::Expected<std::string> bytes = bundle::buildBundle(
      compilation.getModelInfo(), compilation.getVariants());
  if (!bytes) {
    errors << "error: " << llvm::toString(bytes.takeError()) << "\n";
    return std::nullopt;
  }
  return std::move(*bytes);
}

} // namespace descent
