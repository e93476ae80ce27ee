// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every differentiable operation against finite differences: the interpreter
// evaluates descent.gradient by central differences, so the same module before
// and after descent-autodiff must agree, for gradients and for gradients of
// projections of gradients.

#include "GradientCases.h"
#include "descent/Interpreter/Interpreter.h"
#include "descent/Transforms/Passes.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <gtest/gtest.h>
#include <set>

using namespace mlir;
using namespace descent;
using namespace descent::interpreter;

/// For GoogleTest's messages.
void PrintTo(const GradientCase &test, std::ostream *os) { *os << test.body; }

namespace {

bool isFloatType(const std::string &type) {
  return StringRef(type).ends_with("f32>");
}

/// The text of a module under construction.
class Text {
public:
  std::string declarations, body;

  void input(const std::string &name, const std::string &type) {
    declarations += "descent.input @" + name + " : " + type +
                    (isFloatType(type) ? "\n" : " range [0, 3]\n");
    body += "%" + name + " = descent.read @" + name + " : " + type + "\n";
  }

  /// %name = the sum of a value times random numbers that are an input.
  void project(const std::string &name, const std::string &value,
               const std::string &type) {
    std::string weights = "weights_" + name;
    input(weights, type);
    body += llvm::formatv("%{0}_p = descent.mul {1}, %{2} : {3}\n", name, value,
                          weights, type);
    std::string dims;
    int rank = llvm::count(type, 'x');
    for (int i = 0; i < rank; ++i)
      dims += (i ? ", " : "") + std::to_string(i);
    if (rank == 0)
      body += llvm::formatv("%{0} = descent.reshape %{0}_p : {1} to {1}\n",
                            name, type);
    else
      body += llvm::formatv(
          "%{0} = descent.reduce_sum %{0}_p [{1}] : {2} to tensor<f32>\n", name,
          dims, type);
  }

  void gradient(const std::string &name, const std::string &loss,
                const std::vector<std::string> &values,
                const std::vector<std::string> &types) {
    body += llvm::formatv("%{0}:{1} = descent.gradient %{2} wrt {3} : "
                          "tensor<f32> wrt {4} to {4}\n",
                          name, values.size(), loss, llvm::join(values, ", "),
                          llvm::join(types, ", "));
  }

  void output(const std::string &name, const std::string &value,
              const std::string &type) {
    body +=
        llvm::formatv("descent.output \"{0}\", {1} : {2}\n", name, value, type);
  }

  std::string str() const {
    return declarations + "descent.entry @test {\n" + body + "}\n";
  }
};

/// loss = sum(weights * y), its gradients to the float operands, and with
/// `second` the gradients, to the operands and weights, of a projection of
/// them.
std::string moduleOf(const GradientCase &test, bool second) {
  Text text;
  std::vector<std::string> values, types;
  for (auto [i, type] : llvm::enumerate(test.operands)) {
    std::string name = "a" + std::to_string(i);
    text.input(name, type);
    if (isFloatType(type)) {
      values.push_back("%" + name);
      types.push_back(type);
    }
  }
  text.body += test.body + "\n";
  text.project("loss", "%y", test.result);
  text.gradient("g", "loss", values, types);
  text.output("loss", "%loss", "tensor<f32>");
  for (auto [i, type] : llvm::enumerate(types))
    text.output("g" + std::to_string(i), "%g#" + std::to_string(i), type);
  if (!second)
    return text.str();
  std::string sum;
  for (auto [i, type] : llvm::enumerate(types)) {
    std::string name = "q" + std::to_string(i);
    text.project(name, "%g#" + std::to_string(i), type);
    sum += (i ? ", %" : "%") + name;
  }
  text.body += "%q = descent.add " + sum + " : tensor<f32>\n";
  values.push_back("%weights_loss");
  types.push_back(test.result);
  text.gradient("h", "q", values, types);
  for (auto [i, type] : llvm::enumerate(types))
    text.output("h" + std::to_string(i), "%h#" + std::to_string(i), type);
  return text.str();
}

class Gradients : public testing::TestWithParam<GradientCase> {
protected:
  void SetUp() override { context.loadDialect<DescentDialect>(); }

  OwningOpRef<ModuleOp> parse(const std::string &text) {
    auto module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    return module;
  }

  Environment inputsOf(ModuleOp module, uint64_t seed) {
    Environment inputs = makeInputs(module, seed);
    for (auto &[name, tensor] : inputs)
      if (tensor.element == Element::F32)
        for (double &value : tensor.values)
          value = GetParam().domain == Domain::Positive
                      ? 0.5 + std::fabs(value)
                      : std::copysign(0.1 + std::fabs(value), value);
    return inputs;
  }

  Environment run(ModuleOp module, const Environment &inputs) {
    Environment state;
    auto outputs = interpretEntry(*module.getOps<EntryOp>().begin(), inputs,
                                  state, ControlWords());
    EXPECT_TRUE(succeeded(outputs));
    return succeeded(outputs) ? *outputs : Environment();
  }

  void expand(ModuleOp module) {
    PassManager passes(&context);
    passes.addNestedPass<EntryOp>(createAutodiffPass());
    ASSERT_TRUE(succeeded(passes.run(module)));
    module.walk([](GradientOp op) { ADD_FAILURE() << "a gradient is left"; });
  }

  void compare(bool second, double tolerance,
               std::initializer_list<uint64_t> seeds) {
    std::string text = moduleOf(GetParam(), second);
    auto before = parse(text), after = parse(text);
    ASSERT_TRUE(before && after);
    expand(*after);
    for (uint64_t seed : seeds) {
      Environment inputs = inputsOf(*before, seed);
      EXPECT_EQ(
          findDifference(run(*before, inputs), run(*after, inputs), tolerance),
          "")
          << "one is the finite difference, the other the gradient; seed "
          << seed << "\n"
          << text;
    }
  }

  MLIRContext context;
};

class LinearOperations : public Gradients {};

/// Differences of fourth order with step 2e-4 are good to some 1e-11; see
/// lib/Interpreter/Gradient.cpp.
TEST_P(Gradients, FirstOrder) { compare(/*second=*/false, 1e-9, {1, 2, 3}); }

/// A difference of differences: 1e-11 / 2e-4, and some room.
TEST_P(Gradients, SecondOrder) {
  if (GetParam().firstOnly)
    GTEST_SKIP();
  compare(/*second=*/true, 2e-6, {1});
}

/// <A x, y> = <x, A^T y>, to rounding.
TEST_P(LinearOperations, Adjoint) {
  auto module = parse(moduleOf(GetParam(), /*second=*/false));
  ASSERT_TRUE(module);
  expand(*module);
  Environment inputs = inputsOf(*module, 4);
  Environment outputs = run(*module, inputs);
  double backward = 0;
  for (size_t i = 0; i < GetParam().operands.size(); ++i) {
    if (!isFloatType(GetParam().operands[i]))
      continue;
    for (auto [x, g] :
         llvm::zip_equal(inputs.at("a" + std::to_string(i)).values,
                         outputs.at("g" + std::to_string(i)).values))
      backward += x * g;
  }
  EXPECT_NEAR(backward, outputs.at("loss").values[0], 1e-12);
}

/// Expanded gradients mean the same after composites are taken apart and
/// everything is simplified.
TEST_P(Gradients, DecomposedAndCanonical) {
  auto before = parse(moduleOf(GetParam(), /*second=*/true));
  ASSERT_TRUE(before);
  expand(*before);
  OwningOpRef<ModuleOp> after = before->clone();
  PassManager passes(&context);
  passes.addNestedPass<EntryOp>(createDecomposePass());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  ASSERT_TRUE(succeeded(passes.run(*after)));
  after->walk([](DecomposableOpInterface op) {
    ADD_FAILURE() << op->getName().getStringRef().str() << " is left";
  });
  Environment inputs = inputsOf(*before, 5);
  EXPECT_EQ(findDifference(run(*before, inputs), run(*after, inputs), 1e-12),
            "");
}

/// What is simplified first has the same gradients: scans too, whose products
/// leave the loop then.
TEST_P(Gradients, CanonicalBefore) {
  std::string text = moduleOf(GetParam(), /*second=*/true);
  auto before = parse(text), after = parse(text);
  ASSERT_TRUE(before && after);
  expand(*before);
  PassManager passes(&context);
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addNestedPass<EntryOp>(createAutodiffPass());
  passes.addPass(createCanonicalizerPass());
  ASSERT_TRUE(succeeded(passes.run(*after)));
  Environment inputs = inputsOf(*before, 5);
  EXPECT_EQ(findDifference(run(*before, inputs), run(*after, inputs), 1e-12),
            "");
}

class Scans : public Gradients {};

/// A scan and its iterations one by one have the same gradients.
TEST_P(Scans, Unrolled) {
  std::string text = moduleOf(GetParam(), /*second=*/true);
  auto before = parse(text), after = parse(text);
  ASSERT_TRUE(before && after);
  expand(*before);
  PassManager passes(&context);
  passes.addNestedPass<EntryOp>(createUnrollScansPass());
  passes.addNestedPass<EntryOp>(createAutodiffPass());
  ASSERT_TRUE(succeeded(passes.run(*after)));
  after->walk([](ScanOp) { ADD_FAILURE() << "a scan is left"; });
  Environment inputs = inputsOf(*before, 6);
  EXPECT_EQ(findDifference(run(*before, inputs), run(*after, inputs), 1e-12),
            "");
}

std::string nameOf(const testing::TestParamInfo<GradientCase> &info) {
  return info.param.op + "_" + std::to_string(info.index);
}

std::vector<GradientCase> linearCases() {
  std::vector<GradientCase> cases = gradientCases();
  llvm::erase_if(cases, [](const GradientCase &test) { return !test.linear; });
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Operations, Gradients,
                         testing::ValuesIn(gradientCases()), nameOf);
std::vector<GradientCase> scanCases() {
  std::vector<GradientCase> cases = gradientCases();
  llvm::erase_if(cases,
                 [](const GradientCase &test) { return test.op != "scan"; });
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Operations, Scans, testing::ValuesIn(scanCases()),
                         nameOf);
INSTANTIATE_TEST_SUITE_P(Operations, LinearOperations,
                         testing::ValuesIn(linearCases()), nameOf);

TEST(GradientCases, CoverEveryDifferentiableOperation) {
  MLIRContext context;
  context.loadDialect<DescentDialect>();
  std::set<std::string> covered;
  for (const GradientCase &test : gradientCases())
    covered.insert("descent." + test.op);
  int differentiable = 0;
  for (RegisteredOperationName name : context.getRegisteredOperations()) {
    if (!name.hasInterface<DifferentiableOpInterface>())
      continue;
    ++differentiable;
    EXPECT_TRUE(covered.count(name.getStringRef().str()))
        << name.getStringRef().str() << " has no case in GradientCases.cpp";
  }
  EXPECT_GT(differentiable, 20);
}

} // namespace
