// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Cases of the finite-difference suite with bodies: custom functions and scans.

#include "GradientCases.h"

using Cases = std::vector<GradientCase>;

static void addCustoms(Cases &cases) {
  cases.push_back({"stop_gradient",
                   {"tensor<2x3xf32>"},
                   R"mlir(
%s = descent.exp %a0 : tensor<2x3xf32>
%c = descent.stop_gradient %s : tensor<2x3xf32>
%d = descent.stop_gradient %a0 : tensor<2x3xf32>
%m = descent.mul %c, %a0 : tensor<2x3xf32>
%n = descent.mul %m, %s : tensor<2x3xf32>
%y = descent.add %n, %d : tensor<2x3xf32>)mlir",
                   "tensor<2x3xf32>"});
  // x^3, derived by hand.
  const std::string cube =
      R"mlir(descent.custom "cube"(%a0) : (tensor<4xf32>) -> tensor<4xf32> forward {
^bb0(%a: tensor<4xf32>):
  %q = descent.mul %a, %a : tensor<4xf32>
  %r = descent.mul %q, %a : tensor<4xf32>
  descent.return %r : tensor<4xf32>
} vjp {
^bb0(%a: tensor<4xf32>, %r: tensor<4xf32>, %ct: tensor<4xf32>):
  %k = descent.constant dense<3.0> : tensor<4xf32>
  %q = descent.mul %a, %a : tensor<4xf32>
  %t = descent.mul %k, %q : tensor<4xf32>
  %g = descent.mul %t, %ct : tensor<4xf32>
  descent.return %g : tensor<4xf32>
})mlir";
  cases.push_back(
      {"custom", {"tensor<4xf32>"}, "%y = " + cube, "tensor<4xf32>"});
  // Two results of which one is used, an integer operand and result.
  cases.push_back({"custom",
                   {"tensor<3xf32>", "tensor<3xf32>", "tensor<3xi32>"},
                   R"mlir(
%u, %y, %n = descent.custom "pair"(%a0, %a1, %a2) : (tensor<3xf32>, tensor<3xf32>, tensor<3xi32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xi32>) forward {
^bb0(%a: tensor<3xf32>, %b: tensor<3xf32>, %i: tensor<3xi32>):
  %p = descent.mul %a, %b : tensor<3xf32>
  %f = descent.cast %i : tensor<3xi32> to tensor<3xf32>
  %q = descent.mul %p, %f : tensor<3xf32>
  descent.return %p, %q, %i : tensor<3xf32>, tensor<3xf32>, tensor<3xi32>
} vjp {
^bb0(%a: tensor<3xf32>, %b: tensor<3xf32>, %i: tensor<3xi32>, %p: tensor<3xf32>, %q: tensor<3xf32>, %j: tensor<3xi32>, %cp: tensor<3xf32>, %cq: tensor<3xf32>, %cj: tensor<3xi32>):
  %f = descent.cast %i : tensor<3xi32> to tensor<3xf32>
  %m = descent.mul %cq, %f : tensor<3xf32>
  %s = descent.add %cp, %m : tensor<3xf32>
  %ga = descent.mul %s, %b : tensor<3xf32>
  %gb = descent.mul %s, %a : tensor<3xf32>
  descent.return %ga, %gb, %cj : tensor<3xf32>, tensor<3xf32>, tensor<3xi32>
})mlir",
                   "tensor<3xf32>"});
}

/// Recurrent cells as users write them.
static void addCells(Cases &cases) {
  // A plain cell; the weights as captures, the final state unused.
  const std::string plain =
      R"mlir( carry(%a0 : tensor<1x2xf32>) over(%a1 : tensor<3x1x2xf32>) with(%a2, %a3, %a4 : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2xf32>) {
^bb0(%h: tensor<1x2xf32>, %x: tensor<1x2xf32>, %w: tensor<2x2xf32>, %u: tensor<2x2xf32>, %b: tensor<2xf32>):
  %xw = descent.contract %x [0, 2], %w [1, 2] to [0, 1] : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %hu = descent.contract %h [0, 2], %u [1, 2] to [0, 1] : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %bb = descent.broadcast %b [1] : tensor<2xf32> to tensor<1x2xf32>
  %s = descent.add %xw, %hu, %bb : tensor<1x2xf32>
  %n = descent.tanh %s : tensor<1x2xf32>
  descent.return %n, %n : tensor<1x2xf32>, tensor<1x2xf32>
} : tensor<1x2xf32> stack tensor<3x1x2xf32>)mlir";
  for (std::string direction : {"", " reversed"})
    cases.push_back({"scan",
                     {"tensor<1x2xf32>", "tensor<3x1x2xf32>", "tensor<2x2xf32>",
                      "tensor<2x2xf32>", "tensor<2xf32>"},
                     "%f, %y = descent.scan count 3" + direction + plain,
                     "tensor<3x1x2xf32>"});
  // A GRU: the reset gate inside of the recurrent product's factor.
  cases.push_back({"scan",
                   {"tensor<1x2xf32>", "tensor<2x1x6xf32>", "tensor<4x2xf32>",
                    "tensor<2x2xf32>"},
                   R"mlir(
%y = descent.scan count 2 reversed carry(%a0 : tensor<1x2xf32>) over(%a1 : tensor<2x1x6xf32>) with(%a2, %a3 : tensor<4x2xf32>, tensor<2x2xf32>) {
^bb0(%h: tensor<1x2xf32>, %x: tensor<1x6xf32>, %u: tensor<4x2xf32>, %v: tensor<2x2xf32>):
  %hu = descent.contract %h [0, 2], %u [1, 2] to [0, 1] : (tensor<1x2xf32>, tensor<4x2xf32>) -> tensor<1x4xf32>
  %xg = descent.slice %x offsets [0, 0] strides [1, 1] : tensor<1x6xf32> to tensor<1x4xf32>
  %xn = descent.slice %x offsets [0, 4] strides [1, 1] : tensor<1x6xf32> to tensor<1x2xf32>
  %gs = descent.add %xg, %hu : tensor<1x4xf32>
  %g = descent.sigmoid %gs : tensor<1x4xf32>
  %r = descent.slice %g offsets [0, 0] strides [1, 1] : tensor<1x4xf32> to tensor<1x2xf32>
  %z = descent.slice %g offsets [0, 2] strides [1, 1] : tensor<1x4xf32> to tensor<1x2xf32>
  %rh = descent.mul %r, %h : tensor<1x2xf32>
  %nv = descent.contract %rh [0, 2], %v [1, 2] to [0, 1] : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %ns = descent.add %xn, %nv : tensor<1x2xf32>
  %n = descent.tanh %ns : tensor<1x2xf32>
  %d = descent.sub %h, %n : tensor<1x2xf32>
  %zd = descent.mul %z, %d : tensor<1x2xf32>
  %next = descent.add %n, %zd : tensor<1x2xf32>
  descent.return %next : tensor<1x2xf32>
} : tensor<1x2xf32>)mlir",
                   "tensor<1x2xf32>"});
  // An LSTM: two carried values, one product for all gates, an output
  // projection that no carried value depends on.
  cases.push_back({"scan",
                   {"tensor<1x1xf32>", "tensor<1x1xf32>", "tensor<3x1x2xf32>",
                    "tensor<4x2xf32>", "tensor<4x1xf32>", "tensor<2x1xf32>"},
                   R"mlir(
%hf, %cf, %ys = descent.scan count 3 carry(%a0, %a1 : tensor<1x1xf32>, tensor<1x1xf32>) over(%a2 : tensor<3x1x2xf32>) with(%a3, %a4, %a5 : tensor<4x2xf32>, tensor<4x1xf32>, tensor<2x1xf32>) {
^bb0(%h: tensor<1x1xf32>, %c: tensor<1x1xf32>, %x: tensor<1x2xf32>, %w: tensor<4x2xf32>, %u: tensor<4x1xf32>, %v: tensor<2x1xf32>):
  %xw = descent.contract %x [0, 2], %w [1, 2] to [0, 1] : (tensor<1x2xf32>, tensor<4x2xf32>) -> tensor<1x4xf32>
  %hu = descent.contract %h [0, 2], %u [1, 2] to [0, 1] : (tensor<1x1xf32>, tensor<4x1xf32>) -> tensor<1x4xf32>
  %s = descent.add %xw, %hu : tensor<1x4xf32>
  %si = descent.slice %s offsets [0, 0] strides [1, 1] : tensor<1x4xf32> to tensor<1x1xf32>
  %sf = descent.slice %s offsets [0, 1] strides [1, 1] : tensor<1x4xf32> to tensor<1x1xf32>
  %sg = descent.slice %s offsets [0, 2] strides [1, 1] : tensor<1x4xf32> to tensor<1x1xf32>
  %so = descent.slice %s offsets [0, 3] strides [1, 1] : tensor<1x4xf32> to tensor<1x1xf32>
  %i = descent.sigmoid %si : tensor<1x1xf32>
  %f = descent.sigmoid %sf : tensor<1x1xf32>
  %g = descent.tanh %sg : tensor<1x1xf32>
  %o = descent.sigmoid %so : tensor<1x1xf32>
  %fc = descent.mul %f, %c : tensor<1x1xf32>
  %ig = descent.mul %i, %g : tensor<1x1xf32>
  %cn = descent.add %fc, %ig : tensor<1x1xf32>
  %ct = descent.tanh %cn : tensor<1x1xf32>
  %hn = descent.mul %o, %ct : tensor<1x1xf32>
  %out = descent.contract %hn [0, 2], %v [1, 2] to [0, 1] : (tensor<1x1xf32>, tensor<2x1xf32>) -> tensor<1x2xf32>
  %outs = descent.sigmoid %out : tensor<1x2xf32>
  descent.return %hn, %cn, %outs : tensor<1x1xf32>, tensor<1x1xf32>, tensor<1x2xf32>
} : tensor<1x1xf32>, tensor<1x1xf32> stack tensor<3x1x2xf32>
%yr = descent.reduce_sum %ys [0] : tensor<3x1x2xf32> to tensor<1x2xf32>
%y = descent.concat %cf, %yr axis 1 : (tensor<1x1xf32>, tensor<1x2xf32>) -> tensor<1x3xf32>)mlir",
                   "tensor<1x3xf32>"});
}

/// What the derivative of a scan has to tell apart.
static void addShapesOfScans(Cases &cases) {
  // No carried values: a map over the sequence.
  cases.push_back({"scan",
                   {"tensor<3x2xf32>", "tensor<2x2xf32>"},
                   R"mlir(
%y = descent.scan count 3 carry() over(%a0 : tensor<3x2xf32>) with(%a1 : tensor<2x2xf32>) {
^bb0(%x: tensor<2xf32>, %w: tensor<2x2xf32>):
  %p = descent.contract %x [0], %w [1, 0] to [1] : (tensor<2xf32>, tensor<2x2xf32>) -> tensor<2xf32>
  %s = descent.softmax %p axis 0 : tensor<2xf32>
  %q = descent.mul %s, %x : tensor<2xf32>
  descent.return %q : tensor<2xf32>
} stack tensor<3x2xf32>)mlir",
                   "tensor<3x2xf32>"});
  // No sequences: a fixed number of steps of an iteration. A capture that is
  // multiplied, added, reduced and rearranged.
  cases.push_back({"scan",
                   {"tensor<2x2xf32>", "tensor<2x2xf32>"},
                   R"mlir(
%y = descent.scan count 3 carry(%a0 : tensor<2x2xf32>) over() with(%a1 : tensor<2x2xf32>) {
^bb0(%h: tensor<2x2xf32>, %w: tensor<2x2xf32>):
  %p = descent.contract %h [0, 2], %w [1, 2] to [0, 1] : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %t = descent.transpose %w [1, 0] : tensor<2x2xf32> to tensor<2x2xf32>
  %m = descent.mul %p, %t : tensor<2x2xf32>
  %r = descent.reduce_sum %w [0] : tensor<2x2xf32> to tensor<2xf32>
  %b = descent.broadcast %r [0] : tensor<2xf32> to tensor<2x2xf32>
  %v = descent.contract %w [0, 1], %w [2, 1] to [0, 2] : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %s = descent.add %m, %b, %w, %v : tensor<2x2xf32>
  %n = descent.tanh %s : tensor<2x2xf32>
  descent.return %n : tensor<2x2xf32>
} : tensor<2x2xf32>)mlir",
                   "tensor<2x2xf32>"});
  // Carried values that change places, one that stays, one nobody needs, a
  // counter; the same sequence twice; one iteration's slice stacked as it is.
  cases.push_back({"scan",
                   {"tensor<2xf32>", "tensor<2xf32>", "tensor<3x2xf32>"},
                   R"mlir(
%zero = descent.constant dense<0> : tensor<i32>
%f:5, %s:2 = descent.scan count 3 carry(%a0, %a1, %a0, %a1, %zero : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<i32>) over(%a2, %a2 : tensor<3x2xf32>, tensor<3x2xf32>) with() {
^bb0(%a: tensor<2xf32>, %b: tensor<2xf32>, %k: tensor<2xf32>, %l: tensor<2xf32>, %i: tensor<i32>, %x: tensor<2xf32>, %z: tensor<2xf32>):
  %m = descent.mul %a, %x : tensor<2xf32>
  %n = descent.mul %m, %k : tensor<2xf32>
  %ib = descent.broadcast %i [] : tensor<i32> to tensor<2xi32>
  %if = descent.cast %ib : tensor<2xi32> to tensor<2xf32>
  %p = descent.mul %n, %if : tensor<2xf32>
  %q = descent.add %p, %z : tensor<2xf32>
  %e = descent.exp %l : tensor<2xf32>
  %one = descent.constant dense<1> : tensor<i32>
  %j = descent.add %i, %one : tensor<i32>
  descent.return %b, %q, %k, %e, %j, %x, %b : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<i32>, tensor<2xf32>, tensor<2xf32>
} : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<i32> stack tensor<3x2xf32>, tensor<3x2xf32>
%t = descent.mul %s#0, %s#1 : tensor<3x2xf32>
%r = descent.reduce_sum %t [0] : tensor<3x2xf32> to tensor<2xf32>
%y = descent.add %f#0, %f#1, %r, %f#2 : tensor<2xf32>)mlir",
                   "tensor<2xf32>"});
  // One iteration.
  cases.push_back({"scan",
                   {"tensor<2xf32>", "tensor<1x2xf32>"},
                   R"mlir(
%y, %s = descent.scan count 1 carry(%a0 : tensor<2xf32>) over(%a1 : tensor<1x2xf32>) with() {
^bb0(%h: tensor<2xf32>, %x: tensor<2xf32>):
  %m = descent.mul %h, %x : tensor<2xf32>
  %n = descent.sin %m : tensor<2xf32>
  descent.return %n, %m : tensor<2xf32>, tensor<2xf32>
} : tensor<2xf32> stack tensor<1x2xf32>)mlir",
                   "tensor<2xf32>"});
  // A scan in a scan: its residuals are residuals of the outer one.
  cases.push_back({"scan",
                   {"tensor<2xf32>", "tensor<2x2xf32>", "tensor<2x2x2xf32>"},
                   R"mlir(
%f, %y = descent.scan count 2 carry(%a0 : tensor<2xf32>) over(%a2 : tensor<2x2x2xf32>) with(%a1 : tensor<2x2xf32>) {
^bb0(%h: tensor<2xf32>, %xs: tensor<2x2xf32>, %w: tensor<2x2xf32>):
  %g, %gs = descent.scan count 2 reversed carry(%h : tensor<2xf32>) over(%xs : tensor<2x2xf32>) with(%w : tensor<2x2xf32>) {
  ^bb0(%i: tensor<2xf32>, %x: tensor<2xf32>, %u: tensor<2x2xf32>):
    %p = descent.contract %i [0], %u [1, 0] to [1] : (tensor<2xf32>, tensor<2x2xf32>) -> tensor<2xf32>
    %q = descent.mul %p, %x : tensor<2xf32>
    %n = descent.tanh %q : tensor<2xf32>
    descent.return %n, %q : tensor<2xf32>, tensor<2xf32>
  } : tensor<2xf32> stack tensor<2x2xf32>
  descent.return %g, %gs : tensor<2xf32>, tensor<2x2xf32>
} : tensor<2xf32> stack tensor<2x2x2xf32>)mlir",
                   "tensor<2x2x2xf32>"});
  // Stopped gradients and a custom function in a body.
  cases.push_back({"scan",
                   {"tensor<2xf32>", "tensor<3x2xf32>"},
                   R"mlir(
%f, %y = descent.scan count 3 carry(%a0 : tensor<2xf32>) over(%a1 : tensor<3x2xf32>) with() {
^bb0(%h: tensor<2xf32>, %x: tensor<2xf32>):
  %s = descent.stop_gradient %h : tensor<2xf32>
  %m = descent.mul %s, %x : tensor<2xf32>
  %r = descent.custom "square"(%m) : (tensor<2xf32>) -> tensor<2xf32> forward {
  ^bb0(%a: tensor<2xf32>):
    %q = descent.mul %a, %a : tensor<2xf32>
    descent.return %q : tensor<2xf32>
  } vjp {
  ^bb0(%a: tensor<2xf32>, %q: tensor<2xf32>, %ct: tensor<2xf32>):
    %k = descent.add %ct, %ct : tensor<2xf32>
    %g = descent.mul %k, %a : tensor<2xf32>
    descent.return %g : tensor<2xf32>
  }
  %n = descent.sigmoid %r : tensor<2xf32>
  %o = descent.mul %n, %h : tensor<2xf32>
  descent.return %o, %n : tensor<2xf32>, tensor<2xf32>
} : tensor<2xf32> stack tensor<3x2xf32>)mlir",
                   "tensor<3x2xf32>"});
}

void addControlFlow(Cases &cases) {
  addCustoms(cases);
  addCells(cases);
  addShapesOfScans(cases);
}
