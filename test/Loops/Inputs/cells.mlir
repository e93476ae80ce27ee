// Entries whose loops differ in what they carry, stack and read. See on-device.test.

descent.state @w : tensor<8x8xf32> parameter #descent.init<uniform, -0.3 : f32, 0.3 : f32>
descent.state @c : tensor<4xf32> buffer #descent.init<uniform, -1.0 : f32, 1.0 : f32>
descent.input @x : tensor<7x3x8xf32>
descent.input @xt : tensor<3x7x8xf32>
descent.input @h : tensor<3x8xf32>
descent.input @n : tensor<7xi32>
descent.input @xs : tensor<7x3x5xf32>
descent.state @u : tensor<5x8xf32> parameter #descent.init<uniform, -0.5 : f32, 0.5 : f32>
descent.state @state : tensor<3x8xf32> buffer #descent.init<uniform, -1.0 : f32, 1.0 : f32>
// From the last to the first; the old state is stacked and the new one is.
descent.entry @reversed {
  %x = descent.read @x : tensor<7x3x8xf32>
  %w = descent.read @w : tensor<8x8xf32>
  %h0 = descent.read @h : tensor<3x8xf32>
  %h, %pre, %post = descent.scan count 7 reversed carry(%h0 : tensor<3x8xf32>) over(%x : tensor<7x3x8xf32>) with(%w : tensor<8x8xf32>) {
  ^bb0(%a: tensor<3x8xf32>, %s: tensor<3x8xf32>, %ww: tensor<8x8xf32>):
    %p = descent.contract %a [0, 1], %ww [1, 2] to [0, 2] : (tensor<3x8xf32>, tensor<8x8xf32>) -> tensor<3x8xf32>
    %z = descent.add %p, %s : tensor<3x8xf32>
    %t = descent.tanh %z : tensor<3x8xf32>
    descent.return %t, %a, %t : tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>
  } : tensor<3x8xf32> stack tensor<7x3x8xf32>, tensor<7x3x8xf32>
  descent.output "last", %h : tensor<3x8xf32>
  descent.output "pre", %pre : tensor<7x3x8xf32>
  descent.output "post", %post : tensor<7x3x8xf32>
}
// Two states that change places, one that is summed in place, one of which all
// is read (so it alternates), and nothing stacked. Seven iterations: odd.
descent.entry @carries {
  %x = descent.read @x : tensor<7x3x8xf32>
  %w = descent.read @w : tensor<8x8xf32>
  %h0 = descent.read @h : tensor<3x8xf32>
  %c = descent.read @c : tensor<4xf32>
  %zero = descent.constant dense<0.0> : tensor<3x8xf32>
  %one = descent.constant dense<1.0> : tensor<3x8xf32>
  %p, %q, %sum, %r, %cc = descent.scan count 7 carry(%zero, %one, %zero, %h0, %c : tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>, tensor<4xf32>) over(%x : tensor<7x3x8xf32>) with(%w : tensor<8x8xf32>) {
  ^bb0(%a: tensor<3x8xf32>, %b: tensor<3x8xf32>, %sofar: tensor<3x8xf32>, %e: tensor<3x8xf32>, %k: tensor<4xf32>, %s: tensor<3x8xf32>, %ww: tensor<8x8xf32>):
    %acc = descent.add %sofar, %s : tensor<3x8xf32>
    %m = descent.contract %e [0, 1], %ww [1, 2] to [0, 2] : (tensor<3x8xf32>, tensor<8x8xf32>) -> tensor<3x8xf32>
    %mm = descent.add %m, %a : tensor<3x8xf32>
    %k2 = descent.tanh %k : tensor<4xf32>
    descent.return %b, %a, %acc, %mm, %k2 : tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>, tensor<4xf32>
  } : tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>, tensor<4xf32>
  descent.output "p", %p : tensor<3x8xf32>
  descent.output "q", %q : tensor<3x8xf32>
  descent.output "sum", %sum : tensor<3x8xf32>
  descent.output "r", %r : tensor<3x8xf32>
  descent.write @c, %cc : tensor<4xf32>
}
// No carried values; a transposed sequence; a stack that is read whole; integers.
descent.entry @map {
  %xt = descent.read @xt : tensor<3x7x8xf32>
  %n = descent.read @n : tensor<7xi32>
  %t = descent.transpose %xt [1, 0, 2] : tensor<3x7x8xf32> to tensor<7x3x8xf32>
  %y, %i = descent.scan count 7 carry() over(%t, %n : tensor<7x3x8xf32>, tensor<7xi32>) with() {
  ^bb0(%s: tensor<3x8xf32>, %j: tensor<i32>):
    %m = descent.reduce_max %s [1] : tensor<3x8xf32> to tensor<3xf32>
    %f = descent.cast %j : tensor<i32> to tensor<f32>
    %fb = descent.broadcast %f [] : tensor<f32> to tensor<3xf32>
    %z = descent.mul %m, %fb : tensor<3xf32>
    %k = descent.add %j, %j : tensor<i32>
    descent.return %z, %k : tensor<3xf32>, tensor<i32>
  } stack tensor<7x3xf32>, tensor<7xi32>
  %sum = descent.reduce_sum %y [0] : tensor<7x3xf32> to tensor<3xf32>
  descent.output "y", %y : tensor<7x3xf32>
  descent.output "i", %i : tensor<7xi32>
  descent.output "sum", %sum : tensor<3xf32>
}
// State, outputs stacked, captures; the state is stacked after each step.
descent.entry @forward {
  %x = descent.read @xs : tensor<7x3x5xf32>
  %w = descent.read @w : tensor<8x8xf32>
  %u = descent.read @u : tensor<5x8xf32>
  %h0 = descent.read @state : tensor<3x8xf32>
  %h, %hs = descent.scan count 7 carry(%h0 : tensor<3x8xf32>) over(%x : tensor<7x3x5xf32>) with(%w, %u : tensor<8x8xf32>, tensor<5x8xf32>) {
  ^bb0(%a: tensor<3x8xf32>, %s: tensor<3x5xf32>, %ww: tensor<8x8xf32>, %uu: tensor<5x8xf32>):
    %p = descent.contract %a [0, 1], %ww [1, 2] to [0, 2] : (tensor<3x8xf32>, tensor<8x8xf32>) -> tensor<3x8xf32>
    %q = descent.contract %s [0, 1], %uu [1, 2] to [0, 2] : (tensor<3x5xf32>, tensor<5x8xf32>) -> tensor<3x8xf32>
    %z = descent.add %p, %q : tensor<3x8xf32>
    %n = descent.tanh %z : tensor<3x8xf32>
    descent.return %n, %n : tensor<3x8xf32>, tensor<3x8xf32>
  } : tensor<3x8xf32> stack tensor<7x3x8xf32>
  descent.output "last", %h : tensor<3x8xf32>
  descent.output "all", %hs : tensor<7x3x8xf32>
  descent.write @state, %h : tensor<3x8xf32>
}
