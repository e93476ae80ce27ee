# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Step time of models/conv-net.json against the same network in PyTorch on the CPU, interleaved so that both see the same machine.

usage: against_torch.py [--rounds N] [--steps N]

Each round times PyTorch with one and with two threads and descent-run bench; printed are the medians over the rounds, and the ratio of
descent to the better PyTorch."""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.tools import ROOT, compile_model, events


def torch_times(threads, steps):
    """Milliseconds of each of some training steps, in a process of its own: the number of threads is fixed early."""
    code = f"""
import json, time, torch
torch.set_num_threads({threads})
nn = torch.nn
net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.LeakyReLU(0.01), nn.MaxPool2d(2),
                    nn.Conv2d(16, 32, 3, padding=1, groups=2), nn.LeakyReLU(0.01), nn.MaxPool2d(2),
                    nn.Flatten(), nn.Dropout(0.5), nn.Linear(1568, 128), nn.LeakyReLU(0.01), nn.Linear(128, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
x, y = torch.rand(128, 1, 28, 28), torch.randint(0, 10, (128,))
times = []
for i in range({steps} + 5):
    start = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
    times.append((time.perf_counter() - start) * 1e3)
print(json.dumps(times[5:]))
"""
    return json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    bundle = pathlib.Path(tempfile.mkdtemp(prefix="descent-bench-")) / "conv-net.bundle"
    compile_model(ROOT / "models" / "conv-net.json", bundle)
    found = {"torch, 1 thread": [], "torch, 2 threads": [], "descent": []}
    for _ in range(options.rounds):
        for threads in (1, 2):
            name = f"torch, {threads} thread{'s' if threads > 1 else ''}"
            found[name].append(statistics.median(torch_times(threads, options.steps)))
        bench = events("bench", bundle, "--entry", "train", "--steps", options.steps)[-1]
        found["descent"].append(bench["ms_per_step"])
    medians = {name: statistics.median(times) for name, times in found.items()}
    best = min(medians["torch, 1 thread"], medians["torch, 2 threads"])
    for name, value in medians.items():
        print(f"{name}: {value:.1f} ms/step")
    print(f"ratio: {medians['descent'] / best:.2f}")


if __name__ == "__main__":
    main()
