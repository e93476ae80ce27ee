// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See ScalarHarness.h.

#include "ScalarHarness.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"
#include <cmath>
#include <cstdlib>

using namespace mlir;

namespace descent::test {

std::vector<double> evaluate(const std::string &body,
                             const std::vector<std::vector<double>> &operands,
                             const std::string &type, std::string resultType) {
  MLIRContext context;
  registerDialects(context);
  if (resultType.empty())
    resultType = type;
  std::string tensor = "tensor<" + std::to_string(operands[0].size()) + "x";
  std::string declarations, reads, names, types, accesses, arguments;
  interpreter::Environment inputs;
  for (auto [i, values] : llvm::enumerate(operands)) {
    std::string name = "x" + std::to_string(i), comma = i ? ", " : "";
    declarations += "descent.input @" + name + " : " + tensor + type + ">\n";
    reads += "  %" + name + " = descent.read @" + name + " : " + tensor + type +
             ">\n";
    names += comma + "%" + name;
    types += comma + tensor + type + ">";
    accesses += comma + "#descent.access<(d0) -> (d0)>";
    arguments += comma + (i ? "%w: " : "%v: ") + type;
    interpreter::Tensor input(
        {int64_t(values.size())},
        interpreter::elementOf(parseType(type, &context)));
    input.values = values;
    inputs[name] = input;
  }
  std::string text =
      declarations + "descent.entry @e {\n" + reads +
      "  %r = descent.kernel [" + std::to_string(operands[0].size()) +
      "] reduce [] by [] map() [] { descent.yield }\n"
      "    finish(" +
      names + " : " + types + ") [" + accesses + "] {\n    ^bb0(" + arguments +
      "):\n      " + body + "\n      descent.yield %y : " + resultType +
      "\n    } : " + tensor + resultType +
      ">\n  descent.output \"r\", %r : " + tensor + resultType + ">\n}\n";
  auto module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return {};
  EntryOp entry = *module->getOps<EntryOp>().begin();
  schedule::KernelOp kernel = makeScheduleKernel(entry, Layout::separate);
  CompiledKernel compiled = compile(kernel, *findProfile("lavapipe"));
  Buffers buffers = makeBuffers(entry, kernel, inputs);
  runKernel(compiled, buffers);
  return readResults(entry, kernel, buffers).begin()->second.values;
}

std::vector<double> spread(double low, double high, int count, bool isDouble) {
  std::vector<double> numbers = {0.0,  -0.0,      1.0,        -1.0, 0.5,
                                 2.0,  3.0,       -2.5,       -3.0, kNan,
                                 1e30, kInfinity, -kInfinity, 1e-30};
  numbers.push_back(std::nextafter(1.0f, 0.0f));
  numbers.push_back(std::nextafter(1.0f, 2.0f));
  for (int i = 0; i < count; ++i) {
    // By logarithms: the quotient of the limits may be infinite.
    double x = std::exp(std::log(low) +
                        (std::log(high) - std::log(low)) * i / (count - 1));
    numbers.push_back(x);
    numbers.push_back(-x);
  }
  if (!isDouble)
    for (double &number : numbers)
      number = float(number);
  return numbers;
}

void expectClose(const std::vector<double> &results,
                 const std::vector<std::vector<double>> &operands,
                 const std::function<double(double, double)> &exact,
                 double bound, double absolute, double largest) {
  ASSERT_EQ(results.size(), operands[0].size());
  double worst = 0;
  size_t worstAt = 0;
  auto at = [&](size_t i) {
    std::string text = "at ";
    for (const auto &values : operands)
      text += std::to_string(values[i]) + " (" +
              std::to_string(std::log2(std::fabs(values[i]))) + ") ";
    return text;
  };
  for (size_t i = 0; i < results.size(); ++i) {
    double value =
        exact(operands[0][i], operands.size() > 1 ? operands[1][i] : 0);
    if (std::isnan(value) || std::isnan(results[i])) {
      EXPECT_EQ(std::isnan(results[i]), std::isnan(value))
          << at(i) << "where it is " << value << ", got " << results[i];
      continue;
    }
    if (std::fabs(value) > largest * (1 + bound)) {
      EXPECT_EQ(results[i], std::copysign(kInfinity, value)) << at(i);
      continue;
    }
    if (std::fabs(value) > largest * (1 - bound) && std::isinf(results[i]))
      continue;
    double error =
        std::max(0.0, std::fabs(results[i] - value) - absolute) /
        std::max(std::fabs(value), std::numeric_limits<double>::min());
    if (!(error <= worst)) {
      worst = error;
      worstAt = i;
    }
  }
  EXPECT_LE(worst, bound) << "relative, " << at(worstAt) << "got "
                          << results[worstAt];
  if (std::getenv("DESCENT_SHOW_ERRORS"))
    std::printf("             worst relative error %.2g\n", worst);
}

double uniform(std::mt19937 &random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}

void PrintTo(const Function &function, std::ostream *os) {
  *os << function.text;
}

} // namespace descent::test
