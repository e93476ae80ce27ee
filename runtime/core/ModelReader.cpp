// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The device-independent part of the manifest: inputs, state, entries.
#include "core/BundleReader.h"
#include "core/Error.h"
#include "core/Numbers.h"

#include <set>

namespace descent::runtime {
namespace {

Shape readShape(const JsonView &view, DType dtype) {
  Shape shape;
  uint64_t bytes = sizeOf(dtype);
  for (const JsonView &size : view.elements()) {
    shape.push_back(int64_t(size.count(1, INT32_MAX)));
    if (bytes > largestSize / uint64_t(shape.back()))
      view.expected(concat("a tensor of at most ", largestSize, " bytes"));
    bytes *= uint64_t(shape.back());
  }
  return shape;
}

DType readDType(const JsonView &view) {
  std::string text = view.text();
  for (DType dtype : {DType::F32, DType::I32, DType::F64, DType::F16,
                      DType::BF16, DType::U32})
    if (text == name(dtype))
      return dtype;
  view.expected("f32, f64, f16, bf16, i32 or u32");
}

Tensor readTensor(const JsonView &view) {
  Tensor tensor;
  tensor.name = view.get("name").text();
  if (tensor.name.empty())
    view.get("name").expected("a name");
  tensor.dtype = readDType(view.get("dtype"));
  tensor.shape = readShape(view.get("shape"), tensor.dtype);
  if (auto axis = view.find("batch_axis")) {
    if (tensor.shape.empty())
      axis->expected("no batch_axis on a scalar");
    tensor.batchAxis = unsigned(axis->count(0, tensor.shape.size() - 1));
  }
  if (auto range = view.find("range")) {
    auto ends = range->elements(2);
    if (tensor.dtype != DType::I32)
      range->expected("a range only on an i32 tensor");
    int64_t low = ends[0].integer(INT32_MIN, INT32_MAX);
    tensor.range = {low, ends[1].integer(low + 1, int64_t(INT32_MAX) + 1)};
  }
  return tensor;
}

Role readRole(const JsonView &view) {
  std::string text = view.text();
  for (Role role : {Role::Parameter, Role::Buffer, Role::Optimizer,
                    Role::Metric, Role::Status})
    if (text == name(role))
      return role;
  view.expected("parameter, buffer, optimizer, metric or status");
}

Initializer readInitializer(const JsonView &view, const Tensor &tensor) {
  DType dtype = tensor.dtype;
  std::string kind = view.get("kind").text();
  Initializer init;
  auto number = [&](const char *key) {
    double value = view.get(key).hexFloat();
    if (!canHold(dtype, value))
      view.get(key).expected(
          concat("a number that ", name(dtype), " can hold"));
    return value;
  };
  if (kind == "constant") {
    init.first = number("value");
    return init;
  }
  if (!isFloat(dtype))
    view.expected(concat("a constant, because the tensor is ", name(dtype)));
  if (kind == "uniform") {
    init = {Initializer::Kind::Uniform, number("low"), number("high")};
    if (init.first > init.second)
      view.expected("low not above high");
  } else if (kind == "normal" || kind == "truncated_normal") {
    init = {kind == "normal" ? Initializer::Kind::Normal
                             : Initializer::Kind::TruncatedNormal,
            number("mean"), number("std")};
    if (init.second < 0)
      view.expected("std not below zero");
  } else if (kind == "orthogonal" || kind == "identity") {
    init = {kind == "orthogonal" ? Initializer::Kind::Orthogonal
                                 : Initializer::Kind::Identity,
            number("gain"), 0};
    if (tensor.shape.size() < 2)
      view.expected("a tensor of two dimensions or more");
  } else {
    view.get("kind").expected("constant, uniform, normal, truncated_normal, "
                              "orthogonal or identity");
  }
  return init;
}

State readState(const JsonView &view) {
  State state;
  state.tensor = readTensor(view);
  state.role = readRole(view.get("role"));
  state.init = readInitializer(view.get("init"), state.tensor);
  if (state.role == Role::Status &&
      (state.tensor.name != "status.diverged" ||
       state.tensor.dtype != DType::I32 || !state.tensor.shape.empty()))
    view.expected("the status state to be status.diverged, an i32 scalar");
  return state;
}

Entry readEntry(const JsonView &view, const std::string &name,
                const Program &program) {
  Entry entry;
  entry.name = name;
  entry.batch = program.batch;
  bool sized = false;
  auto setBatch = [&](const Tensor &tensor, const JsonView &at) {
    if (!tensor.batchAxis)
      return;
    uint64_t batch = uint64_t(tensor.shape[*tensor.batchAxis]);
    if (sized && batch != entry.batch)
      at.expected(concat(
          "the batch axis of every tensor of the entry to have one size, not ",
          entry.batch, " and ", batch));
    entry.batch = batch, sized = true;
  };
  std::set<std::string> names;
  for (const JsonView &input : view.get("inputs").elements()) {
    auto index = program.findInput(input.text());
    if (!index)
      input.expected("the name of an input");
    if (!names.insert(input.text()).second)
      input.expected("each input once");
    setBatch(program.inputs[*index], input);
    entry.inputs.push_back(*index);
  }
  if (auto whole = view.find("whole_batches"))
    entry.wholeBatches = whole->flag();
  names.clear();
  for (const JsonView &output : view.get("outputs").elements()) {
    entry.outputs.push_back(readTensor(output));
    if (!names.insert(entry.outputs.back().name).second)
      output.get("name").expected(
          "a name that no other output of the entry has");
    setBatch(entry.outputs.back(), output);
  }
  return entry;
}

/// train computes the loss of a step; metrics, which eval needs, begins with
/// the loss of a data set.
void checkKnownEntries(const JsonView &entries, const Program &program) {
  auto isLoss = [](const Tensor &tensor) {
    return tensor.name == "loss" && tensor.dtype == DType::F32 &&
           tensor.shape.empty();
  };
  if (const Entry *train = program.findEntry("train")) {
    auto loss = train->findOutput("loss");
    if (!loss || !isLoss(train->outputs[*loss]))
      entries.get("train").expected("an output loss, an f32 scalar");
  }
  if (const Entry *metrics = program.findEntry("metrics")) {
    if (!metrics->inputs.empty())
      entries.get("metrics").expected("no inputs");
    for (const Tensor &output : metrics->outputs)
      if (output.dtype != DType::F32)
        entries.get("metrics").expected("only f32 outputs");
  }
}

} // namespace

void readModel(const JsonView &manifest, Program &program) {
  if (auto producer = manifest.find("producer"))
    program.producer = producer->text();
  program.modelName = manifest.get("model").get("name").text();
  program.modelHash = manifest.get("model").get("sha256").text();
  program.batch = manifest.get("batch").count(1, INT32_MAX);
  if (auto train = manifest.find("train"))
    if (auto epochs = train->find("epochs"))
      program.epochs = epochs->count(1, INT32_MAX);

  std::set<std::string> names;
  auto addName = [&](const JsonView &view, const std::string &name) {
    if (!names.insert(name).second)
      view.get("name").expected("a name that no other input or state has");
  };
  for (const JsonView &view : manifest.get("inputs").elements()) {
    program.inputs.push_back(readTensor(view));
    addName(view, program.inputs.back().name);
  }
  for (const JsonView &view : manifest.get("state").elements()) {
    program.states.push_back(readState(view));
    addName(view, program.states.back().tensor.name);
  }
  for (auto &[key, view] : manifest.get("entries").members()) {
    std::string name =
        readFileStem(JsonView(nlohmann::json(key), "manifest.json: entries"));
    program.entries.emplace(name, readEntry(view, name, program));
  }
  checkKnownEntries(manifest.get("entries"), program);
}

} // namespace descent::runtime
