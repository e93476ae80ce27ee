// RUN: descent-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{expected a size that is a multiple of 4, got 6}}
schedule.slab @s kind(state) size(6)

// -----

// expected-error @+1 {{expected state or transient, got 'shared'}}
schedule.slab @s kind(shared) size(4)

// -----

schedule.slab @s kind(transient) size(256)
// expected-error @+1 {{a place's offset is even and not negative, got 3}}
schedule.control at <@s, 3, 256>

// -----

// expected-error @+1 {{a place's size is even and positive, got 0}}
schedule.control at <@s, 0, 0>

// -----

// expected-error @+1 {{names the slab @s, which does not exist}}
schedule.control at <@s, 0, 256>

// -----

schedule.slab @s kind(transient) size(256)
// expected-error @+1 {{ends behind its slab of 256 bytes}}
schedule.control at <@s, 256, 256>

// -----

schedule.slab @s kind(transient) size(512)
// expected-error @+1 {{does not start at a multiple of 256}}
schedule.control at <@s, 4, 256>

// -----

schedule.slab @s kind(transient) size(512)
// expected-error @+1 {{expected a place of 256 bytes, got 128}}
schedule.control at <@s, 0, 128>

// -----

schedule.slab @s kind(state) size(512)
// expected-error @+1 {{puts the control words into a state slab}}
schedule.control at <@s, 0, 256>

// -----

descent.state @w : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
schedule.slab @s kind(transient) size(512)
// expected-error @+1 {{puts the state @w into a transient slab}}
schedule.place @w at <@s, 0, 32>

// -----

descent.input @x : tensor<8xf32>
schedule.slab @s kind(state) size(512)
// expected-error @+1 {{puts the input @x into a state slab}}
schedule.place @x at <@s, 0, 32>

// -----

descent.input @x : tensor<8xf32>
schedule.slab @s kind(transient) size(512)
// expected-error @+1 {{is not of the 32 bytes of 'tensor<8xf32>'}}
schedule.place @x at <@s, 0, 64>

// -----

schedule.slab @s kind(transient) size(512)
// expected-error @+1 {{@s is neither an input nor a state}}
schedule.place @s at <@s, 0, 64>

// -----

descent.state @a : tensor<65xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.state @b : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
schedule.slab @s kind(state) size(512)
schedule.place @a at <@s, 0, 260>
// expected-error @+1 {{overlaps the place of @a}}
schedule.place @b at <@s, 256, 32>

// -----

// expected-error @+1 {{names the input @x, which does not exist}}
schedule.entry @e inputs [@x] {
}

// -----

schedule.slab @t kind(transient) size(512)
schedule.entry @e inputs [] {
  // expected-error @+1 {{names the kernel @k, which does not exist}}
  schedule.launch @k [#schedule.place<@t, 0, 32>]
}

// -----

schedule.slab @t kind(transient) size(512)
schedule.entry @e inputs [] {
  // expected-error @+1 {{is not of the 16 bytes of 'tensor<4xf32>'}}
  schedule.output "y" at <@t, 0, 8> : tensor<4xf32>
}

// -----

schedule.slab @s kind(transient) size(256)
schedule.entry @e inputs [] {
  // expected-error @+1 {{does not start at a multiple of 4}}
  schedule.output "y" at <@s, 2, 8> : tensor<3xf16>
}

// -----

schedule.slab @s kind(state) size(256)
descent.state @h : tensor<3xf16> buffer <constant, 0.0 : f32, 0.0 : f32>
// expected-error @+1 {{is not of the 8 bytes of 'tensor<3xf16>'}}
schedule.place @h at <@s, 0, 6>
