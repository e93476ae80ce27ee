# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times training steps of the networks in models/ and generated matrix products beside other programs on this machine.

usage: peers.py --peers FOLDER [--installed FOLDER] [--rounds N] [--seconds S] [--only NAME,...] [--all] [--json FILE] [--markdown FILE]

FOLDER holds torch_peer.py, webgpu_peers/ and vk_gemm/; webgpu_peers/setup.sh has installed the latter's packages to --installed
(default: $PEERS_DIR, or where setup.sh puts them). A round runs every program of a row once, one after the other; the first round
fills caches and is not counted. Printed are medians over the rounds of the median step (the loss is read back after each), the
median of the rounds' ratios, and whether the target of a row is met."""
import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import gemm
from contenders import Broken, Descent, Torch, jaxjs_conv, onnxruntime
from support.tools import ROOT, run

ORT, JAX, TORCH = "ONNX Runtime WebGPU", "jax-js WebGPU", "PyTorch"

#: Name, model, batch; peers: the ONNX file, the model of torch_peer.py, whether jax-js has it; against whom, and at most what ratio.
ROWS = [
    ("mlp-b32", "mlp", 32, "mlp32.onnx", "single-layer", False, ORT, 1 / 6),
    ("mlp", "mlp", 1000, "mlp.onnx", "single-layer", False, ORT, 1 / 3),
    ("imgfit", "imgfit", 4096, "imgfit.onnx", None, False, ORT, 1 / 3),
    ("siren", "siren", 16384, "siren.onnx", "image-siren", False, ORT, 1 / 3),
    ("conv", "conv", 100, None, None, True, JAX, 1 / 6),
    ("conv-net", "conv-net", 128, None, "conv-net", False, TORCH, 2),
    ("char-gru", "char-gru", 32, None, "char-gru", False, TORCH, 2),
    ("char-transformer", "char-transformer", 32, None, "char-transformer", False, TORCH, 2),
    ("image-hash", "image-hash", 16384, None, "image-hash", False, TORCH, 2)]
#: Networks without a target, timed with --all.
OTHERS = [(name, name, batch, None, name, False, None, None) for name, batch in (
    ("linear", 128), ("single-layer", 128), ("mlp-mnist", 32), ("image-relu", 16384), ("image-relu-pe", 16384), ("image-siren", 16384))]
#: At most so many launches a step.
LAUNCHES = {"mlp-b32": 8, "mlp": 8, "conv-net": 18}


def contenders(row, peers, bundle):
    name, model, batch, onnx, torch, jax, _, _ = row
    yield Descent(bundle)
    if torch:
        yield from (Torch(peers, torch, batch, threads) for threads in (1, 2))
    if onnx:
        yield from (onnxruntime(peers, provider, onnx) for provider in ("cpu", "webgpu"))
    if jax:
        yield jaxjs_conv(peers, batch)


def summarize(row, times):
    """Medians of each program, and the ratio of descent's time to the best of those that the target names, round by round."""
    name, model, batch, *_, against, target = row
    medians = {program: statistics.median(values) for program, values in times.items() if values}
    result = {"network": name, "batch": batch, "ms": medians, "rounds": len(times["descent"])}
    rivals = [program for program in medians if program != "descent" and (not against or program.startswith(against))]
    if rivals:
        best = min(rivals, key=medians.get)
        result.update(against=best, ratio=statistics.median(ours / theirs for ours, theirs in zip(times["descent"], times[best])))
        if target:
            result.update(target=target, met=result["ratio"] <= target)
    return result


def time_row(row, options, folder):
    """Times one network; a program that does not run is named and left out."""
    name, model, batch = row[:3]
    bundle = folder / f"{name}.bundle"
    run("descentc", ROOT / "models" / f"{model}.descent", "--batch", batch, "--entries", "train", "-o", bundle)
    programs = list(contenders(row, options.peers, bundle))
    times, broken = {program.name: [] for program in programs}, {}
    for turn in range(options.rounds + 1):
        for program in programs:
            if program.name in broken:
                continue
            try:
                program.estimate = program.step(options.seconds if turn else 0.1, getattr(program, "estimate", 1e3))
            except Broken as error:
                broken[program.name] = str(error)
                print(f"{name}: {program.name} does not run: {error}", file=sys.stderr)
                continue
            if turn:
                times[program.name].append(program.estimate)
                print(f"{name}: round {turn}: {program.name}: {program.estimate:.3f} ms", file=sys.stderr, flush=True)
    result = summarize(row, {program: values for program, values in times.items() if program not in broken})
    result.update({key: programs[0].last[key] for key in ("launches", "kernels", "peak_bytes", "gflop_per_step", "bytes_per_step")}, broken=broken)
    result["gflops"] = result["gflop_per_step"] / result["ms"]["descent"] * 1e3
    if name in LAUNCHES:
        result.update(launch_target=LAUNCHES[name], launches_met=result["launches"] <= LAUNCHES[name])
    return result


def launches_of_a_block(folder):
    """Of one transformer block, forward and backward together: what two more blocks add, halved."""
    counts = []
    for layers in (2, 4):
        bundle = folder / f"blocks-{layers}.bundle"
        run("descentc", ROOT / "models" / "char-transformer.descent", "-D", f"layers={layers}", "--entries", "train", "-o", bundle)
        inspected = json.loads(run("descent-run", "inspect", bundle, "--json").stdout.splitlines()[-1])
        counts.append(next(variant for variant in inspected["variants"] if variant["name"] == "lavapipe")["statistics"]["train"]["launches"])
    return (counts[1] - counts[0]) / 2


def fraction(value):
    return f"1/{1 / value:.0f}" if value < 1 else f"{value:g}"


def verdict(met):
    return "met" if met else "**not met**"


def markdown(result):
    columns = ["PyTorch, 1 thread", "PyTorch, 2 threads", "ONNX Runtime CPU", ORT, JAX]
    lines = ["| network, ms a step | batch | descent | launches | " + " | ".join(columns) + " | ratio | target |", "|---" * (len(columns) + 6) + "|"] * bool(result["networks"])
    for row in result["networks"]:
        cells = [row["network"], str(row["batch"]), f"{row['ms']['descent']:.2f}",
                 str(row["launches"]) + (f" (at most {row['launch_target']}: {verdict(row['launches_met'])})" if "launch_target" in row else "")]
        cells += [f"{row['ms'][column]:.2f}" if column in row["ms"] else "" for column in columns]
        cells.append(f"{row['ratio']:.3f} of {row['against']}" if "ratio" in row else "")
        cells.append(f"{fraction(row['target'])}: {verdict(row['met'])}" if "met" in row else "")
        lines.append("| " + " | ".join(cells) + " |")
    if "block_launches" in result:
        lines += ["", f"A transformer block takes {result['block_launches']:g} launches forward and backward (at most 18: {verdict(result['block_launches'] <= 18)})."]
    if result["gemm"]:
        tiles = list(result["gemm"][0]["tile_gflops"])
        lines += ["", "| matrix product, GFLOP/s | descent | " + " | ".join(tiles) + " | ratio to the best | target |", "|---" * (len(tiles) + 4) + "|"]
        for row in result["gemm"]:
            cells = [f"{row['size']}^3", f"{row['descent_gflops']:.1f}", *(f"{row['tile_gflops'][tile]:.1f}" for tile in tiles),
                     f"{row['ratio']:.2f}", f"0.85: {verdict(row['ratio'] >= 0.85)}"]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=pathlib.Path, required=True, help="folder of the peers' scripts")
    parser.add_argument("--installed", type=pathlib.Path, help="where webgpu_peers/setup.sh put its packages")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="of every run, about")
    parser.add_argument("--only", help="rows to time: %s, gemm, block" % ", ".join(row[0] for row in ROWS + OTHERS))
    parser.add_argument("--all", action="store_true", help="also the networks of torch_peer.py that have no target")
    parser.add_argument("--json", type=pathlib.Path, help="write all medians")
    parser.add_argument("--markdown", type=pathlib.Path, help="write the tables, which are printed in any case")
    options = parser.parse_args()
    options.peers = options.peers.resolve()
    names = {row[0] for row in ROWS} | {"gemm", "block"} | ({row[0] for row in OTHERS} if options.all else set())
    options.chosen = set(options.only.split(",")) if options.only else names
    unknown = options.chosen - names - {row[0] for row in OTHERS}
    if unknown:
        parser.error(f"unknown row {sorted(unknown)[0]}")
    if options.installed:
        os.environ["PEERS_DIR"] = str(options.installed.resolve())
    return options


def main():
    options = parse_arguments()
    result = {"rounds": options.rounds, "load_before": os.getloadavg()[0], "networks": [], "gemm": []}
    with tempfile.TemporaryDirectory(prefix="descent-bench-") as folder:
        folder = pathlib.Path(folder)
        for row in ROWS + OTHERS:
            if row[0] in options.chosen:
                result["networks"].append(time_row(row, options, folder))
        if "block" in options.chosen:
            result["block_launches"] = launches_of_a_block(folder)
        if "gemm" in options.chosen:
            result["gemm"] = gemm.measure(options.peers, folder, (512, 1024), options.rounds)
    text = markdown(result)
    print(text)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text(text + "\n")


if __name__ == "__main__":
    main()
