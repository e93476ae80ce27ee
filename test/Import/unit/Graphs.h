// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checked graphs made by hand, one primitive op after the other, so that import
// is tested without the language.

#ifndef DESCENT_TEST_IMPORT_GRAPHS_H
#define DESCENT_TEST_IMPORT_GRAPHS_H

#include "descent/Import/Import.h"
#include "descent/Interpreter/CheckGradients.h"
#include "descent/Interpreter/Interpreter.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

namespace descent::test {

using interpreter::ControlWords;
using interpreter::Element;
using interpreter::Environment;
using interpreter::Tensor;
using model::AttrValue;
using model::DType;
using model::TensorType;
using model::ValueRef;

using Ints = std::vector<int64_t>;
using Numbers = std::vector<double>;
/// Attributes of an op.
using Attrs = std::vector<std::pair<std::string, AttrValue>>;

/// A primitive op by its name.
inline const model::OpSpec &opCalled(const std::string &name) {
  static std::map<std::string, model::OpSpec> ops;
  auto [found, isNew] = ops.try_emplace(name);
  if (isNew)
    found->second.name = found->first;
  return found->second;
}

/// Appends nodes to an entry's graph or to a body.
struct GraphWriter {
  std::vector<model::Node> &nodes;

  ValueRef add(model::Node node) {
    nodes.push_back(std::move(node));
    return {uint32_t(nodes.size() - 1), 0};
  }
  ValueRef leaf(model::Node::Kind kind, const std::string &name,
                TensorType type) {
    model::Node node;
    node.kind = kind;
    node.path = name;
    node.types = {std::move(type)};
    return add(std::move(node));
  }
  ValueRef argument(TensorType type) {
    return leaf(model::Node::Kind::Argument, "", std::move(type));
  }
  ValueRef op(const std::string &name, std::vector<ValueRef> operands,
              std::vector<TensorType> types, const Attrs &attributes = {},
              std::vector<model::Body> bodies = {}) {
    model::Node node;
    node.op = &opCalled(name);
    node.path = path;
    node.operands = std::move(operands);
    node.types = std::move(types);
    for (const auto &[key, value] : attributes)
      node.attributes.set(key, value);
    node.bodies = std::move(bodies);
    return add(std::move(node));
  }
  ValueRef op(const std::string &name, std::vector<ValueRef> operands,
              TensorType type, const Attrs &attributes = {}) {
    return op(name, std::move(operands), std::vector{std::move(type)},
              attributes);
  }

  std::string path; ///< of the layer that ops belong to
};

/// A body under construction.
struct BodyWriter {
  model::Body body;
  GraphWriter writer{body.nodes, ""};

  BodyWriter() = default;
  BodyWriter(const BodyWriter &) = delete;

  ValueRef argument(TensorType type) {
    ++body.numArguments;
    return writer.argument(std::move(type));
  }
  model::Body finish(std::vector<ValueRef> results) {
    body.results = std::move(results);
    return std::move(body);
  }
};

/// A model of one entry, `predict`, with values for its inputs and states.
class Graph {
public:
  Graph() {
    model.name = "graph";
    model.files = {"model.json"};
    model.entries.emplace_back().name = "predict";
  }
  Graph(const Graph &) = delete;

  model::Entry &entry() { return model.entries.front(); }
  GraphWriter writer() { return {entry().nodes, path}; }

  /// An input with made-up values, or with these.
  ValueRef input(const std::string &name, TensorType type,
                 Numbers values = {}) {
    model.inputs.emplace_back();
    model.inputs.back().name = name;
    model.inputs.back().type = type;
    if (type.batchAxis >= 0)
      model.batch = type.shape[type.batchAxis];
    if (!values.empty())
      given[name] = std::move(values);
    return writer().leaf(model::Node::Kind::Input, name, std::move(type));
  }
  /// A parameter with made-up values.
  ValueRef parameter(const std::string &name, TensorType type) {
    model::State state;
    state.name = name;
    state.type = type;
    state.init = {model::Initializer::Kind::Normal, 0, 1};
    model.states.push_back(std::move(state));
    return writer().leaf(model::Node::Kind::State, name, std::move(type));
  }
  ValueRef op(const std::string &name, std::vector<ValueRef> operands,
              std::vector<TensorType> types, const Attrs &attributes = {},
              std::vector<model::Body> bodies = {}) {
    return writer().op(name, std::move(operands), std::move(types), attributes,
                       std::move(bodies));
  }
  ValueRef op(const std::string &name, std::vector<ValueRef> operands,
              TensorType type, const Attrs &attributes = {}) {
    return writer().op(name, std::move(operands), std::move(type), attributes);
  }
  void output(const std::string &name, ValueRef value) {
    entry().outputs.push_back({name, value, {}});
  }

  /// Imports the model; a failure is a test failure unless errors are expected.
  bool import(bool expectErrors = false) {
    mlir::ScopedDiagnosticHandler handler(
        &context, [&](mlir::Diagnostic &diagnostic) {
          llvm::raw_string_ostream stream(errors);
          stream << diagnostic << '\n';
          for (mlir::Diagnostic &note : diagnostic.getNotes())
            stream << "note: " << note << '\n';
        });
    module = importModel(model, context);
    if (expectErrors)
      return bool(module);
    EXPECT_TRUE(module) << errors;
    if (!module)
      return false;
    EXPECT_TRUE(mlir::succeeded(mlir::verify(*module))) << errors << text();
    inputs = interpreter::makeInputs(*module, 1);
    state = interpreter::makeState(*module, 2);
    for (const auto &[name, values] : given)
      inputs[name].values = values;
    return true;
  }

  std::string text() {
    std::string result;
    llvm::raw_string_ostream stream(result);
    stream << *module;
    return result;
  }

  /// The values of `outputs`, which become the entry's.
  Environment run(ControlWords control = {}) {
    auto found = interpreter::findEntry(*module, "predict");
    EXPECT_TRUE(mlir::succeeded(found));
    auto outputs = interpreter::interpretEntry(*found, inputs, state, control);
    EXPECT_TRUE(mlir::succeeded(outputs)) << text();
    return mlir::succeeded(outputs) ? *outputs : Environment{};
  }
  Tensor evaluate(ValueRef value, ControlWords control = {}) {
    output("result", value);
    if (!import())
      return {};
    return run(control)["result"];
  }

  /// Adds the optimization of all parameters by the sum of `value`, and
  /// compares autodiff's gradient with differences.
  void checkGradients(ValueRef value) {
    const TensorType &type = entry().type(value);
    ValueRef loss =
        op("sum",
           {op("mul", {value, value},
               TensorType{type.dtype, type.shape, type.batchAxis})},
           TensorType{type.dtype, {}}, {{"axes", Ints{}}, {"keepdims", false}});
    model::Optimization optimization;
    optimization.op = &opCalled("sgd");
    for (const char *name : {"lr", "momentum", "dampening", "weight_decay"})
      optimization.attributes.set(name, name == std::string("lr") ? 0.1 : 0.0);
    optimization.attributes.set("nesterov", false);
    optimization.loss = loss;
    for (const model::State &state : model.states)
      optimization.parameters.push_back(state.name);
    entry().optimizations.push_back(std::move(optimization));
    if (!import())
      return;
    std::string report;
    llvm::raw_string_ostream os(report);
    interpreter::CheckGradientsOptions options;
    options.entry = "predict";
    EXPECT_TRUE(
        mlir::succeeded(interpreter::checkGradients(*module, options, os)))
        << report << text();
  }

  model::CheckedModel model;
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string errors, path;
  Environment inputs, state;
  std::map<std::string, Numbers> given;
};

inline TensorType f32(Ints shape, int batchAxis = -1) {
  return {DType::F32, std::move(shape), batchAxis};
}
inline TensorType i32(Ints shape, int batchAxis = -1) {
  return {DType::I32, std::move(shape), batchAxis};
}
inline TensorType u32(Ints shape) { return {DType::U32, std::move(shape)}; }
inline TensorType f16(Ints shape) { return {DType::F16, std::move(shape)}; }
inline TensorType boolean(Ints shape) {
  return {DType::Bool, std::move(shape)};
}

/// Compares all elements to a tolerance.
inline void expectNear(const Tensor &actual, const Numbers &expected,
                       double tolerance = 1e-12) {
  ASSERT_EQ(actual.values.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(actual.values[i], expected[i], tolerance) << "element " << i;
}

} // namespace descent::test

#endif // DESCENT_TEST_IMPORT_GRAPHS_H
