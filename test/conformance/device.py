# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled models, and the one process that runs them on a Vulkan device (driver.cpp)."""
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import zipfile

import numpy as np


class Failure(Exception):
    """A case that does not hold; the message says what was found and expected."""


class NoDevice(Exception):
    """There is nothing to run on; the message says what is missing."""


class Compiler:
    """Calls descentc; bundles are kept by the hash of the compiler and the model."""

    def __init__(self, descentc, cache, options=()):
        self.descentc, self.cache, self.options = str(descentc), pathlib.Path(cache), list(options)
        self.cache.mkdir(parents=True, exist_ok=True)
        self.version = hashlib.sha256(pathlib.Path(descentc).read_bytes()).hexdigest()

    def registry(self):
        text = subprocess.run([self.descentc, "--print-registry"], check=True, capture_output=True).stdout
        return json.loads(text)

    def compile(self, model, target):
        """The path of the bundle of a model given as text, or as a dictionary; without a target, for all of them."""
        text = model if isinstance(model, str) else json.dumps(model)
        key = hashlib.sha256("\n".join([self.version, text, target or "", *self.options]).encode()).hexdigest()
        path = self.cache / (key + ".bundle")
        if path.exists():
            return path
        with tempfile.TemporaryDirectory(dir=self.cache) as folder:
            source, out = pathlib.Path(folder, "model.descent" if isinstance(model, str) else "model.json"), pathlib.Path(folder, "out.bundle")
            source.write_text(text)
            command = [self.descentc, str(source), "-o", str(out), *self.options] + (["--target", target] if target else [])
            try:
                result = subprocess.run(command, capture_output=True, text=True, timeout=300)
            except subprocess.TimeoutExpired:
                raise Failure("descentc takes more than 300 s") from None
            if result.returncode != 0:
                raise Failure("descentc ends with %d: %s" % (result.returncode, result.stderr.strip()[-2000:]))
            os.replace(out, path)
        return path


class Bundle:
    """The manifest of a compiled model."""

    def __init__(self, path):
        self.path = path
        with zipfile.ZipFile(path) as file:
            self.manifest = json.loads(file.read("manifest.json"))
        self.states = {state["name"]: state for state in self.manifest["state"]}
        self.entries = self.manifest["entries"]

    def parameters(self):
        return {name: tuple(state["shape"]) for name, state in self.states.items() if state["role"] == "parameter"}


def dtype(tensor):
    """The NumPy type of a tensor's elements; those of bf16 are their bits."""
    return {"f32": np.float32, "f64": np.float64, "f16": np.float16, "bf16": np.uint16, "i32": np.int32, "u32": np.uint32}[tensor["dtype"]]


class Device:
    """The driver process. It is started when it is first needed and again after an error."""

    def __init__(self, driver, validation):
        self.driver, self.process = str(driver), None
        self.environment = dict(os.environ)
        if validation:
            self.environment["DESCENT_VALIDATION"] = "1"
        self.name = self.variant = None

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()
            self.process = None

    def _ask(self, header, payload):
        if not self.process:
            self.process = subprocess.Popen([self.driver], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            env=self.environment)
        try:
            self.process.stdin.write(json.dumps(header).encode() + b"\n")
            for tensor in payload:
                self.process.stdin.write(tensor.tobytes())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        code = self.process.wait()
        self.process = None
        raise Failure("the driver ended with %d" % code)

    def run(self, bundle, states, runs, seed=0):
        """Runs entries one after another on given states.

        `runs` are dictionaries as driver.cpp takes them, with `inputs` from names to arrays. Gives one dictionary a
        run: its outputs by name, and its read states by name."""
        payload = [np.ascontiguousarray(value, dtype(bundle.states[name])) for name, value in states.items()]
        header = {"bundle": str(bundle.path), "seed": seed, "states": list(states), "runs": []}
        types = {tensor["name"]: tensor for tensor in bundle.manifest["inputs"]}
        for run in runs:
            inputs = run.get("inputs", {})
            needed = [name for name in bundle.entries[run["entry"]]["inputs"] if name in inputs]
            header["runs"].append(dict(run, inputs=needed))
            for name in needed:
                value = np.asarray(inputs[name], dtype(types[name]), order="C")
                if list(value.shape) != types[name]["shape"]:
                    raise Failure("input '%s' is %s in the bundle, %s in the case"
                                  % (name, types[name]["shape"], list(value.shape)))
                payload.append(value)
        answer = self._ask(header, payload)
        if not answer["ok"]:
            self.close()
            if answer["status"] == 4:
                raise NoDevice(answer["error"])
            raise Failure("status %d: %s" % (answer["status"], answer["error"]))
        self.name, self.variant = answer["device"], answer["variant"]
        results = [self._read_results(bundle, run) for run in runs]
        if answer["validation_messages"]:
            raise Failure("%d messages of the validation layer" % answer["validation_messages"])
        return results

    def _read_results(self, bundle, run):
        tensors = bundle.entries[run["entry"]]["outputs"] + [bundle.states[name] for name in run.get("read", [])]
        result = {}
        for tensor in tensors:
            size = np.dtype(dtype(tensor)).itemsize * int(np.prod(tensor["shape"], dtype=np.int64))
            data = self.process.stdout.read(size)
            if len(data) != size:
                raise Failure("the driver's answer is too short")
            result[tensor["name"]] = np.frombuffer(data, dtype(tensor)).reshape(tensor["shape"])
        return result
