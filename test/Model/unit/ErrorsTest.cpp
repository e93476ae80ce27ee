// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every model of test/Model/errors is refused with exactly the text beside it.
// With DESCENT_UPDATE_EXPECTED set, the texts are written instead; read the
// difference before committing it.

#include "ModelTest.h"
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace descent::model;
namespace fs = std::filesystem;

namespace {

const fs::path errorsDir = fs::path(DESCENT_MODEL_TEST_DIR) / "errors";

std::string readText(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The options of a `.args` file: `-D name=value` and `--batch N`.
LoadOptions readOptions(const fs::path &path) {
  LoadOptions options;
  std::istringstream words(readText(path));
  std::string flag, value;
  while (words >> flag >> value) {
    if (flag == "--batch")
      options.batch = std::stoll(value);
    else
      options.defines.push_back({value.substr(0, value.find('=')),
                                 value.substr(value.find('=') + 1)});
  }
  return options;
}

std::vector<std::string> caseNames() {
  std::vector<std::string> names;
  for (const fs::directory_entry &entry : fs::directory_iterator(errorsDir))
    if (entry.path().extension() == ".json" ||
        entry.path().extension() == ".descent")
      names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

class Errors : public testing::TestWithParam<std::string> {};

TEST_P(Errors, AreSpecific) {
  fs::path source = errorsDir / GetParam(), base = source;
  base.replace_extension();
  DiagnosticEngine diagnostics;
  std::optional<CheckedModel> model =
      loadModelText(GetParam(), readText(source),
                    readOptions(base.string() + ".args"), diagnostics);
  EXPECT_FALSE(model);
  EXPECT_TRUE(diagnostics.hasErrors());
  fs::path expected = base.string() + ".expected";
  if (std::getenv("DESCENT_UPDATE_EXPECTED"))
    std::ofstream(expected, std::ios::binary) << diagnostics.render();
  else
    EXPECT_EQ(diagnostics.render(), readText(expected));
}

INSTANTIATE_TEST_SUITE_P(Model, Errors, testing::ValuesIn(caseNames()),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(Errors, MissingFile) {
  DiagnosticEngine diagnostics;
  EXPECT_FALSE(loadModel("no/such/model.json", {}, diagnostics));
  EXPECT_EQ(diagnostics.render(),
            "no/such/model.json: error: cannot open the model file: No such "
            "file or directory\n");
}

TEST(Errors, FileIsAFolder) {
  DiagnosticEngine diagnostics;
  EXPECT_FALSE(loadModel(errorsDir.string(), {}, diagnostics));
  EXPECT_NE(
      diagnostics.render().find("cannot read the model file: Is a directory"),
      std::string::npos);
}

} // namespace
