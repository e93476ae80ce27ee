#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# From a fresh Debian 12 or Ubuntu 24.04 machine to a trained network: installs packages, builds, compiles models/conv-net.json,
# trains it on drawn digits on whatever Vulkan device there is, and prints the test accuracy. Safe and quick to run again.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/packages.sh build
[ -f build/build.ninja ] || cmake --preset release >/dev/null
cmake --build --preset release --target descentc descent-run

run=build/quickstart
mkdir -p "$run"
build/bin/descentc models/conv-net.json -o "$run/conv-net.bundle"
build/bin/descent-run train "$run/conv-net.bundle" --data glyphs --test glyphs --epochs 3 --seed 1 --out "$run"
