# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lists the sums to computed places that a report, in JSON, has for entry train: parallel and reduction dimensions, the tile, what is in registers, FLOP and bytes."""
import json
import sys

variant = json.load(open(sys.argv[1]))["variants"][0]
kernels = {kernel["name"]: kernel for kernel in variant["kernels"]}
entry = next(entry for entry in variant["entries"] if entry["name"] == "train")
for launch in entry["launches"]:
    for nest in kernels[launch["kernel"]]["parts"]:
        if nest["reduction"] and nest["accumulators"] == 0:
            print(nest["parallel"], nest["reduction"], nest["strategy"]["tile"], nest["register_tile"], nest["flop"], launch["bytes_read"], launch["bytes_written"])
