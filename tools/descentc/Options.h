// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descentc's command line.

#ifndef DESCENT_TOOLS_DESCENTC_OPTIONS_H
#define DESCENT_TOOLS_DESCENTC_OPTIONS_H

#include "descent/Bundle/Compile.h"
#include <optional>
#include <string>

namespace descent {

/// What `--emit` asks for, in the order of the phases.
enum class EmitKind {
  Ast,
  Canonical,
  Descent,
  Autodiff,
  Kernels,
  Schedule,
  Spirv,
  Dot,
  Bundle
};

struct DriverOptions {
  CompileOptions compile;
  std::string output; ///< empty: standard output for text, the model's name
                      ///< with `.bundle` for a bundle
  EmitKind emit = EmitKind::Bundle;
  bool asJson = false;              ///< the syntax tree as JSON, not as text
  std::vector<std::string> reports; ///< files, whose names say the form
  std::string kernelFolder;
  bool time = false;
  bool printRegistry = false;
  bool printSchema = false;
  bool checkGradients = false;
};

/// Reads the command line. None if there is nothing to compile: `exitCode` then
/// is 0 after `--help`, 2 after an error, which has been printed.
std::optional<DriverOptions> parseCommandLine(int argc, char **argv,
                                              int &exitCode);

} // namespace descent

#endif // DESCENT_TOOLS_DESCENTC_OPTIONS_H
