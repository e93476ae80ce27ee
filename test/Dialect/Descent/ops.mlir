// Every operation of the dialect: printed, parsed and printed again it stays the same, in its own syntax and in the generic one, and means the same.
// RUN: descent-opt %s | FileCheck %s
// RUN: descent-opt %s > %t.once.mlir
// RUN: descent-opt %t.once.mlir --mlir-print-op-generic > %t.generic.mlir
// RUN: descent-opt %t.generic.mlir > %t.twice.mlir
// RUN: diff %t.once.mlir %t.twice.mlir
// RUN: descent-opt %s --emit-bytecode | descent-opt > %t.bytecode.mlir
// RUN: diff %t.once.mlir %t.bytecode.mlir
// No operation is missing here.
// RUN: %python %S/Inputs/covers_all_ops.py %s

// CHECK: #[[$MAP:.*]] = affine_map<(d0, d1) -> (d0 * 2 + d1)>
// CHECK: #[[$SET:.*]] = affine_set<(d0, d1) : (d0 - d1 >= 0)>
// CHECK: descent.input @x : tensor<2x3xf32> batch_axis 0
descent.input @x : tensor<2x3xf32> batch_axis 0
// CHECK: descent.input @i : tensor<2x3xi32> range [0, 10]
descent.input @i : tensor<2x3xi32> range [0, 10]
// CHECK: descent.input @label : tensor<2xi32> batch_axis 0 range [0, 3]
descent.input @label : tensor<2xi32> batch_axis 0 range [0, 3]
// CHECK: descent.state @w : tensor<2x3xf32> parameter <uniform, -1.000000e+00 : f32, 1.000000e+00 : f32>
descent.state @w : tensor<2x3xf32> parameter <uniform, -1.0 : f32, 1.0 : f32>
// CHECK: descent.state @layer.1.bias : tensor<3xf32> buffer <normal, 0.000000e+00 : f32, 1.000000e+00 : f32>
descent.state @"layer.1.bias" : tensor<3xf32> buffer <normal, 0.0 : f32, 1.0 : f32>
// CHECK: descent.state @m : tensor<2x3xf32> optimizer <constant, 0.000000e+00 : f64, 0.000000e+00 : f64>
descent.state @m : tensor<2x3xf32> optimizer <constant, 0.0 : f64, 0.0 : f64>
// CHECK: descent.state @count : tensor<f32> metric
descent.state @count : tensor<f32> metric <constant, 0.0 : f32, 0.0 : f32>
// CHECK: descent.state @status.diverged : tensor<i32> status
descent.state @"status.diverged" : tensor<i32> status <constant, 0.0 : f32, 0.0 : f32>

// CHECK-LABEL: descent.entry @elementwise
descent.entry @elementwise {
  // CHECK: %[[X:.*]] = descent.read @x : tensor<2x3xf32>
  %x = descent.read @x : tensor<2x3xf32>
  // CHECK: %[[I:.*]] = descent.read @i : tensor<2x3xi32>
  %i = descent.read @i : tensor<2x3xi32>
  // CHECK: descent.neg %[[X]] : tensor<2x3xf32>
  %neg = descent.neg %x : tensor<2x3xf32>
  // CHECK: descent.abs %{{.*}} : tensor<2x3xf32>
  %abs = descent.abs %x : tensor<2x3xf32>
  // CHECK: descent.exp %{{.*}} : tensor<2x3xf32>
  %exp = descent.exp %x : tensor<2x3xf32>
  // CHECK: descent.log %{{.*}} : tensor<2x3xf32>
  %log = descent.log %abs : tensor<2x3xf32>
  // CHECK: descent.sqrt %{{.*}} : tensor<2x3xf32>
  %sqrt = descent.sqrt %abs : tensor<2x3xf32>
  // CHECK: descent.sin %{{.*}} : tensor<2x3xf32>
  %sin = descent.sin %x : tensor<2x3xf32>
  // CHECK: descent.cos %{{.*}} : tensor<2x3xf32>
  %cos = descent.cos %x : tensor<2x3xf32>
  // CHECK: descent.tanh %{{.*}} : tensor<2x3xf32>
  %tanh = descent.tanh %x : tensor<2x3xf32>
  // CHECK: descent.sigmoid %{{.*}} : tensor<2x3xf32>
  %sigmoid = descent.sigmoid %x : tensor<2x3xf32>
  // CHECK: descent.expm1 %{{.*}} : tensor<2x3xf32>
  %expm1 = descent.expm1 %x : tensor<2x3xf32>
  // CHECK: descent.log1p %{{.*}} : tensor<2x3xf32>
  %log1p = descent.log1p %abs : tensor<2x3xf32>
  // CHECK: descent.atan %{{.*}} : tensor<2x3xf32>
  %atan = descent.atan %x : tensor<2x3xf32>
  // CHECK: descent.erf %{{.*}} : tensor<2x3xf32>
  %erf = descent.erf %x : tensor<2x3xf32>
  // CHECK: descent.floor %{{.*}} : tensor<2x3xf32>
  %floor = descent.floor %x : tensor<2x3xf32>
  // CHECK: descent.ceil %{{.*}} : tensor<2x3xf32>
  %ceil = descent.ceil %x : tensor<2x3xf32>
  // CHECK: descent.round %{{.*}} : tensor<2x3xf32>
  %round = descent.round %x : tensor<2x3xf32>
  // CHECK: descent.rem %{{.*}}, %[[X]] : tensor<2x3xf32>
  %rem = descent.rem %abs, %x : tensor<2x3xf32>
  // CHECK: descent.pow %{{.*}}, %[[X]] : tensor<2x3xf32>
  %pow = descent.pow %abs, %x : tensor<2x3xf32>
  // CHECK: descent.or %[[I]], %[[I]] : tensor<2x3xi32>
  %or = descent.or %i, %i : tensor<2x3xi32>
  // CHECK: descent.xor %[[I]], %[[I]] : tensor<2x3xi32>
  %xor = descent.xor %i, %i : tensor<2x3xi32>
  // CHECK: descent.shl %[[I]], %[[I]] : tensor<2x3xi32>
  %shl = descent.shl %i, %i : tensor<2x3xi32>
  // CHECK: descent.shr %[[I]], %[[I]] : tensor<2x3xi32>
  %shr = descent.shr %i, %i : tensor<2x3xi32>
  // CHECK: descent.leaky_relu %{{.*}}, 2.500000e-01 : tensor<2x3xf32>
  %leaky_relu = descent.leaky_relu %x, 0.25 : tensor<2x3xf32>
  // CHECK: descent.add %[[X]], %{{.*}}, %[[X]] : tensor<2x3xf32>
  %add = descent.add %x, %neg, %x : tensor<2x3xf32>
  // CHECK: descent.add %[[I]], %[[I]] : tensor<2x3xi32>
  %add_i = descent.add %i, %i : tensor<2x3xi32>
  // CHECK: descent.sub %[[X]], %{{.*}} : tensor<2x3xf32>
  %sub = descent.sub %x, %abs : tensor<2x3xf32>
  // CHECK: descent.mul %[[X]], %{{.*}} : tensor<2x3xf32>
  %mul = descent.mul %x, %abs : tensor<2x3xf32>
  // CHECK: descent.div %[[X]], %{{.*}} : tensor<2x3xf32>
  %div = descent.div %x, %abs : tensor<2x3xf32>
  // CHECK: descent.maximum %[[X]], %{{.*}} : tensor<2x3xf32>
  %maximum = descent.maximum %x, %abs : tensor<2x3xf32>
  // CHECK: descent.minimum %[[X]], %{{.*}} : tensor<2x3xf32>
  %minimum = descent.minimum %x, %abs : tensor<2x3xf32>
  // CHECK: %[[C:.*]] = descent.compare lt %[[X]], %{{.*}} : tensor<2x3xf32>
  %compare = descent.compare lt %x, %abs : tensor<2x3xf32>
  // CHECK: %[[F:.*]] = descent.is_finite %[[X]] : tensor<2x3xf32>
  %is_finite = descent.is_finite %x : tensor<2x3xf32>
  // CHECK: descent.and %[[C]], %[[F]] : tensor<2x3xi1>
  %and = descent.and %compare, %is_finite : tensor<2x3xi1>
  // CHECK: descent.select %[[C]], %[[X]], %{{.*}} : tensor<2x3xf32>
  %select = descent.select %compare, %x, %abs : tensor<2x3xf32>
  // CHECK: descent.cast %[[C]] : tensor<2x3xi1> to tensor<2x3xi32>
  %cast = descent.cast %compare : tensor<2x3xi1> to tensor<2x3xi32>
  // CHECK: descent.philox %[[I]], %[[I]], %[[I]], %[[I]] stream 7 : tensor<2x3xi32>
  %philox = descent.philox %i, %i, %i, %i stream 7 : tensor<2x3xi32>
}

// CHECK-LABEL: descent.entry @views
descent.entry @views {
  %x = descent.read @x : tensor<2x3xf32>
  // CHECK: descent.reshape %{{.*}} : tensor<2x3xf32> to tensor<6x1xf32>
  %reshape = descent.reshape %x : tensor<2x3xf32> to tensor<6x1xf32>
  // CHECK: descent.reverse %{{.*}} [0, 1] : tensor<2x3xf32>
  %reverse = descent.reverse %x [0, 1] : tensor<2x3xf32>
  // CHECK: descent.transpose %{{.*}} [1, 0] : tensor<2x3xf32> to tensor<3x2xf32>
  %transpose = descent.transpose %x [1, 0] : tensor<2x3xf32> to tensor<3x2xf32>
  // CHECK: descent.broadcast %{{.*}} [0, 2] : tensor<2x3xf32> to tensor<2x4x3xf32>
  %broadcast = descent.broadcast %x [0, 2] : tensor<2x3xf32> to tensor<2x4x3xf32>
  // CHECK: descent.slice %{{.*}} offsets [1, 0] strides [1, 2] : tensor<2x3xf32> to tensor<1x2xf32>
  %slice = descent.slice %x offsets [1, 0] strides [1, 2] : tensor<2x3xf32> to tensor<1x2xf32>
  // CHECK: descent.pad %{{.*}} low [0, 1] high [2, 0] zero : tensor<2x3xf32> to tensor<4x4xf32>
  %pad = descent.pad %x low [0, 1] high [2, 0] zero : tensor<2x3xf32> to tensor<4x4xf32>
  // CHECK: descent.pad %{{.*}} low [0, 1] high [0, 0] lowest : tensor<2x3xf32> to tensor<2x4xf32>
  %lowest = descent.pad %x low [0, 1] high [0, 0] lowest : tensor<2x3xf32> to tensor<2x4xf32>
  // CHECK: %[[W:.*]] = descent.window %{{.*}} [1] strides [1] dilations [1] : tensor<2x4x3xf32> to tensor<2x2x3xf32>
  %window = descent.window %broadcast [1] strides [1] dilations [1] : tensor<2x4x3xf32> to tensor<2x2x3xf32>
  // CHECK: descent.unwindow %[[W]] [1] strides [1] dilations [1] : tensor<2x2x3xf32> to tensor<2x4x3xf32>
  %unwindow = descent.unwindow %window [1] strides [1] dilations [1] : tensor<2x2x3xf32> to tensor<2x4x3xf32>
  // CHECK: descent.concat %{{.*}}, %{{.*}} axis 1 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
  %concat = descent.concat %x, %lowest axis 1 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
}

// CHECK-LABEL: descent.entry @reductions
descent.entry @reductions {
  %x = descent.read @x : tensor<2x3xf32>
  %label = descent.read @label : tensor<2xi32>
  // CHECK: descent.reduce_sum %{{.*}} [0, 1] : tensor<2x3xf32> to tensor<f32>
  %reduce_sum = descent.reduce_sum %x [0, 1] : tensor<2x3xf32> to tensor<f32>
  // CHECK: descent.reduce_max %{{.*}} [1] : tensor<2x3xf32> to tensor<2xf32>
  %reduce_max = descent.reduce_max %x [1] : tensor<2x3xf32> to tensor<2xf32>
  // CHECK: descent.reduce_prod %{{.*}} [0] : tensor<2x3xf32> to tensor<3xf32>
  %reduce_prod = descent.reduce_prod %x [0] : tensor<2x3xf32> to tensor<3xf32>
  // CHECK: %[[N:.*]] = descent.read @i
  %n = descent.read @i : tensor<2x3xi32>
  // CHECK: descent.reduce_sum %[[N]] [1] : tensor<2x3xi32> to tensor<2xi32>
  %sum_of_integers = descent.reduce_sum %n [1] : tensor<2x3xi32> to tensor<2xi32>
  // CHECK: descent.gather %{{.*}} at %[[N]] axis 1 : (tensor<2x3xf32>, tensor<2x3xi32>) -> tensor<2x3xf32>
  %gather = descent.gather %x at %n axis 1 : (tensor<2x3xf32>, tensor<2x3xi32>) -> tensor<2x3xf32>
  // CHECK: descent.scatter_add %{{.*}} at %[[N]] axis 1 extent 7 : (tensor<2x3xf32>, tensor<2x3xi32>) -> tensor<2x7xf32>
  %scatter_add = descent.scatter_add %x at %n axis 1 extent 7 : (tensor<2x3xf32>, tensor<2x3xi32>) -> tensor<2x7xf32>
  // CHECK: descent.max_with_index %{{.*}} [0] : tensor<2x3xf32> to tensor<3xf32>, tensor<3xi32>
  %values, %indices = descent.max_with_index %x [0] : tensor<2x3xf32> to tensor<3xf32>, tensor<3xi32>
  // CHECK: descent.contract %[[Y:.*]] [0, 2], %[[Y]] [1, 2] to [0, 1] : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>
  %contract = descent.contract %x [0, 2], %x [1, 2] to [0, 1] : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>
  // CHECK: descent.softmax %{{.*}} axis 1 : tensor<2x3xf32>
  %softmax = descent.softmax %x axis 1 : tensor<2x3xf32>
  // CHECK: descent.softmax_cross_entropy %{{.*}}, %{{.*}} : (tensor<2x3xf32>, tensor<2xi32>) -> tensor<2xf32>
  %loss = descent.softmax_cross_entropy %x, %label : (tensor<2x3xf32>, tensor<2xi32>) -> tensor<2xf32>
  // CHECK: descent.constant dense<1.500000e+00> : tensor<2xf32>
  %constant = descent.constant dense<1.5> : tensor<2xf32>
  // CHECK: descent.iota dim 1 : tensor<2x3xi32>
  %iota = descent.iota dim 1 : tensor<2x3xi32>
  // CHECK: descent.iota : tensor<2x3xi32>
  %linear = descent.iota : tensor<2x3xi32>
  // CHECK: descent.control step : tensor<i32>
  %step = descent.control step : tensor<i32>
  // CHECK: descent.control lr_scale : tensor<f32>
  %scale = descent.control lr_scale : tensor<f32>
}

// CHECK-LABEL: descent.entry @program
descent.entry @program {
  %w = descent.read @w : tensor<2x3xf32>
  %b = descent.read @"layer.1.bias" : tensor<3xf32>
  %loss = descent.reduce_sum %w [0, 1] : tensor<2x3xf32> to tensor<f32>
  // CHECK: %[[G:.*]]:2 = descent.gradient %{{.*}} wrt %{{.*}}, %{{.*}} : tensor<f32> wrt tensor<2x3xf32>, tensor<3xf32> to tensor<2x3xf32>, tensor<3xf32>
  %g:2 = descent.gradient %loss wrt %w, %b : tensor<f32> wrt tensor<2x3xf32>, tensor<3xf32> to tensor<2x3xf32>, tensor<3xf32>
  // CHECK: descent.optimize 0 #descent.sgd<lr = 1.000000e-01 : f32, momentum = 5.000000e-01 : f32, dampening = 0.000000e+00 : f32, weight_decay = 0.000000e+00 : f32, nesterov = true> [@w, @layer.1.bias]
  // CHECK-SAME: watch %{{.*}} by %[[G]]#0, %[[G]]#1 : tensor<f32> by tensor<2x3xf32>, tensor<3xf32>
  descent.optimize 0 #descent.sgd<lr = 0.1 : f32, momentum = 0.5 : f32, dampening = 0.0 : f32, weight_decay = 0.0 : f32, nesterov = true> [@w, @"layer.1.bias"] watch %loss by %g#0, %g#1 : tensor<f32> by tensor<2x3xf32>, tensor<3xf32>
  // CHECK: descent.optimize 1 #descent.adam<lr = 1.000000e-03 : f32, beta1 = 0.899999976 : f32, beta2 = 9.990000e-01 : f32, eps = 9.99999993E-9 : f32, weight_decay = 0.000000e+00 : f32> [@w]
  descent.optimize 1 #descent.adam<lr = 0.001 : f32, beta1 = 0.9 : f32, beta2 = 0.999 : f32, eps = 1.0e-8 : f32, weight_decay = 0.0 : f32> [@w] watch %loss by %g#0 : tensor<f32> by tensor<2x3xf32>
  // CHECK: %[[P:.*]] = descent.pack %{{.*}}, %{{.*}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<128xf32>
  %pack = descent.pack %w, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<128xf32>
  // CHECK: descent.unpack %[[P]] : (tensor<128xf32>) -> (tensor<2x3xf32>, tensor<3xf32>)
  %pieces:2 = descent.unpack %pack : (tensor<128xf32>) -> (tensor<2x3xf32>, tensor<3xf32>)
  // CHECK: descent.write @m, %{{.*}} : tensor<2x3xf32>
  descent.write @m, %pieces#0 : tensor<2x3xf32>
  // CHECK: descent.output "loss", %{{.*}} : tensor<f32>
  descent.output "loss", %loss : tensor<f32>
  // CHECK: descent.output "w", %{{.*}} batch_axis 0 : tensor<2x3xf32>
  descent.output "w", %w batch_axis 0 : tensor<2x3xf32>
}

// CHECK-LABEL: descent.entry @kernels
descent.entry @kernels {
  %x = descent.read @x : tensor<2x3xf32>
  %b = descent.read @"layer.1.bias" : tensor<3xf32>
  // CHECK: descent.kernel [2, 2] reduce [3] by [#descent.combiner<sum>]
  // CHECK-SAME: map(%{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<2x3xf32>) [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d1 - 1, d2) if [d1 - 1] else 0.000000e+00 : f32>] {
  // CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32):
  // CHECK-NEXT: %[[M:.*]] = descent.mul %[[A]], %[[B]] : f32
  // CHECK-NEXT: descent.yield %[[M]] : f32
  // CHECK-NEXT: } finish(%{{.*}} : tensor<3xf32>) [#descent.access<(d0, d1) -> (d1)>] {
  // CHECK: descent.index #[[$MAP]]
  // CHECK: descent.in_bounds #[[$SET]]
  // CHECK: } : tensor<4xf32>, tensor<2x2xi32>
  %y:2 = descent.kernel [2, 2] reduce [3] by [#descent.combiner<sum>]
      map(%x, %x : tensor<2x3xf32>, tensor<2x3xf32>)
          [#descent.access<(d0, d1, d2) -> (d0, d2)>,
           #descent.access<(d0, d1, d2) -> (d1 - 1, d2) if [d1 - 1] else 0.0 : f32>] {
        ^bb0(%a: f32, %c: f32):
          %m = descent.mul %a, %c : f32
          descent.yield %m : f32
      } finish(%b : tensor<3xf32>) [#descent.access<(d0, d1) -> (d1)>] {
        ^bb0(%sum: f32, %bias: f32):
          %z = descent.add %sum, %bias : f32
          %zero = descent.constant 0.0 : f32
          %index = descent.index affine_map<(d0, d1) -> (d0 * 2 + d1)>
          %lower = descent.in_bounds affine_set<(d0, d1) : (d0 - d1 >= 0)>
          %r = descent.select %lower, %z, %zero : f32
          descent.yield %r, %index : f32, i32
      } : tensor<4xf32>, tensor<2x2xi32>
  // An elementwise kernel reads nothing in its map; guards may be equalities.
  // CHECK: descent.kernel [6] reduce [] by [] map() [] {
  // CHECK-NEXT: descent.yield
  // CHECK-NEXT: } finish(%{{.*}} : tensor<3xf32>) [#descent.access<(d0) -> (d0 floordiv 2) if [d0 mod 2 == 0] else 0xFF800000 : f32>] {
  %s = descent.kernel [6] reduce [] by [] map() [] {
        descent.yield
      } finish(%b : tensor<3xf32>) [#descent.access<(d0) -> (d0 floordiv 2) if [d0 mod 2 == 0] else 0xFF800000 : f32>] {
        ^bb0(%a: f32):
          descent.yield %a : f32
      } : tensor<6xf32>
  // CHECK: descent.kernel [] reduce [6] by [#descent.combiner<max_index>, #descent.combiner<max>]
  %best, %where, %same = descent.kernel [] reduce [6] by [#descent.combiner<max_index>, #descent.combiner<max>]
      map(%s : tensor<6xf32>) [#descent.access<(d0) -> (d0)>] {
        ^bb0(%a: f32):
          descent.yield %a, %a : f32, f32
      } finish() [] {
        ^bb0(%value: f32, %index: i32, %max: f32):
          descent.yield %value, %index, %max : f32, i32, f32
      } : tensor<f32>, tensor<i32>, tensor<1xf32>
  // A tensor that is given whole.
  %n = descent.read @i : tensor<2x3xi32>
  // CHECK: finish(%{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<2x3xi32>) [#descent.access<whole>, #descent.access<(d0, d1) -> (d0, d1)>] {
  // CHECK-NEXT: ^bb0(%[[WHOLE:.*]]: tensor<2x3xf32>, %[[AT:.*]]: i32):
  // CHECK-NEXT: descent.load %[[WHOLE]][%[[AT]], %[[AT]]] : tensor<2x3xf32> -> f32
  %loaded = descent.kernel [2, 3] reduce [] by [] map() [] { descent.yield }
    finish(%x, %n : tensor<2x3xf32>, tensor<2x3xi32>) [#descent.access<whole>, #descent.access<(d0, d1) -> (d0, d1)>] {
    ^bb0(%whole: tensor<2x3xf32>, %at: i32):
      %e = descent.load %whole[%at, %at] : tensor<2x3xf32> -> f32
      descent.yield %e : f32
    } : tensor<2x3xf32>
}

// CHECK-LABEL: descent.entry @row_group
descent.entry @row_group {
  %x = descent.read @x : tensor<2x3xf32>
  // CHECK: descent.row_group [2](%{{.*}}) : (tensor<2x3xf32>) -> tensor<2x3xf32> {
  // CHECK-NEXT: ^bb0(%[[ROWS:.*]]: tensor<2x3xf32>):
  // CHECK: %[[SUM:.*]] = descent.kernel [2] reduce [3] by [#descent.combiner<sum>] map(%[[ROWS]] : tensor<2x3xf32>)
  // CHECK: finish(%[[ROWS]], %[[SUM]] : tensor<2x3xf32>, tensor<2xf32>)
  // CHECK: descent.return %{{.*}} : tensor<2x3xf32>
  %g = descent.row_group [2](%x) : (tensor<2x3xf32>) -> tensor<2x3xf32> {
  ^bb0(%rows: tensor<2x3xf32>):
    %s = descent.kernel [2] reduce [3] by [#descent.combiner<sum>] map(%rows : tensor<2x3xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } finish() [] {
      ^bb0(%sum: f32):
        descent.yield %sum : f32
      } : tensor<2xf32>
    %r = descent.kernel [2, 3] reduce [] by [] map() [] { descent.yield }
      finish(%rows, %s : tensor<2x3xf32>, tensor<2xf32>) [#descent.access<(d0, d1) -> (d0, d1)>, #descent.access<(d0, d1) -> (d0)>] {
      ^bb0(%e: f32, %sum: f32):
        %q = descent.div %e, %sum : f32
        descent.yield %q : f32
      } : tensor<2x3xf32>
    descent.return %r : tensor<2x3xf32>
  }
  descent.output "g", %g : tensor<2x3xf32>
}

// CHECK-LABEL: descent.entry @control_flow
descent.entry @control_flow {
  %x = descent.read @x : tensor<2x3xf32>
  // CHECK: descent.stop_gradient %{{.*}} : tensor<2x3xf32>
  %s = descent.stop_gradient %x : tensor<2x3xf32>
  // CHECK: descent.custom "twice"(%{{.*}}) : (tensor<2x3xf32>) -> tensor<2x3xf32> forward {
  // CHECK-NEXT: ^bb0(%{{.*}}: tensor<2x3xf32>):
  // CHECK: descent.return %{{.*}} : tensor<2x3xf32>
  // CHECK-NEXT: } vjp {
  %t = descent.custom "twice"(%s) : (tensor<2x3xf32>) -> tensor<2x3xf32> forward {
  ^bb0(%a: tensor<2x3xf32>):
    %r = descent.add %a, %a : tensor<2x3xf32>
    descent.return %r : tensor<2x3xf32>
  } vjp {
  ^bb0(%a: tensor<2x3xf32>, %r: tensor<2x3xf32>, %ct: tensor<2x3xf32>):
    %g = descent.add %ct, %ct : tensor<2x3xf32>
    descent.return %g : tensor<2x3xf32>
  }
  %h = descent.constant dense<0.0> : tensor<3xf32>
  // CHECK: descent.scan count 2 reversed carry(%{{.*}} : tensor<3xf32>) over(%{{.*}} : tensor<2x3xf32>) with(%{{.*}} : tensor<2x3xf32>) {
  // CHECK-NEXT: ^bb0(%{{.*}}: tensor<3xf32>, %{{.*}}: tensor<3xf32>, %{{.*}}: tensor<2x3xf32>):
  // CHECK: } : tensor<3xf32> stack tensor<2x3xf32>
  %f, %ys = descent.scan count 2 reversed carry(%h : tensor<3xf32>) over(%t : tensor<2x3xf32>) with(%x : tensor<2x3xf32>) {
  ^bb0(%c: tensor<3xf32>, %i: tensor<3xf32>, %w: tensor<2x3xf32>):
    %r = descent.reduce_sum %w [0] : tensor<2x3xf32> to tensor<3xf32>
    %n = descent.add %c, %i, %r : tensor<3xf32>
    descent.return %n, %i : tensor<3xf32>, tensor<3xf32>
  } : tensor<3xf32> stack tensor<2x3xf32>
  // A map and an iteration.
  // CHECK: descent.scan count 2 carry() over(%{{.*}} : tensor<2x3xf32>) with() {
  // CHECK: } stack tensor<2x3xf32>
  %m = descent.scan count 2 carry() over(%ys : tensor<2x3xf32>) with() {
  ^bb0(%i: tensor<3xf32>):
    descent.return %i : tensor<3xf32>
  } stack tensor<2x3xf32>
  // CHECK: descent.scan count 4 carry(%{{.*}} : tensor<3xf32>) over() with() {
  // CHECK: } : tensor<3xf32>
  %k = descent.scan count 4 carry(%f : tensor<3xf32>) over() with() {
  ^bb0(%c: tensor<3xf32>):
    descent.return %c : tensor<3xf32>
  } : tensor<3xf32>
  descent.output "m", %m : tensor<2x3xf32>
  descent.output "k", %k : tensor<3xf32>
}
