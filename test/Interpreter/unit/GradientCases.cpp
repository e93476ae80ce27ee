// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The cases of the finite-difference suite, in the order of the ODS files.

#include "GradientCases.h"

using Cases = std::vector<GradientCase>;

static constexpr const char *matrix = "tensor<2x3xf32>";

static void addUnary(Cases &cases, const std::string &op, Domain domain,
                     const std::string &attributes = "", bool linear = false) {
  for (std::string type :
       {"tensor<2x3xf32>", "tensor<f32>", "tensor<1x4x1xf32>"})
    cases.push_back({op,
                     {type},
                     "%y = descent." + op + " %a0" + attributes + " : " + type,
                     type,
                     domain,
                     linear});
}

static void addBinary(Cases &cases, const std::string &op,
                      Domain domain = Domain::Any, bool linear = false) {
  std::string text = "%y = descent." + op;
  cases.push_back({op,
                   {matrix, matrix},
                   text + " %a0, %a1 : " + matrix,
                   matrix,
                   domain,
                   linear});
  cases.push_back({op,
                   {"tensor<f32>", "tensor<f32>"},
                   text + " %a0, %a1 : tensor<f32>",
                   "tensor<f32>",
                   domain,
                   linear});
}

static void addElementwise(Cases &cases) {
  addUnary(cases, "neg", Domain::Any, "", true);
  addUnary(cases, "abs", Domain::Any);
  addUnary(cases, "exp", Domain::Any);
  addUnary(cases, "log", Domain::Positive);
  addUnary(cases, "sqrt", Domain::Positive);
  addUnary(cases, "sin", Domain::Any);
  addUnary(cases, "cos", Domain::Any);
  addUnary(cases, "expm1", Domain::Any);
  addUnary(cases, "log1p", Domain::Positive);
  addUnary(cases, "atan", Domain::Any);
  // In f64: 2 / sqrt(pi) is no f32, and rounds to one with an error that shows.
  cases.push_back(
      {"erf",
       {matrix},
       "%d = descent.cast %a0 : tensor<2x3xf32> to tensor<2x3xf64>\n"
       "%e = descent.erf %d : tensor<2x3xf64>\n"
       "%y = descent.cast %e : tensor<2x3xf64> to tensor<2x3xf32>",
       matrix});
  addUnary(cases, "floor", Domain::Any);
  addUnary(cases, "ceil", Domain::Any);
  addUnary(cases, "round", Domain::Any);
  addUnary(cases, "tanh", Domain::Any);
  addUnary(cases, "sigmoid", Domain::Any);
  addUnary(cases, "leaky_relu", Domain::Any, ", 0.25");
  addUnary(cases, "leaky_relu", Domain::Any, ", 0.0");
  addUnary(cases, "add", Domain::Any, "", true);
  addBinary(cases, "add", Domain::Any, true);
  cases.push_back({"add",
                   {matrix, matrix},
                   "%y = descent.add %a0, %a1, %a0, %a0 : tensor<2x3xf32>",
                   matrix,
                   Domain::Any,
                   true});
  addBinary(cases, "sub", Domain::Any, true);
  cases.push_back({"sub",
                   {matrix},
                   "%s = descent.exp %a0 : tensor<2x3xf32>\n%y = descent.sub "
                   "%s, %a0 : tensor<2x3xf32>",
                   matrix});
  addBinary(cases, "mul");
  cases.push_back(
      {"mul", {matrix}, "%y = descent.mul %a0, %a0 : tensor<2x3xf32>", matrix});
  addBinary(cases, "div");
  cases.push_back({"div",
                   {matrix},
                   "%s = descent.sin %a0 : tensor<2x3xf32>\n%y = descent.div "
                   "%s, %a0 : tensor<2x3xf32>",
                   matrix});
  addBinary(cases, "rem");
  addBinary(cases, "pow", Domain::Positive);
  cases.push_back({"pow",
                   {matrix},
                   "%s = descent.exp %a0 : tensor<2x3xf32>\n"
                   "%y = descent.pow %s, %a0 : tensor<2x3xf32>",
                   matrix});
  // Exponents that become products, quotients and roots, and two that stay.
  for (std::string exponent : {"2.0", "3.0", "-1.0", "-2.0", "0.5", "-0.5",
                               "1.0", "0.0", "4.0", "2.5"})
    cases.push_back({"pow",
                     {matrix},
                     "%e = descent.constant dense<" + exponent +
                         "> : tensor<2x3xf32>\n"
                         "%y = descent.pow %a0, %e : tensor<2x3xf32>",
                     matrix,
                     Domain::Positive});
  // Whole powers of numbers of both signs.
  cases.push_back({"pow",
                   {matrix},
                   "%e = descent.constant dense<[[2.0, 3.0, -1.0], [4.0, 0.0, "
                   "1.0]]> : tensor<2x3xf32>\n"
                   "%y = descent.pow %a0, %e : tensor<2x3xf32>",
                   matrix});
  addBinary(cases, "maximum");
  addBinary(cases, "minimum");
  cases.push_back({"select",
                   {matrix, matrix, matrix},
                   "%c = descent.compare gt %a2, %a0 : tensor<2x3xf32>\n"
                   "%y = descent.select %c, %a0, %a1 : tensor<2x3xf32>",
                   matrix});
  cases.push_back({"cast",
                   {matrix},
                   "%y = descent.cast %a0 : tensor<2x3xf32> to tensor<2x3xf32>",
                   matrix,
                   Domain::Any,
                   true});
  cases.push_back(
      {"cast",
       {matrix},
       "%d = descent.cast %a0 : tensor<2x3xf32> to tensor<2x3xf64>\n"
       "%e = descent.exp %d : tensor<2x3xf64>\n"
       "%y = descent.cast %e : tensor<2x3xf64> to tensor<2x3xf32>",
       matrix});
  cases.push_back({"stop_gradient",
                   {matrix},
                   "%s = descent.stop_gradient %a0 : tensor<2x3xf32>\n"
                   "%p = descent.mul %s, %a0 : tensor<2x3xf32>\n"
                   "%y = descent.mul %p, %a0 : tensor<2x3xf32>",
                   matrix});
  // Nothing flows through integers.
  cases.push_back(
      {"cast",
       {matrix},
       "%i = descent.cast %a0 : tensor<2x3xf32> to tensor<2x3xi32>\n"
       "%f = descent.cast %i : tensor<2x3xi32> to tensor<2x3xf32>\n"
       "%y = descent.mul %f, %a0 : tensor<2x3xf32>",
       matrix});
}

static void addView(Cases &cases, const std::string &op,
                    const std::string &from, const std::string &attributes,
                    const std::string &to) {
  cases.push_back(
      {op,
       {from},
       "%y = descent." + op + " %a0 " + attributes + " : " + from + " to " + to,
       to,
       Domain::Any,
       true});
}

static void addViews(Cases &cases) {
  addView(cases, "reshape", "tensor<2x3xf32>", "", "tensor<3x1x2xf32>");
  addView(cases, "reshape", "tensor<1x1xf32>", "", "tensor<f32>");
  addView(cases, "reshape", "tensor<4x6xf32>", "", "tensor<3x8xf32>");
  addView(cases, "transpose", "tensor<2x3xf32>", "[1, 0]", "tensor<3x2xf32>");
  addView(cases, "transpose", "tensor<2x3x4xf32>", "[1, 2, 0]",
          "tensor<3x4x2xf32>");
  addView(cases, "broadcast", "tensor<f32>", "[]", "tensor<2x3xf32>");
  addView(cases, "broadcast", "tensor<3xf32>", "[1]", "tensor<2x3x4xf32>");
  addView(cases, "broadcast", "tensor<2x4xf32>", "[0, 2]", "tensor<2x3x4xf32>");
  addView(cases, "slice", "tensor<4x5xf32>", "offsets [1, 0] strides [1, 1]",
          "tensor<2x5xf32>");
  addView(cases, "slice", "tensor<4x7xf32>", "offsets [0, 1] strides [3, 2]",
          "tensor<2x3xf32>");
  addView(cases, "slice", "tensor<5xf32>", "offsets [4] strides [7]",
          "tensor<1xf32>");
  for (std::string dims : {"[0]", "[1]", "[0, 2]"})
    cases.push_back(
        {"reverse",
         {"tensor<2x3x4xf32>"},
         "%y = descent.reverse %a0 " + dims + " : tensor<2x3x4xf32>",
         "tensor<2x3x4xf32>",
         Domain::Any,
         true});
  addView(cases, "pad", "tensor<2x3xf32>", "low [1, 0] high [0, 2] zero",
          "tensor<3x5xf32>");
  addView(cases, "pad", "tensor<3xf32>", "low [0] high [0] zero",
          "tensor<3xf32>");
  cases.push_back(
      {"pad",
       {"tensor<2x2xf32>"},
       "%p = descent.pad %a0 low [1, 1] high [0, 1] lowest : tensor<2x2xf32> "
       "to tensor<3x4xf32>\n"
       "%s = descent.slice %p offsets [1, 0] strides [1, 1] : tensor<3x4xf32> "
       "to tensor<2x4xf32>\n"
       "%y = descent.reduce_max %s [1] : tensor<2x4xf32> to tensor<2xf32>",
       "tensor<2xf32>"});
  addView(cases, "window", "tensor<2x5x2xf32>", "[1] strides [1] dilations [1]",
          "tensor<2x4x2xf32>");
  addView(cases, "window", "tensor<7x2xf32>", "[0] strides [2] dilations [3]",
          "tensor<2x2xf32>");
  addView(cases, "window", "tensor<4x2x2x2xf32>",
          "[0, 1] strides [2, 1] dilations [1, 1]", "tensor<2x1x2x2xf32>");
  addView(cases, "window", "tensor<3x3x2x1x2x2xf32>",
          "[0, 1, 2] strides [2, 1, 1] dilations [1, 2, 1]",
          "tensor<2x1x1x1x2x2xf32>");
  addView(cases, "unwindow", "tensor<2x4x2xf32>",
          "[1] strides [1] dilations [1]", "tensor<2x5x2xf32>");
  addView(cases, "unwindow", "tensor<2x2xf32>", "[0] strides [2] dilations [3]",
          "tensor<7x2xf32>");
  addView(cases, "unwindow", "tensor<2x1x2x2xf32>",
          "[0, 1] strides [2, 1] dilations [1, 1]", "tensor<4x2x2x2xf32>");
  cases.push_back(
      {"concat",
       {"tensor<2x3xf32>", "tensor<1x3xf32>"},
       "%y = descent.concat %a0, %a1, %a0 axis 0 : (tensor<2x3xf32>, "
       "tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<5x3xf32>",
       "tensor<5x3xf32>",
       Domain::Any,
       true});
  cases.push_back({"concat",
                   {"tensor<2x3xf32>", "tensor<2x1xf32>"},
                   "%y = descent.concat %a0, %a1 axis 1 : (tensor<2x3xf32>, "
                   "tensor<2x1xf32>) -> tensor<2x4xf32>",
                   "tensor<2x4xf32>",
                   Domain::Any,
                   true});
}

static void addReductions(Cases &cases) {
  for (std::string op : {"reduce_sum", "reduce_max", "reduce_prod"}) {
    bool linear = op == "reduce_sum";
    std::string text = "%y = descent." + op + " %a0 ";
    cases.push_back({op,
                     {"tensor<2x3x4xf32>"},
                     text + "[1] : tensor<2x3x4xf32> to tensor<2x4xf32>",
                     "tensor<2x4xf32>",
                     Domain::Any,
                     linear});
    cases.push_back({op,
                     {"tensor<2x3x4xf32>"},
                     text + "[0, 2] : tensor<2x3x4xf32> to tensor<3xf32>",
                     "tensor<3xf32>",
                     Domain::Any,
                     linear});
    cases.push_back({op,
                     {"tensor<2x3xf32>"},
                     text + "[0, 1] : tensor<2x3xf32> to tensor<f32>",
                     "tensor<f32>",
                     Domain::Any,
                     linear});
  }
  cases.push_back({"max_with_index",
                   {"tensor<2x3x2xf32>"},
                   "%y, %i = descent.max_with_index %a0 [1] : "
                   "tensor<2x3x2xf32> to tensor<2x2xf32>, tensor<2x2xi32>",
                   "tensor<2x2xf32>"});
  cases.push_back({"max_with_index",
                   {"tensor<2x3x2xf32>"},
                   "%y, %i = descent.max_with_index %a0 [0, 2] : "
                   "tensor<2x3x2xf32> to tensor<3xf32>, tensor<3xi32>",
                   "tensor<3xf32>"});
  struct Contraction {
    std::string lhs, lhsLabels, rhs, rhsLabels, result, resultLabels;
  };
  for (const Contraction &c :
       {Contraction{"tensor<2x3xf32>", "[0, 2]", "tensor<4x3xf32>", "[1, 2]",
                    "tensor<2x4xf32>", "[0, 1]"},
        Contraction{"tensor<2x3xf32>", "[0, 2]", "tensor<3x2xf32>", "[2, 1]",
                    "tensor<2x2xf32>", "[1, 0]"},
        Contraction{"tensor<2x2x3xf32>", "[7, 0, 2]", "tensor<2x3x2xf32>",
                    "[7, 2, 1]", "tensor<2x2x2xf32>", "[7, 0, 1]"},
        Contraction{"tensor<2xf32>", "[0]", "tensor<3xf32>", "[1]",
                    "tensor<3x2xf32>", "[1, 0]"},
        Contraction{"tensor<2x3xf32>", "[0, 1]", "tensor<3x2xf32>", "[1, 0]",
                    "tensor<f32>", "[]"},
        Contraction{"tensor<2x3x2xf32>", "[0, 1, 2]", "tensor<2x2x3xf32>",
                    "[0, 2, 1]", "tensor<2x3xf32>", "[0, 1]"}})
    cases.push_back({"contract",
                     {c.lhs, c.rhs},
                     "%y = descent.contract %a0 " + c.lhsLabels + ", %a1 " +
                         c.rhsLabels + " to " + c.resultLabels + " : (" +
                         c.lhs + ", " + c.rhs + ") -> " + c.result,
                     c.result});
}

static void addIndexing(Cases &cases) {
  struct Indexing {
    std::string table, indices, result, axis;
  };
  // Indices hold 0, 1 or 2: some tables have no element 2, and clamp it.
  for (const Indexing &c :
       {Indexing{"tensor<4x3xf32>", "tensor<5x3xi32>", "tensor<5x3xf32>", "0"},
        Indexing{"tensor<2x2x3xf32>", "tensor<2x4x3xi32>", "tensor<2x4x3xf32>",
                 "1"},
        Indexing{"tensor<2xf32>", "tensor<1xi32>", "tensor<1xf32>", "0"}})
    cases.push_back({"gather",
                     {c.table, c.indices},
                     "%y = descent.gather %a0 at %a1 axis " + c.axis + " : (" +
                         c.table + ", " + c.indices + ") -> " + c.result,
                     c.result,
                     Domain::Any,
                     true});
  // The rows of a table: indices that are repeated.
  cases.push_back(
      {"gather",
       {"tensor<2x3xf32>", "tensor<4xi32>"},
       "%b = descent.broadcast %a1 [0] : tensor<4xi32> to tensor<4x3xi32>\n"
       "%y = descent.gather %a0 at %b axis 0 : (tensor<2x3xf32>, "
       "tensor<4x3xi32>) -> tensor<4x3xf32>",
       "tensor<4x3xf32>",
       Domain::Any,
       true});
  for (const Indexing &c :
       {Indexing{"tensor<5x3xf32>", "tensor<5x3xi32>", "tensor<4x3xf32>", "0"},
        Indexing{"tensor<2x4x3xf32>", "tensor<2x4x3xi32>", "tensor<2x2x3xf32>",
                 "1"}})
    cases.push_back({"scatter_add",
                     {c.table, c.indices},
                     "%y = descent.scatter_add %a0 at %a1 axis " + c.axis +
                         " extent " + (c.axis == "0" ? "4" : "2") + " : (" +
                         c.table + ", " + c.indices + ") -> " + c.result,
                     c.result,
                     Domain::Any,
                     true});
}

/// Products with one zero or more among the factors.
static void addProductsWithZeros(Cases &cases) {
  for (std::string limit : {"0", "1"})
    cases.push_back({"reduce_prod",
                     {"tensor<4x5xf32>", "tensor<4x5xi32>"},
                     "%n = descent.constant dense<" + limit +
                         "> : tensor<4x5xi32>\n"
                         "%z = descent.constant dense<0.0> : tensor<4x5xf32>\n"
                         "%c = descent.compare le %a1, %n : tensor<4x5xi32>\n"
                         "%s = descent.select %c, %z, %a0 : tensor<4x5xf32>\n"
                         "%t = descent.sub %a0, %s : tensor<4x5xf32>\n"
                         "%u = descent.stop_gradient %t : tensor<4x5xf32>\n"
                         "%v = descent.sub %a0, %u : tensor<4x5xf32>\n"
                         "%y = descent.reduce_prod %v [1] : tensor<4x5xf32> to "
                         "tensor<4xf32>",
                     "tensor<4xf32>",
                     Domain::Any,
                     false,
                     /*firstOnly=*/true});
}

static void addComposites(Cases &cases) {
  for (std::string axis : {"0", "1", "2"})
    cases.push_back(
        {"softmax",
         {"tensor<2x3x2xf32>"},
         "%y = descent.softmax %a0 axis " + axis + " : tensor<2x3x2xf32>",
         "tensor<2x3x2xf32>"});
  cases.push_back({"softmax_cross_entropy",
                   {"tensor<4x3xf32>", "tensor<4xi32>"},
                   "%y = descent.softmax_cross_entropy %a0, %a1 : "
                   "(tensor<4x3xf32>, tensor<4xi32>) -> tensor<4xf32>",
                   "tensor<4xf32>"});
  cases.push_back({"softmax_cross_entropy",
                   {"tensor<3xf32>", "tensor<i32>"},
                   "%y = descent.softmax_cross_entropy %a0, %a1 : "
                   "(tensor<3xf32>, tensor<i32>) -> tensor<f32>",
                   "tensor<f32>"});
}

std::vector<GradientCase> gradientCases() {
  Cases cases;
  addElementwise(cases);
  addViews(cases);
  addReductions(cases);
  addProductsWithZeros(cases);
  addIndexing(cases);
  addComposites(cases);
  addControlFlow(cases);
  return cases;
}
