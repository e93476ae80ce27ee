// Row groups: which kernels become parts of one, and that they compute the same.
// RUN: descent-opt %s --descent-autodiff --descent-decompose --canonicalize --cse --descent-lower-to-kernels --descent-fold-views --descent-form-kernels --canonicalize --cse -o %t.before.mlir
// RUN: descent-opt %t.before.mlir --descent-form-row-groups --descent-verify-kernels -o %t.after.mlir
// RUN: FileCheck %s < %t.after.mlir
// RUN: descent-opt %t.before.mlir --descent-form-row-groups=min-rows=65 | FileCheck %s --check-prefix=FEW
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry softmax
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry log_softmax
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry loss
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry normalized
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry centred
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry dear
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry other_rows
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry shifted
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry between
// FEW-NOT: descent.row_group

descent.input @x : tensor<64x10xf32>
descent.input @y : tensor<64x10xf32>
descent.input @wide : tensor<64x4096xf32>
descent.input @label : tensor<64xi32> range [0, 10]
descent.input @scale : tensor<10xf32>
descent.input @square : tensor<64x64xf32>

// Three kernels become one.
// CHECK-LABEL: descent.entry @softmax
descent.entry @softmax {
  %x = descent.read @x : tensor<64x10xf32>
  // CHECK: descent.row_group [64](%{{.*}}) : (tensor<64x10xf32>) -> tensor<64x10xf32> {
  // CHECK: descent.kernel [64] reduce [10] by [#descent.combiner<max>]
  // CHECK: descent.kernel [64] reduce [10] by [#descent.combiner<sum>]
  // CHECK: descent.kernel [64, 10] reduce []
  // CHECK: descent.return
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output
  %p = descent.softmax %x axis 1 : tensor<64x10xf32>
  descent.output "p", %p : tensor<64x10xf32>
}

// CHECK-LABEL: descent.entry @log_softmax
descent.entry @log_softmax {
  %x = descent.read @x : tensor<64x10xf32>
  // CHECK: descent.row_group
  // CHECK-COUNT-3: descent.kernel
  // CHECK: descent.return
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output
  %m = descent.reduce_max %x [1] : tensor<64x10xf32> to tensor<64xf32>
  %mb = descent.broadcast %m [0] : tensor<64xf32> to tensor<64x10xf32>
  %z = descent.sub %x, %mb : tensor<64x10xf32>
  %e = descent.exp %z : tensor<64x10xf32>
  %s = descent.reduce_sum %e [1] : tensor<64x10xf32> to tensor<64xf32>
  %l = descent.log %s : tensor<64xf32>
  %lb = descent.broadcast %l [0] : tensor<64xf32> to tensor<64x10xf32>
  %p = descent.sub %z, %lb : tensor<64x10xf32>
  descent.output "p", %p : tensor<64x10xf32>
}

// The loss of a classifier and its gradient: one group, and the sum over its rows.
// CHECK-LABEL: descent.entry @loss
descent.entry @loss {
  %x = descent.read @x : tensor<64x10xf32>
  %label = descent.read @label : tensor<64xi32>
  // CHECK: descent.row_group {{.*}} -> (tensor<64xf32>, tensor<64x10xf32>)
  // CHECK-COUNT-4: descent.kernel [64
  // CHECK: descent.return
  // CHECK-NOT: descent.row_group
  // CHECK: descent.kernel [] reduce [64]
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output
  %e = descent.softmax_cross_entropy %x, %label : (tensor<64x10xf32>, tensor<64xi32>) -> tensor<64xf32>
  %loss = descent.reduce_sum %e [0] : tensor<64xf32> to tensor<f32>
  %g = descent.gradient %loss wrt %x : tensor<f32> wrt tensor<64x10xf32> to tensor<64x10xf32>
  descent.output "loss", %loss : tensor<f32>
  descent.output "g", %g : tensor<64x10xf32>
}

// Layer norm forward is one group; backward needs its results and those of the gradient of a sum: a second one. The gradient of the scale sums over rows.
// CHECK-LABEL: descent.entry @normalized
descent.entry @normalized {
  %x = descent.read @x : tensor<64x10xf32>
  %y = descent.read @y : tensor<64x10xf32>
  %scale = descent.read @scale : tensor<10xf32>
  %tenth = descent.constant dense<0.1> : tensor<64xf32>
  %eps = descent.constant dense<1.0e-5> : tensor<64xf32>
  // CHECK: descent.row_group
  // CHECK: descent.row_group
  // CHECK-NOT: descent.row_group
  // CHECK: descent.output
  %s = descent.reduce_sum %x [1] : tensor<64x10xf32> to tensor<64xf32>
  %mean = descent.mul %s, %tenth : tensor<64xf32>
  %meanb = descent.broadcast %mean [0] : tensor<64xf32> to tensor<64x10xf32>
  %c = descent.sub %x, %meanb : tensor<64x10xf32>
  %sq = descent.mul %c, %c : tensor<64x10xf32>
  %ss = descent.reduce_sum %sq [1] : tensor<64x10xf32> to tensor<64xf32>
  %var = descent.mul %ss, %tenth : tensor<64xf32>
  %vare = descent.add %var, %eps : tensor<64xf32>
  %std = descent.sqrt %vare : tensor<64xf32>
  %stdb = descent.broadcast %std [0] : tensor<64xf32> to tensor<64x10xf32>
  %n = descent.div %c, %stdb : tensor<64x10xf32>
  %scaleb = descent.broadcast %scale [1] : tensor<10xf32> to tensor<64x10xf32>
  %r = descent.mul %n, %scaleb : tensor<64x10xf32>
  // What stands between: a product over rows and columns.
  %w = descent.contract %r [0, 2], %r [1, 2] to [0, 1] : (tensor<64x10xf32>, tensor<64x10xf32>) -> tensor<64x64xf32>
  %t = descent.tanh %w : tensor<64x64xf32>
  %loss = descent.reduce_sum %t [0, 1] : tensor<64x64xf32> to tensor<f32>
  %g:2 = descent.gradient %loss wrt %x, %scale : tensor<f32> wrt tensor<64x10xf32>, tensor<10xf32> to tensor<64x10xf32>, tensor<10xf32>
  descent.output "loss", %loss : tensor<f32>
  descent.output "gx", %g#0 : tensor<64x10xf32>
  descent.output "gs", %g#1 : tensor<10xf32>
}

// What has more than one element a row is computed where it is needed, though it is stored for another reader.
// CHECK-LABEL: descent.entry @centred
descent.entry @centred {
  %x = descent.read @x : tensor<64x10xf32>
  %tenth = descent.constant dense<0.1> : tensor<64xf32>
  // CHECK: %[[G:.*]]:2 = descent.row_group [64](%{{.*}}) : (tensor<64x10xf32>) -> (tensor<64x10xf32>, tensor<64xf32>)
  // CHECK: descent.kernel [64] reduce [10]
  // CHECK: descent.kernel [64, 10] reduce []
  // CHECK: descent.kernel [64] reduce [10]
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output "c", %[[G]]#0
  %s = descent.reduce_sum %x [1] : tensor<64x10xf32> to tensor<64xf32>
  %mean = descent.mul %s, %tenth : tensor<64xf32>
  %meanb = descent.broadcast %mean [0] : tensor<64xf32> to tensor<64x10xf32>
  %c = descent.sub %x, %meanb : tensor<64x10xf32>
  %sq = descent.mul %c, %c : tensor<64x10xf32>
  %v = descent.reduce_sum %sq [1] : tensor<64x10xf32> to tensor<64xf32>
  descent.output "c", %c : tensor<64x10xf32>
  descent.output "v", %v : tensor<64xf32>
}

// What many random numbers go into is stored: to compute it again costs more than a launch.
// CHECK-LABEL: descent.entry @dear
descent.entry @dear {
  %x = descent.read @wide : tensor<64x4096xf32>
  // CHECK: descent.philox
  // CHECK-NOT: descent.philox
  // CHECK: descent.row_group
  // CHECK-NOT: descent.philox
  // CHECK: descent.output
  %lo = descent.control seed_lo : tensor<i32>
  %los = descent.broadcast %lo [] : tensor<i32> to tensor<64x4096xi32>
  %row = descent.iota dim 0 : tensor<64x4096xi32>
  %column = descent.iota dim 1 : tensor<64x4096xi32>
  %bits = descent.philox %los, %los, %row, %column stream 3 : tensor<64x4096xi32>
  %float = descent.cast %bits : tensor<64x4096xi32> to tensor<64x4096xf32>
  %scale = descent.constant dense<1.0e-9> : tensor<64x4096xf32>
  %small = descent.mul %float, %scale : tensor<64x4096xf32>
  %noisy = descent.add %x, %small : tensor<64x4096xf32>
  %p = descent.softmax %noisy axis 1 : tensor<64x4096xf32>
  descent.output "p", %p : tensor<64x4096xf32>
}

// Sums over rows and over columns have different rows.
// CHECK-LABEL: descent.entry @other_rows
descent.entry @other_rows {
  %x = descent.read @square : tensor<64x64xf32>
  // CHECK-NOT: descent.row_group
  // CHECK: descent.output
  %m = descent.reduce_max %x [1] : tensor<64x64xf32> to tensor<64xf32>
  %mb = descent.broadcast %m [1] : tensor<64xf32> to tensor<64x64xf32>
  %z = descent.sub %x, %mb : tensor<64x64xf32>
  %s = descent.reduce_sum %z [0] : tensor<64x64xf32> to tensor<64xf32>
  descent.output "s", %s : tensor<64xf32>
}

// The maximum of the next row is another row's, and there is none behind the last: a guarded read.
// CHECK-LABEL: descent.entry @shifted
descent.entry @shifted {
  %x = descent.read @x : tensor<64x10xf32>
  // CHECK-NOT: descent.row_group
  // CHECK: descent.output
  %m = descent.reduce_max %x [1] : tensor<64x10xf32> to tensor<64xf32>
  %late = descent.slice %m offsets [1] strides [1] : tensor<64xf32> to tensor<63xf32>
  %next = descent.pad %late low [0] high [1] zero : tensor<63xf32> to tensor<64xf32>
  %nextb = descent.broadcast %next [0] : tensor<64xf32> to tensor<64x10xf32>
  %z = descent.sub %x, %nextb : tensor<64x10xf32>
  %e = descent.exp %z : tensor<64x10xf32>
  %s = descent.reduce_sum %e [1] : tensor<64x10xf32> to tensor<64xf32>
  descent.output "s", %s : tensor<64xf32>
}

// The second reduction waits for a sum over all rows of what the first gives: that is no part, so there are two groups at most, here none.
// CHECK-LABEL: descent.entry @between
descent.entry @between {
  %x = descent.read @x : tensor<64x10xf32>
  // CHECK-NOT: descent.row_group
  // CHECK: descent.output
  %m = descent.reduce_max %x [1] : tensor<64x10xf32> to tensor<64xf32>
  %all = descent.reduce_sum %m [0] : tensor<64xf32> to tensor<f32>
  %allb = descent.broadcast %all [] : tensor<f32> to tensor<64x10xf32>
  %mb = descent.broadcast %m [0] : tensor<64xf32> to tensor<64x10xf32>
  %z = descent.sub %x, %allb : tensor<64x10xf32>
  %zz = descent.mul %z, %mb : tensor<64x10xf32>
  %s = descent.reduce_sum %zz [1] : tensor<64x10xf32> to tensor<64xf32>
  descent.output "s", %s : tensor<64xf32>
}
