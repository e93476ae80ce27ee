// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The evaluator of the language, for one entry: expressions to values, calls of
// definitions to what their bodies compute, uses of primitive ops to nodes.

#ifndef DESCENT_LIB_MODEL_ELABORATOR_H
#define DESCENT_LIB_MODEL_ELABORATOR_H

#include "GraphBuilder.h"
#include "Inference.h"
#include "ModelContext.h"
#include "Signature.h"
#include <deque>

namespace descent::model {

/// Where something is called: `call` is null for an operator and for what the
/// elaborator calls itself.
struct CallSite {
  Location location; ///< as messages give it
  std::string_view name;
  const Expr *call = nullptr;
};

/// An argument, which is evaluated when it is known what it is for.
struct PendingArgument {
  Identifier key;
  const Expr *expr = nullptr;
  std::optional<Value> value;
};

/// A call that is going on: a body with its names, and what its layers are
/// called by.
struct Frame {
  Frame *caller = nullptr;
  unsigned id = 0;
  const Definition *definition = nullptr;
  bool library = false;
  bool isRoot = false; ///< the network
  bool isFile = false; ///< what stands outside of it and of definitions
  Scope *scope = nullptr;
  Location calledAt; ///< of a definition in a user's file, for notes
  /// In the library: the innermost call in a user's file.
  Location userCall;
  std::string_view userCallName;
  const Expr *userCallExpr = nullptr;

  /// Whether members have no paths of their own, and states are forbidden:
  /// then `restriction` says by what.
  bool isFunction = false;
  std::string_view restriction;

  std::string path;      ///< of the members of the current block
  std::string statePath; ///< of states
  /// Of members with a name, and of those of a lambda from elsewhere: the path
  /// of the body or of the iteration, whatever `if` they stand in.
  std::string lambdaPath;
  unsigned members = 0; ///< of the current block, so far
  bool isSole = false;  ///< whether the block has one member, called like it
  std::string stage;    ///< the current member
  bool stageIsNamed = false;
  const void *site = nullptr;      ///< the current member, as an identity
  const Expr *outermost = nullptr; ///< the call that is all of the member
  unsigned nested = 0;             ///< calls with paths in the member, so far

  std::string labelPath;    ///< of the nodes
  std::string_view labelOp; ///< of none: the node's own op
};

/// A state's next value, before the graph is finished.
struct PendingUpdate {
  std::string state;
  Tensor value;
  Location location;
};

class Elaborator {
public:
  static constexpr size_t maxNodes = 100000;
  static constexpr int maxCallDepth = 64;
  static constexpr int maxExpressionDepth = 1000;
  /// Expressions that are evaluated, rounds of loops and items of lists.
  static constexpr size_t maxWork = 5'000'000;

  Elaborator(ModelContext &context, std::string entry, bool training,
             std::optional<int64_t> batch);

  /// Lets `value` stand for the constant `name` in this entry.
  void overrideConstant(std::string_view name, const Expr &value);
  void evaluateConstants();
  void declareInputs();
  const TensorType &inputType(const std::string &name) const;
  /// A number or flag of the model's settings, of constants alone.
  std::optional<int64_t> evaluateSetting(const Expr &expr);
  std::optional<bool> evaluateFlag(const Expr &expr);

  // Errors (Messages.cpp). Locations in the library become those of the
  // innermost call in a user's file.
  Value error(Location location, std::string message);
  /// The same at a place that is one of the user's already.
  Value errorAt(Location location, std::string message);
  Location where(Location location) const;
  std::string describe(const Value &value) const;
  std::string describe(const Tensor &tensor) const;
  size_t failures() const { return numFailures; }

  // Expressions (Expressions.cpp, Operators.cpp, Indexing.cpp, Names.cpp).
  Value evaluate(const Expr &expr);
  std::optional<bool> condition(const Expr &expr);
  Value binary(std::string_view op, const Value &a, const Value &b,
               const CallSite &site);
  Value index(const Value &value, const Expr &expr);
  std::optional<int64_t> evaluateInteger(const Expr &expr);
  const Callable *findCallable(std::string_view name);

  // Calls (Calls.cpp, Binding.cpp, Lambdas.cpp, Operations.cpp).
  Value call(const Expr &expr, const Value *previous);
  Value call(const Callable &callable, std::vector<PendingArgument> arguments,
             const CallSite &site);
  /// With values only.
  Value apply(const Callable &callable, std::vector<Value> arguments,
              const CallSite &site);
  Value callOp(std::string_view name, std::vector<Value> operands,
               std::vector<std::pair<std::string_view, AttrValue>> attributes,
               const CallSite &site);
  /// The attributes of an optimizer, checked.
  std::optional<std::pair<const OpSpec *, Attributes>>
  optimizer(const Expr &expr);

  // Bodies (Stages.cpp, States.cpp).
  Value runBody(const std::vector<Stage> &body, const Value *previous);
  Value runNetwork(const std::vector<Stage> &body);
  /// Evaluates an expression outside of the network, where nothing may have
  /// parameters of its own.
  Value evaluateResult(const Expr &expr);
  /// The value as a tensor of the entry's graph, of a dtype if it is a number.
  /// None, after an error, if it is something else.
  std::optional<Tensor> tensor(const Value &value, Location location,
                               DType dtype = DType::F32);
  Tensor constant(const Value &number, DType dtype, const CallSite &site);
  /// The node of a state, which is declared if it is not known.
  Value state(State state, const void *owner);
  const TensorType &type(const Tensor &tensor) const {
    return tensor.graph->type(tensor.ref);
  }
  /// Says that a state's next value is `value`; at most once for each.
  void update(const std::string &state, const Value &value, Location location);
  Tensor addNode(Node node, std::string_view origin);
  GraphBuilder &graph() { return *current; }
  GraphBuilder &rootGraph() { return root; }

  /// In which of its two entries a metric is elaborated: what accumulates, or
  /// what is made of the accumulators.
  struct MetricContext {
    std::string name;
    bool results = false;
    bool accumulates = false; ///< whether a slot was used
  };
  MetricContext *metric = nullptr;
  bool outputsMayNotOwn = false;

  /// The size of weights that fan_in and fan_out are of.
  const std::vector<int64_t> *fanShape = nullptr;

  ModelContext &context;
  const std::string entry;
  const bool training;
  const std::optional<int64_t> batch;
  std::vector<PendingUpdate> updates;
  /// The network's last value, and what it is called.
  std::optional<Value> lastValue;
  Identifier lastName;

private:
  friend class FrameScope;
  friend struct Builtins;
  friend class Specials;

  struct ConstantState {
    Identifier name;
    const Expr *expr = nullptr;
    enum { Unvisited, Active, Done, Failed } state = Unvisited;
    Value value;
  };

  // Names.cpp
  Value evaluateName(const Expr &expr);
  std::optional<Value> lookupValue(std::string_view name, Location location);
  std::optional<Value> specialValue(std::string_view name, Location location);
  Value evaluateConstant(ConstantState &constant, Location use);
  Value undefined(const Expr &expr);
  bool reportForward(const Expr &expr);

  // Expressions.cpp, Operators.cpp
  Value evaluateInner(const Expr &expr);
  /// Counts work at compile time; false, after one error, if it is too much.
  bool spend(size_t amount, Location location);
  Value evaluateLogic(const Expr &expr);
  Value evaluateUnary(const Expr &expr);
  Value makeLambda(const Expr &expr);
  Value indexList(const List &list, const Expr &expr);
  Value indexTensor(const Tensor &tensor, const Expr &expr);

  // Calls.cpp
  const Callable *callee(const Expr &expr);
  Value callDefinition(const Callable &callable,
                       std::vector<PendingArgument> arguments,
                       const CallSite &site);
  Value runDefinition(const Definition &definition, bool library,
                      const Signature &signature,
                      std::vector<Scope::Variable> bound, const CallSite &site,
                      const Callable *instance, std::string path);
  Value callLambda(const Callable &callable,
                   std::vector<PendingArgument> arguments,
                   const CallSite &site);
  Value callBuiltin(const Callable &callable,
                    std::vector<PendingArgument> arguments,
                    const CallSite &site);
  Value callPrimitive(const OpSpec &op, std::vector<PendingArgument> arguments,
                      const CallSite &site);
  Value makeInitializer(const OpSpec &op,
                        std::vector<PendingArgument> arguments,
                        const CallSite &site);
  std::string callPath(const CallSite &site);
  bool claimPath(const std::string &path, const void *site, Location location);
  const Signature &signatureOf(const Definition &definition);
  const Signature &signatureOf(const OpSpec &op);

  // Binding.cpp
  std::optional<std::vector<Scope::Variable>>
  bind(const Signature &signature, std::vector<PendingArgument> arguments,
       const CallSite &site, const std::vector<Scope::Variable> &before = {},
       bool partial = false);
  bool completeDefaults(const Signature &signature, const CallSite &site);
  std::optional<Value> evaluateArgument(const Signature &signature,
                                        const Parameter &parameter,
                                        const PendingArgument &argument);
  std::optional<Value> enumerator(const Signature &signature,
                                  const AttrSpec &spec,
                                  const PendingArgument &argument);
  std::optional<Value> initArgument(const PendingArgument &argument);
  Location argumentLocation(const PendingArgument &argument) const;

  // Operations.cpp
  Value buildNode(const OpSpec &op, const std::vector<Value> &operands,
                  std::vector<bool> present, Attributes attributes,
                  const AttrLocations &given, const CallSite &site);
  std::string labelOf(std::string_view op) const;
  std::optional<DType> dtypeOfNumbers(const std::vector<Value> &operands,
                                      const CallSite &site);

  // Stages.cpp
  struct Block;
  void runStages(const std::vector<Stage> &stages, Block &block);
  void runStage(const Stage &stage, Block &block);
  void runMember(const Stage &stage, Block &block);
  Value stageValue(const Stage &stage, Block &block);
  void runIf(const Stage &stage, Block &block);
  void runLoop(const Stage &stage, Block &block);
  void assign(const std::vector<Identifier> &names, const Value &value,
              Block &block, Location location);
  std::optional<Value> previousValue(const Stage &stage, Block &block);
  Location requirementLocation(const Stage &stage) const;
  std::string formatMessage(const std::string &message, Location location);

  // Members.cpp
  void define(const Identifier &name, const Value &value, const char *what,
              bool mayReplace);
  bool enterMember(const Stage &stage);
  void makeInstance(const Stage &stage);

  // States.cpp
  void declareState(const Stage &stage);
  void accumulate(const Stage &stage);
  void updateState(const Stage &stage);
  /// `batchAxis` is null where there can be none.
  std::optional<std::vector<int64_t>>
  stateShape(const Value &shape, Location location, int *batchAxis);
  std::optional<DType> stateType(const Identifier &name);
  std::optional<Initializer> initializer(const Value &value, Location location);
  bool isInitializerOf(DType dtype, const Initializer &init, Location location);
  /// What a state of this body would be called.
  std::string pathOf(const std::string &name) const;
  std::optional<Tensor> stateByPath(const std::string &path) const;
  Value declare(State state, const void *owner);
  /// `parameter(name, shape, init)`: a parameter whose name is computed.
  Value parameter(const List &arguments, const CallSite &site);

  Frame *frame = nullptr;
  GraphBuilder root;
  GraphBuilder *current = &root;
  std::deque<Scope> scopes;
  std::deque<Callable> callables;
  std::unordered_map<std::string_view, const Callable *> callableByName;
  std::unordered_map<std::string, ConstantState> constants;
  std::vector<const ConstantState *> activeConstants;
  std::unordered_map<std::string, std::pair<const void *, Location>> paths;
  struct KnownState {
    Tensor tensor;
    const void *owner;
    Location location;
  };
  std::unordered_map<std::string, KnownState> states;
  std::vector<const Definition *> differentiating; ///< vjp bodies going on
  size_t numFailures = 0;
  size_t numNodes = 0;
  size_t work = 0;
  int64_t numStreams = 0;
  int depth = 0, callDepth = 0;
  unsigned numFrames = 0;
  bool expectsNumber = false; ///< so that messages say what is missing
  Frame rootFrame;
  Frame fileFrame; ///< current where no other is
  /// Of an expression that stands in the file, with these names.
  Frame makeFileFrame(Scope *names);
  Scope *rootScope = nullptr;

public:
  /// Evaluates `run` in a graph of its own.
  template <typename Function> auto inBody(GraphBuilder &body, Function run) {
    GraphBuilder *before = current;
    current = &body;
    auto result = run();
    current = before;
    return result;
  }
};

/// Makes a frame the current one for as long as it lives.
class FrameScope {
public:
  FrameScope(Elaborator &elaborator, Frame &frame)
      : elaborator(elaborator), before(elaborator.frame) {
    frame.caller = before;
    frame.id = ++elaborator.numFrames;
    elaborator.frame = &frame;
  }
  FrameScope(const FrameScope &) = delete;
  ~FrameScope() { elaborator.frame = before; }

private:
  Elaborator &elaborator;
  Frame *before;
};

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_ELABORATOR_H
