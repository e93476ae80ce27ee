// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The registry is covered, and the models of this repository can be imported.

#include "Support.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace descent;
using namespace descent::test;

TEST(Import, EveryOpOfTheRegistryHasABuilder) {
  ASSERT_FALSE(model::registry().empty());
  for (const model::OpSpec &op : model::registry())
    EXPECT_TRUE(canImport(op)) << op.name;
  model::OpSpec unknown{.name = "unknown"};
  EXPECT_FALSE(canImport(unknown));
}

static std::string print(mlir::ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream(text) << module;
  return text;
}

TEST(Import, EveryModelOfTheRepository) {
  std::error_code error;
  int models = 0;
  for (llvm::sys::fs::directory_iterator it(DESCENT_MODELS, error), end;
       it != end && !error; it.increment(error)) {
    llvm::StringRef path = it->path();
    if (llvm::sys::path::extension(path) != ".json")
      continue;
    SCOPED_TRACE(path.str());
    ++models;
    model::DiagnosticEngine diagnostics;
    auto checked = model::loadModel(path.str(), {}, diagnostics);
    ASSERT_TRUE(checked) << diagnostics.render();
    Imported imported(std::move(*checked), {});
    ASSERT_TRUE(imported.module) << imported.errors;

    std::string text = print(*imported.module);
    auto parsed = mlir::parseSourceString<mlir::ModuleOp>(
        text, mlir::ParserConfig(&imported.context));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(text, print(*parsed));
  }
  EXPECT_FALSE(error) << error.message();
  EXPECT_GE(models, 4);
}
