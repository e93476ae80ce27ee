// A small training step with everything that kernels are made from: a strided and a grouped, dilated convolution as window views into products, max and
// average pooling, dropout, dense layers, a partial batch, Adam, a metric.
descent.input @image : tensor<4x1x8x8xf32> batch_axis 0
descent.input @label : tensor<4xi32> batch_axis 0 range [0, 5]
descent.state @w1 : tensor<4x1x3x3xf32> parameter #descent.init<uniform, -0.5 : f32, 0.5 : f32>
descent.state @b1 : tensor<4xf32> parameter #descent.init<uniform, -0.5 : f32, 0.5 : f32>
descent.state @w2 : tensor<6x2x2x2xf32> parameter #descent.init<uniform, -0.5 : f32, 0.5 : f32>
descent.state @b2 : tensor<6xf32> parameter #descent.init<constant, 0.125 : f32, 0.0 : f32>
descent.state @w3 : tensor<5x6xf32> parameter #descent.init<normal, 0.0 : f32, 0.5 : f32>
descent.state @b3 : tensor<5xf32> parameter #descent.init<constant, 0.0 : f32, 0.0 : f32>
descent.state @correct : tensor<f32> metric #descent.init<constant, 0.0 : f32, 0.0 : f32>
descent.entry @train {
  %image = descent.read @image : tensor<4x1x8x8xf32>
  %label = descent.read @label : tensor<4xi32>
  %w1 = descent.read @w1 : tensor<4x1x3x3xf32>
  %b1 = descent.read @b1 : tensor<4xf32>
  %w2 = descent.read @w2 : tensor<6x2x2x2xf32>
  %b2 = descent.read @b2 : tensor<6xf32>
  %w3 = descent.read @w3 : tensor<5x6xf32>
  %b3 = descent.read @b3 : tensor<5xf32>

  // Convolution 3x3, padding 1: 4x4x8x8.
  %p1 = descent.pad %image low [0, 0, 1, 1] high [0, 0, 1, 1] zero : tensor<4x1x8x8xf32> to tensor<4x1x10x10xf32>
  %v1 = descent.broadcast %p1 [0, 1, 2, 3] : tensor<4x1x10x10xf32> to tensor<4x1x10x10x3x3xf32>
  %x1 = descent.window %v1 [2, 3] strides [1, 1] dilations [1, 1] : tensor<4x1x10x10x3x3xf32> to tensor<4x1x8x8x3x3xf32>
  %c1 = descent.contract %w1 [1, 10, 11, 12], %x1 [0, 10, 2, 3, 11, 12] to [0, 1, 2, 3] : (tensor<4x1x3x3xf32>, tensor<4x1x8x8x3x3xf32>) -> tensor<4x4x8x8xf32>
  %d1 = descent.broadcast %b1 [1] : tensor<4xf32> to tensor<4x4x8x8xf32>
  %a1 = descent.add %c1, %d1 : tensor<4x4x8x8xf32>
  %r1 = descent.leaky_relu %a1, 0.125 : tensor<4x4x8x8xf32>

  // Maximum over 2x2: 4x4x4x4.
  %v2 = descent.broadcast %r1 [0, 1, 2, 3] : tensor<4x4x8x8xf32> to tensor<4x4x8x8x2x2xf32>
  %x2 = descent.window %v2 [2, 3] strides [2, 2] dilations [1, 1] : tensor<4x4x8x8x2x2xf32> to tensor<4x4x4x4x2x2xf32>
  %m2, %i2 = descent.max_with_index %x2 [4, 5] : tensor<4x4x4x4x2x2xf32> to tensor<4x4x4x4xf32>, tensor<4x4x4x4xi32>

  // Convolution 2x2 in 2 groups, dilation 2: 4x6x2x2.
  %g3 = descent.reshape %m2 : tensor<4x4x4x4xf32> to tensor<4x2x2x4x4xf32>
  %v3 = descent.broadcast %g3 [0, 1, 2, 3, 4] : tensor<4x2x2x4x4xf32> to tensor<4x2x2x4x4x2x2xf32>
  %x3 = descent.window %v3 [3, 4] strides [1, 1] dilations [2, 2] : tensor<4x2x2x4x4x2x2xf32> to tensor<4x2x2x2x2x2x2xf32>
  %k3 = descent.reshape %w2 : tensor<6x2x2x2xf32> to tensor<2x3x2x2x2xf32>
  %c3 = descent.contract %k3 [1, 2, 10, 11, 12], %x3 [0, 1, 10, 3, 4, 11, 12] to [0, 1, 2, 3, 4] : (tensor<2x3x2x2x2xf32>, tensor<4x2x2x2x2x2x2xf32>) -> tensor<4x2x3x2x2xf32>
  %f3 = descent.reshape %c3 : tensor<4x2x3x2x2xf32> to tensor<4x6x2x2xf32>
  %d3 = descent.broadcast %b2 [1] : tensor<6xf32> to tensor<4x6x2x2xf32>
  %a3 = descent.add %f3, %d3 : tensor<4x6x2x2xf32>
  %r3 = descent.tanh %a3 : tensor<4x6x2x2xf32>

  // Mean over 2x2, flattened: 4x6.
  %s4 = descent.reduce_sum %r3 [2, 3] : tensor<4x6x2x2xf32> to tensor<4x6xf32>
  %quarter = descent.constant dense<0.25> : tensor<4x6xf32>
  %h4 = descent.mul %s4, %quarter : tensor<4x6xf32>

  // Dropout of one half.
  %lo = descent.control seed_lo : tensor<i32>
  %hi = descent.control seed_hi : tensor<i32>
  %step = descent.control step : tensor<i32>
  %los = descent.broadcast %lo [] : tensor<i32> to tensor<4x6xi32>
  %his = descent.broadcast %hi [] : tensor<i32> to tensor<4x6xi32>
  %steps = descent.broadcast %step [] : tensor<i32> to tensor<4x6xi32>
  %index = descent.iota : tensor<4x6xi32>
  %bits = descent.philox %los, %his, %steps, %index stream 3 : tensor<4x6xi32>
  %threshold = descent.constant dense<1073741824> : tensor<4x6xi32>
  %keep = descent.compare lt %bits, %threshold : tensor<4x6xi32>
  %two = descent.constant dense<2.0> : tensor<4x6xf32>
  %zero = descent.constant dense<0.0> : tensor<4x6xf32>
  %mask = descent.select %keep, %two, %zero : tensor<4x6xf32>
  %h5 = descent.mul %h4, %mask : tensor<4x6xf32>

  // Dense.
  %c6 = descent.contract %h5 [0, 2], %w3 [1, 2] to [0, 1] : (tensor<4x6xf32>, tensor<5x6xf32>) -> tensor<4x5xf32>
  %d6 = descent.broadcast %b3 [1] : tensor<5xf32> to tensor<4x5xf32>
  %logits = descent.add %c6, %d6 : tensor<4x5xf32>

  // The mean over the rows that count.
  %e = descent.softmax_cross_entropy %logits, %label : (tensor<4x5xf32>, tensor<4xi32>) -> tensor<4xf32>
  %valid = descent.control valid : tensor<i32>
  %row = descent.iota dim 0 : tensor<4xi32>
  %valids = descent.broadcast %valid [] : tensor<i32> to tensor<4xi32>
  %counts = descent.compare lt %row, %valids : tensor<4xi32>
  %zeros = descent.constant dense<0.0> : tensor<4xf32>
  %counted = descent.select %counts, %e, %zeros : tensor<4xf32>
  %sum = descent.reduce_sum %counted [0] : tensor<4xf32> to tensor<f32>
  %n = descent.cast %valid : tensor<i32> to tensor<f32>
  %loss = descent.div %sum, %n : tensor<f32>
  descent.output "loss", %loss : tensor<f32>

  %best, %class = descent.max_with_index %logits [1] : tensor<4x5xf32> to tensor<4xf32>, tensor<4xi32>
  %hit = descent.compare eq %class, %label : tensor<4xi32>
  %both = descent.and %hit, %counts : tensor<4xi1>
  %hits = descent.cast %both : tensor<4xi1> to tensor<4xf32>
  %right = descent.reduce_sum %hits [0] : tensor<4xf32> to tensor<f32>
  %before = descent.read @correct : tensor<f32>
  %after = descent.add %before, %right : tensor<f32>
  descent.write @correct, %after : tensor<f32>
  descent.output "class", %class batch_axis 0 : tensor<4xi32>

  %g:6 = descent.gradient %loss wrt %w1, %b1, %w2, %b2, %w3, %b3 : tensor<f32> wrt tensor<4x1x3x3xf32>, tensor<4xf32>, tensor<6x2x2x2xf32>, tensor<6xf32>, tensor<5x6xf32>, tensor<5xf32> to tensor<4x1x3x3xf32>, tensor<4xf32>, tensor<6x2x2x2xf32>, tensor<6xf32>, tensor<5x6xf32>, tensor<5xf32>
  descent.optimize 0 #descent.adam<lr = 0.0625 : f32, beta1 = 0.875 : f32, beta2 = 0.96875 : f32, eps = 9.765625e-04 : f32, weight_decay = 0.015625 : f32> [@w1, @b1, @w2, @b2, @w3, @b3] watch %loss by %g#0, %g#1, %g#2, %g#3, %g#4, %g#5 : tensor<f32> by tensor<4x1x3x3xf32>, tensor<4xf32>, tensor<6x2x2x2xf32>, tensor<6xf32>, tensor<5x6xf32>, tensor<5xf32>
}
