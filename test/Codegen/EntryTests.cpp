// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Takes the entries of entries.mlir from the tensor level to the device, where
// they run for some steps, and compares with the interpreter.

#include "EntryRunner.h"
#include "KernelHarness.h"
#include "descent/Transforms/Pipelines.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace descent;
using namespace descent::test;

namespace {

void roundToSingle(interpreter::Environment &values) {
  for (auto &[name, tensor] : values)
    if (tensor.element == interpreter::Element::F32)
      for (double &value : tensor.values)
        value = float(value);
}

/// The module with this entry alone.
OwningOpRef<ModuleOp> parseEntry(MLIRContext &context, StringRef name) {
  auto module = parseSourceFile<ModuleOp>(ENTRY_FILE, &context);
  for (auto entry : llvm::make_early_inc_range(module->getOps<EntryOp>()))
    if (entry.getSymName() != name)
      entry.erase();
  return module;
}

class EntryTest : public testing::TestWithParam<std::string> {
protected:
  void expectSame(const Profile &profile);
};

TEST_P(EntryTest, AgreesWithTheInterpreter) {
  for (const Profile &profile : allProfiles())
    expectSame(profile);
}

void EntryTest::expectSame(const Profile &profile) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  MLIRContext context;
  registerDialects(context);
  auto module = parseEntry(context, GetParam());
  auto entry = module->lookupSymbol<EntryOp>(GetParam());
  ASSERT_TRUE(entry);
  OwningOpRef<ModuleOp> scheduled(module->clone());
  PassManager passes(&context);
  addDifferentiation(passes);
  addKernelFormation(passes);
  addScheduling(passes, profile);
  ASSERT_TRUE(succeeded(passes.run(*scheduled)));

  EntryRunner runner(*scheduled, profile);
  interpreter::Environment states = interpreter::makeState(*module, 3);
  roundToSingle(states);
  runner.setStates(states);
  for (int step = 1; step <= 3; ++step) {
    interpreter::Environment inputs = interpreter::makeInputs(*module, step);
    roundToSingle(inputs);
    interpreter::ControlWords control;
    control.step = step;
    auto wanted = interpreter::interpretEntry(entry, inputs, states, control);
    ASSERT_TRUE(succeeded(wanted));
    EXPECT_EQ(interpreter::findDifference(
                  runner.run(GetParam(), inputs, control), *wanted, 1e-4),
              "")
        << "in step " << step << ", " << profile.name.str();
    EXPECT_EQ(interpreter::findDifference(runner.getStates(), states, 1e-4,
                                          /*common=*/true),
              "")
        << "after step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Entries, EntryTest,
                         testing::Values("lookup", "twice", "computed", "train",
                                         "cumulative", "sorted", "product",
                                         "strided", "conv1d", "conv3d", "pools",
                                         "integers", "softmax", "loss",
                                         "normalized", "odd_rows", "scattered"),
                         [](const auto &info) { return info.param; });

} // namespace
