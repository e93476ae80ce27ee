// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Any bytes as a model: they are refused with errors, or checked. What is read
// can also be printed in both spellings.

#include "descent/Model/Load.h"
#include <cstdlib>

using namespace descent::model;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
#ifdef DESCENT_FUZZ_json
  constexpr auto read = readJson;
  const char *name = "model.json";
#else
  constexpr auto read = readText;
  const char *name = "model.descent";
#endif
  DiagnosticEngine diagnostics;
  std::string text(reinterpret_cast<const char *>(data), size);
  std::optional<Model> model =
      read(diagnostics.addSource(name, std::move(text)), diagnostics);
  bool isSound = model.has_value();
  if (model) {
    printText(*model);
    printJson(*model);
    std::optional<CheckedModel> checked = check(*model, {}, diagnostics);
    isSound = checked.has_value();
    if (checked)
      canonical(*checked);
  }
  // Nothing is refused without a reason, or taken in spite of one.
  if (isSound == diagnostics.hasErrors())
    std::abort();
  diagnostics.render();
  return 0;
}
