// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descent-kernel-bench FILE [entry...] [--profile NAME] [--strategy ATTR]
// [--repeat N] [--check] [--dump DIR]: times every entry's kernel on the
// device, one JSON object a line. With --check compares with the interpreter;
// with --dump writes the modules as DIR/<entry>.spv.

#include "KernelHarness.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <cmath>

using namespace mlir;
using namespace descent;
using namespace descent::test;

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

int main(int argc, char **argv) {
  std::string file, strategyText, dump;
  StringRef profileName = "lavapipe";
  std::vector<StringRef> names;
  unsigned repeats = 9;
  bool compare = false;
  for (int i = 1; i < argc; ++i) {
    StringRef option = argv[i];
    if (option == "--check")
      compare = true;
    else if (option == "--profile" && i + 1 < argc)
      profileName = argv[++i];
    else if (option == "--strategy" && i + 1 < argc)
      strategyText = argv[++i];
    else if (option == "--repeat" && i + 1 < argc)
      repeats = std::atoi(argv[++i]);
    else if (option == "--dump" && i + 1 < argc)
      dump = argv[++i];
    else if (file.empty())
      file = option.str();
    else
      names.push_back(option);
  }
  const Profile *profile = findProfile(profileName);
  if (file.empty() || !profile || repeats == 0) {
    llvm::errs() << "usage: descent-kernel-bench FILE [entry...] [--profile "
                    "NAME] [--strategy ATTR] [--repeat N] "
                    "[--check] [--dump DIR]\n";
    return 2;
  }
  MLIRContext context;
  registerDialects(context);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(file, &context);
  if (!module)
    return 1;
  codegen::StrategyAttr strategy;
  if (!strategyText.empty())
    strategy = dyn_cast_or_null<codegen::StrategyAttr>(
        parseAttribute(strategyText, &context));

  for (EntryOp entry : llvm::to_vector(module->getOps<EntryOp>())) {
    if (!names.empty() && !llvm::is_contained(names, entry.getSymName()))
      continue;
    schedule::KernelOp kernel = makeScheduleKernel(entry, Layout::separate);
    auto before = std::chrono::steady_clock::now();
    auto since = [&] {
      auto now = std::chrono::steady_clock::now();
      double milliseconds =
          std::chrono::duration<double, std::milli>(now - before).count();
      before = now;
      return milliseconds;
    };
    if (strategy)
      kernel.setStrategyAttr(strategy);
    else
      kernel.setStrategyAttr(codegen::selectStrategy(
          codegen::buildIterationSpace(kernel), *profile));
    double selectTime = since();
    CompiledKernel compiled =
        compile(kernel, *profile,
                cast<codegen::StrategyAttr>(kernel.getStrategyAttr()));
    double compileTime = since();
    if (!dump.empty()) {
      std::error_code error;
      llvm::raw_fd_ostream os(dump + "/" + entry.getSymName().str() + ".spv",
                              error);
      os.write(reinterpret_cast<const char *>(compiled.words.data()),
               compiled.words.size() * 4);
    }
    interpreter::Environment inputs = makeRoundedInputs(entry, 1);
    Buffers buffers = makeBuffers(entry, kernel, inputs);
    RunTimes times = runKernel(compiled, buffers, repeats);
    double flops = double(
        (*entry.getBody().front().getOps<KernelOp>().begin()).getFlops());
    llvm::outs() << "{\"entry\":\"" << entry.getSymName()
                 << "\",\"ms\":" << llvm::format("%.3f", times.milliseconds)
                 << ",\"ms_min\":"
                 << llvm::format("%.3f", times.leastMilliseconds)
                 << ",\"cpu_ms\":" << llvm::format("%.3f", times.cpuMilliseconds) << ",\"gflops\":"
                 << llvm::format("%.2f", flops / times.milliseconds * 1e-6)
                 << ",\"select_ms\":" << llvm::format("%.2f", selectTime)
                 << ",\"codegen_ms\":" << llvm::format("%.2f", compileTime)
                 << ",\"driver_ms\":"
                 << llvm::format("%.2f", times.compileMilliseconds)
                 << ",\"words\":" << compiled.words.size()
                 << ",\"groups\":" << compiled.groups[0] * compiled.groups[1]
                 << ",\"strategy\":\"" << kernel.getStrategyAttr() << "\"";
    if (compare) {
      interpreter::Environment state;
      auto expected = interpreter::interpretEntry(entry, inputs, state, {});
      if (failed(expected))
        return 1;
      double error = 0;
      for (auto &[name, tensor] : readResults(entry, kernel, buffers))
        error = std::max(error, relativeError(tensor, expected->at(name)));
      llvm::outs() << ",\"error\":" << llvm::format("%.3g", error);
    }
    llvm::outs() << "}\n";
  }
  return 0;
}
