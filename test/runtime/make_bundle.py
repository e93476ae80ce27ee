#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes a bundle by hand, as docs/bundle.md says and without the compiler: softmax regression on 28x28 images.

usage: make_bundle.py OUT [--batch B] [--rate R] [--driver NAME] [--feature NAME]
Needs spirv-as. The kernels are in kernels/*.spvasm, each with its GLSL on top.
"""
import argparse
import hashlib
import json
import pathlib
import struct
import subprocess
import zlib

HERE = pathlib.Path(__file__).parent


def assemble(name):
    """The SPIR-V module of a kernel as bytes."""
    command = ["spirv-as", "--target-env", "spv1.3", str(HERE / "kernels" / (name + ".spvasm")), "-o", "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def write_zip(entries):
    """A ZIP archive of stored entries whose data begin at multiples of 64."""
    out, directory = bytearray(), bytearray()
    for name, data in entries:
        raw = name.encode()
        padding = -(len(out) + 30 + len(raw) + 4) % 64
        shared = struct.pack("<HHHHHIIIH", 20, 0, 0, 0, 0x21, zlib.crc32(data), len(data), len(data), len(raw))
        directory += struct.pack("<IH", 0x02014B50, 20) + shared + struct.pack("<HHHHII", 0, 0, 0, 0, 0, len(out)) + raw
        out += struct.pack("<I", 0x04034B50) + shared + struct.pack("<H", padding + 4) + raw
        out += struct.pack("<HH", 0xDE5C, padding) + bytes(padding) + data
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(entries), len(entries), len(directory), len(out), 0)
    return bytes(out + directory + end)


class Slab:
    """Hands out places at multiples of 256."""

    def __init__(self, index):
        self.index, self.end = index, 0

    def place(self, size):
        at = self.end
        self.end = (at + size + 255) // 256 * 256
        return [self.index, at, size]


def schedule(entry, launches, kernels):
    """launches: (kernel, local size, groups, [(place, access)], push or None); None is a barrier."""
    used, records = [], []
    for launch in launches:
        if launch is None:
            records.append({"barrier": {}})
            continue
        name, local, groups, bindings, push = launch
        file = "kernels/%s.spv" % hashlib.sha256(kernels[name]).hexdigest()
        kernel = {"file": file, "local_size": [local, 1, 1], "bindings": [access for _, access in bindings]}
        if kernel not in used:
            used.append(kernel)
        record = {"kernel": used.index(kernel), "groups": [groups, 1, 1], "bindings": [place for place, _ in bindings],
                  "label": entry + "." + name, "flop": 1000, "bytes": sum(place[2] for place, _ in bindings)}
        if push is not None:
            record["push"] = push
        records.append({"launch": record})
    return {"entry": entry, "kernels": used, "records": records}


def build(batch=32, rate=0.5, driver=None, features=(), reserve=0):
    """The bundle's bytes; reserve is added to the transient slab."""
    state, transient = Slab(0), Slab(1)
    places = {"weight": state.place(31360), "bias": state.place(40)}
    for name in ("metric.loss.sum", "metric.accuracy.correct", "metric.count", "status.diverged"):
        places[name] = state.place(4)
    control = transient.place(256)
    places["image"], places["label"] = transient.place(batch * 3136), transient.place(batch * 4)
    rows, loss = transient.place(batch * 48), transient.place(4)
    values, best = transient.place(8), transient.place(batch * 4)
    first = places["metric.loss.sum"]
    sums = [0, first[1], 516]  # the three accumulators, 256 bytes apart

    transient.end += reserve
    names = ["forward", "finish", "update", "accumulate", "metrics", "classify"]
    kernels = {name: assemble(name) for name in names}
    groups = (batch + 63) // 64
    forward = ("forward", 64, groups, [(places["image"], "read"), (places["label"], "read"), (places["weight"], "read"),
                                       (places["bias"], "read"), (control, "read"), (rows, "write")], None)
    launches = {
        "train": [forward, None,
                  ("finish", 1, 1, [(rows, "read"), (control, "read"), (loss, "write"),
                                    (places["status.diverged"], "readwrite")], None), None,
                  ("update", 64, 123, [(rows, "read"), (places["image"], "read"), (places["status.diverged"], "read"),
                                       (places["weight"], "readwrite"), (places["bias"], "readwrite")],
                   struct.pack("<f", rate).hex())],
        "eval": [forward, None, ("accumulate", 1, 1, [(rows, "read"), (control, "read"), (sums, "readwrite")], None)],
        "metrics": [("metrics", 1, 1, [(sums, "read"), (values, "write")], None)],
        "predict": [("classify", 64, groups, [(places["image"], "read"), (places["weight"], "read"),
                                              (places["bias"], "read"), (best, "write")], None)]}
    files = {"kernels/%s.spv" % hashlib.sha256(code).hexdigest(): code for code in kernels.values()}
    for entry, records in launches.items():
        files["variants/plain/%s.json" % entry] = json.dumps(schedule(entry, records, kernels)).encode()

    zero = {"kind": "constant", "value": "0x0p+0"}
    bound = {"kind": "uniform", "low": "-0x1.24924ap-5", "high": "0x1.24924ap-5"}

    def tensor(name, dtype, shape, **more):
        return dict({"name": name, "dtype": dtype, "shape": shape}, **more)

    scalar = [tensor("loss", "f32", []), tensor("accuracy", "f32", [])]
    requirements = {"vulkan": [1, 1], "max_workgroup_invocations": 64, "max_workgroup_size": [64, 1, 1],
                    "max_storage_bindings": 6, "max_storage_range": 1 << 20, "min_offset_alignment": 256,
                    "max_push_bytes": 4, "max_workgroup_count": [123, 1, 1], "features": list(features)}
    if driver:
        requirements["driver"] = driver
    manifest = {
        "format": [1, 0], "producer": "make_bundle.py",
        "model": {"name": "softmax-regression", "sha256": "0" * 64}, "batch": batch, "train": {"epochs": 2},
        "inputs": [tensor("image", "f32", [batch, 1, 28, 28], batch_axis=0),
                   tensor("label", "i32", [batch], batch_axis=0, range=[0, 10])],
        "state": [tensor("weight", "f32", [10, 784], role="parameter", init=bound),
                  tensor("bias", "f32", [10], role="parameter", init=bound)] +
                 [tensor(name, "f32", [], role="metric", init=zero)
                  for name in ("metric.loss.sum", "metric.accuracy.correct", "metric.count")] +
                 [tensor("status.diverged", "i32", [], role="status", init=zero)],
        "entries": {"train": {"inputs": ["image", "label"], "outputs": scalar[:1]},
                    "eval": {"inputs": ["image", "label"], "outputs": []},
                    "metrics": {"inputs": [], "outputs": scalar},
                    "predict": {"inputs": ["image"], "outputs": [tensor("class", "i32", [batch], batch_axis=0)]}},
        "variants": [{"name": "plain", "requirements": requirements,
                      "slabs": [{"size": state.end, "kind": "state"}, {"size": transient.end, "kind": "transient"}],
                      "control": control, "places": places,
                      "outputs": {"train": {"loss": loss}, "predict": {"class": best},
                                  "metrics": {"loss": [1, values[1], 4], "accuracy": [1, values[1] + 4, 4]}},
                      "statistics": {entry: {"kernels": len(set(x[0] for x in records if x)),
                                             "launches": sum(1 for x in records if x), "flop": 1000, "bytes": 1000}
                                     for entry, records in launches.items()},
                      "peak_bytes": state.end + transient.end}],
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}}
    return write_zip([("manifest.json", json.dumps(manifest).encode())] + list(files.items()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=0.5)
    parser.add_argument("--driver")
    parser.add_argument("--feature", action="append", default=[])
    arguments = parser.parse_args()
    pathlib.Path(arguments.out).write_bytes(
        build(arguments.batch, arguments.rate, arguments.driver, arguments.feature))
