// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every entry of the registry refuses what it does not take, by name and place:
// attributes that it does not have, too few and too many values, attributes of
// another kind or out of their range.

#include "ModelTest.h"
#include "descent/Model/Registry.h"

using namespace descent::model;

namespace {

class RegistryDiagnostics : public testing::TestWithParam<const OpSpec *> {
protected:
  /// The values that the entry has to be given, by names of inputs.
  static std::string operands(const OpSpec &op) {
    std::string text;
    for (const OperandSpec &operand : op.operands)
      if (!operand.optional)
        text += text.empty() ? "x" : ", x";
    return text;
  }

  /// The errors of a model that calls the entry with these arguments.
  static std::string errorsOfCall(const OpSpec &op,
                                  const std::string &arguments) {
    std::string call = std::string(op.name) + "(" + arguments + ")";
    std::string text = "input x : f32[4, 6]\n";
    switch (op.category) {
    case Category::Loss:
      text += "loss " + call + "\n";
      break;
    case Category::Metric:
      text += "loss mean(x)\nmetric m = " + call + "\n";
      break;
    case Category::Initializer:
      text += "param p : f32[4, 6] = " + call + "\noutput y = x + p\n";
      break;
    case Category::Optimizer:
      text += "param p : f32[4, 6] = constant(0)\nloss sum(x * p)\noptimizer " +
              call + "\n";
      break;
    default:
      text += "y = " + call + "\noutput z = y\n";
    }
    return textErrors(text);
  }

  static void expectNamed(const std::string &errors, const OpSpec &op,
                          const std::string &what) {
    EXPECT_NE(errors.find("m.descent:"), std::string::npos) << errors;
    EXPECT_NE(errors.find("'" + std::string(op.name) + "'"), std::string::npos)
        << errors;
    EXPECT_NE(errors.find(what), std::string::npos) << errors;
  }

  static std::string joined(const std::string &values,
                            const std::string &attribute) {
    return values.empty() ? attribute : values + ", " + attribute;
  }
};

TEST_P(RegistryDiagnostics, UnknownAttribute) {
  const OpSpec &op = *GetParam();
  expectNamed(errorsOfCall(op, joined(operands(op), "no_such_attribute: 1")),
              op, "no_such_attribute");
}

TEST_P(RegistryDiagnostics, NoValues) {
  const OpSpec &op = *GetParam();
  if (!operands(op).empty())
    expectNamed(errorsOfCall(op, ""), op, "");
}

TEST_P(RegistryDiagnostics, AttributesOfAnotherKind) {
  const OpSpec &op = *GetParam();
  for (const AttrSpec &attribute : op.attributes) {
    if (attribute.kind != AttrKind::Int && attribute.kind != AttrKind::Float &&
        attribute.kind != AttrKind::Bool && attribute.kind != AttrKind::Enum)
      continue;
    std::string name(attribute.name);
    expectNamed(errorsOfCall(op, joined(operands(op), name + ": [1.5, 2.5]")),
                op, name);
  }
}

TEST_P(RegistryDiagnostics, NumbersOutOfRange) {
  const OpSpec &op = *GetParam();
  for (const AttrSpec &attribute : op.attributes) {
    if (attribute.kind != AttrKind::Int && attribute.kind != AttrKind::Float)
      continue;
    for (double number : {attribute.range.low - 1, attribute.range.high + 1}) {
      if (!(std::abs(number) < 1e9))
        continue;
      std::string name(attribute.name),
          text = name + ": " + std::to_string(int64_t(number));
      expectNamed(errorsOfCall(op, joined(operands(op), text)), op, name);
    }
  }
}

std::vector<const OpSpec *> allEntries() {
  std::vector<const OpSpec *> entries;
  for (const OpSpec &op : registry())
    entries.push_back(&op);
  return entries;
}

INSTANTIATE_TEST_SUITE_P(Registry, RegistryDiagnostics,
                         testing::ValuesIn(allEntries()), [](const auto &info) {
                           return std::string(info.param->name);
                         });

} // namespace
