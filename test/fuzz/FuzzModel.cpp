// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Any bytes as a model: they are refused with errors, or checked. A sound model
// is the same network when it is printed in either spelling and read back.

#include "descent/Model/Load.h"
#include <cstdlib>

using namespace descent::model;

/// The canonical text of a model that is read again, or an empty one.
static std::string readAgain(const char *name, std::string text) {
  DiagnosticEngine diagnostics;
  std::optional<CheckedModel> model =
      loadModelText(name, std::move(text), {}, diagnostics);
  return model ? canonical(*model) : "";
}

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
    std::string asText = printText(*model), asJson = printJson(*model);
    std::optional<CheckedModel> checked = check(*model, {}, diagnostics);
    isSound = checked.has_value();
    if (checked) {
      std::string expected = canonical(*checked);
      if (readAgain("m.descent", asText) != expected ||
          readAgain("m.json", asJson) != expected)
        std::abort();
    }
  }
  // Nothing is refused without a reason, or taken in spite of one.
  if (isSound == diagnostics.hasErrors())
    std::abort();
  diagnostics.render();
  return 0;
}
