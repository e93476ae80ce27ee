// RUN: descent-opt %s --split-input-file --descent-plan-memory="max-range=64 max-bindings=1" --verify-diagnostics

descent.state @a : tensor<2xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @constant {
  // expected-error @+1 {{of type 'tensor<2xf32>' is not a splat; memory planning expects tensors of many values to be states or inputs}}
  %c = descent.constant dense<[1.0, 2.0]> : tensor<2xf32>
  descent.write @a, %c : tensor<2xf32>
}

// -----

descent.state @a : tensor<17xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @range {
  // expected-error @+1 {{a tensor of type 'tensor<17xf32>' takes 68 bytes; the most that a device promises to bind is 64; a smaller batch, layer or sequence makes it smaller}}
  %c = descent.constant dense<1.0> : tensor<17xf32>
  descent.write @a, %c : tensor<17xf32>
}

// -----

descent.input @x : tensor<8xf32>
descent.state @a : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @slabs {
  // expected-error @+1 {{the tensors of a kernel lie in more slabs than the 1 bindings that the device profile allows}}
  %x = descent.read @x : tensor<8xf32>
  descent.write @a, %x : tensor<8xf32>
}

// -----

descent.input @x : tensor<12xf32>
descent.entry @merged {
  %x = descent.read @x : tensor<12xf32>
  // expected-error @+1 {{by 1 bindings the 2 tensors of this operation are reached only if one covers 304 bytes, for 2 of them, the largest of type 'tensor<12xf32>'; the most that a device promises to bind is 64}}
  %r = descent.kernel [12] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<12xf32>) [#descent.access<(d0) -> (11 - d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<12xf32>
  descent.output "r", %r : tensor<12xf32>
}
