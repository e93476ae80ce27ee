// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descent-kernel-bench: times single kernels on the device, one JSON object a
// line.
//
// usage: descent-kernel-bench FILE [entry...] [--profile NAME]
//          [--strategy ATTR]... [--explore N] [--repeat N] [--compiles N]
//          [--check] [--dump DIR]
//
// FILE is a module of entries with one kernel each, or of schedule.kernels, as
// descentc --emit schedule prints. Without --strategy a kernel's own is taken,
// or the selected one; with --explore N further ones are drawn at random, to
// see what the cost model is worth. --check compares with the interpreter;
// --dump writes DIR/<entry>.spv.

#include "KernelHarness.h"
#include "RandomStrategy.h"
#include "descent/Codegen/CostModel.h"
#include "descent/Codegen/EmitKernel.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <cmath>
#include <random>

using namespace mlir;
using namespace descent;
using namespace descent::test;

namespace {
struct Options {
  std::string file, dump;
  StringRef profile = "lavapipe";
  std::vector<StringRef> entries;
  std::vector<std::string> strategies;
  unsigned repeats = 9, explore = 0, compiles = 1;
  bool check = false;
};

/// Wall-clock milliseconds since it was made or last asked.
struct Stopwatch {
  std::chrono::steady_clock::time_point last = std::chrono::steady_clock::now();
  double lap() {
    auto now = std::chrono::steady_clock::now();
    std::chrono::duration<double, std::milli> passed = now - last;
    last = now;
    return passed.count();
  }
};
} // namespace

static bool parseOptions(int argc, char **argv, Options &options) {
  for (int i = 1; i < argc; ++i) {
    StringRef option = argv[i];
    bool hasValue = i + 1 < argc;
    if (option == "--check")
      options.check = true;
    else if (option == "--profile" && hasValue)
      options.profile = argv[++i];
    else if (option == "--strategy" && hasValue)
      options.strategies.push_back(argv[++i]);
    else if (option == "--repeat" && hasValue)
      options.repeats = std::max(1, std::atoi(argv[++i]));
    else if (option == "--explore" && hasValue)
      options.explore = std::atoi(argv[++i]);
    else if (option == "--compiles" && hasValue)
      options.compiles = std::max(1, std::atoi(argv[++i]));
    else if (option == "--dump" && hasValue)
      options.dump = argv[++i];
    else if (option.starts_with("--"))
      return false;
    else if (options.file.empty())
      options.file = option.str();
    else
      options.entries.push_back(option);
  }
  return !options.file.empty() && findProfile(options.profile);
}

/// Largest difference of two tensors relative to the largest magnitude in the
/// second.
static double relativeError(const interpreter::Tensor &a,
                            const interpreter::Tensor &b) {
  double error = 0, scale = 1e-30;
  for (auto [x, y] : llvm::zip(a.values, b.values)) {
    scale = std::max(scale, std::fabs(y));
    error = std::max(error, std::fabs(x - y));
  }
  return error / scale;
}

static codegen::Choice choiceOf(codegen::StrategyAttr strategy) {
  return {SmallVector<int64_t>(strategy.getLanes()),
          SmallVector<int64_t>(strategy.getTile()),
          SmallVector<int64_t>(strategy.getRun()),
          SmallVector<int64_t>(strategy.getUnroll())};
}

static void printInstructions(StringRef name, const Instructions &i) {
  llvm::outs() << ",\"" << name << "\":[" << i.arithmetic << "," << i.integer
               << "," << i.special << "," << i.load << "," << i.vectorLoad
               << "," << i.uniformLoad << "," << i.uniformVectorLoad << ","
               << i.store << "," << i.vectorStore << "," << i.loop << ","
               << i.spill << "," << i.start << "," << i.shuffle << "]";
}

/// Compiles and times a kernel under one strategy, or the selected one, and
/// prints a line. Of a kernel without an entry the buffers hold noise.
static LogicalResult measure(EntryOp entry, schedule::KernelOp kernel,
                             codegen::StrategyAttr strategy,
                             const Profile &profile, const Options &options) {
  Stopwatch watch;
  codegen::IterationSpace space = codegen::buildIterationSpace(kernel);
  if (!strategy)
    strategy = codegen::selectStrategy(space, profile);
  double selectTime = watch.lap();
  CompiledKernel compiled = compile(kernel, profile, strategy);
  double compileTime = watch.lap();
  for (unsigned i = 1; i < options.compiles; ++i) {
    compile(kernel, profile, strategy);
    compileTime = std::min(compileTime, watch.lap());
  }
  if (!options.dump.empty()) {
    std::error_code error;
    llvm::raw_fd_ostream os(
        options.dump + "/" + kernel.getSymName().str() + ".spv", error);
    os.write(reinterpret_cast<const char *>(compiled.words.data()),
             compiled.words.size() * 4);
  }
  interpreter::Environment inputs;
  Buffers buffers;
  if (entry) {
    inputs = makeRoundedInputs(entry, 1);
    buffers = makeBuffers(entry, kernel, inputs);
  } else {
    std::mt19937 random(1);
    for (int64_t length : kernel.getBindingLengths())
      for (uint32_t &word : buffers.emplace_back(length))
        word = llvm::bit_cast<uint32_t>(float(random() % 1000) * 0.001f);
  }
  RunTimes times = runKernel(compiled, buffers, options.repeats);

  double flops = double(space.kernel.getFlops());
  codegen::CostModel model(space, profile);
  codegen::Choice choice = choiceOf(strategy);
  llvm::outs() << "{\"entry\":\"" << kernel.getSymName() << "\""
               << llvm::format(",\"ms\":%.3f,\"ms_min\":%.3f,\"cpu_ms\":%.3f",
                               times.milliseconds, times.leastMilliseconds,
                               times.cpuMilliseconds)
               << llvm::format(",\"gflops\":%.2f,\"estimate\":%.0f",
                               flops / times.leastMilliseconds * 1e-6,
                               model.launchTime(choice))
               << llvm::format(",\"select_ms\":%.2f,\"codegen_ms\":%.2f,"
                               "\"driver_ms\":%.2f",
                               selectTime, compileTime,
                               times.compileMilliseconds)
               << ",\"words\":" << compiled.words.size()
               << llvm::format(",\"compile_estimate\":%.1f",
                               model.compileTime(choice))
               << ",\"groups\":" << compiled.groups[0] * compiled.groups[1]
               << ",\"subgroups\":" << model.subgroups(choice)
               << ",\"strategy\":\"" << strategy << "\"";
  printInstructions("counts", model.executed(choice));
  printInstructions("code", model.code(choice));
  if (options.check && entry) {
    interpreter::Environment state;
    auto expected = interpreter::interpretEntry(entry, inputs, state, {});
    if (failed(expected))
      return failure();
    double error = 0;
    for (auto &[name, tensor] : readResults(entry, kernel, buffers))
      error = std::max(error, relativeError(tensor, expected->at(name)));
    llvm::outs() << llvm::format(",\"error\":%.3g", error);
  }
  llvm::outs() << "}\n";
  llvm::outs().flush();
  return success();
}

/// Measures a kernel under all strategies that the options ask for.
static LogicalResult measureAll(EntryOp entry, schedule::KernelOp kernel,
                                const Profile &profile,
                                const Options &options) {
  SmallVector<codegen::StrategyAttr> strategies;
  for (const std::string &text : options.strategies)
    strategies.push_back(dyn_cast_or_null<codegen::StrategyAttr>(
        parseAttribute(text, kernel.getContext())));
  if (strategies.empty())
    strategies.push_back(
        dyn_cast_or_null<codegen::StrategyAttr>(kernel.getStrategyAttr()));
  codegen::IterationSpace space = codegen::buildIterationSpace(kernel);
  std::mt19937 random(1);
  for (unsigned i = 0; i < options.explore; ++i)
    strategies.push_back(randomStrategy(space, profile, random));
  for (codegen::StrategyAttr strategy : strategies)
    if (failed(measure(entry, kernel, strategy, profile, options)))
      return failure();
  return success();
}

int main(int argc, char **argv) {
  Options options;
  if (!parseOptions(argc, argv, options)) {
    llvm::errs() << "usage: descent-kernel-bench FILE [entry...] [--profile "
                    "NAME] [--strategy ATTR]... [--explore N] [--repeat N] "
                    "[--compiles N] [--check] [--dump DIR]\n";
    return 2;
  }
  const Profile &profile = *findProfile(options.profile);
  MLIRContext context;
  registerDialects(context);
  auto module = parseSourceFile<ModuleOp>(options.file, &context);
  if (!module)
    return 1;
  auto wanted = [&](StringRef name) {
    return options.entries.empty() || llvm::is_contained(options.entries, name);
  };
  SmallVector<schedule::KernelOp> kernels =
      llvm::to_vector(module->getOps<schedule::KernelOp>());
  for (schedule::KernelOp kernel : kernels)
    if (wanted(kernel.getSymName()) &&
        failed(measureAll({}, kernel, profile, options)))
      return 1;
  if (!kernels.empty())
    return 0;
  for (EntryOp entry : llvm::to_vector(module->getOps<EntryOp>())) {
    if (!wanted(entry.getSymName()))
      continue;
    schedule::KernelOp kernel = makeScheduleKernel(entry, Layout::separate);
    if (failed(measureAll(entry, kernel, profile, options)))
      return 1;
  }
  return 0;
}
