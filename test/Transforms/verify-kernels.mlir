// The boundary of the kernel level.
// RUN: descent-opt %s --descent-verify-kernels -split-input-file -verify-diagnostics

descent.input @x : tensor<4xf32>
descent.state @w : tensor<4xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @fine {
  %x = descent.read @x : tensor<4xf32>
  %step = descent.control step : tensor<i32>
  %k = descent.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %y = descent.kernel [4] reduce [] by [] map() [] {
      descent.yield
    } finish(%x, %k : tensor<4xf32>, tensor<4xf32>) [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32, %b: f32):
      %s = descent.add %a, %b : f32
      descent.yield %s : f32
    } : tensor<4xf32>
  %r = descent.reshape %y : tensor<4xf32> to tensor<2x2xf32>
  %p = descent.pack %y, %r : (tensor<4xf32>, tensor<2x2xf32>) -> tensor<128xf32>
  %u:2 = descent.unpack %p : (tensor<128xf32>) -> (tensor<4xf32>, tensor<2x2xf32>)
  descent.write @w, %u#0 : tensor<4xf32>
  descent.output "step", %step : tensor<i32>
}

// -----

descent.input @x : tensor<4xf32>
descent.entry @e {
  %x = descent.read @x : tensor<4xf32>
  // expected-error @+1 {{is not an operation of the kernel level}}
  %y = descent.exp %x : tensor<4xf32>
  descent.output "y", %y : tensor<4xf32>
}

// -----

descent.input @x : tensor<4xf32>
descent.entry @e {
  %x = descent.read @x : tensor<4xf32>
  // expected-error @+1 {{is not an operation of the kernel level}}
  %y = descent.slice %x offsets [1] strides [1] : tensor<4xf32> to tensor<2xf32>
  descent.output "y", %y : tensor<2xf32>
}
