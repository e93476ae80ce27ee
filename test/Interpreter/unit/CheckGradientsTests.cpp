// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// checkGradients accepts right gradients and rejects wrong ones.

#include "descent/Dialect/Descent/Descent.h"
#include "descent/Interpreter/CheckGradients.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace descent::interpreter;

namespace {

/// A linear model with a loss that `body` computes from %y and %t.
std::string model(const std::string &body) {
  return R"mlir(
descent.input @x : tensor<4x3xf32> batch_axis 0
descent.input @t : tensor<4x2xf32> batch_axis 0
descent.state @w : tensor<2x3xf32> parameter #descent.init<normal, 0.0 : f32, 1.0 : f32>
descent.entry @train {
  %x = descent.read @x : tensor<4x3xf32>
  %t = descent.read @t : tensor<4x2xf32>
  %w = descent.read @w : tensor<2x3xf32>
  %y = descent.contract %x [0, 2], %w [1, 2] to [0, 1] : (tensor<4x3xf32>, tensor<2x3xf32>) -> tensor<4x2xf32>
)mlir" + body +
         R"mlir(
  %loss = descent.reduce_sum %e [0, 1] : tensor<4x2xf32> to tensor<f32>
  %g = descent.gradient %loss wrt %w : tensor<f32> wrt tensor<2x3xf32> to tensor<2x3xf32>
  descent.output "loss", %loss : tensor<f32>
}
)mlir";
}

struct Result {
  bool good;
  std::string text;
};

Result check(const std::string &source, const std::string &entry = "train") {
  MLIRContext context;
  context.loadDialect<descent::DescentDialect>();
  ScopedDiagnosticHandler quiet(&context, [](Diagnostic &) {});
  auto module = parseSourceString<ModuleOp>(source, &context);
  EXPECT_TRUE(module);
  Result result;
  llvm::raw_string_ostream os(result.text);
  CheckGradientsOptions options;
  options.entry = entry;
  result.good = module && succeeded(checkGradients(*module, options, os));
  return result;
}

TEST(CheckGradients, AcceptsRightGradients) {
  Result result = check(model("%d = descent.sub %y, %t : tensor<4x2xf32>\n"
                              "%e = descent.mul %d, %d : tensor<4x2xf32>"));
  EXPECT_TRUE(result.good) << result.text;
  EXPECT_EQ(StringRef(result.text).count("ok    w: "), 3u) << result.text;
}

TEST(CheckGradients, RejectsWrongGradients) {
  // The operation's gradient through a conversion to integers is zero; the
  // differences see steps of size 1 / 2^20 as a slope.
  Result result =
      check(model("%k = descent.constant dense<1048576.0> : tensor<4x2xf32>\n"
                  "%s = descent.mul %y, %k : tensor<4x2xf32>\n"
                  "%i = descent.cast %s : tensor<4x2xf32> to tensor<4x2xi32>\n"
                  "%r = descent.cast %i : tensor<4x2xi32> to tensor<4x2xf32>\n"
                  "%e = descent.div %r, %k : tensor<4x2xf32>"));
  EXPECT_FALSE(result.good);
  EXPECT_NE(result.text.find("WRONG w: gradient 0, finite difference "),
            std::string::npos)
      << result.text;
}

TEST(CheckGradients, RejectsAnEntryThatDoesNotExist) {
  EXPECT_FALSE(
      check(model("%e = descent.sub %y, %t : tensor<4x2xf32>"), "eval").good);
}

TEST(CheckGradients, RejectsAnEntryWithoutGradient) {
  EXPECT_FALSE(check("descent.entry @train {\n}").good);
}

/// y * y with `slope` as the derivative that its vjp claims.
std::string square(const std::string &slope) {
  return model(R"mlir(
  %e = descent.custom "square"(%y) : (tensor<4x2xf32>) -> tensor<4x2xf32> forward {
  ^bb0(%a: tensor<4x2xf32>):
    %r = descent.mul %a, %a : tensor<4x2xf32>
    descent.return %r : tensor<4x2xf32>
  } vjp {
  ^bb0(%a: tensor<4x2xf32>, %r: tensor<4x2xf32>, %ct: tensor<4x2xf32>):
    %k = descent.constant dense<)mlir" +
               slope + R"mlir(> : tensor<4x2xf32>
    %p = descent.mul %a, %k : tensor<4x2xf32>
    %g = descent.mul %p, %ct : tensor<4x2xf32>
    descent.return %g : tensor<4x2xf32>
  }
)mlir");
}

struct AllResult : Result {
  GradientReport report;
};

AllResult checkAll(const std::string &source) {
  MLIRContext context;
  context.loadDialect<descent::DescentDialect>();
  ScopedDiagnosticHandler quiet(&context, [](Diagnostic &) {});
  auto module = parseSourceString<ModuleOp>(source, &context);
  EXPECT_TRUE(module);
  AllResult result;
  llvm::raw_string_ostream os(result.text);
  result.good =
      module && succeeded(checkAllGradients(*module, CheckGradientsOptions(),
                                            os, result.report));
  return result;
}

TEST(CheckAllGradients, AcceptsARightVjp) {
  AllResult result = checkAll(square("2.0"));
  EXPECT_TRUE(result.good) << result.text;
  EXPECT_EQ(result.report.checked, 6) << result.text;
  EXPECT_LT(result.report.worstExcess, 0.1) << result.text;
}

TEST(CheckAllGradients, RejectsAWrongVjpByName) {
  AllResult result = checkAll(square("2.01"));
  EXPECT_FALSE(result.good);
  EXPECT_EQ(result.report.wrong, result.report.checked) << result.text;
  EXPECT_NE(result.text.find("WRONG custom 'square', operand 0: gradient "),
            std::string::npos)
      << result.text;
  EXPECT_NE(result.text.find("WRONG w: gradient "), std::string::npos)
      << result.text;
  EXPECT_NE(result.text.find("6 derivatives checked, 6 wrong; furthest off is"),
            std::string::npos)
      << result.text;
}

TEST(CheckAllGradients, HoldsStoppedGradientsConstant) {
  AllResult result =
      checkAll(model("%s = descent.stop_gradient %y : tensor<4x2xf32>\n"
                     "%e = descent.mul %s, %y : tensor<4x2xf32>"));
  EXPECT_TRUE(result.good) << result.text;
  EXPECT_EQ(result.report.checked, 3) << result.text;
}

TEST(CheckAllGradients, ChecksGradientsToValuesInBetween) {
  AllResult result = checkAll(
      model("%h = descent.tanh %y : tensor<4x2xf32>\n"
            "%s = descent.mul %h, %h : tensor<4x2xf32>\n"
            "%n = descent.reduce_sum %s [0, 1] : tensor<4x2xf32> to "
            "tensor<f32>\n"
            "%slope:2 = descent.gradient %n wrt %y, %h : tensor<f32> wrt "
            "tensor<4x2xf32>, tensor<4x2xf32> to tensor<4x2xf32>, "
            "tensor<4x2xf32>\n"
            "%e = descent.mul %slope#0, %slope#1 : tensor<4x2xf32>"));
  // The inner gradient to y and h, the outer one, through both, to w.
  EXPECT_TRUE(result.good) << result.text;
  EXPECT_EQ(result.report.checked, 9) << result.text;
  EXPECT_NE(result.text.find("ok    value 1 of gradient 0: gradient "),
            std::string::npos)
      << result.text;
}

TEST(CheckAllGradients, RejectsAModelWithNothingToCheck) {
  EXPECT_FALSE(checkAll("descent.entry @train {\n}").good);
}

} // namespace
