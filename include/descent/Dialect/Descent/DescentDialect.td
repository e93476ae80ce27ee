// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `descent` dialect: its definition, the types its operations take, and its enumerations.

#ifndef DESCENT_DIALECT_TD
#define DESCENT_DIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"

def Descent_Dialect : Dialect {
  let name = "descent";
  let cppNamespace = "::descent";
  let summary = "Training programs on tensors of static shape";
  let description = [{
    A module holds `descent.state` (what outlives a step), `descent.input` (what a step is given) and `descent.entry`
    (a function from inputs and state to outputs and new state). Inside an entry every operation has value semantics;
    shapes are static. Element types are f32, f64, i32, ui32 and i1; f16 and bf16 are stored and rearranged, but not computed with:
    arithmetic casts them to f32.

    The dialect is closed under differentiation: the gradient of a `descent` operation is made of `descent` operations.
    It has three levels, each a subset closed by a verifier:

    1. **tensor**: elementwise, view, reduction, contraction and composite operations, as imported;
    2. **kernel**: `descent.kernel`, `descent.reshape`, `descent.pack` and `descent.unpack` only: every loop nest that
       will run, with the access maps of its reads and its scalar body, which is made of the same elementwise operations on scalars;
    3. what is left when tensors are gone is the `schedule` dialect.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
}

class Descent_Op<string mnemonic, list<Trait> traits = []> : Op<Descent_Dialect, mnemonic, traits>;

class Descent_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::descent";
  let genSpecializedAttr = 0;
}

//===----------------------------------------------------------------------===//
// Types. A tensor is a ranked tensor of static shape with no zero dimension (the operations' verifiers see to it).
//===----------------------------------------------------------------------===//

class Descent_TensorOf<list<Type> elements>
    : ShapedContainerType<elements, And<[IsTensorTypePred, HasStaticShapePred]>, "tensor of static shape", "::mlir::RankedTensorType">;
def Descent_FloatTensor : Descent_TensorOf<[F32, F64]>;
def Descent_IntTensor : Descent_TensorOf<[I32, UI32]>;
def Descent_IndexTensor : Descent_TensorOf<[I32]>;
def Descent_BoolTensor : Descent_TensorOf<[I1]>;
def Descent_NumberTensor : Descent_TensorOf<[F32, F64, I32, UI32]>;
def Descent_Tensor : Descent_TensorOf<[F32, F64, F16, BF16, I32, UI32, I1]>;

/// Elementwise operations work on tensors and, inside kernel bodies, on scalars.
def Descent_Float : AnyTypeOf<[F32, F64, Descent_FloatTensor], "f32 or f64 scalar or tensor">;
def Descent_Int : AnyTypeOf<[I32, UI32, Descent_IntTensor], "i32 or ui32 scalar or tensor">;
def Descent_Bool : AnyTypeOf<[I1, Descent_BoolTensor], "i1 scalar or tensor">;
def Descent_Number : AnyTypeOf<[F32, F64, I32, UI32, Descent_NumberTensor], "f32, f64, i32 or ui32 scalar or tensor">;
def Descent_AnyScalar : AnyTypeOf<[F32, F64, F16, BF16, I32, UI32, I1], "scalar of an element type of the dialect">;
def Descent_Any : AnyTypeOf<[Descent_AnyScalar, Descent_Tensor], "scalar or tensor">;

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

def Descent_Predicate : Descent_Enum<"Predicate", "comparison; floats compare ordered, but `ne` is true for NaN; integers compare by the signedness of their type", [
  I32EnumAttrCase<"eq", 0>, I32EnumAttrCase<"ne", 1>, I32EnumAttrCase<"lt", 2>,
  I32EnumAttrCase<"le", 3>, I32EnumAttrCase<"gt", 4>, I32EnumAttrCase<"ge", 5>]>;

def Descent_Combiner : Descent_Enum<"Combiner", "how a kernel's reduction combines values; max_index yields the largest value and the i32 row-major index of its first occurrence among the reduced iterations; max and max_index propagate NaN", [
  I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"max", 1>, I32EnumAttrCase<"max_index", 2>, I32EnumAttrCase<"product", 3>]>;

def Descent_Role : Descent_Enum<"Role", "what a state is for; see docs/bundle.md", [
  I32EnumAttrCase<"parameter", 0>, I32EnumAttrCase<"buffer", 1>, I32EnumAttrCase<"optimizer", 2>,
  I32EnumAttrCase<"metric", 3>, I32EnumAttrCase<"status", 4>]>;

def Descent_InitKind : Descent_Enum<"InitKind", "distribution of an initial value", [
  I32EnumAttrCase<"constant", 0>, I32EnumAttrCase<"uniform", 1>, I32EnumAttrCase<"normal", 2>,
  I32EnumAttrCase<"truncated_normal", 3>, I32EnumAttrCase<"orthogonal", 4>, I32EnumAttrCase<"identity", 5>]>;

def Descent_ControlWord : Descent_Enum<"ControlWord", "a word that the runtime writes before every run of an entry; see docs/bundle.md", [
  I32EnumAttrCase<"step", 0>, I32EnumAttrCase<"seed_lo", 1>, I32EnumAttrCase<"seed_hi", 2>,
  I32EnumAttrCase<"valid", 3>, I32EnumAttrCase<"lr_scale", 4>]>;

def Descent_PadMode : Descent_Enum<"PadMode", "what padding is filled with", [
  I32EnumAttrCase<"zero", 0>, I32EnumAttrCase<"lowest", 1>]>;

class Descent_EnumAttr<EnumAttrInfo info, string mnemonic> : EnumAttr<Descent_Dialect, info, mnemonic>;
def Descent_PredicateAttr : Descent_EnumAttr<Descent_Predicate, "predicate">;
def Descent_CombinerAttr : Descent_EnumAttr<Descent_Combiner, "combiner"> { let assemblyFormat = "`<` $value `>`"; }
def Descent_RoleAttr : Descent_EnumAttr<Descent_Role, "role">;
def Descent_ControlWordAttr : Descent_EnumAttr<Descent_ControlWord, "control_word">;
def Descent_PadModeAttr : Descent_EnumAttr<Descent_PadMode, "pad_mode">;

#endif // DESCENT_DIALECT_TD
