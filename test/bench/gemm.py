# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Generated matrix products beside the hand-written register tiles of vk_gemm, in turn."""
import pathlib
import statistics
import subprocess
import sys

from contenders import ask
from support.tools import BIN

TILES = [(4, 1), (8, 1), (16, 1), (8, 2), (4, 4), (16, 2), (16, 4)]  # rows and vectors of four columns
LANES = 8


def build(peers, folder):
    """Compiles the yardstick and its shaders; returns a function from a tile and a size to GFLOP/s."""
    source, tool = peers / "vk_gemm", folder / "vk_gemm"
    subprocess.run(["g++", "-O2", "-std=c++17", source / "vk_gemm.cpp", "-o", tool, "-lvulkan"], check=True)
    for rows, vectors in TILES:
        shader = folder / f"tile-{rows}x{4 * vectors}"
        text = subprocess.run([sys.executable, source / "gen.py", str(rows), str(vectors), str(LANES), "1", "fma"], check=True,
                              capture_output=True, text=True).stdout
        shader.with_suffix(".comp").write_text(text)
        subprocess.run(["glslc", "-O", shader.with_suffix(".comp"), "-o", shader.with_suffix(".spv")], check=True)

    def time(rows, vectors, size):
        shader = folder / f"tile-{rows}x{4 * vectors}.spv"
        return ask([tool, shader, size, size, size, size // (4 * vectors * LANES), size // rows, 1, 7, 1])[-1]["gflops"]
    return time


def measure(peers, folder, sizes, rounds):
    """Rows with the medians of GFLOP/s: ours, of every tile, and the ratio of ours to the best tile, round by round."""
    yardstick = build(peers, folder)
    source = pathlib.Path(__file__).with_name("gemm.mlir")
    rows = []
    for size in sizes:
        found = {"descent": []}
        for tile in TILES:
            found[tile] = []
        for turn in range(rounds + 1):
            for name, values in found.items():
                if name == "descent":
                    ms = ask([BIN / "descent-kernel-bench", source, f"gemm{size}", "--repeat", 7])[-1]["ms"]
                    value = 2 * size ** 3 / ms * 1e-6
                else:
                    value = yardstick(*name, size)
                if turn:  # the first round fills the driver's cache
                    values.append(value)
        tiles = {f"{rows_}x{4 * vectors}": found[rows_, vectors] for rows_, vectors in TILES}
        best = max(tiles, key=lambda tile: statistics.median(tiles[tile]))
        rows.append({"size": size, "descent_gflops": statistics.median(found["descent"]), "best_tile": best,
                     "tile_gflops": {tile: statistics.median(values) for tile, values in tiles.items()},
                     "ratio": statistics.median(ours / theirs for ours, theirs in zip(found["descent"], tiles[best]))})
    return rows
