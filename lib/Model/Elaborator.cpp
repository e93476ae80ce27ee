// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How the elaboration of an entry begins: constants and inputs.

#include "Elaborator.h"
#include "Attributes.h"

using namespace descent::model;

Elaborator::Elaborator(ModelContext &context, std::string entry, bool training,
                       std::optional<int64_t> batch)
    : context(context), entry(std::move(entry)), training(training),
      batch(batch) {
  for (const ConstantDecl &decl : context.model.constants) {
    auto define = context.defines.find(decl.name.text);
    ConstantState constant;
    constant.name = decl.name;
    constant.expr =
        define == context.defines.end() ? &decl.value : &define->second;
    constants.try_emplace(decl.name.text, std::move(constant));
  }
  rootScope = &scopes.emplace_back();
  fileFrame = makeFileFrame(rootScope);
  frame = &fileFrame;
}

Frame Elaborator::makeFileFrame(Scope *names) {
  Frame file;
  file.isFile = file.isFunction = true;
  file.scope = names;
  return file;
}

std::optional<int64_t> Elaborator::evaluateSetting(const Expr &expr) {
  Frame file = makeFileFrame(&scopes.emplace_back());
  FrameScope scope(*this, file);
  return evaluateInteger(expr);
}

std::optional<bool> Elaborator::evaluateFlag(const Expr &expr) {
  Frame file = makeFileFrame(&scopes.emplace_back());
  FrameScope scope(*this, file);
  return condition(expr);
}

const TensorType &Elaborator::inputType(const std::string &name) const {
  return type(*rootScope->find(name)->value.get<Tensor>());
}

void Elaborator::declareInputs() {
  rootFrame.isRoot = true;
  rootFrame.scope = rootScope;
  FrameScope scope(*this, rootFrame);
  static const AttrSpec aSize;
  for (const InputDecl &input : context.model.inputs) {
    if (context.tooManyErrors())
      return;
    TensorType type;
    bool isSound = true;
    std::string dtype = input.dtype.text.empty() ? "f32" : input.dtype.text;
    if (std::optional<DType> known = parseDType(dtype)) {
      type.dtype = *known;
    } else {
      error(input.dtype.location,
            "unknown dtype " + quote(dtype) +
                ": expected f32, f64, f16, bf16, i32, u32 or bool");
      isSound = false;
    }
    for (const Expr &size : input.shape.operands) {
      expectsNumber = true;
      Value value = evaluate(size);
      expectsNumber = false;
      std::optional<Value> checked = conform(
          aSize, "", value, size,
          [&](Location location, std::string message) {
            error(location, std::move(message));
          },
          size.location);
      if (!checked) {
        isSound = false;
        continue;
      }
      if (checked->get<Integer>()->batch) {
        if (type.batchAxis >= 0) {
          error(size.location, "'batch' stands twice in one shape");
          isSound = false;
        }
        type.batchAxis = type.rank();
      } else if (checked->integer() < 1) {
        error(size.location,
              "a size must be at least 1, got " + print(*checked));
        isSound = false;
      }
      type.shape.push_back(checked->integer());
    }
    if (isSound && !countElements(type.shape)) {
      error(input.name.location,
            "input " + quote(input.name.text) + " " + toString(type.shape) +
                " is too large: a tensor has fewer than 2^31 elements");
      isSound = false;
    }
    Value value;
    if (isSound) {
      Node node;
      node.kind = Node::Kind::Input;
      node.path = input.name.text;
      node.types = {type};
      node.location = input.name.location;
      value = root.add(std::move(node), input.name.text);
    }
    define(input.name, value, "an input", false);
  }
}
