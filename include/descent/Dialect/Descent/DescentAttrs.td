// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attributes of the `descent` dialect: accesses, initializers, optimizers.

#ifndef DESCENT_ATTRS_TD
#define DESCENT_ATTRS_TD

include "descent/Dialect/Descent/DescentDialect.td"
include "mlir/IR/AttrTypeBase.td"

class Descent_Attr<string name, string attrMnemonic> : AttrDef<Descent_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Descent_AccessAttr : Descent_Attr<"Access", "access"> {
  let summary = "how an iteration reads a tensor";
  let description = [{
    `map` takes the dimensions of an iteration space to the indices of a tensor; it is quasi-affine (floordiv and mod by
    positive constants), has no symbols and is kept in the normal form of `simplifyAccess` (ViewAlgebra.h). Where `guard` is
    present and does not hold, nothing is read and the value is `fill`. Wherever the guard holds, every index is in bounds.

    ```mlir
    #descent.access<(d0, d1) -> (d0 - 1, d1)>
    #descent.access<(d0, d1) -> (d0 - 1, d1) if [d0 - 1, -d0 + 8] else 0.0 : f32>
    #descent.access<(d0) -> (d0 floordiv 2) if [d0 mod 2 == 0] else 0.0 : f32>
    ```
    A guard's expressions must not be negative, or must be zero where `== 0` follows. Dimensions in it are called d0, d1, ...

    `#descent.access<whole>` maps nothing: the kernel's body is given the tensor itself, and reads it by `descent.load`. Its `map` is null
    (`wholeAccess` and `isWhole` in ViewAlgebra.h).
  }];
  let parameters = (ins "::mlir::AffineMap":$map, "::mlir::IntegerSet":$guard, "::mlir::TypedAttr":$fill);
  let hasCustomAssemblyFormat = 1;
  let builders = [AttrBuilderWithInferredContext<(ins "::mlir::AffineMap":$map), [{
    return $_get(map.getContext(), map, ::mlir::IntegerSet(), ::mlir::TypedAttr());
  }]>];
  let extraClassDeclaration = [{
    /// True if the access reads unconditionally.
    bool isUnguarded() const { return !getGuard(); }
  }];
}

def Descent_InitAttr : Descent_Attr<"Init", "init"> {
  let summary = "initial value of a state";
  let description = [{
    `constant` a; `uniform` in [a, b); `normal` of mean a and standard deviation b; `truncated_normal`: the same within two deviations of the mean;
    `orthogonal`: the first axis against all others, rows or columns (whichever are fewer) orthonormal, times a; `identity`: a where the first two indices
    are equal and every other one is at the centre of its axis (extent / 2), 0 elsewhere.
  }];
  let parameters = (ins EnumParameter<Descent_InitKind>:$kind, "::mlir::FloatAttr":$a, "::mlir::FloatAttr":$b);
  let assemblyFormat = "`<` $kind `,` $a `,` $b `>`";
}

def Descent_SgdAttr : Descent_Attr<"Sgd", "sgd"> {
  let summary = "stochastic gradient descent as torch.optim.SGD: g += weight_decay p; v = momentum v + (1 - dampening) g (v = g at the first step); p -= lr (nesterov ? g + momentum v : v)";
  let parameters = (ins "::mlir::FloatAttr":$lr, "::mlir::FloatAttr":$momentum, "::mlir::FloatAttr":$dampening,
                        "::mlir::FloatAttr":$weight_decay, "bool":$nesterov);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Descent_AdamAttr : Descent_Attr<"Adam", "adam"> {
  let summary = "Adam as torch.optim.Adam (Kingma and Ba 2015, algorithm 1, with coupled L2 weight decay): p -= lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps)";
  let parameters = (ins "::mlir::FloatAttr":$lr, "::mlir::FloatAttr":$beta1, "::mlir::FloatAttr":$beta2,
                        "::mlir::FloatAttr":$eps, "::mlir::FloatAttr":$weight_decay);
  let assemblyFormat = "`<` struct(params) `>`";
}

#endif // DESCENT_ATTRS_TD
