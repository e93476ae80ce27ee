// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descentc's command line, read with CLI11.

#include "Options.h"
#include "llvm/Support/Path.h"
#include <CLI/CLI.hpp>
#include <cmath>

namespace descent {

static const std::map<std::string, EmitKind> emitKinds = {
    {"ast", EmitKind::Ast},         {"canonical", EmitKind::Canonical},
    {"descent", EmitKind::Descent}, {"autodiff", EmitKind::Autodiff},
    {"kernels", EmitKind::Kernels}, {"schedule", EmitKind::Schedule},
    {"spirv", EmitKind::Spirv},     {"dot", EmitKind::Dot},
    {"bundle", EmitKind::Bundle}};

/// Splits `NAME=VALUE`; an empty name if it is none.
static model::Define parseDefine(const std::string &text) {
  size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    return {};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

/// Resolves the names of profiles. Returns an error message, or nothing.
static std::string resolveTargets(const std::vector<std::string> &names,
                                  std::vector<const Profile *> &targets) {
  for (const std::string &name : names) {
    const Profile *profile = findProfile(name);
    if (!profile) {
      std::string known;
      for (const Profile &each : allProfiles())
        known += (known.empty() ? "" : ", ") + each.name.str();
      return "--target: there is no profile '" + name +
             "'; there are: " + known;
    }
    if (!llvm::is_contained(targets, profile))
      targets.push_back(profile);
  }
  return "";
}

/// Reads a number of bytes as `1500000`, `64M`, `1.5GiB` or `100MB`: K, M and G
/// are powers of 1024, as with Ki or KiB; KB, MB and GB are powers of 1000.
/// None if it is no such number, or not positive.
static std::optional<int64_t> parseBytes(llvm::StringRef text) {
  size_t digits = text.find_first_not_of("0123456789.");
  double number;
  if (text.take_front(digits).getAsDouble(number))
    return std::nullopt;
  llvm::StringRef unit =
      digits == llvm::StringRef::npos ? "" : text.drop_front(digits);
  double factor = 1;
  if (!unit.empty() && !unit.equals_insensitive("b")) {
    size_t power = llvm::StringRef("kmgt").find_insensitive(unit.take_front());
    llvm::StringRef rest = unit.drop_front();
    bool isBinary = rest.empty() || rest.equals_insensitive("i") ||
                    rest.equals_insensitive("ib");
    if (power == llvm::StringRef::npos ||
        !(isBinary || rest.equals_insensitive("b")))
      return std::nullopt;
    factor = std::pow(isBinary ? 1024.0 : 1000.0, power + 1);
  }
  double bytes = number * factor;
  if (!(bytes >= 1 && bytes < 0x1p62))
    return std::nullopt;
  return int64_t(bytes);
}

std::optional<DriverOptions> parseCommandLine(int argc, char **argv,
                                              int &exitCode) {
  DriverOptions options;
  std::vector<std::string> defines, targets;
  int64_t batch = 0;
  std::string spelling, memoryBudget;
  int optimize = 1;
  CLI::App app("descentc: compiles the description of a neural network to a "
               "bundle that descent-run trains.",
               "descentc");
  app.get_formatter()->column_width(34);
  app.add_option("MODEL", options.compile.input,
                 "the model: .descent or .json in the model language, .mlir in "
                 "the dialect");
  app.add_option("-o,--output", options.output,
                 "the bundle, or the text of --emit; default: MODEL with "
                 ".bundle, or standard output for text");
  app.add_option("-D,--define", defines,
                 "override a constant of the model: NAME=VALUE")
      ->expected(1)
      ->take_all();
  auto *batchOption = app.add_option(
      "--batch", batch, "samples of a step, instead of the model's own");
  app.add_option("--entries", options.compile.entries,
                 "build these entries only, as train,eval,metrics,predict")
      ->delimiter(',');
  app.add_option("--target", targets,
                 "build for this kind of device; may be repeated; default: "
                 "all, as lavapipe, portable")
      ->expected(1)
      ->take_all();
  app.add_option("--emit", options.emit,
                 "stop early and print: ast, canonical, descent, autodiff, "
                 "kernels, schedule, spirv, dot; or bundle")
      ->transform(CLI::CheckedTransformer(emitKinds).description("KIND"));
  app.add_option("--as", spelling,
                 "the spelling that --emit ast prints: text or json; default: "
                 "text")
      ->check(CLI::IsMember({"text", "json"}));
  app.add_option(
         "--report", options.reports,
         "write what was built, kernels, model lines and memory plan: a page "
         "(.html), data (.json), tables (.md) or short text (.txt); may be "
         "repeated")
      ->expected(1)
      ->take_all()
      ->check([](const std::string &path) {
        return llvm::is_contained({".html", ".json", ".md", ".txt"},
                                  llvm::sys::path::extension(path))
                   ? std::string()
                   : "the name of a report ends in .html, .json, .md or .txt, "
                     "not as '" +
                         path + "'";
      });
  app.add_option(
      "--dump-kernels", options.kernelFolder,
      "write every kernel to this folder, as MLIR and as SPIR-V assembly");
  app.add_option("-O", optimize,
                 "0: every operation in a kernel of its own, nothing fused or "
                 "merged, to compare with; default: 1")
      ->check(CLI::IsMember({0, 1}));
  app.add_option("--memory-budget", memoryBudget,
                 "the most memory that the bundle may need on the device, in "
                 "bytes or as 512M, 1.5GiB, 800MB: values that do not fit are "
                 "computed again where they are needed, at the same results")
      ->type_name("BYTES")
      ->check([](const std::string &text) {
        return parseBytes(text) ? std::string()
                                : "expected a number of bytes, as 1500000, "
                                  "512M, 1.5GiB or 800MB, got '" +
                                      text + "'";
      });
  app.add_flag("--time", options.time, "print how long each phase took");
  app.add_option("--threads", options.compile.threads,
                 "how many threads compile; default: one for each core. The "
                 "bundle is the same")
      ->check(CLI::Range(1u, 1024u));
  app.add_flag(
      "--print-registry", options.printRegistry,
      "print all layers, losses, metrics and optimizers as JSON, and stop");
  app.add_flag("--check-gradients", options.checkGradients,
               "compare every gradient of every entry, and every function's "
               "own derivative, with finite differences in f64; nothing is "
               "compiled; exit 3 if one is wrong");
  app.add_flag("--print-schema", options.printSchema,
               "print the JSON Schema of models in JSON, and stop");
  try {
    app.parse(argc, argv);
    if (options.compile.input.empty() && !options.printRegistry &&
        !options.printSchema)
      throw CLI::RequiredError("MODEL");
    if (!spelling.empty() && options.emit != EmitKind::Ast)
      throw CLI::ValidationError("--as", "only --emit ast has spellings");
    options.asJson = spelling == "json";
    options.compile.fuse = optimize != 0;
    if (!memoryBudget.empty())
      options.compile.memoryBudget = *parseBytes(memoryBudget);
    for (const std::string &text : defines) {
      options.compile.load.defines.push_back(parseDefine(text));
      if (options.compile.load.defines.back().name.empty())
        throw CLI::ValidationError("-D",
                                   "expected NAME=VALUE, got '" + text + "'");
    }
    if (std::string error = resolveTargets(targets, options.compile.targets);
        !error.empty())
      throw CLI::ParseError(error, CLI::ExitCodes::ValidationError);
  } catch (const CLI::ParseError &error) {
    exitCode = app.exit(error) == 0 ? 0 : 2;
    return std::nullopt;
  }
  if (batchOption->count())
    options.compile.load.batch = batch;
  return options;
}

} // namespace descent
