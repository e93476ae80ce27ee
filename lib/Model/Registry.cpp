// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table itself. Adding an op means a row here, its `infer` beside the
// others, and its import.

#include "Inference.h"

using namespace descent::model;

namespace {

constexpr Range anyNumber{};
constexpr Range notNegative{.low = 0};
constexpr Range positive{.low = 0, .openLow = true};
constexpr Range atLeastOne{.low = 1};
constexpr Range fraction{.low = 0, .high = 1, .openHigh = true};

AttrValue pairOf(int64_t value) { return std::vector<int64_t>{value, value}; }

AttrSpec attr(std::string_view name, AttrKind kind, AttrValue defaultValue,
              Range range, std::string_view doc) {
  return {.name = name,
          .kind = kind,
          .defaultValue = std::move(defaultValue),
          .range = range,
          .doc = doc};
}

AttrSpec required(std::string_view name, AttrKind kind, Range range,
                  std::string_view doc) {
  return {
      .name = name, .kind = kind, .required = true, .range = range, .doc = doc};
}

const std::vector<OperandSpec> oneValue = {{"x", "the layer's input"}};
const std::vector<OperandSpec> classification = {
    {"logits", "f32 [N,C,...]: one score a class"},
    {"label", "i32 [N,...]: class indices"}};

AttrSpec bias() {
  return attr("bias", AttrKind::Bool, true, anyNumber, "adds a bias");
}

AttrSpec poolKernel() {
  return required("kernel", AttrKind::IntPair, atLeastOne,
                  "height and width of the window");
}

AttrSpec poolStride() {
  return {.name = "stride",
          .kind = AttrKind::IntPair,
          .range = atLeastOne,
          .defaultFrom = "kernel",
          .doc = "step of the window"};
}

AttrSpec poolPad(std::string_view doc) {
  return attr("pad", AttrKind::IntPair, pairOf(0), notNegative, doc);
}

AttrSpec weightDecay() {
  return attr("weight_decay", AttrKind::Float, 0.0, notNegative,
              "times the parameter is added to its gradient");
}

OpSpec elementwise(std::string_view name, std::string_view doc,
                   std::string_view reference,
                   std::vector<AttrSpec> attributes = {}) {
  return {.name = name,
          .doc = doc,
          .reference = reference,
          .operands = oneValue,
          .attributes = std::move(attributes),
          .infer = inferElementwise};
}

std::vector<OpSpec> parametricLayers() {
  return {
      {.name = "dense",
       .doc = "Affine map of the last axis: x W^T + b, with W [units,in].",
       .reference = "torch.nn.Linear",
       .operands = oneValue,
       .attributes = {required("units", AttrKind::Int, atLeastOne,
                               "size of the last axis of the result"),
                      bias()},
       .parameters = {"weight", "bias"},
       .infer = inferDense},
      {.name = "conv2d",
       .doc = "Convolution (cross-correlation) of images [N,C,H,W], with W "
              "[filters,C/groups,kh,kw].",
       .reference = "torch.nn.Conv2d",
       .operands = oneValue,
       .attributes = {required("filters", AttrKind::Int, atLeastOne,
                               "channels of the result"),
                      required("kernel", AttrKind::IntPair, atLeastOne,
                               "height and width of the kernel"),
                      attr("stride", AttrKind::IntPair, pairOf(1), atLeastOne,
                           "step of the kernel"),
                      attr("pad", AttrKind::IntPair, pairOf(0), notNegative,
                           "added on each side, in height and width"),
                      {.name = "pad_mode",
                       .kind = AttrKind::Enum,
                       .defaultValue = std::string("zero"),
                       .enumerators = {"zero", "edge"},
                       .doc = "what the padding holds: zeros or the nearest "
                              "pixel"},
                      attr("groups", AttrKind::Int, int64_t(1), atLeastOne,
                           "independent groups of channels"),
                      attr("dilation", AttrKind::IntPair, pairOf(1), atLeastOne,
                           "distance of the kernel's taps"),
                      bias()},
       .parameters = {"weight", "bias"},
       .infer = inferConv2d},
  };
}

std::vector<OpSpec> plainLayers() {
  return {
      {.name = "max_pool2d",
       .doc = "Maximum over windows of images [N,C,H,W]; windows that do not "
              "fit are dropped.",
       .reference = "torch.nn.functional.max_pool2d",
       .operands = oneValue,
       .attributes = {poolKernel(), poolStride(),
                      poolPad("minus infinity on each side, at most half of "
                              "the kernel"),
                      attr("dilation", AttrKind::IntPair, pairOf(1), atLeastOne,
                           "distance of the window's taps")},
       .infer = inferMaxPool2d},
      {.name = "avg_pool2d",
       .doc = "Mean over windows of images [N,C,H,W]; windows that do not fit "
              "are dropped.",
       .reference = "torch.nn.functional.avg_pool2d",
       .operands = oneValue,
       .attributes = {poolKernel(), poolStride(),
                      poolPad("zeros on each side, at most half of the "
                              "kernel"),
                      attr("count_include_pad", AttrKind::Bool, true, anyNumber,
                           "the padding counts in the mean")},
       .infer = inferAvgPool2d},
      elementwise("relu", "max(x, 0).", "torch.nn.functional.relu"),
      elementwise("leaky_relu", "x where x > 0, else slope x.",
                  "torch.nn.functional.leaky_relu",
                  {attr("slope", AttrKind::Float, 0.01, anyNumber,
                        "factor of negative values")}),
      elementwise("tanh", "Hyperbolic tangent.", "torch.tanh"),
      elementwise("sigmoid", "1 / (1 + exp(-x)).", "torch.sigmoid"),
      elementwise("sin", "Sine.", "torch.sin"),
      {.name = "softmax",
       .doc = "exp(x) over its sum along an axis.",
       .reference = "torch.softmax",
       .operands = oneValue,
       .attributes = {attr("axis", AttrKind::Int, int64_t(-1), anyNumber,
                           "the axis, from the back if negative")},
       .infer = inferSoftmax},
      {.name = "flatten",
       .doc = "Merges the axes from `start` to the last.",
       .reference = "torch.flatten",
       .operands = oneValue,
       .attributes = {attr("start", AttrKind::Int, int64_t(1), anyNumber,
                           "first axis that is merged")},
       .infer = inferFlatten},
      {.name = "reshape",
       .doc = "The same elements in the same order in another shape.",
       .reference = "torch.reshape",
       .operands = oneValue,
       .attributes = {required("shape", AttrKind::Shape, anyNumber,
                               "all sizes; \"batch\" first where the value "
                               "has a batch axis; one may be -1")},
       .infer = inferReshape},
      elementwise(
          "dropout",
          "In training, zero with probability p and x / (1 - p) "
          "otherwise; elsewhere x.",
          "torch.nn.functional.dropout",
          {attr("p", AttrKind::Float, 0.5, fraction, "probability of zero")}),
      {.name = "add",
       .doc = "Sum of values of one shape.",
       .reference = "torch.add",
       .operands = {{"values", "two or more"}},
       .variadic = true,
       .infer = inferAdd},
      {.name = "concat",
       .doc = "Joins values along an axis.",
       .reference = "torch.cat",
       .operands = {{"values", "two or more"}},
       .variadic = true,
       .attributes = {attr("axis", AttrKind::Int, int64_t(1), anyNumber,
                           "the axis, from the back if negative")},
       .infer = inferConcat},
      {.name = "argmax",
       .doc = "Index of the largest value along an axis, which disappears; "
              "the result is i32 and has no gradient.",
       .reference = "torch.argmax",
       .operands = oneValue,
       .attributes = {attr("axis", AttrKind::Int, int64_t(-1), anyNumber,
                           "the axis, from the back if negative")},
       .infer = inferArgmax},
  };
}

std::vector<OpSpec> objectives() {
  return {
      {.name = "softmax_cross_entropy",
       .category = Category::Loss,
       .doc = "Mean of -log(softmax(logits)[label]).",
       .reference = "torch.nn.functional.cross_entropy",
       .operands = classification,
       .infer = inferClassification},
      {.name = "mse",
       .category = Category::Loss,
       .doc = "Mean of the squared differences.",
       .reference = "torch.nn.functional.mse_loss",
       .operands = {{"prediction", "f32"},
                    {"target", "f32, of the same shape"}},
       .infer = inferMse},
      {.name = "accuracy",
       .category = Category::Metric,
       .doc = "Part of the labels whose logit is the largest.",
       .reference = "torch.argmax",
       .operands = classification,
       .infer = inferClassification},
      {.name = "sgd",
       .category = Category::Optimizer,
       .doc = "Stochastic gradient descent.",
       .reference = "torch.optim.SGD",
       .attributes = {required("lr", AttrKind::Float, positive,
                               "learning rate"),
                      attr("momentum", AttrKind::Float, 0.0, fraction,
                           "part of the last step that is kept"),
                      attr("nesterov", AttrKind::Bool, false, anyNumber,
                           "Nesterov's momentum"),
                      attr("dampening", AttrKind::Float, 0.0, notNegative,
                           "part of the gradient that momentum leaves out"),
                      weightDecay()},
       .infer = inferSgd},
      {.name = "adam",
       .category = Category::Optimizer,
       .doc = "Adam (Kingma and Ba 2015) with coupled weight decay.",
       .reference = "torch.optim.Adam",
       .attributes = {attr("lr", AttrKind::Float, 1e-3, positive,
                           "learning rate"),
                      attr("beta1", AttrKind::Float, 0.9, fraction,
                           "decay of the first moment"),
                      attr("beta2", AttrKind::Float, 0.999, fraction,
                           "decay of the second moment"),
                      attr("betas", AttrKind::FloatPair, {}, fraction,
                           "beta1 and beta2 as PyTorch writes them"),
                      attr("eps", AttrKind::Float, 1e-8, positive,
                           "added to the root of the second moment"),
                      weightDecay()},
       .infer = inferAdam},
  };
}

std::vector<OpSpec> makeRegistry() {
  std::vector<OpSpec> table;
  for (auto *group : {parametricLayers, plainLayers, objectives})
    for (OpSpec &op : group())
      table.push_back(std::move(op));
  return table;
}

} // namespace

std::span<const OpSpec> descent::model::registry() {
  static const std::vector<OpSpec> table = makeRegistry();
  return table;
}

const OpSpec *descent::model::lookup(std::string_view name) {
  for (const OpSpec &op : registry())
    if (op.name == name)
      return &op;
  return nullptr;
}

const AttrSpec *OpSpec::attribute(std::string_view name) const {
  for (const AttrSpec &spec : attributes)
    if (spec.name == name)
      return &spec;
  return nullptr;
}

void Attributes::set(std::string_view name, AttrValue value) {
  for (auto &[key, held] : entries)
    if (key == name) {
      held = std::move(value);
      return;
    }
  entries.emplace_back(name, std::move(value));
}

void Attributes::erase(std::string_view name) {
  std::erase_if(entries,
                [&](const auto &entry) { return entry.first == name; });
}

bool Attributes::has(std::string_view name) const {
  return !std::holds_alternative<std::monostate>(get(name));
}

const AttrValue &Attributes::get(std::string_view name) const {
  static const AttrValue none;
  for (const auto &[key, value] : entries)
    if (key == name)
      return value;
  return none;
}
