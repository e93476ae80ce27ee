// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elementwise operations. All operands and results have one shape (no implicit broadcasting), or all are scalars (in kernel bodies).

#ifndef DESCENT_ELEMENTWISE_OPS_TD
#define DESCENT_ELEMENTWISE_OPS_TD

include "descent/Dialect/Descent/DescentAttrs.td"
include "descent/Dialect/Descent/DescentInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

/// The loop nest of an elementwise operation: identity accesses, a body that is the operation itself on scalars.
def Descent_ElementwiseLoops : NativeOpTrait<"ElementwiseLoops"> { let cppNamespace = "::descent"; }

class Descent_ElementwiseOp<string mnemonic, list<Trait> traits = []>
    : Descent_Op<mnemonic, !listconcat(traits, [Pure, Descent_ElementwiseLoops, Descent_LoopNestOpInterface,
        DeclareOpInterfaceMethods<Descent_CostOpInterface>])> {
  let extraClassDefinition = "uint64_t $cppClass::getFlops() { return ::descent::countElements((*this)->getResult(0).getType()); }";
}

class Descent_UnaryFloatOp<string mnemonic, string doc, list<Trait> traits = []>
    : Descent_ElementwiseOp<mnemonic, !listconcat([SameOperandsAndResultType,
        DeclareOpInterfaceMethods<Descent_DifferentiableOpInterface>], traits)> {
  let summary = doc;
  let arguments = (ins Descent_Float:$operand);
  let results = (outs Descent_Float:$result);
  let assemblyFormat = "$operand attr-dict `:` type($result)";
}

def Descent_NegOp : Descent_UnaryFloatOp<"neg", "-x"> { let hasFolder = 1; }
def Descent_AbsOp : Descent_UnaryFloatOp<"abs", "|x|; the derivative at 0 is 0">;
def Descent_ExpOp : Descent_UnaryFloatOp<"exp", "e to the x">;
def Descent_LogOp : Descent_UnaryFloatOp<"log", "natural logarithm; NaN below zero, -inf at zero">;
def Descent_SqrtOp : Descent_UnaryFloatOp<"sqrt", "square root; NaN below zero">;
def Descent_SinOp : Descent_UnaryFloatOp<"sin", "sine, radians">;
def Descent_CosOp : Descent_UnaryFloatOp<"cos", "cosine, radians">;
def Descent_TanhOp : Descent_UnaryFloatOp<"tanh", "hyperbolic tangent">;
def Descent_SigmoidOp : Descent_UnaryFloatOp<"sigmoid", "1 / (1 + e^-x)">;

def Descent_LeakyReluOp : Descent_UnaryFloatOp<"leaky_relu",
    "x where x > 0, slope x elsewhere; 0 <= slope < 1 (0 gives relu); NaN propagates; the derivative at 0 is the slope, as in PyTorch"> {
  let arguments = (ins Descent_Float:$operand, F32Attr:$slope);
  let assemblyFormat = "$operand `,` $slope attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Descent_AddOp : Descent_ElementwiseOp<"add", [SameOperandsAndResultType, DeclareOpInterfaceMethods<Descent_DifferentiableOpInterface>]> {
  let summary = "sum of one or more values, added from the left";
  let description = [{Variadic because gradients are sums of contributions: one operation, one kernel, one fixed order. i32 wraps.}];
  let arguments = (ins Variadic<Descent_Number>:$operands);
  let results = (outs Descent_Number:$result);
  let assemblyFormat = "$operands attr-dict `:` type($result)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let extraClassDefinition = "uint64_t $cppClass::getFlops() { return ::descent::countElements(getType()) * (getNumOperands() - 1); }";
}

class Descent_BinaryOp<string mnemonic, string doc, Type type = Descent_Number>
    : Descent_ElementwiseOp<mnemonic, [SameOperandsAndResultType, DeclareOpInterfaceMethods<Descent_DifferentiableOpInterface>]> {
  let summary = doc;
  let arguments = (ins type:$lhs, type:$rhs);
  let results = (outs type:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}

def Descent_SubOp : Descent_BinaryOp<"sub", "lhs - rhs"> { let hasFolder = 1; let hasCanonicalizer = 1; }
def Descent_MulOp : Descent_BinaryOp<"mul", "lhs * rhs"> { let hasFolder = 1; }
def Descent_DivOp : Descent_BinaryOp<"div", "lhs / rhs, IEEE 754 for zero divisors", Descent_Float> { let hasFolder = 1; }
def Descent_MaximumOp : Descent_BinaryOp<"maximum", "the larger; NaN propagates; a tie gives each operand half the cotangent, as torch.maximum", Descent_Float>;
def Descent_MinimumOp : Descent_BinaryOp<"minimum", "the smaller; NaN propagates; a tie gives each operand half the cotangent, as torch.minimum", Descent_Float>;

def Descent_AndOp : Descent_ElementwiseOp<"and", [SameOperandsAndResultType, Commutative]> {
  let summary = "bitwise and (of i1: logical)";
  let arguments = (ins AnyTypeOf<[Descent_Bool, Descent_Int]>:$lhs, AnyTypeOf<[Descent_Bool, Descent_Int]>:$rhs);
  let results = (outs AnyTypeOf<[Descent_Bool, Descent_Int]>:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}

def Descent_CompareOp : Descent_ElementwiseOp<"compare", [SameTypeOperands, SameOperandsAndResultShape,
    TypesMatchWith<"the result is i1 of the operands' shape", "lhs", "result", "::descent::withElementType($_self, ::mlir::IntegerType::get($_self.getContext(), 1))">]> {
  let summary = "i1: whether the predicate holds";
  let arguments = (ins Descent_PredicateAttr:$predicate, Descent_Number:$lhs, Descent_Number:$rhs);
  let results = (outs Descent_Bool:$result);
  let assemblyFormat = "$predicate $lhs `,` $rhs attr-dict `:` type($lhs)";
  let builders = [OpBuilder<(ins "::descent::Predicate":$predicate, "::mlir::Value":$lhs, "::mlir::Value":$rhs), [{
    build($_builder, $_state, ::descent::withElementType(lhs.getType(), $_builder.getI1Type()), predicate, lhs, rhs);
  }]>];
}

def Descent_SelectOp : Descent_ElementwiseOp<"select", [AllTypesMatch<["onTrue", "onFalse", "result"]>,
    DeclareOpInterfaceMethods<Descent_DifferentiableOpInterface>,
    TypesMatchWith<"the condition is i1 of the operands' shape", "result", "condition", "::descent::withElementType($_self, ::mlir::IntegerType::get($_self.getContext(), 1))">]> {
  let summary = "onTrue where the condition holds, onFalse elsewhere";
  let arguments = (ins Descent_Bool:$condition, Descent_Number:$onTrue, Descent_Number:$onFalse);
  let results = (outs Descent_Number:$result);
  let assemblyFormat = "$condition `,` $onTrue `,` $onFalse attr-dict `:` type($result)";
  let hasFolder = 1;
}

def Descent_CastOp : Descent_ElementwiseOp<"cast", [SameOperandsAndResultShape, DeclareOpInterfaceMethods<Descent_DifferentiableOpInterface>]> {
  let summary = "conversion between element types: i1 gives 0 or 1, f32 to i32 rounds towards zero";
  let arguments = (ins Descent_Any:$operand);
  let results = (outs Descent_Number:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `to` type($result)";
  let hasFolder = 1;
}

def Descent_IsFiniteOp : Descent_ElementwiseOp<"is_finite", [SameOperandsAndResultShape,
    TypesMatchWith<"the result is i1 of the operand's shape", "operand", "result", "::descent::withElementType($_self, ::mlir::IntegerType::get($_self.getContext(), 1))">]> {
  let summary = "i1: neither NaN nor infinite, decided by the exponent's bits, whatever the device's float semantics";
  let arguments = (ins Descent_Float:$operand);
  let results = (outs Descent_Bool:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand)";
}

def Descent_PhiloxOp : Descent_ElementwiseOp<"philox", [SameOperandsAndResultType]> {
  let summary = "31 random bits as a non-negative i32: the first word of Philox4x32-10, without its sign bit";
  let description = [{
    Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011. The key is (seed_lo, seed_hi); the counter is (index, step, stream, 0).
    `stream` tells the uses of randomness in a model apart. A pure function of its operands, so the backward pass recomputes instead of loading.
  }];
  let arguments = (ins Descent_Int:$seed_lo, Descent_Int:$seed_hi, Descent_Int:$step, Descent_Int:$index, I32Attr:$stream);
  let results = (outs Descent_Int:$result);
  let assemblyFormat = "$seed_lo `,` $seed_hi `,` $step `,` $index `stream` $stream attr-dict `:` type($result)";
}

#endif // DESCENT_ELEMENTWISE_OPS_TD
