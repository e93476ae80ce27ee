# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What peers.py times: descent-run and, for each peer, the command of one run and what it prints."""
import importlib.util
import json
import os
import pathlib
import subprocess
import sys

from support.tools import BIN

OPENBLAS = "/usr/lib/x86_64-linux-gnu/openblas-openmp"
PYTHON = sys.executable if importlib.util.find_spec("torch") else "/usr/bin/python3"


class Broken(Exception):
    """A contender that does not run, and what it said."""


def ask(command, environment=None, timeout=1800):
    """Runs a command and returns the JSON objects among the lines of its output."""
    try:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=timeout, env=dict(os.environ, **(environment or {})))
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Broken(str(error)) from None
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not found:
        raise Broken(f"{' '.join(map(str, command))}\nexit {done.returncode}\n{done.stdout[-1000:]}\n{done.stderr[-1000:]}")
    return found


class Descent:
    name = "descent"

    def __init__(self, bundle):
        self.bundle = bundle

    def step(self, seconds, estimate):
        steps = max(5, min(200, int(seconds * 1e3 / estimate / 2)))  # it times as many again that overlap
        self.last = ask([BIN / "descent-run", "bench", self.bundle, "--steps", steps, "--json"])[-1]
        return self.last["ms_per_step"]


class Torch:
    def __init__(self, peers, model, batch, threads):
        self.name = f"PyTorch, {threads} thread{'s' if threads > 1 else ''}"
        self.command = [PYTHON, peers / "torch_peer.py", "--threads", threads, "--batch", batch, model]

    def step(self, seconds, estimate):
        libraries = ":".join(filter(None, [OPENBLAS if pathlib.Path(OPENBLAS).is_dir() else "", os.environ.get("LD_LIBRARY_PATH", "")]))
        return ask(self.command + ["--seconds", seconds], {"LD_LIBRARY_PATH": libraries})[-1]["ms_per_step"]


class Node:
    """A peer that node runs in the environment that the peers' env.sh sets up."""

    def __init__(self, name, peers, folder, script, before, after=()):
        self.name, self.folder = name, peers / "webgpu_peers"
        self.script, self.before, self.after, self.place = script, before, after, folder

    def step(self, seconds, estimate):
        steps = max(3, min(100, int(seconds * 1e3 / estimate)))
        inner = f'. "$1"; cd "$PEERS_DIR/{self.place}"; shift; exec node "$@"'
        return ask(["bash", "-c", inner, "peer", self.folder / "env.sh", self.folder / self.script, *self.before, steps, *self.after])[-1]["ms_per_step"]


def onnxruntime(peers, provider, file):
    name = {"cpu": "ONNX Runtime CPU", "webgpu": "ONNX Runtime WebGPU"}[provider]
    return Node(name, peers, "ort", "ort_peer.mjs", [provider, file])


def jaxjs_conv(peers, batch):
    return Node("jax-js WebGPU", peers, "node", "jaxjs_conv.mjs", ["webgpu", batch])
