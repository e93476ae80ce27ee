// The interpreter against numbers worked out by hand, for what its other tests only compare with itself.
// RUN: descent-interpret %s --entry elementwise | FileCheck %s --check-prefix=ELEMENTWISE
// RUN: descent-interpret %s --entry integers | FileCheck %s --check-prefix=INTEGERS
// RUN: descent-interpret %s --entry nan | FileCheck %s --check-prefix=NAN
// RUN: descent-interpret %s --entry views | FileCheck %s --check-prefix=VIEWS
// RUN: descent-interpret %s --entry reductions | FileCheck %s --check-prefix=REDUCTIONS
// RUN: descent-interpret %s --entry composites --digits 10 | FileCheck %s --check-prefix=COMPOSITES
// RUN: descent-interpret %s --entry control --first-step 9 --seed 5 --valid 3 --lr-scale 0.5 | FileCheck %s --check-prefix=CONTROL
// RUN: descent-interpret %s --entry arenas | FileCheck %s --check-prefix=ARENAS
// RUN: descent-interpret %s --entry kernel | FileCheck %s --check-prefix=KERNEL
// RUN: descent-interpret %s --entry counting --steps 3 --print count --print before | FileCheck %s --check-prefix=COUNT

descent.state @count : tensor<f32> metric <constant, 10.0 : f32, 0.0 : f32>

// ELEMENTWISE: abs: tensor<3xf32> = [2, 0, 3]
// ELEMENTWISE-NEXT: add: tensor<3xf32> = [-6, 0, 9]
// ELEMENTWISE-NEXT: compare: tensor<3xi1> = [false, true, true]
// ELEMENTWISE-NEXT: div: tensor<3xf32> = [-1, nan, 1]
// ELEMENTWISE-NEXT: leaky_relu: tensor<3xf32> = [-0.5, 0, 3]
// ELEMENTWISE-NEXT: log: tensor<3xf32> = [nan, -inf, 1.09861]
// ELEMENTWISE-NEXT: sigmoid: tensor<3xf32> = [0.119203, 0.5, 0.952574]
// ELEMENTWISE-NEXT: sqrt: tensor<3xf32> = [nan, 0, 1.73205]
// ELEMENTWISE-NEXT: tanh: tensor<3xf32> = [-0.964028, 0, 0.995055]
descent.entry @elementwise {
  %x = descent.constant dense<[-2.0, 0.0, 3.0]> : tensor<3xf32>
  %abs = descent.abs %x : tensor<3xf32>
  descent.output "abs", %abs : tensor<3xf32>
  %add = descent.add %x, %x, %x : tensor<3xf32>
  descent.output "add", %add : tensor<3xf32>
  %compare = descent.compare ge %x, %abs : tensor<3xf32>
  descent.output "compare", %compare : tensor<3xi1>
  %div = descent.div %x, %abs : tensor<3xf32>
  descent.output "div", %div : tensor<3xf32>
  %leaky = descent.leaky_relu %x, 0.25 : tensor<3xf32>
  descent.output "leaky_relu", %leaky : tensor<3xf32>
  %log = descent.log %x : tensor<3xf32>
  descent.output "log", %log : tensor<3xf32>
  %sigmoid = descent.sigmoid %x : tensor<3xf32>
  descent.output "sigmoid", %sigmoid : tensor<3xf32>
  %sqrt = descent.sqrt %x : tensor<3xf32>
  descent.output "sqrt", %sqrt : tensor<3xf32>
  %tanh = descent.tanh %x : tensor<3xf32>
  descent.output "tanh", %tanh : tensor<3xf32>
}

// i32 wraps; conversions round towards zero and keep to the range.
// INTEGERS: add: tensor<3xi32> = [-2147483648, 0, 4]
// INTEGERS-NEXT: and: tensor<3xi32> = [1, 1, 2]
// INTEGERS-NEXT: cast: tensor<4xi32> = [-2, 2, 2147483647, -2147483648]
// INTEGERS-NEXT: mul: tensor<3xi32> = [1, 1, 4]
// The first word for key 0, counter 0 of Random123's known answers is 0x6627e8d5.
// INTEGERS-NEXT: philox: tensor<i32> = 1713891541
// INTEGERS-NEXT: sub: tensor<3xi32> = [-2147483648, 2, 0]
descent.entry @integers {
  %x = descent.constant dense<[2147483647, -1, 2]> : tensor<3xi32>
  %y = descent.constant dense<[1, 1, 2]> : tensor<3xi32>
  %low = descent.constant dense<[-2147483648, 1, 2]> : tensor<3xi32>
  %none = descent.constant dense<[0, -1, 2]> : tensor<3xi32>
  %add = descent.add %x, %y : tensor<3xi32>
  descent.output "add", %add : tensor<3xi32>
  %and = descent.and %x, %y : tensor<3xi32>
  descent.output "and", %and : tensor<3xi32>
  %f = descent.constant dense<[-2.75, 2.75, 3.0e9, -3.0e9]> : tensor<4xf32>
  %cast = descent.cast %f : tensor<4xf32> to tensor<4xi32>
  descent.output "cast", %cast : tensor<4xi32>
  %mul = descent.mul %x, %x : tensor<3xi32>
  descent.output "mul", %mul : tensor<3xi32>
  %sub = descent.sub %low, %none : tensor<3xi32>
  descent.output "sub", %sub : tensor<3xi32>
  %zero = descent.constant dense<0> : tensor<i32>
  %philox = descent.philox %zero, %zero, %zero, %zero stream 0 : tensor<i32>
  descent.output "philox", %philox : tensor<i32>
}

// NaN propagates through extrema, is unequal to itself and counts as the largest.
// NAN: eq: tensor<3xi1> = [true, false, true]
// NAN-NEXT: finite: tensor<3xi1> = [true, false, false]
// NAN-NEXT: index: tensor<i32> = 1
// NAN-NEXT: max: tensor<f32> = nan
// NAN-NEXT: maximum: tensor<3xf32> = [2, nan, inf]
// NAN-NEXT: minimum: tensor<3xf32> = [1, nan, 2]
// NAN-NEXT: ne: tensor<3xi1> = [false, true, false]
descent.entry @nan {
  %x = descent.constant dense<[1.0, 0x7FC00000, 0x7F800000]> : tensor<3xf32>
  %two = descent.constant dense<2.0> : tensor<3xf32>
  %eq = descent.compare eq %x, %x : tensor<3xf32>
  descent.output "eq", %eq : tensor<3xi1>
  %ne = descent.compare ne %x, %x : tensor<3xf32>
  descent.output "ne", %ne : tensor<3xi1>
  %finite = descent.is_finite %x : tensor<3xf32>
  descent.output "finite", %finite : tensor<3xi1>
  %maximum = descent.maximum %two, %x : tensor<3xf32>
  descent.output "maximum", %maximum : tensor<3xf32>
  %minimum = descent.minimum %x, %two : tensor<3xf32>
  descent.output "minimum", %minimum : tensor<3xf32>
  %max, %index = descent.max_with_index %x [0] : tensor<3xf32> to tensor<f32>, tensor<i32>
  descent.output "max", %max : tensor<f32>
  descent.output "index", %index : tensor<i32>
}

// VIEWS: broadcast: tensor<2x2x3xi32> = {{\[\[\[}}0, 1, 2], [0, 1, 2]], {{\[\[}}3, 4, 5], [3, 4, 5]]]
// VIEWS-NEXT: concat: tensor<2x5xi32> = {{\[\[}}0, 1, 2, 0, 2], [3, 4, 5, 3, 5]]
// VIEWS-NEXT: iota: tensor<2x3xi32> = {{\[\[}}0, 0, 0], [1, 1, 1]]
// VIEWS-NEXT: pad: tensor<3x4xi32> = {{\[\[}}0, 0, 1, 2], [0, 3, 4, 5], [0, 0, 0, 0]]
// VIEWS-NEXT: reshape: tensor<3x2xi32> = {{\[\[}}0, 1], [2, 3], [4, 5]]
// VIEWS-NEXT: slice: tensor<2x2xi32> = {{\[\[}}0, 2], [3, 5]]
// VIEWS-NEXT: transpose: tensor<3x2xi32> = {{\[\[}}0, 3], [1, 4], [2, 5]]
// Windows of 2 elements, 2 apart, every 1: positions 0 to 2 of 5.
// VIEWS-NEXT: unwindow: tensor<5x2xi32> = {{\[\[}}0, 0], [10, 0], [20, 0], [0, 12], [0, 22]]
// VIEWS-NEXT: window: tensor<3x2xi32> = {{\[\[}}0, 2], [1, 3], [2, 4]]
descent.entry @views {
  %x = descent.iota : tensor<2x3xi32>
  %broadcast = descent.broadcast %x [0, 2] : tensor<2x3xi32> to tensor<2x2x3xi32>
  descent.output "broadcast", %broadcast : tensor<2x2x3xi32>
  %slice = descent.slice %x offsets [0, 0] strides [1, 2] : tensor<2x3xi32> to tensor<2x2xi32>
  descent.output "slice", %slice : tensor<2x2xi32>
  %concat = descent.concat %x, %slice axis 1 : (tensor<2x3xi32>, tensor<2x2xi32>) -> tensor<2x5xi32>
  descent.output "concat", %concat : tensor<2x5xi32>
  %iota = descent.iota dim 0 : tensor<2x3xi32>
  descent.output "iota", %iota : tensor<2x3xi32>
  %pad = descent.pad %x low [0, 1] high [1, 0] zero : tensor<2x3xi32> to tensor<3x4xi32>
  descent.output "pad", %pad : tensor<3x4xi32>
  %reshape = descent.reshape %x : tensor<2x3xi32> to tensor<3x2xi32>
  descent.output "reshape", %reshape : tensor<3x2xi32>
  %transpose = descent.transpose %x [1, 0] : tensor<2x3xi32> to tensor<3x2xi32>
  descent.output "transpose", %transpose : tensor<3x2xi32>
  %five = descent.iota : tensor<5xi32>
  %wide = descent.broadcast %five [0] : tensor<5xi32> to tensor<5x2xi32>
  %window = descent.window %wide [0] strides [1] dilations [2] : tensor<5x2xi32> to tensor<3x2xi32>
  descent.output "window", %window : tensor<3x2xi32>
  %first = descent.constant dense<[[0, 0], [10, 12], [20, 22]]> : tensor<3x2xi32>
  %unwindow = descent.unwindow %first [0] strides [1] dilations [2] : tensor<3x2xi32> to tensor<5x2xi32>
  descent.output "unwindow", %unwindow : tensor<5x2xi32>
}

// REDUCTIONS: batched: tensor<2x1xf32> = {{\[\[}}5], [50]]
// REDUCTIONS-NEXT: index: tensor<2xi32> = [1, 0]
// REDUCTIONS-NEXT: max: tensor<2xf32> = [4, 6]
// REDUCTIONS-NEXT: outer: tensor<2x3xf32> = {{\[\[}}6, 18, 3], [30, 90, 15]]
// REDUCTIONS-NEXT: product: tensor<2x2xf32> = {{\[\[}}18, 26], [21, 45]]
// REDUCTIONS-NEXT: reduce_max: tensor<f32> = 6
// REDUCTIONS-NEXT: sum: tensor<3xf32> = [7, 7, 4]
descent.entry @reductions {
  %x = descent.constant dense<[[1.0, 4.0, 1.0], [6.0, 3.0, 3.0]]> : tensor<2x3xf32>
  %sum = descent.reduce_sum %x [0] : tensor<2x3xf32> to tensor<3xf32>
  descent.output "sum", %sum : tensor<3xf32>
  %max, %index = descent.max_with_index %x [1] : tensor<2x3xf32> to tensor<2xf32>, tensor<2xi32>
  descent.output "max", %max : tensor<2xf32>
  descent.output "index", %index : tensor<2xi32>
  %all = descent.reduce_max %x [0, 1] : tensor<2x3xf32> to tensor<f32>
  descent.output "reduce_max", %all : tensor<f32>
  // x y^T.
  %y = descent.constant dense<[[1.0, 4.0, 1.0], [4.0, 5.0, 2.0]]> : tensor<2x3xf32>
  %product = descent.contract %y [1, 2], %x [0, 2] to [0, 1] : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>
  descent.output "product", %product : tensor<2x2xf32>
  %a = descent.constant dense<[1.0, 5.0]> : tensor<2xf32>
  %b = descent.constant dense<[6.0, 18.0, 3.0]> : tensor<3xf32>
  %outer = descent.contract %a [0], %b [1] to [0, 1] : (tensor<2xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  descent.output "outer", %outer : tensor<2x3xf32>
  %m = descent.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %n = descent.constant dense<[[[1.0, 2.0]], [[6.0, 8.0]]]> : tensor<2x1x2xf32>
  %batched = descent.contract %m [0, 2], %n [0, 1, 2] to [0, 1] : (tensor<2x2xf32>, tensor<2x1x2xf32>) -> tensor<2x1xf32>
  descent.output "batched", %batched : tensor<2x1xf32>
}

// softmax [0, ln 3] = [1/4, 3/4]; log(e^0 + e^ln 3) - ln 3 = ln 4/3.
// COMPOSITES: cross_entropy: tensor<2xf32> = [0.2876820{{.*}}, 1.386294{{.*}}]
// COMPOSITES-NEXT: softmax: tensor<2x2xf32> = {{\[\[}}0.2499999{{.*}}, 0.7500000{{.*}}], [0.2499999{{.*}}, 0.7500000{{.*}}]]
descent.entry @composites {
  %l = descent.constant dense<[[0.0, 1.09861228], [0.0, 1.09861228]]> : tensor<2x2xf32>
  %label = descent.constant dense<[1, 0]> : tensor<2xi32>
  %softmax = descent.softmax %l axis 1 : tensor<2x2xf32>
  descent.output "softmax", %softmax : tensor<2x2xf32>
  %entropy = descent.softmax_cross_entropy %l, %label : (tensor<2x2xf32>, tensor<2xi32>) -> tensor<2xf32>
  descent.output "cross_entropy", %entropy : tensor<2xf32>
}

// CONTROL: lr_scale: tensor<f32> = 0.5
// CONTROL-NEXT: seed_hi: tensor<i32> = 0
// CONTROL-NEXT: seed_lo: tensor<i32> = 5
// CONTROL-NEXT: step: tensor<i32> = 9
// CONTROL-NEXT: valid: tensor<i32> = 3
descent.entry @control {
  %a = descent.control step : tensor<i32>
  descent.output "step", %a : tensor<i32>
  %b = descent.control seed_lo : tensor<i32>
  descent.output "seed_lo", %b : tensor<i32>
  %c = descent.control seed_hi : tensor<i32>
  descent.output "seed_hi", %c : tensor<i32>
  %d = descent.control valid : tensor<i32>
  descent.output "valid", %d : tensor<i32>
  %e = descent.control lr_scale : tensor<f32>
  descent.output "lr_scale", %e : tensor<f32>
}

// The second piece starts at element 64; there are zeros between.
// ARENAS: between: tensor<2xf32> = [2, 0]
// ARENAS-NEXT: piece: tensor<3xf32> = [3, 4, 5]
// ARENAS-NEXT: second: tensor<4xf32> = [3, 4, 5, 0]
descent.entry @arenas {
  %a = descent.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = descent.constant dense<[3.0, 4.0, 5.0]> : tensor<3xf32>
  %p = descent.pack %a, %b : (tensor<2xf32>, tensor<3xf32>) -> tensor<128xf32>
  %between = descent.slice %p offsets [1] strides [1] : tensor<128xf32> to tensor<2xf32>
  descent.output "between", %between : tensor<2xf32>
  %second = descent.slice %p offsets [64] strides [1] : tensor<128xf32> to tensor<4xf32>
  descent.output "second", %second : tensor<4xf32>
  %pieces:2 = descent.unpack %p : (tensor<128xf32>) -> (tensor<2xf32>, tensor<3xf32>)
  descent.output "piece", %pieces#1 : tensor<3xf32>
}

// Two reductions over the same row, a guard, an index; the result in another shape.
// KERNEL: best: tensor<2xi32> = [2, 0]
// KERNEL-NEXT: y: tensor<1x2xf32> = {{\[\[}}16, 110]]
descent.entry @kernel {
  %x = descent.constant dense<[[1.0, 2.0, 3.0], [6.0, 5.0, 4.0]]> : tensor<2x3xf32>
  %b = descent.constant dense<[7.0]> : tensor<1xf32>
  %y, %best = descent.kernel [2] reduce [3] by [#descent.combiner<sum>, #descent.combiner<max_index>]
      map(%x : tensor<2x3xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
        ^bb0(%a: f32):
          descent.yield %a, %a : f32, f32
      } finish(%b : tensor<1xf32>) [#descent.access<(d0) -> (0) if [d0 - 1] else 3.0 : f32>] {
        ^bb0(%sum: f32, %max: f32, %index: i32, %bias: f32):
          %s = descent.add %sum, %max : f32
          %d = descent.index affine_map<(d0) -> (d0 * 10 + 4)>
          %f = descent.cast %d : i32 to f32
          %e = descent.add %s, %f, %bias : f32
          %second = descent.in_bounds affine_set<(d0) : (d0 - 1 == 0)>
          %n = descent.constant 68.0 : f32
          %t = descent.add %e, %n : f32
          %r = descent.select %second, %t, %e : f32
          descent.yield %r, %index : f32, i32
      } : tensor<1x2xf32>, tensor<2xi32>
  descent.output "y", %y : tensor<1x2xf32>
  descent.output "best", %best : tensor<2xi32>
}

// A write is seen by the next run only.
// COUNT: count: tensor<f32> = 13
// COUNT-NEXT: before: tensor<f32> = 12
descent.entry @counting {
  %one = descent.constant dense<1.0> : tensor<f32>
  %c = descent.read @count : tensor<f32>
  %d = descent.add %c, %one : tensor<f32>
  descent.write @count, %d : tensor<f32>
  %same = descent.read @count : tensor<f32>
  descent.output "before", %same : tensor<f32>
}
