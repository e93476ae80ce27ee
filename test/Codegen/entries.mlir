// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs for EntryTests: each entry goes through all passes, runs on the device and is compared with the interpreter.

descent.state @table : tensor<50x12xf32> parameter <normal, 0.0 : f32, 1.0 : f32>
descent.state @w : tensor<5x12xf32> parameter <normal, 0.0 : f32, 1.0 : f32>
descent.input @ids : tensor<9xi32> range [-4, 60]
descent.input @labels : tensor<9xi32> range [0, 5]
descent.input @m : tensor<6x7xf32>
descent.input @at : tensor<6x4xi32> range [0, 7]
descent.input @n : tensor<6x40xi32> range [-5, 6]
descent.input @long : tensor<3x61xf32>
descent.input @c : tensor<3x61xf32>
descent.input @x : tensor<64x10xf32>
descent.input @y : tensor<64x10xf32>
descent.input @label : tensor<64xi32> range [0, 10]
descent.input @scale : tensor<10xf32>
descent.input @odd : tensor<3x37x12xf32>
descent.input @signal : tensor<2x3x17xf32>
descent.input @taps : tensor<4x3x5xf32>
descent.input @volume : tensor<1x2x4x3x5xf32>
descent.input @cube : tensor<2x2x3x2x3xf32>
descent.input @cells : tensor<3001xi32> range [-2, 510]
descent.input @others : tensor<2000xi32> range [0, 500]
descent.input @given : tensor<3001x2xf32>

descent.input @queries : tensor<1x136x4xf32>
descent.input @keys : tensor<1x124x4xf32>
descent.input @values : tensor<1x124x6xf32>
descent.input @fewer_values : tensor<1x124x4xf32>
descent.input @bias : tensor<136x124xf32>

// An embedding and a dense product: the lookup is fused with what is before and behind it.
descent.entry @lookup {
  %t = descent.read @table : tensor<50x12xf32>
  %w = descent.read @w : tensor<5x12xf32>
  %i = descent.read @ids : tensor<9xi32>
  %one = descent.constant dense<1> : tensor<9xi32>
  %j = descent.sub %i, %one : tensor<9xi32>
  %b = descent.broadcast %j [0] : tensor<9xi32> to tensor<9x12xi32>
  %g = descent.gather %t at %b axis 0 : (tensor<50x12xf32>, tensor<9x12xi32>) -> tensor<9x12xf32>
  %e = descent.sin %g : tensor<9x12xf32>
  %y = descent.contract %e [0, 2], %w [1, 2] to [0, 1] : (tensor<9x12xf32>, tensor<5x12xf32>) -> tensor<9x5xf32>
  descent.output "y", %y : tensor<9x5xf32>
}

// A gather at gathered indices, of a gather.
descent.entry @twice {
  %m = descent.read @m : tensor<6x7xf32>
  %at = descent.read @at : tensor<6x4xi32>
  %n = descent.read @n : tensor<6x40xi32>
  %i = descent.gather %n at %at axis 1 : (tensor<6x40xi32>, tensor<6x4xi32>) -> tensor<6x4xi32>
  %g = descent.gather %m at %at axis 1 : (tensor<6x7xf32>, tensor<6x4xi32>) -> tensor<6x4xf32>
  %h = descent.gather %g at %i axis 1 : (tensor<6x4xf32>, tensor<6x4xi32>) -> tensor<6x4xf32>
  descent.output "h", %h : tensor<6x4xf32>
}

// A gather of what the same entry computes, through a view that has to be copied first, and its gradient.
descent.entry @computed {
  %m = descent.read @m : tensor<6x7xf32>
  %at = descent.read @at : tensor<6x4xi32>
  %e = descent.sin %m : tensor<6x7xf32>
  %t = descent.transpose %e [1, 0] : tensor<6x7xf32> to tensor<7x6xf32>
  %s = descent.slice %t offsets [0, 1] strides [1, 1] : tensor<7x6xf32> to tensor<7x4xf32>
  %g = descent.gather %s at %at axis 0 : (tensor<7x4xf32>, tensor<6x4xi32>) -> tensor<6x4xf32>
  %q = descent.mul %g, %g : tensor<6x4xf32>
  %loss = descent.reduce_sum %q [0, 1] : tensor<6x4xf32> to tensor<f32>
  %d = descent.gradient %loss wrt %m : tensor<f32> wrt tensor<6x7xf32> to tensor<6x7xf32>
  descent.output "loss", %loss : tensor<f32>
  descent.output "d", %d : tensor<6x7xf32>
}

// A training step with an embedding: the table is updated in place while the same entry gathers from it. Some rows are looked up twice, some indices are outside.
descent.entry @train {
  %t = descent.read @table : tensor<50x12xf32>
  %w = descent.read @w : tensor<5x12xf32>
  %i = descent.read @ids : tensor<9xi32>
  %l = descent.read @labels : tensor<9xi32>
  %b = descent.broadcast %i [0] : tensor<9xi32> to tensor<9x12xi32>
  %g = descent.gather %t at %b axis 0 : (tensor<50x12xf32>, tensor<9x12xi32>) -> tensor<9x12xf32>
  %e = descent.tanh %g : tensor<9x12xf32>
  %y = descent.contract %e [0, 2], %w [1, 2] to [0, 1] : (tensor<9x12xf32>, tensor<5x12xf32>) -> tensor<9x5xf32>
  %s = descent.softmax_cross_entropy %y, %l : (tensor<9x5xf32>, tensor<9xi32>) -> tensor<9xf32>
  %loss = descent.reduce_sum %s [0] : tensor<9xf32> to tensor<f32>
  %dt, %dw = descent.gradient %loss wrt %t, %w : tensor<f32> wrt tensor<50x12xf32>, tensor<5x12xf32> to tensor<50x12xf32>, tensor<5x12xf32>
  descent.optimize 0 #descent.sgd<lr = 0.125 : f32, momentum = 0.5 : f32, dampening = 0.0 : f32, weight_decay = 0.0 : f32, nesterov = false> [@table, @w] watch %loss by %dt, %dw : tensor<f32> by tensor<50x12xf32>, tensor<5x12xf32>
  descent.output "loss", %loss : tensor<f32>
}

// A cumulative sum, as a sum over windows of the padded tensor.
descent.entry @cumulative {
  %x = descent.read @long : tensor<3x61xf32>
  %c = descent.read @c : tensor<3x61xf32>
  %p = descent.pad %x low [0, 60] high [0, 0] zero : tensor<3x61xf32> to tensor<3x121xf32>
  %b = descent.broadcast %p [0, 1] : tensor<3x121xf32> to tensor<3x121x61xf32>
  %w = descent.window %b [1] strides [1] dilations [1] : tensor<3x121x61xf32> to tensor<3x61x61xf32>
  %s = descent.reduce_sum %w [2] : tensor<3x61x61xf32> to tensor<3x61xf32>
  %q = descent.mul %s, %c : tensor<3x61xf32>
  %loss = descent.reduce_sum %q [0, 1] : tensor<3x61xf32> to tensor<f32>
  %d = descent.gradient %loss wrt %x : tensor<f32> wrt tensor<3x61xf32> to tensor<3x61xf32>
  descent.output "s", %s : tensor<3x61xf32>
  descent.output "d", %d : tensor<3x61xf32>
}

// Sorting: ranks by comparisons, their inverse, and a gather.
descent.entry @sorted {
  %x = descent.read @m : tensor<6x7xf32>
  %a = descent.broadcast %x [0, 1] : tensor<6x7xf32> to tensor<6x7x7xf32>
  %b = descent.broadcast %x [0, 2] : tensor<6x7xf32> to tensor<6x7x7xf32>
  %i = descent.iota dim 1 : tensor<6x7x7xi32>
  %j = descent.iota dim 2 : tensor<6x7x7xi32>
  %lt = descent.compare lt %b, %a : tensor<6x7x7xf32>
  %eq = descent.compare eq %b, %a : tensor<6x7x7xf32>
  %before = descent.compare lt %j, %i : tensor<6x7x7xi32>
  %tie = descent.and %eq, %before : tensor<6x7x7xi1>
  %first = descent.or %lt, %tie : tensor<6x7x7xi1>
  %n = descent.cast %first : tensor<6x7x7xi1> to tensor<6x7x7xi32>
  %rank = descent.reduce_sum %n [2] : tensor<6x7x7xi32> to tensor<6x7xi32>
  %ra = descent.broadcast %rank [0, 2] : tensor<6x7xi32> to tensor<6x7x7xi32>
  %hit = descent.compare eq %ra, %i : tensor<6x7x7xi32>
  %h = descent.cast %hit : tensor<6x7x7xi1> to tensor<6x7x7xi32>
  %o = descent.mul %h, %j : tensor<6x7x7xi32>
  %order = descent.reduce_sum %o [2] : tensor<6x7x7xi32> to tensor<6x7xi32>
  %s = descent.gather %x at %order axis 1 : (tensor<6x7xf32>, tensor<6x7xi32>) -> tensor<6x7xf32>
  %place = descent.iota dim 1 : tensor<6x7xi32>
  %weight = descent.cast %place : tensor<6x7xi32> to tensor<6x7xf32>
  %v = descent.mul %s, %weight : tensor<6x7xf32>
  %loss = descent.reduce_sum %v [0, 1] : tensor<6x7xf32> to tensor<f32>
  %d = descent.gradient %loss wrt %x : tensor<f32> wrt tensor<6x7xf32> to tensor<6x7xf32>
  descent.output "s", %s : tensor<6x7xf32>
  descent.output "order", %order : tensor<6x7xi32>
  descent.output "d", %d : tensor<6x7xf32>
}

// Products of rows with no zero, with one and with more, and their gradients; one long enough to be split.
descent.entry @product {
  %x = descent.read @m : tensor<6x7xf32>
  %n = descent.read @n : tensor<6x40xi32>
  %k = descent.slice %n offsets [0, 0] strides [1, 1] : tensor<6x40xi32> to tensor<6x7xi32>
  %five = descent.constant dense<4> : tensor<6x7xi32>
  %keep = descent.compare lt %k, %five : tensor<6x7xi32>
  %zero = descent.constant dense<0.0> : tensor<6x7xf32>
  %z = descent.select %keep, %x, %zero : tensor<6x7xf32>
  %p = descent.reduce_prod %z [1] : tensor<6x7xf32> to tensor<6xf32>
  %loss = descent.reduce_sum %p [0] : tensor<6xf32> to tensor<f32>
  %d = descent.gradient %loss wrt %z : tensor<f32> wrt tensor<6x7xf32> to tensor<6x7xf32>
  %l = descent.read @long : tensor<3x61xf32>
  %near = descent.sin %l : tensor<3x61xf32>
  %tiny = descent.constant dense<0.01> : tensor<3x61xf32>
  %small = descent.mul %near, %tiny : tensor<3x61xf32>
  %e = descent.exp %small : tensor<3x61xf32>
  %all = descent.reduce_prod %e [0, 1] : tensor<3x61xf32> to tensor<f32>
  descent.output "p", %p : tensor<6xf32>
  descent.output "d", %d : tensor<6x7xf32>
  descent.output "all", %all : tensor<f32>
}

// Strides that do not divide, reversal, and their gradients.
descent.entry @strided {
  %x = descent.read @long : tensor<3x61xf32>
  %s = descent.slice %x offsets [0, 2] strides [2, 7] : tensor<3x61xf32> to tensor<2x9xf32>
  %r = descent.reverse %s [0, 1] : tensor<2x9xf32>
  %t = descent.slice %x offsets [1, 52] strides [1, 1] : tensor<3x61xf32> to tensor<2x9xf32>
  %y = descent.mul %r, %t : tensor<2x9xf32>
  %loss = descent.reduce_sum %y [0, 1] : tensor<2x9xf32> to tensor<f32>
  %d = descent.gradient %loss wrt %x : tensor<f32> wrt tensor<3x61xf32> to tensor<3x61xf32>
  descent.output "y", %y : tensor<2x9xf32>
  descent.output "d", %d : tensor<3x61xf32>
}

// A convolution in one dimension, padded, strided and dilated, with both gradients.
descent.entry @conv1d {
  %x = descent.read @signal : tensor<2x3x17xf32>
  %f = descent.read @taps : tensor<4x3x5xf32>
  %p = descent.pad %x low [0, 0, 3] high [0, 0, 4] zero : tensor<2x3x17xf32> to tensor<2x3x24xf32>
  %b = descent.broadcast %p [0, 1, 2] : tensor<2x3x24xf32> to tensor<2x3x24x5xf32>
  %w = descent.window %b [2] strides [3] dilations [2] : tensor<2x3x24x5xf32> to tensor<2x3x6x5xf32>
  %y = descent.contract %w [0, 4, 2, 5], %f [1, 4, 5] to [0, 1, 2] : (tensor<2x3x6x5xf32>, tensor<4x3x5xf32>) -> tensor<2x4x6xf32>
  %q = descent.mul %y, %y : tensor<2x4x6xf32>
  %loss = descent.reduce_sum %q [0, 1, 2] : tensor<2x4x6xf32> to tensor<f32>
  %dx, %df = descent.gradient %loss wrt %x, %f : tensor<f32> wrt tensor<2x3x17xf32>, tensor<4x3x5xf32> to tensor<2x3x17xf32>, tensor<4x3x5xf32>
  descent.output "y", %y : tensor<2x4x6xf32>
  descent.output "dx", %dx : tensor<2x3x17xf32>
  descent.output "df", %df : tensor<4x3x5xf32>
}

// The same in three dimensions.
descent.entry @conv3d {
  %x = descent.read @volume : tensor<1x2x4x3x5xf32>
  %f = descent.read @cube : tensor<2x2x3x2x3xf32>
  %p = descent.pad %x low [0, 0, 1, 0, 1] high [0, 0, 0, 1, 1] zero : tensor<1x2x4x3x5xf32> to tensor<1x2x5x4x7xf32>
  %b = descent.broadcast %p [0, 1, 2, 3, 4] : tensor<1x2x5x4x7xf32> to tensor<1x2x5x4x7x3x2x3xf32>
  %w = descent.window %b [2, 3, 4] strides [2, 1, 2] dilations [1, 2, 1] : tensor<1x2x5x4x7x3x2x3xf32> to tensor<1x2x2x2x3x3x2x3xf32>
  %y = descent.contract %w [0, 5, 2, 3, 4, 6, 7, 8], %f [1, 5, 6, 7, 8] to [0, 1, 2, 3, 4] : (tensor<1x2x2x2x3x3x2x3xf32>, tensor<2x2x3x2x3xf32>) -> tensor<1x2x2x2x3xf32>
  %q = descent.mul %y, %y : tensor<1x2x2x2x3xf32>
  %loss = descent.reduce_sum %q [0, 1, 2, 3, 4] : tensor<1x2x2x2x3xf32> to tensor<f32>
  %dx, %df = descent.gradient %loss wrt %x, %f : tensor<f32> wrt tensor<1x2x4x3x5xf32>, tensor<2x2x3x2x3xf32> to tensor<1x2x4x3x5xf32>, tensor<2x2x3x2x3xf32>
  descent.output "y", %y : tensor<1x2x2x2x3xf32>
  descent.output "dx", %dx : tensor<1x2x4x3x5xf32>
  descent.output "df", %df : tensor<2x2x3x2x3xf32>
}

// Maxima over windows of one and of three dimensions, padded with the lowest value, and their gradients.
descent.entry @pools {
  %x = descent.read @signal : tensor<2x3x17xf32>
  %p = descent.pad %x low [0, 0, 1] high [0, 0, 1] lowest : tensor<2x3x17xf32> to tensor<2x3x19xf32>
  %b = descent.broadcast %p [0, 1, 2] : tensor<2x3x19xf32> to tensor<2x3x19x3xf32>
  %w = descent.window %b [2] strides [2] dilations [1] : tensor<2x3x19x3xf32> to tensor<2x3x9x3xf32>
  %y, %i = descent.max_with_index %w [3] : tensor<2x3x9x3xf32> to tensor<2x3x9xf32>, tensor<2x3x9xi32>
  %q = descent.mul %y, %y : tensor<2x3x9xf32>
  %loss = descent.reduce_sum %q [0, 1, 2] : tensor<2x3x9xf32> to tensor<f32>
  %dx = descent.gradient %loss wrt %x : tensor<f32> wrt tensor<2x3x17xf32> to tensor<2x3x17xf32>
  %v = descent.read @volume : tensor<1x2x4x3x5xf32>
  %vb = descent.broadcast %v [0, 1, 2, 3, 4] : tensor<1x2x4x3x5xf32> to tensor<1x2x4x3x5x2x3x2xf32>
  %vw = descent.window %vb [2, 3, 4] strides [1, 2, 2] dilations [1, 1, 2] : tensor<1x2x4x3x5x2x3x2xf32> to tensor<1x2x3x1x2x2x3x2xf32>
  %z, %j = descent.max_with_index %vw [5, 6, 7] : tensor<1x2x3x1x2x2x3x2xf32> to tensor<1x2x3x1x2xf32>, tensor<1x2x3x1x2xi32>
  %r = descent.mul %z, %z : tensor<1x2x3x1x2xf32>
  %vloss = descent.reduce_sum %r [0, 1, 2, 3, 4] : tensor<1x2x3x1x2xf32> to tensor<f32>
  %dv = descent.gradient %vloss wrt %v : tensor<f32> wrt tensor<1x2x4x3x5xf32> to tensor<1x2x4x3x5xf32>
  descent.output "y", %y : tensor<2x3x9xf32>
  descent.output "i", %i : tensor<2x3x9xi32>
  descent.output "dx", %dx : tensor<2x3x17xf32>
  descent.output "j", %j : tensor<1x2x3x1x2xi32>
  descent.output "dv", %dv : tensor<1x2x4x3x5xf32>
}

// Reductions of integers, of which the whole one may be split.
descent.entry @integers {
  %n = descent.read @n : tensor<6x40xi32>
  %big = descent.constant dense<400000007> : tensor<6x40xi32>
  %b = descent.mul %n, %big : tensor<6x40xi32>
  %s = descent.reduce_sum %b [0, 1] : tensor<6x40xi32> to tensor<i32>
  %m = descent.reduce_max %b [1] : tensor<6x40xi32> to tensor<6xi32>
  %p = descent.reduce_prod %big [0] : tensor<6x40xi32> to tensor<40xi32>
  %v, %i = descent.max_with_index %n [0] : tensor<6x40xi32> to tensor<40xi32>, tensor<40xi32>
  %u = descent.cast %n : tensor<6x40xi32> to tensor<6x40xui32>
  %um = descent.reduce_max %u [1] : tensor<6x40xui32> to tensor<6xui32>
  %us = descent.reduce_sum %u [1] : tensor<6x40xui32> to tensor<6xui32>
  %at = descent.read @at : tensor<6x4xi32>
  %e = descent.slice %n offsets [0, 3] strides [1, 2] : tensor<6x40xi32> to tensor<6x4xi32>
  %sc = descent.scatter_add %e at %at axis 1 extent 6 : (tensor<6x4xi32>, tensor<6x4xi32>) -> tensor<6x6xi32>
  descent.output "s", %s : tensor<i32>
  descent.output "m", %m : tensor<6xi32>
  descent.output "p", %p : tensor<40xi32>
  descent.output "v", %v : tensor<40xi32>
  descent.output "i", %i : tensor<40xi32>
  descent.output "um", %um : tensor<6xui32>
  descent.output "us", %us : tensor<6xui32>
  descent.output "sc", %sc : tensor<6x6xi32>
}

// Row groups: reductions over one row space, what is between them and, for the last two, their gradients.
descent.entry @softmax {
  %x = descent.read @x : tensor<64x10xf32>
  %p = descent.softmax %x axis 1 : tensor<64x10xf32>
  descent.output "p", %p : tensor<64x10xf32>
}

descent.entry @loss {
  %x = descent.read @x : tensor<64x10xf32>
  %label = descent.read @label : tensor<64xi32>
  %e = descent.softmax_cross_entropy %x, %label : (tensor<64x10xf32>, tensor<64xi32>) -> tensor<64xf32>
  %loss = descent.reduce_sum %e [0] : tensor<64xf32> to tensor<f32>
  %g = descent.gradient %loss wrt %x : tensor<f32> wrt tensor<64x10xf32> to tensor<64x10xf32>
  descent.output "loss", %loss : tensor<f32>
  descent.output "g", %g : tensor<64x10xf32>
}

descent.entry @normalized {
  %x = descent.read @x : tensor<64x10xf32>
  %y = descent.read @y : tensor<64x10xf32>
  %scale = descent.read @scale : tensor<10xf32>
  %tenth = descent.constant dense<0.1> : tensor<64xf32>
  %eps = descent.constant dense<1.0e-5> : tensor<64xf32>
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
  %w = descent.contract %r [0, 2], %r [1, 2] to [0, 1] : (tensor<64x10xf32>, tensor<64x10xf32>) -> tensor<64x64xf32>
  %t = descent.tanh %w : tensor<64x64xf32>
  %loss = descent.reduce_sum %t [0, 1] : tensor<64x64xf32> to tensor<f32>
  %g:2 = descent.gradient %loss wrt %x, %scale : tensor<f32> wrt tensor<64x10xf32>, tensor<10xf32> to tensor<64x10xf32>, tensor<10xf32>
  descent.output "loss", %loss : tensor<f32>
  descent.output "gx", %g#0 : tensor<64x10xf32>
  descent.output "gs", %g#1 : tensor<10xf32>
}

// Rows that no tile divides, of two dimensions, and a result that is used by itself.
descent.entry @odd_rows {
  %x = descent.read @odd : tensor<3x37x12xf32>
  %s = descent.reduce_sum %x [2] : tensor<3x37x12xf32> to tensor<3x37xf32>
  %sb = descent.broadcast %s [0, 1] : tensor<3x37xf32> to tensor<3x37x12xf32>
  %c = descent.sub %x, %sb : tensor<3x37x12xf32>
  %p = descent.softmax %c axis 2 : tensor<3x37x12xf32>
  %m, %i = descent.max_with_index %c [2] : tensor<3x37x12xf32> to tensor<3x37xf32>, tensor<3x37xi32>
  %e = descent.sin %c : tensor<3x37x12xf32>
  %es = descent.reduce_sum %e [2] : tensor<3x37x12xf32> to tensor<3x37xf32>
  descent.output "p", %p : tensor<3x37x12xf32>
  descent.output "i", %i : tensor<3x37xi32>
  descent.output "es", %es : tensor<3x37xf32>
  descent.output "s", %s : tensor<3x37xf32>
}

// Attention with a bias, where the first keys of most queries are masked, and its gradients: more columns than the scores are summed over.
descent.entry @attention {
  %q = descent.read @queries : tensor<1x136x4xf32>
  %k = descent.read @keys : tensor<1x124x4xf32>
  %v = descent.read @values : tensor<1x124x6xf32>
  %bias = descent.read @bias : tensor<136x124xf32>
  %s = descent.contract %q [0, 1, 3], %k [0, 2, 3] to [0, 1, 2] : (tensor<1x136x4xf32>, tensor<1x124x4xf32>) -> tensor<1x136x124xf32>
  %all = descent.broadcast %bias [1, 2] : tensor<136x124xf32> to tensor<1x136x124xf32>
  %biased = descent.add %s, %all : tensor<1x136x124xf32>
  %t = descent.iota dim 1 : tensor<1x136x124xi32>
  %i = descent.iota dim 2 : tensor<1x136x124xi32>
  %by = descent.constant dense<16> : tensor<1x136x124xi32>
  %from = descent.sub %t, %by : tensor<1x136x124xi32>
  %visible = descent.compare ge %i, %from : tensor<1x136x124xi32>
  %low = descent.constant dense<0xFF800000> : tensor<1x136x124xf32>
  %z = descent.select %visible, %biased, %low : tensor<1x136x124xf32>
  %p = descent.softmax %z axis 2 : tensor<1x136x124xf32>
  %o = descent.contract %p [0, 1, 3], %v [0, 3, 2] to [0, 1, 2] : (tensor<1x136x124xf32>, tensor<1x124x6xf32>) -> tensor<1x136x6xf32>
  %e = descent.sin %o : tensor<1x136x6xf32>
  %loss = descent.reduce_sum %e [0, 1, 2] : tensor<1x136x6xf32> to tensor<f32>
  %dq, %dk, %dv = descent.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<1x136x4xf32>, tensor<1x124x4xf32>, tensor<1x124x6xf32> to tensor<1x136x4xf32>, tensor<1x124x4xf32>, tensor<1x124x6xf32>
  descent.output "o", %o : tensor<1x136x6xf32>
  descent.output "dq", %dq : tensor<1x136x4xf32>
  descent.output "dk", %dk : tensor<1x124x4xf32>
  descent.output "dv", %dv : tensor<1x124x6xf32>
}

// Attention with dropout, whose gradients by keys and values are one kernel.
descent.entry @dropped {
  %q = descent.read @queries : tensor<1x136x4xf32>
  %k = descent.read @keys : tensor<1x124x4xf32>
  %v = descent.read @fewer_values : tensor<1x124x4xf32>
  %s = descent.contract %q [0, 1, 3], %k [0, 2, 3] to [0, 1, 2] : (tensor<1x136x4xf32>, tensor<1x124x4xf32>) -> tensor<1x136x124xf32>
  %p = descent.softmax %s axis 2 : tensor<1x136x124xf32>
  %n = descent.iota dim 0 : tensor<1x136x124xi32>
  %t = descent.iota dim 1 : tensor<1x136x124xi32>
  %i = descent.iota dim 2 : tensor<1x136x124xi32>
  %bits = descent.philox %n, %n, %t, %i stream 7 : tensor<1x136x124xi32>
  %no = descent.constant dense<0> : tensor<1x136x124xi32>
  %keep = descent.compare ge %bits, %no : tensor<1x136x124xi32>
  %two = descent.constant dense<2.0> : tensor<1x136x124xf32>
  %zero = descent.constant dense<0.0> : tensor<1x136x124xf32>
  %scaled = descent.mul %p, %two : tensor<1x136x124xf32>
  %d = descent.select %keep, %scaled, %zero : tensor<1x136x124xf32>
  %o = descent.contract %d [0, 1, 3], %v [0, 3, 2] to [0, 1, 2] : (tensor<1x136x124xf32>, tensor<1x124x4xf32>) -> tensor<1x136x4xf32>
  %e = descent.sin %o : tensor<1x136x4xf32>
  %loss = descent.reduce_sum %e [0, 1, 2] : tensor<1x136x4xf32> to tensor<f32>
  %dq, %dk, %dv = descent.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<1x136x4xf32>, tensor<1x124x4xf32>, tensor<1x124x4xf32> to tensor<1x136x4xf32>, tensor<1x124x4xf32>, tensor<1x124x4xf32>
  descent.output "o", %o : tensor<1x136x4xf32>
  descent.output "dq", %dq : tensor<1x136x4xf32>
  descent.output "dk", %dk : tensor<1x124x4xf32>
  descent.output "dv", %dv : tensor<1x124x4xf32>
}

// Sums to many computed places: the scatters add to one set of partitions in memory.
descent.entry @scattered {
  %i = descent.read @cells : tensor<3001xi32>
  %j = descent.read @others : tensor<2000xi32>
  %x = descent.read @given : tensor<3001x2xf32>
  %y = descent.slice %x offsets [1000, 0] strides [1, 1] : tensor<3001x2xf32> to tensor<2000x2xf32>
  %n = descent.neg %x : tensor<3001x2xf32>
  %ib = descent.broadcast %i [0] : tensor<3001xi32> to tensor<3001x2xi32>
  %jb = descent.broadcast %j [0] : tensor<2000xi32> to tensor<2000x2xi32>
  %a = descent.scatter_add %x at %ib axis 0 extent 500 : (tensor<3001x2xf32>, tensor<3001x2xi32>) -> tensor<500x2xf32>
  %b = descent.scatter_add %y at %jb axis 0 extent 500 : (tensor<2000x2xf32>, tensor<2000x2xi32>) -> tensor<500x2xf32>
  %c = descent.scatter_add %n at %ib axis 0 extent 500 : (tensor<3001x2xf32>, tensor<3001x2xi32>) -> tensor<500x2xf32>
  %s = descent.add %a, %b, %c : tensor<500x2xf32>
  descent.output "s", %s : tensor<500x2xf32>
}
