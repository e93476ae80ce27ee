// RUN: descent-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{expected as many entries in 'tile' (1) and 'run' (2) as in 'lanes' (2)}}
module attributes {s = #codegen.strategy<lanes = [1, 8], tile = [8], run = [1, 1], unroll = []>} {}

// -----

// expected-error @+1 {{expected positive numbers in a strategy}}
module attributes {s = #codegen.strategy<lanes = [8], tile = [0], run = [1], unroll = []>} {}

// -----

// expected-error @+1 {{a run of 3 does not divide a tile of 8}}
module attributes {s = #codegen.strategy<lanes = [8], tile = [8], run = [3], unroll = [4]>} {}
