// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Positions, rendering, and the nearest name.

#include "ModelTest.h"

using namespace descent::model;

namespace {

TEST(Diagnostics, LocatesOffsets) {
  DiagnosticEngine engine;
  uint32_t file = engine.addSource("f", "ab\n\nc");
  EXPECT_EQ(engine.locate(file, 0), (Location{file, 1, 1}));
  EXPECT_EQ(engine.locate(file, 2), (Location{file, 1, 3}));
  EXPECT_EQ(engine.locate(file, 3), (Location{file, 2, 1}));
  EXPECT_EQ(engine.locate(file, 4), (Location{file, 3, 1}));
  EXPECT_EQ(engine.locate(file, 99), (Location{file, 3, 2}));
}

TEST(Diagnostics, DescribesPlaces) {
  DiagnosticEngine engine;
  uint32_t file = engine.addSource("a/b.json", "x");
  EXPECT_EQ(engine.describe({file, 12, 5}), "a/b.json:12:5");
  EXPECT_EQ(engine.describe({file, 0, 0}), "a/b.json");
}

std::string renderAt(const std::string &text, size_t offset) {
  DiagnosticEngine engine;
  uint32_t file = engine.addSource("f", text);
  engine.error(engine.locate(file, offset), "m");
  return engine.render();
}

TEST(Diagnostics, PointsAtTheColumn) {
  EXPECT_EQ(renderAt("ab\ncde\n", 5), "f:2:3: error: m\ncde\n  ^\n");
  EXPECT_EQ(renderAt("ab\r\n", 1), "f:1:2: error: m\nab\n ^\n");
  EXPECT_EQ(renderAt("ab", 2), "f:1:3: error: m\nab\n  ^\n");
  EXPECT_EQ(renderAt("", 0), "f:1:1: error: m\n\n^\n");
}

TEST(Diagnostics, AlignsTabsAndWideCharacters) {
  EXPECT_EQ(renderAt("\ta\tb", 3), "f:1:4: error: m\n\ta\tb\n\t \t^\n");
  // Columns count bytes, the caret counts what is seen: one cell for u umlaut,
  // two for a Han character.
  EXPECT_EQ(renderAt("\xc3\xbcx", 2), "f:1:3: error: m\n\xc3\xbcx\n ^\n");
  EXPECT_EQ(renderAt("\xe6\x95\xb0x", 3),
            "f:1:4: error: m\n\xe6\x95\xb0x\n  ^\n");
}

TEST(Diagnostics, HidesBytesThatATerminalWouldInterpret) {
  EXPECT_EQ(renderAt("\x1b[2Jx", 4), "f:1:5: error: m\n?[2Jx\n    ^\n");
  EXPECT_EQ(renderAt("\xff\xc3x", 2), "f:1:3: error: m\n??x\n  ^\n");
  EXPECT_EQ(renderAt("\xc2\x9bx", 2), "f:1:3: error: m\n??x\n  ^\n");
}

TEST(Diagnostics, CutsLongLines) {
  std::string text = std::string(300, 'a') + "!" + std::string(300, 'b');
  std::string expected = "f:1:301: error: m\n..." + std::string(60, 'a') + "!" +
                         std::string(59, 'b') + "...\n" + std::string(63, ' ') +
                         "^\n";
  EXPECT_EQ(renderAt(text, 300), expected);
  EXPECT_EQ(renderAt(text, 0),
            "f:1:1: error: m\n" + std::string(120, 'a') + "...\n^\n");
  EXPECT_EQ(renderAt(text, 601), "f:1:602: error: m\n..." +
                                     std::string(120, 'b') + "\n" +
                                     std::string(123, ' ') + "^\n");
}

TEST(Diagnostics, KeepsTwentyErrors) {
  DiagnosticEngine engine;
  uint32_t file = engine.addSource("f", "");
  for (int i = 0; i < 30; ++i)
    engine.error({file, 0, 0}, std::to_string(i));
  EXPECT_EQ(engine.numErrors(), 30u);
  EXPECT_EQ(engine.diagnostics().size(), 20u);
  EXPECT_EQ(engine.diagnostics().back().message, "19");
  EXPECT_TRUE(
      engine.render().ends_with("f: error: 19\nstopped after 20 errors\n"));
}

TEST(Diagnostics, SuggestsNearNamesOnly) {
  std::vector<std::string> names = {"dense", "conv2d", "relu", "lr"};
  EXPECT_EQ(didYouMean("desne", names), " (did you mean 'dense'?)");
  EXPECT_EQ(didYouMean("conv", names), "");
  EXPECT_EQ(didYouMean("conv2", names), " (did you mean 'conv2d'?)");
  EXPECT_EQ(didYouMean("xy", names), "");
  EXPECT_EQ(didYouMean("l", names), " (did you mean 'lr'?)");
  EXPECT_EQ(didYouMean("", names), "");
  EXPECT_EQ(didYouMean("x", {}), "");
}

} // namespace
