// What the bodies of custom functions and scans must be.
// RUN: descent-opt %s -split-input-file -verify-diagnostics -allow-unregistered-dialect

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{expected a count of at least 1, got 0}}
  %f = descent.scan count 0 carry(%x : tensor<2xf32>) over() with() {
  ^bb0(%h: tensor<2xf32>):
    descent.return %h : tensor<2xf32>
  } : tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  // expected-error @+1 {{expected sequence 0 to have 3 slices along its leading dimension, got 'tensor<2x3xf32>'}}
  %s = descent.scan count 3 carry() over(%x : tensor<2x3xf32>) with() {
  ^bb0(%i: tensor<3xf32>):
    descent.return %i : tensor<3xf32>
  } stack tensor<3x3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{expected final values of the types of the initial ones: a list with value 0 of type 'tensor<2xf32>', got 'tensor<3xf32>'}}
  %f = descent.scan count 3 carry(%x : tensor<2xf32>) over() with() {
  ^bb0(%h: tensor<2xf32>):
    descent.return %h : tensor<2xf32>
  } : tensor<3xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3x2xf32>
  // expected-error @+1 {{expected a body that takes carried values, slices and captures: a list with value 0 of type 'tensor<2xf32>', got 'tensor<3x2xf32>'}}
  %s = descent.scan count 3 carry() over(%x : tensor<3x2xf32>) with() {
  ^bb0(%i: tensor<3x2xf32>):
    %r = descent.reduce_sum %i [0] : tensor<3x2xf32> to tensor<2xf32>
    descent.return %r : tensor<2xf32>
  } stack tensor<3x2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3x2xf32>
  // expected-error @+1 {{expected a body that takes carried values, slices and captures: a list of 2 values, got 1}}
  %s = descent.scan count 3 carry() over(%x : tensor<3x2xf32>) with(%x : tensor<3x2xf32>) {
  ^bb0(%i: tensor<2xf32>):
    descent.return %i : tensor<2xf32>
  } stack tensor<3x2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{expected a body that returns the next carried values, then the values to stack: a list of 2 values, got 1}}
  %f, %s = descent.scan count 3 carry(%x : tensor<2xf32>) over() with() {
  ^bb0(%h: tensor<2xf32>):
    descent.return %h : tensor<2xf32>
  } : tensor<2xf32> stack tensor<3x2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{expected a body that returns the next carried values, then the values to stack: a list with value 0 of type 'tensor<2xf32>', got 'tensor<2xi32>'}}
  %f = descent.scan count 3 carry(%x : tensor<2xf32>) over() with() {
  ^bb0(%h: tensor<2xf32>):
    %i = descent.cast %h : tensor<2xf32> to tensor<2xi32>
    descent.return %i : tensor<2xi32>
  } : tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<3x2xf32>
  // expected-error @+1 {{expected stacked result 0 to have the leading dimension 3, got 'tensor<2x2xf32>'}}
  %s = descent.scan count 3 carry() over(%x : tensor<3x2xf32>) with() {
  ^bb0(%i: tensor<2xf32>):
    descent.return %i : tensor<2xf32>
  } stack tensor<2x2xf32>
}

// -----

descent.input @x : tensor<2xf32>
descent.entry @e {
  %x = descent.read @x : tensor<2xf32>
  // expected-note @+1 {{the body belongs to this operation}}
  %f = descent.scan count 3 carry(%x : tensor<2xf32>) over() with() {
  ^bb0(%h: tensor<2xf32>):
    // expected-error @+1 {{names an input or state in the body of 'descent.scan'; do that outside, and give the body the value as an operand}}
    %y = descent.read @x : tensor<2xf32>
    %n = descent.add %h, %y : tensor<2xf32>
    descent.return %n : tensor<2xf32>
  } : tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-note @+1 {{the body belongs to this operation}}
  %f = descent.scan count 3 carry(%x : tensor<2xf32>) over() with() {
  ^bb0(%h: tensor<2xf32>):
    // expected-error @+1 {{has effects, but stands in the body of 'descent.scan', which may only compute}}
    descent.output "h", %h : tensor<2xf32>
    descent.return %h : tensor<2xf32>
  } : tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{expected bodies that end with descent.return}}
  %f = descent.scan count 3 carry(%x : tensor<2xf32>) over() with() {
  ^bb0(%h: tensor<2xf32>):
    "test.end"(%h) : (tensor<2xf32>) -> ()
  } : tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{expected 'vjp' to take operands, results and the results' cotangents: a list of 3 values, got 2}}
  %y = descent.custom "f"(%x) : (tensor<2xf32>) -> tensor<2xf32> forward {
  ^bb0(%a: tensor<2xf32>):
    descent.return %a : tensor<2xf32>
  } vjp {
  ^bb0(%a: tensor<2xf32>, %ct: tensor<2xf32>):
    descent.return %ct : tensor<2xf32>
  }
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{expected 'vjp' to return a cotangent of each operand: a list of 2 values, got 1}}
  %y = descent.custom "f"(%x, %x) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> forward {
  ^bb0(%a: tensor<2xf32>, %b: tensor<2xf32>):
    descent.return %a : tensor<2xf32>
  } vjp {
  ^bb0(%a: tensor<2xf32>, %b: tensor<2xf32>, %r: tensor<2xf32>, %ct: tensor<2xf32>):
    descent.return %ct : tensor<2xf32>
  }
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{expected 'forward' to take the operands: a list with value 0 of type 'tensor<2xf32>', got 'tensor<3xf32>'}}
  %y = descent.custom "f"(%x) : (tensor<2xf32>) -> tensor<3xf32> forward {
  ^bb0(%a: tensor<3xf32>):
    descent.return %a : tensor<3xf32>
  } vjp {
  ^bb0(%a: tensor<2xf32>, %r: tensor<3xf32>, %ct: tensor<3xf32>):
    descent.return %a : tensor<2xf32>
  }
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{expected 'forward' to return the results: a list with value 0 of type 'tensor<3xf32>', got 'tensor<2xf32>'}}
  %y = descent.custom "f"(%x) : (tensor<2xf32>) -> tensor<3xf32> forward {
  ^bb0(%a: tensor<2xf32>):
    descent.return %a : tensor<2xf32>
  } vjp {
  ^bb0(%a: tensor<2xf32>, %r: tensor<3xf32>, %ct: tensor<3xf32>):
    descent.return %a : tensor<2xf32>
  }
}
