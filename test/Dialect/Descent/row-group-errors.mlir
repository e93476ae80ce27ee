// Every message of the row group's verifier.
// RUN: descent-opt %s -split-input-file -verify-diagnostics -allow-unregistered-dialect

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<4x3xf32>
  // expected-error @+1 {{expected positive extents}}
  %g = descent.row_group [0](%x) : (tensor<4x3xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4x3xf32>):
    descent.return
  }
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<4x3xf32>
  // expected-error @+1 {{expected the body's arguments to have the types of the operands}}
  %g = descent.row_group [4](%x) : (tensor<4x3xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<3x4xf32>):
    %m = descent.kernel [4] reduce [3] by [#descent.combiner<max>] map(%a : tensor<3x4xf32>) [#descent.access<(d0, d1) -> (d1, d0)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } finish() [] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4xf32>
    descent.return %m : tensor<4xf32>
  }
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<4x3xf32>
  // expected-error @+1 {{expected the body to return values of the results' types}}
  %g = descent.row_group [4](%x) : (tensor<4x3xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4x3xf32>):
    %m = descent.kernel [4] reduce [3] by [#descent.combiner<max>] map(%a : tensor<4x3xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } finish() [] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4xf32>
    descent.return
  }
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<4x3xf32>
  %g = descent.row_group [4](%x) : (tensor<4x3xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4x3xf32>):
    // expected-error @+1 {{cannot be in a row group}}
    %r = descent.exp %a : tensor<4x3xf32>
    %m = descent.kernel [4] reduce [3] by [#descent.combiner<max>] map(%a : tensor<4x3xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } finish() [] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4xf32>
    descent.return %m : tensor<4xf32>
  }
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<4x3xf32>
  // expected-error @+1 {{has no part}}
  descent.row_group [4](%x) : (tensor<4x3xf32>) -> () {
  ^bb0(%a: tensor<4x3xf32>):
    descent.return
  }
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<4x3xf32>
  // expected-error @+1 {{expected the body to return results of its parts, each once}}
  %g:2 = descent.row_group [4](%x) : (tensor<4x3xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%a: tensor<4x3xf32>):
    %m = descent.kernel [4] reduce [3] by [#descent.combiner<max>] map(%a : tensor<4x3xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } finish() [] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4xf32>
    descent.return %m, %m : tensor<4xf32>, tensor<4xf32>
  }
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<4x3xf32>
  %g = descent.row_group [2](%x) : (tensor<4x3xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4x3xf32>):
    // expected-error @+1 {{is no part of a group over rows [2]}}
    %m = descent.kernel [4] reduce [3] by [#descent.combiner<max>] map(%a : tensor<4x3xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } finish() [] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4xf32>
    descent.return %m : tensor<4xf32>
  }
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<4x3xf32>
  %g = descent.row_group [4](%x) : (tensor<4x3xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4x3xf32>):
    %m = descent.kernel [4] reduce [3] by [#descent.combiner<max>] map(%a : tensor<4x3xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } finish() [] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4xf32>
    // expected-error @+1 {{reads a result of another part in a row that is not its own, as operand 0}}
    %p = descent.kernel [4, 3] reduce [] by [] map() [] {
        descent.yield
      } finish(%m : tensor<4xf32>) [#descent.access<(d0, d1) -> (-d0 + 3)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4x3xf32>
    descent.return %m : tensor<4xf32>
  }
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<4x3xf32>
  %g = descent.row_group [4](%x) : (tensor<4x3xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4x3xf32>):
    %m = descent.kernel [4] reduce [3] by [#descent.combiner<max>] map(%a : tensor<4x3xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } finish() [] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4xf32>
    // expected-error @+1 {{reads a result of another part in a row that is not its own, as operand 0}}
    %p = descent.kernel [4, 3] reduce [] by [] map() [] {
        descent.yield
      } finish(%m : tensor<4xf32>) [#descent.access<(d0, d1) -> (d0) if [d1 - 1] else 0.0 : f32>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4x3xf32>
    descent.return %m : tensor<4xf32>
  }
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<4x3xf32>
  %g = descent.row_group [4](%x) : (tensor<4x3xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4x3xf32>):
    %m = descent.kernel [4] reduce [3] by [#descent.combiner<max>] map(%a : tensor<4x3xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } finish() [] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4xf32>
    %w = descent.kernel [4, 3] reduce [] by [] map() [] {
        descent.yield
      } finish(%a : tensor<4x3xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4x3xf32>
    // expected-error @+1 {{reads a result of another part that has more than one element a row}}
    %p = descent.kernel [4, 3] reduce [] by [] map() [] {
        descent.yield
      } finish(%w : tensor<4x3xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4x3xf32>
    descent.return %m : tensor<4xf32>
  }
}

// -----

// Computed in place is a sum only.
descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<4x3x2xf32>
  %g = descent.row_group [4](%x) : (tensor<4x3x2xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4x3x2xf32>):
    // expected-error @+1 {{cannot be computed where it is read: expected one sum of f32}}
    %s = descent.kernel [4, 3] reduce [2] by [#descent.combiner<max>] map(%a : tensor<4x3x2xf32>) [#descent.access<(d0, d1, d2) -> (d0, d1, d2)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } finish() [] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4x3xf32>
    %m = descent.kernel [4] reduce [3] by [#descent.combiner<max>] map(%s : tensor<4x3xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } finish() [] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4xf32>
    descent.return %m : tensor<4xf32>
  }
}

// -----

// A part that writes does not read it.
descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<4x3x2xf32>
  %g = descent.row_group [4](%x) : (tensor<4x3x2xf32>) -> tensor<4x3xf32> {
  ^bb0(%a: tensor<4x3x2xf32>):
    %s = descent.kernel [4, 3] reduce [2] by [#descent.combiner<sum>] map(%a : tensor<4x3x2xf32>) [#descent.access<(d0, d1, d2) -> (d0, d1, d2)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } finish() [] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4x3xf32>
    // expected-error @+1 {{reads what is computed in place, as operand 0: only the map of a reduction can}}
    %m = descent.kernel [4, 3] reduce [] by [] map() [] {
        descent.yield
      } finish(%s : tensor<4x3xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4x3xf32>
    descent.return %m : tensor<4x3xf32>
  }
}

// -----

// Nor is it read at two points.
descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<4x3x2xf32>
  %g = descent.row_group [4](%x) : (tensor<4x3x2xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4x3x2xf32>):
    %s = descent.kernel [4, 3] reduce [2] by [#descent.combiner<sum>] map(%a : tensor<4x3x2xf32>) [#descent.access<(d0, d1, d2) -> (d0, d1, d2)>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } finish() [] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4x3xf32>
    // expected-error @+1 {{reads what is computed in place at two points, as operands 0 and 1}}
    %m = descent.kernel [4] reduce [3] by [#descent.combiner<sum>] map(%s, %s : tensor<4x3xf32>, tensor<4x3xf32>)
        [#descent.access<(d0, d1) -> (d0, d1)>, #descent.access<(d0, d1) -> (d0, -d1 + 2)>] {
      ^bb0(%e: f32, %f: f32):
        %p = descent.mul %e, %f : f32
        descent.yield %p : f32
      } finish() [] {
      ^bb0(%e: f32):
        descent.yield %e : f32
      } : tensor<4xf32>
    descent.return %m : tensor<4xf32>
  }
}
