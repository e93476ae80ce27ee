#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Checks that forming kernels takes time in proportion to the model: compiles a transformer of few layers and of many to the kernel level.
#
# check_growth.py MODEL FEW MANY FACTOR

import os
import subprocess
import sys


def measure(model, layers):
    """The processor time of one compilation, whatever else the machine does: the least of three."""
    times = []
    for _ in range(3):
        before = os.times()
        subprocess.run(["descentc", model, "-D", f"layers={layers}", "--emit", "kernels", "-o", os.devnull], check=True)
        after = os.times()
        times.append(after.children_user - before.children_user)
    return min(times)


def main():
    model, few, many, factor = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    short, long = measure(model, few), measure(model, many)
    print(f"{few} layers: {short:.2f} s, {many} layers: {long:.2f} s, {long / short:.1f} times that")
    return 0 if long < factor * short else 1


if __name__ == "__main__":
    sys.exit(main())
