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
    : Descent_Op<mnemonic, !listconcat(traits, [Pure, Descent_ElementwiseLoops, Descent_LoopNestOpInterface, Descent_BatchableOpInterface,
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
def Descent_Expm1Op : Descent_UnaryFloatOp<"expm1", "e to the x, minus 1, exact to rounding near zero too">;
def Descent_Log1pOp : Descent_UnaryFloatOp<"log1p", "natural logarithm of 1 + x, exact to rounding near zero too; NaN below -1, -inf at -1">;
def Descent_AtanOp : Descent_UnaryFloatOp<"atan", "arctangent, in (-pi/2, pi/2)">;
def Descent_ErfOp : Descent_UnaryFloatOp<"erf", "error function: 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x">;
def Descent_FloorOp : Descent_UnaryFloatOp<"floor", "the largest integer not above x; the derivative is 0">;
def Descent_CeilOp : Descent_UnaryFloatOp<"ceil", "the smallest integer not below x; the derivative is 0">;
def Descent_RoundOp : Descent_UnaryFloatOp<"round", "the nearest integer, halves to the even one as torch.round; the derivative is 0">;
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
def Descent_DivOp : Descent_BinaryOp<"div", "lhs / rhs; floats by IEEE 754; integers truncate towards zero, and a zero divisor gives 0"> { let hasFolder = 1; }
def Descent_RemOp : Descent_BinaryOp<"rem", "what lhs / rhs, truncated, leaves: it has the sign of lhs, as torch.fmod; of integers, a zero divisor gives 0">;
def Descent_PowOp : Descent_BinaryOp<"pow", "lhs to the power rhs, as C's pow: of a negative lhs a whole rhs is exact and any other gives NaN; x^0 is 1; the derivatives are torch's", Descent_Float> {
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}
def Descent_MaximumOp : Descent_BinaryOp<"maximum", "the larger; NaN propagates; a tie gives each operand half the cotangent, as torch.maximum">;
def Descent_MinimumOp : Descent_BinaryOp<"minimum", "the smaller; NaN propagates; a tie gives each operand half the cotangent, as torch.minimum">;

class Descent_BitwiseOp<string mnemonic, string doc, Type type, list<Trait> traits = []>
    : Descent_ElementwiseOp<mnemonic, !listconcat([SameOperandsAndResultType], traits)> {
  let summary = doc;
  let arguments = (ins type:$lhs, type:$rhs);
  let results = (outs type:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}

def Descent_Bits : AnyTypeOf<[Descent_Bool, Descent_Int]>;
def Descent_AndOp : Descent_BitwiseOp<"and", "bitwise and (of i1: logical)", Descent_Bits, [Commutative]>;
def Descent_OrOp : Descent_BitwiseOp<"or", "bitwise or (of i1: logical)", Descent_Bits, [Commutative]>;
def Descent_XorOp : Descent_BitwiseOp<"xor", "bitwise exclusive or (of i1: whether they differ)", Descent_Bits, [Commutative]>;
def Descent_ShlOp : Descent_BitwiseOp<"shl", "lhs shifted left by rhs mod 32", Descent_Int>;
def Descent_ShrOp : Descent_BitwiseOp<"shr", "lhs shifted right by rhs mod 32; i32 keeps its sign, ui32 gets zeros", Descent_Int>;

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
  let summary = "conversion between element types: i1 gives 0 or 1, a float to an integer rounds towards zero, f64 to f32, f16 and bf16 to the nearest, halves to even";
  let description = [{To i1 is no cast: it is a comparison with zero. The only operation besides views that takes f16 and bf16. What does not fit an integer becomes the nearest one that does, NaN becomes 0.}];
  let arguments = (ins Descent_Any:$operand);
  let results = (outs Descent_Any:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `to` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Descent_IsFiniteOp : Descent_ElementwiseOp<"is_finite", [SameOperandsAndResultShape,
    TypesMatchWith<"the result is i1 of the operand's shape", "operand", "result", "::descent::withElementType($_self, ::mlir::IntegerType::get($_self.getContext(), 1))">]> {
  let summary = "i1: neither NaN nor infinite, decided by the exponent's bits, whatever the device's float semantics";
  let arguments = (ins Descent_Float:$operand);
  let results = (outs Descent_Bool:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand)";
}

def Descent_StopGradientOp : Descent_Op<"stop_gradient", [Pure, SameOperandsAndResultType, DeclareOpInterfaceMethods<Descent_DecomposableOpInterface>,
    DeclareOpInterfaceMethods<Descent_DifferentiableOpInterface>, Descent_BatchableOpInterface]> {
  let summary = "the operand, through which no gradient goes";
  let arguments = (ins Descent_Tensor:$operand);
  let results = (outs Descent_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($result)";
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
