// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descent-interpret: runs an entry of a module on the host in f64 and prints
// what it gives, compares two modules, or checks an entry's gradients.
//
//   descent-interpret FILE [--entry NAME] [--steps N] [--set NAME=VALUE]...
//                     [--print NAME]...
//   descent-interpret --compare A B [--entry NAME] [--steps N] [--tolerance T]
//   descent-interpret --check-gradients FILE [--entry NAME] [--tolerance T]
//
// Exit: 0 done, 1 the modules differ, a gradient is wrong or an entry cannot be
// interpreted, 2 usage, 3 a file is not a valid module.

#include "descent/Interpreter/CheckGradients.h"
#include "descent/Interpreter/Interpreter.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace descent;
using namespace descent::interpreter;
namespace cl = llvm::cl;

namespace {

struct Options {
  cl::list<std::string> files{cl::Positional, cl::desc("FILE..."),
                              cl::OneOrMore};
  cl::opt<std::string> entry{
      "entry", cl::desc("Entry to run; may be left out if there is only one")};
  cl::opt<int> steps{
      "steps", cl::init(1),
      cl::desc("Runs, each from the state that the one before left")};
  cl::opt<int> firstStep{"first-step", cl::init(1),
                         cl::desc("Control word 'step' of the first run")};
  cl::opt<int> seed{"seed", cl::init(0), cl::desc("Control word 'seed_lo'")};
  cl::opt<int> valid{"valid", cl::init(-1),
                     cl::desc("Control word 'valid'; by default the batch")};
  cl::opt<double> lrScale{"lr-scale", cl::init(1),
                          cl::desc("Control word 'lr_scale'")};
  cl::opt<unsigned long long> randomSeed{
      "random-seed", cl::init(1),
      cl::desc("Seed of made-up inputs and initial states")};
  cl::list<std::string> set{
      "set",
      cl::desc("Value of an input or state: NAME=NUMBER, NAME=random:SEED, or "
               "NAME=[numbers in row-major order]")};
  cl::list<std::string> print{
      "print",
      cl::desc("Print only these outputs and states; by default all outputs")};
  cl::opt<int> digits{"digits", cl::init(6),
                      cl::desc("Significant digits to print")};
  cl::opt<bool> compare{
      "compare",
      cl::desc(
          "Compare two modules: outputs and common states after every step")};
  cl::opt<bool> checkGradients{
      "check-gradients",
      cl::desc("Check an entry's gradients against directional differences")};
  cl::opt<double> tolerance{
      "tolerance", cl::init(1e-9),
      cl::desc("|a - b| <= tolerance max(1, |a|, |b|) counts as equal; with "
               "--check-gradients relative, by default 1e-4")};
};

/// One module and the values it runs on.
struct Subject {
  OwningOpRef<ModuleOp> module;
  EntryOp entry;
  Environment inputs, state;
};

/// Usage errors end the program with 2.
[[noreturn]] void usage(const Twine &message) {
  llvm::errs() << "descent-interpret: " << message << "\n";
  exit(2);
}

/// Parses NUMBER, random:SEED or [numbers] into the tensor.
void assign(Tensor &tensor, StringRef name, StringRef text) {
  StringRef list = text;
  if (text.consume_front("random:")) {
    unsigned long long seed;
    if (text.getAsInteger(10, seed))
      usage("expected a seed after 'random:', got '" + text + "'");
    tensor.values = randomNormal(seed, name, tensor.size());
    return;
  }
  SmallVector<StringRef> words;
  bool splat = !(list.consume_front("[") && list.consume_back("]"));
  list.split(words, ',', -1, false);
  std::vector<double> numbers;
  for (StringRef word : words)
    if (word.trim().getAsDouble(numbers.emplace_back()))
      usage("expected a number for '" + name + "', got '" + word.trim() + "'");
  if (splat && numbers.size() == 1)
    numbers.assign(tensor.size(), numbers[0]);
  if (numbers.size() != tensor.values.size())
    usage("expected " + Twine(tensor.size()) + " numbers for '" + name +
          "', a " + describeType(tensor) + ", got " + Twine(numbers.size()));
  tensor.values = std::move(numbers);
}

void prepare(Subject &subject, MLIRContext &context, const std::string &file,
             const Options &options) {
  subject.module = parseSourceFile<ModuleOp>(file, &context);
  if (!subject.module)
    exit(3);
  FailureOr<EntryOp> entry = findEntry(*subject.module, options.entry);
  if (failed(entry))
    exit(2);
  subject.entry = *entry;
  subject.inputs = makeInputs(*subject.module, options.randomSeed);
  subject.state = makeState(*subject.module, options.randomSeed);
  for (const std::string &assignment : options.set) {
    auto [name, value] = StringRef(assignment).split('=');
    if (value.empty())
      usage("expected NAME=VALUE after --set, got '" + assignment + "'");
    bool known = false;
    for (Environment *environment : {&subject.inputs, &subject.state}) {
      auto found = environment->find(name.str());
      if (found == environment->end())
        continue;
      assign(found->second, name, value);
      known = true;
    }
    if (!known)
      usage("'" + file + "' has no input or state called '" + name + "'");
  }
}

ControlWords controlOf(Subject &subject, const Options &options, int step) {
  ControlWords control;
  control.step = options.firstStep + step;
  control.seedLow = options.seed;
  control.valid = options.valid >= 0
                      ? static_cast<int32_t>(options.valid)
                      : static_cast<int32_t>(batchSize(*subject.module));
  control.lrScale = options.lrScale;
  return control;
}

void printValue(StringRef name, const Tensor &tensor, const Options &options) {
  llvm::outs() << name << ": " << describeType(tensor) << " = ";
  printTensor(llvm::outs(), tensor, options.digits);
  llvm::outs() << "\n";
}

int interpretOne(Subject &subject, const Options &options) {
  Environment outputs;
  for (int step = 0; step < options.steps; ++step) {
    auto result = interpretEntry(subject.entry, subject.inputs, subject.state,
                                 controlOf(subject, options, step));
    if (failed(result))
      return 1;
    outputs = std::move(*result);
  }
  if (options.print.empty())
    for (auto &[name, value] : outputs)
      printValue(name, value, options);
  for (const std::string &name : options.print) {
    if (auto output = outputs.find(name); output != outputs.end())
      printValue(name, output->second, options);
    else if (auto state = subject.state.find(name);
             state != subject.state.end())
      printValue(name, state->second, options);
    else
      usage("no output or state is called '" + name + "'");
  }
  return 0;
}

int compareTwo(Subject &one, Subject &other, const Options &options) {
  for (int step = 0; step < options.steps; ++step) {
    auto a = interpretEntry(one.entry, one.inputs, one.state,
                            controlOf(one, options, step));
    auto b = interpretEntry(other.entry, other.inputs, other.state,
                            controlOf(other, options, step));
    if (failed(a) || failed(b))
      return 1;
    std::string difference = findDifference(*a, *b, options.tolerance);
    if (difference.empty())
      difference = findDifference(one.state, other.state, options.tolerance,
                                  /*common=*/true);
    if (!difference.empty()) {
      llvm::errs() << "step " << step + 1 << ": " << difference << "\n";
      return 1;
    }
  }
  return 0;
}

int checkEntry(Subject &subject, const Options &options) {
  CheckGradientsOptions check;
  check.entry = subject.entry.getSymName().str();
  check.seed = options.randomSeed;
  if (options.tolerance.getNumOccurrences() > 0)
    check.tolerance = options.tolerance;
  return succeeded(checkGradients(*subject.module, check, llvm::outs())) ? 0
                                                                         : 1;
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  Options options;
  if (!cl::ParseCommandLineOptions(
          argc, argv, "the reference interpreter of descent\n", &llvm::errs()))
    return 2;
  if (options.files.size() != (options.compare ? 2u : 1u))
    usage(options.compare ? "expected two files to compare"
                          : "expected one file");

  MLIRContext context;
  context.loadDialect<DescentDialect>();
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  SmallVector<Subject, 2> subjects(options.files.size());
  for (auto [subject, file] : llvm::zip_equal(subjects, options.files))
    prepare(subject, context, file, options);
  if (options.checkGradients)
    return checkEntry(subjects[0], options);
  return options.compare ? compareTwo(subjects[0], subjects[1], options)
                         : interpretOne(subjects[0], options);
}
