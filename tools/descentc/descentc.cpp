// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descentc: compiles the description of a neural network to a bundle.

#include "Emit.h"
#include "Options.h"
#include "descent/Bundle/Archive.h"
#include "descent/Interpreter/CheckGradients.h"
#include "descent/Model/Load.h"
#include "descent/Model/Registry.h"
#include "descent/Report/Report.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

using namespace descent;

/// Puts the model, read and not checked, into `result`.
static CompileStatus printModel(const DriverOptions &options,
                                std::string &result) {
  model::DiagnosticEngine engine;
  std::optional<model::Model> model =
      model::readModel(options.compile.input, engine);
  llvm::errs() << engine.render();
  if (!model)
    return CompileStatus::InvalidModel;
  result = options.asJson ? model::printJson(*model) : model::printText(*model);
  return CompileStatus::Done;
}

/// Runs the phases that `kind` needs, and puts the text or the bundle into
/// `result`.
static CompileStatus compile(Compilation &compilation, EmitKind kind,
                             std::string &result) {
  llvm::raw_string_ostream os(result);
  auto printModule = [&] {
    compilation.getModule()->print(os, mlir::OpPrintingFlags());
  };
  auto ran = [&](CompileStatus (Compilation::*phase)(), CompileStatus &status) {
    status = (compilation.*phase)();
    return status == CompileStatus::Done;
  };
  CompileStatus status;
  if (!ran(&Compilation::load, status))
    return status;
  if (kind == EmitKind::Canonical) {
    os << model::canonical(*compilation.getModel());
    return status;
  }
  if (!ran(&Compilation::import, status))
    return status;
  if (kind == EmitKind::Descent) {
    printModule();
    return status;
  }
  if (!ran(&Compilation::differentiate, status))
    return status;
  if (kind == EmitKind::Autodiff) {
    printModule();
    return status;
  }
  if (!ran(&Compilation::formKernels, status))
    return status;
  if (kind == EmitKind::Kernels) {
    printModule();
    return status;
  }
  if (kind == EmitKind::Dot) {
    printDot(compilation.getModule(), os);
    return status;
  }
  if (!ran(&Compilation::schedule, status))
    return status;
  if (kind == EmitKind::Schedule) {
    compilation.getVariants().front().module.get()->print(
        os, mlir::OpPrintingFlags());
    return status;
  }
  if (!ran(&Compilation::compileKernels, status))
    return status;
  if (kind == EmitKind::Spirv) {
    printAssembly(compilation.getVariants().front(), os);
    return status;
  }
  llvm::Expected<std::string> bytes = bundle::buildBundle(
      compilation.getModelInfo(), compilation.getVariants());
  if (!bytes) {
    llvm::errs() << "error: " << llvm::toString(bytes.takeError()) << "\n";
    return CompileStatus::InternalError;
  }
  os << *bytes;
  return status;
}

/// Ends what goes to standard output.
static CompileStatus finishOutput() {
  llvm::outs().flush();
  if (!llvm::outs().has_error())
    return CompileStatus::Done;
  llvm::outs().clear_error();
  llvm::errs() << "error: cannot write to standard output\n";
  return CompileStatus::UsageError;
}

/// Compares derivatives with finite differences, and prints a line for each.
static CompileStatus checkGradients(Compilation &compilation) {
  CompileStatus status = compilation.load();
  if (status == CompileStatus::Done)
    status = compilation.import();
  if (status != CompileStatus::Done)
    return status;
  interpreter::GradientReport report;
  bool right = llvm::succeeded(interpreter::checkAllGradients(
      compilation.getModule(), {}, llvm::outs(), report));
  status = finishOutput();
  return right ? status : CompileStatus::InvalidModel;
}

/// Reports an error of writing a file; false if there is none.
static bool reportError(llvm::Error error) {
  if (!error)
    return false;
  llvm::errs() << "error: " << llvm::toString(std::move(error)) << "\n";
  return true;
}

/// Writes the reports that were asked for; true if that fails.
static bool writeReports(const Compilation &compilation,
                         const DriverOptions &options) {
  report::Json data;
  for (const std::string &path : options.reports) {
    llvm::StringRef form = llvm::sys::path::extension(path);
    std::string text;
    if (form == ".txt") {
      llvm::raw_string_ostream os(text);
      printReport(compilation.getModelInfo(), compilation.getVariants(), os);
    } else {
      if (data.empty())
        data = report::buildReport(compilation.getModelInfo(),
                                   compilation.getVariants(),
                                   options.compile.input);
      text = form == ".json" ? report::printJson(data)
             : form == ".md" ? report::printMarkdown(data)
                             : report::printHtml(data);
    }
    if (reportError(bundle::writeFileAtomically(path, text)))
      return true;
  }
  return false;
}

/// Writes the result and the files asked for beside it.
static CompileStatus write(const Compilation &compilation,
                           const DriverOptions &options, llvm::StringRef output,
                           llvm::StringRef result) {
  if (!options.kernelFolder.empty() &&
      reportError(dumpKernels(compilation.getVariants(), options.kernelFolder)))
    return CompileStatus::UsageError;
  if (writeReports(compilation, options))
    return CompileStatus::UsageError;
  if (output.empty()) {
    llvm::outs() << result;
    if (CompileStatus status = finishOutput(); status != CompileStatus::Done)
      return status;
  } else if (reportError(bundle::writeFileAtomically(output, result)))
    return CompileStatus::UsageError;
  if (options.emit == EmitKind::Bundle)
    printSummary(compilation.getModelInfo(), compilation.getVariants().front(),
                 llvm::errs());
  return CompileStatus::Done;
}

int main(int argc, char **argv) {
  int exitCode = 0;
  std::optional<DriverOptions> options = parseCommandLine(argc, argv, exitCode);
  if (!options)
    return exitCode;
  if (options->printRegistry) {
    llvm::outs() << model::registryAsJson() << "\n";
    return int(finishOutput());
  }
  if (options->printSchema) {
    llvm::outs() << model::schemaAsJson();
    return int(finishOutput());
  }
  llvm::SmallString<128> output(options->output);
  if (output.empty() && options->emit == EmitKind::Bundle) {
    output = options->compile.input;
    llvm::sys::path::replace_extension(output, ".bundle");
  }
  options->compile.reproducer =
      (output.empty() ? llvm::sys::path::stem(options->compile.input)
                      : output.str())
          .str() +
      ".reproducer.mlir";
  if (options->checkGradients && !options->output.empty()) {
    llvm::errs() << "error: --check-gradients writes no file: it goes without "
                    "--output\n";
    return int(CompileStatus::UsageError);
  }
  bool compiled =
      !options->checkGradients &&
      (options->emit == EmitKind::Spirv || options->emit == EmitKind::Bundle);
  if (!compiled &&
      !(options->reports.empty() && options->kernelFolder.empty())) {
    llvm::errs() << "error: --report and --dump-kernels need compiled kernels: "
                    "use them with --emit bundle or spirv\n";
    return int(CompileStatus::UsageError);
  }
  bool isDialect =
      llvm::sys::path::extension(options->compile.input) == ".mlir";
  if (isDialect &&
      (!options->compile.load.defines.empty() || options->compile.load.batch)) {
    llvm::errs() << "error: -D and --batch: the sizes of a .mlir file are "
                    "fixed\n";
    return int(CompileStatus::UsageError);
  }
  if ((options->emit == EmitKind::Ast ||
       options->emit == EmitKind::Canonical) &&
      isDialect) {
    llvm::errs() << "error: --emit ast and canonical: a .mlir file has no "
                    "syntax tree of the model language\n";
    return int(CompileStatus::UsageError);
  }

  Compilation compilation(options->compile, llvm::errs());
  std::string result;
  CompileStatus status = options->checkGradients ? checkGradients(compilation)
                         : options->emit == EmitKind::Ast
                             ? printModel(*options, result)
                             : compile(compilation, options->emit, result);
  if (status == CompileStatus::Done && !options->checkGradients)
    status = write(compilation, *options, output, result);
  else if (status == CompileStatus::InternalError)
    llvm::errs() << "error: this is a fault of the compiler; please report it "
                    "with the model"
                 << (llvm::sys::fs::exists(options->compile.reproducer)
                         ? " and '" + options->compile.reproducer + "'"
                         : "")
                 << "\n";
  if (options->time)
    for (const auto &[phase, seconds] : compilation.getTimes())
      llvm::errs() << llvm::format("%8.1f ms  ", seconds * 1e3) << phase
                   << "\n";
  return int(status);
}
