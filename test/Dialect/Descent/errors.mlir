// Every message of the dialect's verifiers and parsers.
// RUN: descent-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{type attribute of tensor of static shape of}}
descent.input @x : tensor<?xf32>

// -----

// expected-error @+1 {{expected a tensor of static shape without zero extents, got 'tensor<0x3xf32>'}}
descent.state @x : tensor<0x3xf32> buffer <constant, 0.0 : f32, 0.0 : f32>

// -----

// expected-error @+1 {{expected a batch axis in [0, 2), got 2}}
descent.input @x : tensor<2x3xf32> batch_axis 2

// -----

// expected-error @+1 {{expected a batch axis in [0, 2), got -1}}
descent.input @x : tensor<2x3xf32> batch_axis -1

// -----

// expected-error @+1 {{has a range but element type 'f32'}}
descent.input @x : tensor<2xf32> range [0, 3]

// -----

// expected-error @+1 {{expected a range of two increasing numbers}}
descent.input @x : tensor<2xi32> range [3, 3]

// -----

// expected-error @+1 {{expected a range of two increasing numbers}}
descent.input @x : tensor<2xi32> range [3]

// -----

// expected-error @+1 {{expected element type f32 or i32}}
descent.state @x : tensor<2xi1> buffer <constant, 0.0 : f32, 0.0 : f32>

// -----

descent.entry @e {
  // expected-error @+1 {{'x' names no input or state}}
  %x = descent.read @x : tensor<2xf32>
}

// -----

descent.input @x : tensor<3xf32>
descent.entry @e {
  // expected-error @+1 {{has type 'tensor<2xf32>', declared is 'tensor<3xf32>'}}
  %x = descent.read @x : tensor<2xf32>
}

// -----

descent.input @x : tensor<3xf32>
descent.entry @e {
  %x = descent.read @x : tensor<3xf32>
  // expected-error @+1 {{'x' names no state}}
  descent.write @x, %x : tensor<3xf32>
}

// -----

descent.state @x : tensor<3xf32> buffer <constant, 0.0 : f32, 0.0 : f32>
descent.entry @e {
  %x = descent.constant dense<1> : tensor<3xi32>
  // expected-error @+1 {{has type 'tensor<3xi32>', declared is 'tensor<3xf32>'}}
  descent.write @x, %x : tensor<3xi32>
}

// -----

descent.state @x : tensor<3xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @e {
  %loss = descent.constant dense<1.0> : tensor<f32>
  %g = descent.constant dense<1.0> : tensor<3xf32>
  // expected-error @+1 {{expected a gradient for each of 1 parameters, got 2}}
  descent.optimize 0 #descent.sgd<lr = 0.1 : f32, momentum = 0.0 : f32, dampening = 0.0 : f32, weight_decay = 0.0 : f32, nesterov = false> [@x] watch %loss by %g, %g : tensor<f32> by tensor<3xf32>, tensor<3xf32>
}

// -----

descent.entry @e {
  %loss = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{expected a scalar loss (rank 0), got 'tensor<2xf32>'}}
  %g = descent.gradient %loss wrt %loss : tensor<2xf32> wrt tensor<2xf32> to tensor<2xf32>
}

// -----

descent.entry @e {
  %loss = descent.constant dense<1.0> : tensor<f32>
  // expected-error @+1 {{expected gradients of the types of the values they are taken to}}
  %g = descent.gradient %loss wrt %loss : tensor<f32> wrt tensor<f32> to tensor<1xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3xf32>
  // expected-error @+1 {{expected an arena of type 'tensor<64xf32>', got 'tensor<3xf32>'}}
  %p = descent.pack %x : (tensor<3xf32>) -> tensor<3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3xf32>
  %i = descent.constant dense<1> : tensor<3xi32>
  // expected-error @+1 {{expected tensors of one element type}}
  %p = descent.pack %x, %i : (tensor<3xf32>, tensor<3xi32>) -> tensor<128xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<64xf32>
  // expected-error @+1 {{expected at least one tensor}}
  "descent.unpack"(%x) : (tensor<64xf32>) -> ()
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<64xf32>
  // expected-error @+1 {{expected an arena of type 'tensor<128xf32>', got 'tensor<64xf32>'}}
  %p:2 = descent.unpack %x : (tensor<64xf32>) -> (tensor<2xf32>, tensor<2xf32>)
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3xf32>
  // expected-error @+1 {{expected a slope in [0, 1), got 1.0}}
  %y = descent.leaky_relu %x, 1.0 : tensor<3xf32>
}

// -----

descent.entry @e {
  // expected-error @+1 {{expected 1 or more operands, but found 0}}
  %y = "descent.add"() : () -> tensor<3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3xf32>
  %c = descent.constant dense<true> : tensor<2xi1>
  // expected-error @+1 {{the condition is i1 of the operands' shape}}
  %y = "descent.select"(%c, %x, %x) : (tensor<2xi1>, tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3xf32>
  // expected-error @+1 {{the result is i1 of the operands' shape}}
  %y = "descent.compare"(%x, %x) <{predicate = #descent<predicate eq>}> : (tensor<3xf32>, tensor<3xf32>) -> tensor<3x1xi1>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3xf32>
  // expected-error @+1 {{expected as many elements in the result as in the operand, got 4 and 3}}
  %y = descent.reshape %x : tensor<3xf32> to tensor<2x2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  // expected-error @+1 {{expected 2 numbers in 'permutation', got 1}}
  %y = descent.transpose %x [0] : tensor<2x3xf32> to tensor<2x3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  // expected-error @+1 {{expected a permutation of the operand's dimensions, got [0, 0]}}
  %y = descent.transpose %x [0, 0] : tensor<2x3xf32> to tensor<2x3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  // expected-error @+1 {{expected a result of shape [3, 2], got [2, 3]}}
  %y = descent.transpose %x [1, 0] : tensor<2x3xf32> to tensor<2x3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  // expected-error @+1 {{expected increasing dimensions of the result in 'dims', got [1, 0]}}
  %y = descent.broadcast %x [1, 0] : tensor<2x3xf32> to tensor<3x2x4xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  // expected-error @+1 {{operand dimension 1 has extent 3, result dimension 2 has 4}}
  %y = descent.broadcast %x [0, 2] : tensor<2x3xf32> to tensor<2x3x4xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  // expected-error @+1 {{expected a result of rank 2}}
  %y = descent.slice %x offsets [0, 0] strides [1, 1] : tensor<2x3xf32> to tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<7xf32>
  // expected-error @+1 {{dimension 0 reads from 1 to 7 by 2 in an extent of 7}}
  %y = descent.slice %x offsets [1] strides [2] : tensor<7xf32> to tensor<4xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<7xf32>
  // expected-error @+1 {{dimension 0 reads from 3 to 1 by -1 in an extent of 7}}
  %y = descent.slice %x offsets [3] strides [-1] : tensor<7xf32> to tensor<3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  // expected-error @+1 {{expected 2 numbers in 'high', got 1}}
  %y = descent.pad %x low [0, 0] high [1] zero : tensor<2x3xf32> to tensor<3x3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3xf32>
  // expected-error @+1 {{expected padding of zero or more}}
  %y = descent.pad %x low [-1] high [0] zero : tensor<3xf32> to tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1> : tensor<3xi32>
  // expected-error @+1 {{pads with the lowest value in floats only, got 'tensor<3xi32>'}}
  %y = descent.pad %x low [1] high [0] lowest : tensor<3xi32> to tensor<4xi32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3xf32>
  // expected-error @+1 {{expected a result of shape [5], got [4]}}
  %y = descent.pad %x low [1] high [1] zero : tensor<3xf32> to tensor<4xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<5x2xf32>
  // expected-error @+1 {{expected 1 numbers in 'dilations', got 2}}
  %y = descent.window %x [0] strides [1] dilations [1, 1] : tensor<5x2xf32> to tensor<4x2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<5x2xf32>
  // expected-error @+1 {{expected operand and result of one rank and element type}}
  %y = descent.window %x [0] strides [1] dilations [1] : tensor<5x2xf32> to tensor<4xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<5x2xf32>
  // expected-error @+1 {{expected increasing spatial dimensions before the window dimensions, got [1]}}
  %y = descent.window %x [1] strides [1] dilations [1] : tensor<5x2xf32> to tensor<4x2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<5x2xf32>
  // expected-error @+1 {{expected strides and dilations of one or more}}
  %y = descent.window %x [0] strides [0] dilations [1] : tensor<5x2xf32> to tensor<4x2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<5x2xf32>
  // expected-error @+1 {{a window of reach 6 does not fit an extent of 5}}
  %y = descent.window %x [0] strides [1] dilations [5] : tensor<5x2xf32> to tensor<4x2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<4x2xf32>
  // expected-error @+1 {{expected window positions of shape [5, 2], got [4, 2]}}
  %y = descent.unwindow %x [0] strides [1] dilations [1] : tensor<4x2xf32> to tensor<6x2xf32>
}

// -----

descent.entry @e {
  // expected-error @+1 {{expected at least one operand}}
  %y = "descent.concat"() <{axis = 0 : i64}> : () -> tensor<3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3xf32>
  // expected-error @+1 {{expected an axis in [0, 1), got 1}}
  %y = descent.concat %x, %x axis 1 : (tensor<3xf32>, tensor<3xf32>) -> tensor<6xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3xf32>
  %i = descent.constant dense<1> : tensor<3xi32>
  // expected-error @+1 {{expected operands of the result's rank and element type}}
  %y = descent.concat %x, %i axis 0 : (tensor<3xf32>, tensor<3xi32>) -> tensor<6xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3x2xf32>
  %z = descent.constant dense<1.0> : tensor<3x4xf32>
  // expected-error @+1 {{operands differ in dimension 1: 4 and 2}}
  %y = descent.concat %x, %z axis 0 : (tensor<3x2xf32>, tensor<3x4xf32>) -> tensor<6x2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3xf32>
  // expected-error @+1 {{expected an extent of 6 along the axis, got 7}}
  %y = descent.concat %x, %x axis 0 : (tensor<3xf32>, tensor<3xf32>) -> tensor<7xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3xf32>
  // expected-error @+1 {{expected at least one dimension to reduce}}
  %y = descent.reduce_sum %x [] : tensor<3xf32> to tensor<3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3x2xf32>
  // expected-error @+1 {{expected increasing dimensions of the operand, got 1, 0}}
  %y = descent.reduce_max %x [1, 0] : tensor<3x2xf32> to tensor<f32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3x2xf32>
  // expected-error @+1 {{expected increasing dimensions of the operand, got 2}}
  %y = descent.reduce_sum %x [2] : tensor<3x2xf32> to tensor<3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3x2xf32>
  // expected-error @+1 {{expected results of the shape of 'tensor<3xf32>', got 'tensor<2xi32>'}}
  %y, %i = descent.max_with_index %x [1] : tensor<3x2xf32> to tensor<3xf32>, tensor<2xi32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3x2xf32>
  // expected-error @+1 {{expected one label a dimension of rhs}}
  %y = descent.contract %x [0, 1], %x [1] to [0] : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3x3xf32>
  // expected-error @+1 {{label 0 stands twice in lhs}}
  %y = descent.contract %x [0, 0], %x [0, 1] to [1] : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3x2xf32>
  // expected-error @+1 {{label 1 has extent 2 in lhs and 3 in rhs}}
  %y = descent.contract %x [0, 1], %x [1, 2] to [0, 2] : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3x2xf32>
  // expected-error @+1 {{label 1 stands in lhs alone}}
  %y = descent.contract %x [0, 1], %x [0, 2] to [2] : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3xf32>
  // expected-error @+1 {{expected an axis in [0, 1), got -1}}
  %y = descent.softmax %x axis -1 : tensor<3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3x2xf32>
  %l = descent.constant dense<1> : tensor<2xi32>
  // expected-error @+1 {{expected labels of the logits' shape without the last dimension, got 'tensor<2xi32>' for 'tensor<3x2xf32>'}}
  %y = descent.softmax_cross_entropy %x, %l : (tensor<3x2xf32>, tensor<2xi32>) -> tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3x2xf32>
  %l = descent.constant dense<1> : tensor<3xi32>
  // expected-error @+1 {{expected a result of the labels' shape}}
  %y = descent.softmax_cross_entropy %x, %l : (tensor<3x2xf32>, tensor<3xi32>) -> tensor<f32>
}

// -----

descent.entry @e {
  // expected-error @+1 {{expected a dimension in [0, 2), got 2}}
  %i = descent.iota dim 2 : tensor<2x3xi32>
}

// -----

descent.entry @e {
  // expected-error @+1 {{expected a result of type 'tensor<i32>'}}
  %i = descent.control step : tensor<f32>
}

// -----

descent.entry @e {
  // expected-error @+1 {{expected a result of type 'tensor<f32>'}}
  %i = descent.control lr_scale : tensor<i32>
}

// -----

descent.state @w : tensor<2xf32> parameter <constant, 0.0, 0.0>
descent.entry @train {
  %w = descent.read @w : tensor<2xf32>
  // expected-note @below {{the first one is here}}
  descent.write @w, %w : tensor<2xf32>
  // expected-error @below {{'descent.write' op writes 'w' a second time}}
  descent.write @w, %w : tensor<2xf32>
}

// -----

descent.state @w : tensor<2xf32> parameter <constant, 0.0, 0.0>
descent.entry @train {
  %w = descent.read @w : tensor<2xf32>
  // expected-note @below {{the first one is here}}
  descent.output "o", %w : tensor<2xf32>
  // expected-error @below {{'descent.output' op gives 'o' a second time}}
  descent.output "o", %w : tensor<2xf32>
}

// -----

// expected-error @below {{expected a name of letters, digits, '_' and '-'}}
descent.entry @"../e" {
}

// -----

// expected-error @below {{expected fewer than 2^31 elements}}
descent.input @x : tensor<4294967296x4294967296xf32>

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  // expected-error @+1 {{expected increasing dimensions of the operand in 'dims', got [1, 0]}}
  %y = descent.reverse %x [1, 0] : tensor<2x3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  // expected-error @+1 {{expected increasing dimensions of the operand in 'dims', got [2]}}
  %y = descent.reverse %x [2] : tensor<2x3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  // expected-error @+1 {{expected a result of the operand's element type, got 'tensor<2xi32>' for 'tensor<2x3xf32>'}}
  %y = descent.reduce_sum %x [1] : tensor<2x3xf32> to tensor<2xi32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  %d = descent.constant dense<1.0> : tensor<4x3xf64>
  // expected-error @+1 {{expected one element type, got 'tensor<2x3xf32>', 'tensor<4x3xf64>' and 'tensor<2x4xf32>'}}
  %y = descent.contract %x [0, 2], %d [1, 2] to [0, 1] : (tensor<2x3xf32>, tensor<4x3xf64>) -> tensor<2x4xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  %i = descent.constant dense<1> : tensor<2x4xi32>
  // expected-error @+1 {{expected an axis in [0, 2) of 'tensor<2x3xf32>', got 2}}
  %y = descent.gather %x at %i axis 2 : (tensor<2x3xf32>, tensor<2x4xi32>) -> tensor<2x4xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  %i = descent.constant dense<1> : tensor<2x4xi32>
  // expected-error @+1 {{expected indices of the operand's shape but for the extent along axis 0, got 'tensor<2x4xi32>' for 'tensor<2x3xf32>'}}
  %y = descent.gather %x at %i axis 0 : (tensor<2x3xf32>, tensor<2x4xi32>) -> tensor<2x4xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  %i = descent.constant dense<1> : tensor<2x4xi32>
  // expected-error @+1 {{expected a result of type 'tensor<2x4xf32>', got 'tensor<2x3xf32>'}}
  %y = descent.gather %x at %i axis 1 : (tensor<2x3xf32>, tensor<2x4xi32>) -> tensor<2x3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  %i = descent.constant dense<1> : tensor<2x4xi32>
  // expected-error @+1 {{expected an axis in [0, 2) of 'tensor<2x3xf32>', got -1}}
  %y = descent.scatter_add %x at %i axis -1 extent 5 : (tensor<2x3xf32>, tensor<2x4xi32>) -> tensor<2x5xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  %i = descent.constant dense<1> : tensor<2x4xi32>
  // expected-error @+1 {{expected indices of the updates' shape, got 'tensor<2x4xi32>' for 'tensor<2x3xf32>'}}
  %y = descent.scatter_add %x at %i axis 1 extent 5 : (tensor<2x3xf32>, tensor<2x4xi32>) -> tensor<2x5xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  %i = descent.constant dense<1> : tensor<2x3xi32>
  // expected-error @+1 {{expected a positive extent, got 0}}
  %y = descent.scatter_add %x at %i axis 1 extent 0 : (tensor<2x3xf32>, tensor<2x3xi32>) -> tensor<2x5xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  %i = descent.constant dense<1> : tensor<2x3xi32>
  // expected-error @+1 {{expected a result of type 'tensor<2x5xf32>', got 'tensor<2x4xf32>'}}
  %y = descent.scatter_add %x at %i axis 1 extent 5 : (tensor<2x3xf32>, tensor<2x3xi32>) -> tensor<2x4xf32>
}
