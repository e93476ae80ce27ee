// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs the kernels of kernels.mlir on the device under several strategies,
// profiles and layouts, and compares with the interpreter.

#include "KernelHarness.h"
#include "RandomStrategy.h"
#include "descent/Codegen/EmitKernel.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace descent;
using namespace descent::test;

namespace {

class KernelTest : public testing::TestWithParam<std::string> {
protected:
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  EntryOp entry;
  interpreter::Environment inputs, expected;

  void SetUp() override {
    if (deviceName().empty())
      GTEST_SKIP() << "there is no Vulkan device";
    registerDialects(context);
    module = parseSourceFile<ModuleOp>(KERNEL_FILE, &context);
    ASSERT_TRUE(module);
    entry = module->lookupSymbol<EntryOp>(GetParam());
    ASSERT_TRUE(entry);
    inputs = makeRoundedInputs(entry, 7);
    interpreter::Environment state;
    auto results = interpreter::interpretEntry(entry, inputs, state, {});
    ASSERT_TRUE(succeeded(results));
    expected = *results;
  }

  void expectSame(Layout layout, const Profile &profile,
                  codegen::StrategyAttr strategy = nullptr) {
    schedule::KernelOp kernel = makeScheduleKernel(entry, layout);
    CompiledKernel compiled = compile(kernel, profile, strategy);
    Buffers buffers = makeBuffers(entry, kernel, inputs);
    runKernel(compiled, buffers);
    std::string text;
    llvm::raw_string_ostream(text) << kernel.getStrategyAttr();
    EXPECT_EQ(interpreter::findDifference(readResults(entry, kernel, buffers),
                                          expected, 1e-5),
              "")
        << "with " << text;
    kernel.erase();
  }
};

TEST_P(KernelTest, SelectedStrategies) {
  for (const Profile &profile : allProfiles())
    expectSame(Layout::separate, profile);
}

TEST_P(KernelTest, PackedBindings) {
  expectSame(Layout::packed, *findProfile("lavapipe"));
}

TEST_P(KernelTest, RandomStrategies) {
  const Profile &profile = *findProfile("lavapipe");
  schedule::KernelOp kernel = makeScheduleKernel(entry, Layout::separate);
  codegen::IterationSpace space = codegen::buildIterationSpace(kernel);
  std::mt19937 random(3);
  for (unsigned i = 0; i < 8; ++i)
    expectSame(i % 2 ? Layout::separate : Layout::packed, profile,
               randomStrategy(space, profile, random));
}

// Launches of more workgroups than one dimension holds.
TEST_P(KernelTest, WrappedLaunch) {
  Profile profile = *findProfile("lavapipe");
  profile.maxWorkgroupCount = 3;
  expectSame(Layout::separate, profile);
}

/// Runs the entry's kernel on these inputs under the selected strategy.
interpreter::Environment run(EntryOp entry,
                             const interpreter::Environment &inputs) {
  schedule::KernelOp kernel = makeScheduleKernel(entry, Layout::separate);
  CompiledKernel compiled = compile(kernel, *findProfile("lavapipe"));
  Buffers buffers = makeBuffers(entry, kernel, inputs);
  runKernel(compiled, buffers);
  interpreter::Environment results = readResults(entry, kernel, buffers);
  kernel.erase();
  return results;
}

using MaximumTest = KernelTest;

// Of equal maxima the first counts, and of NaN the first.
TEST_P(MaximumTest, TiesAndNan) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  std::mt19937 random(5);
  interpreter::Environment input = inputs;
  for (double &x : input["x"].values)
    x = random() % 40 == 0 ? nan : double(random() % 3);
  interpreter::Environment state;
  auto wanted = interpreter::interpretEntry(entry, input, state, {});
  ASSERT_TRUE(succeeded(wanted));
  EXPECT_EQ(interpreter::findDifference(run(entry, input), *wanted, 0), "");
}

INSTANTIATE_TEST_SUITE_P(Maxima, MaximumTest, testing::Values("max_pool"),
                         [](const auto &info) { return info.param; });

using InPlaceTest = KernelTest;

TEST_P(InPlaceTest, OverwritesItsInput) {
  for (const Profile &profile : allProfiles())
    expectSame(Layout::inPlace, profile);
}

INSTANTIATE_TEST_SUITE_P(InPlace, InPlaceTest,
                         testing::Values("tail", "elementwise", "integers",
                                         "dropout"),
                         [](const auto &info) { return info.param; });

INSTANTIATE_TEST_SUITE_P(
    Kernels, KernelTest,
    testing::Values("elementwise", "flat", "tail", "matmul_odd", "matmul_even",
                    "conv_strided", "conv_strided_dx", "conv_strided_dw",
                    "conv", "mirrored", "to_scalar", "max_pool", "integers",
                    "picked", "guarded_product", "unit_reduction", "dropout",
                    "gather", "gather_reduced", "products", "two_products",
                    "integer_maxima", "scattered", "scattered_more",
                    "scattered_counts", "scattered_far"),
    [](const auto &info) { return info.param; });

// Sums that a lane keeps in memory are of all places: no other lane may have
// some of them.
TEST(ScatteredSumTest, PlacesBelongToOneLane) {
  MLIRContext context;
  registerDialects(context);
  auto module = parseSourceFile<ModuleOp>(KERNEL_FILE, &context);
  ASSERT_TRUE(module);
  schedule::KernelOp kernel = makeScheduleKernel(
      module->lookupSymbol<EntryOp>("scattered"), Layout::separate);
  SmallVector<codegen::IterationSpace, 0> spaces =
      codegen::buildIterationSpaces(kernel);
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    message = diagnostic.str();
    return success();
  });
  auto check = [&](ArrayRef<int64_t> lanes) {
    auto strategy = codegen::StrategyAttr::get(&context, lanes, {1, 41, 1},
                                               {1, 41, 1}, {1});
    return codegen::checkStrategy(spaces, strategy,
                                  [&] { return kernel.emitError(); });
  };
  EXPECT_TRUE(succeeded(check({8, 1, 1})));
  EXPECT_TRUE(failed(check({1, 8, 1})));
  EXPECT_EQ(message, "a lane keeps all 41 places of its sums; they are not for "
                     "several");
}

/// What the loop of a 64^3 product's code has in it.
struct LoopBody {
  unsigned loads = 0, shuffles = 0, multiplyAdds = 0;
  bool inPairs = false;
};

LoopBody productLoop(const char *profile, const char *strategy) {
  MLIRContext context;
  registerDialects(context);
  auto module = parseSourceString<ModuleOp>(R"(
    descent.input @a : tensor<64x64xf32>
    descent.input @b : tensor<64x64xf32>
    descent.entry @product {
      %a = descent.read @a : tensor<64x64xf32>
      %b = descent.read @b : tensor<64x64xf32>
      %r = descent.kernel [64, 64] reduce [64] by [#descent.combiner<sum>]
        map(%a, %b : tensor<64x64xf32>, tensor<64x64xf32>) [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d2, d1)>] {
        ^bb0(%x: f32, %y: f32):
          %p = descent.mul %x, %y : f32
          descent.yield %p : f32
        } finish() [] {
        ^bb0(%s: f32):
          descent.yield %s : f32
        } : tensor<64x64xf32>
      descent.output "r", %r : tensor<64x64xf32>
    })",
                                            &context);
  schedule::KernelOp kernel =
      makeScheduleKernel(*module->getOps<EntryOp>().begin(), Layout::separate);
  auto attribute =
      cast<codegen::StrategyAttr>(parseAttribute(strategy, &context));
  codegen::KernelPart part{{}, attribute};
  part.spaces.push_back(codegen::buildIterationSpace(kernel));
  codegen::EmittedKernel emitted =
      codegen::emitKernel(part, *findProfile(profile));
  LoopBody body;
  emitted.function.walk([&](scf::ForOp loop) {
    for (Operation &op : *loop.getBody()) {
      body.loads += isa<memref::LoadOp>(op);
      body.shuffles += isa<gpu::ShuffleOp>(op);
      body.multiplyAdds += isa<math::FmaOp>(op);
      if (isa<memref::LoadOp>(op))
        body.inPairs |= getElementTypeOrSelf(op.getResult(0)).isInteger(64);
    }
  });
  return body;
}

constexpr const char *kRowsOfLanes =
    "#codegen.strategy<lanes = [1, 8], tile = [16, 8], run = [16, 8], "
    "unroll = [4]>";

TEST(SharedLoads, EightLanesLoadForEachOther) {
  // Each lane has its own 4 x 8 elements of b, as vectors; the 16 x 4 of a are
  // the same for all lanes: 16 vectors, eight at a time.
  LoopBody body = productLoop("lavapipe", kRowsOfLanes);
  EXPECT_EQ(body.loads, 8u + 2u);
  EXPECT_EQ(body.shuffles, 64u);
  EXPECT_EQ(body.multiplyAdds, 512u);
  EXPECT_TRUE(body.inPairs);
}

TEST(SharedLoads, LanesAreOnTheirOwnElsewhere) {
  LoopBody body = productLoop("portable", kRowsOfLanes);
  EXPECT_EQ(body.loads, 8u + 16u);
  EXPECT_EQ(body.shuffles, 0u);
  EXPECT_FALSE(body.inPairs);
}

TEST(SharedLoads, TakeWholeSubgroups) {
  LoopBody body = productLoop(
      "lavapipe", "#codegen.strategy<lanes = [1, 4], tile = [16, 8], run = "
                  "[16, 8], unroll = [4]>");
  EXPECT_EQ(body.loads, 8u + 16u);
  EXPECT_EQ(body.shuffles, 0u);
}

} // namespace
