# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""compare.py FILE.mlir FOLDER: every entry of a file at the tensor level, compiled for both profiles and run twice on the device, each run
two steps from made-up states and inputs: both runs give the same bytes, and what the reference interpreter gives."""
import json
import pathlib
import random
import re
import struct
import subprocess
import sys
import zipfile

TOLERANCE = 1e-5


def elements(tensor):
    count = 1
    for extent in tensor["shape"]:
        count *= extent
    return count


def pack(tensor, values):
    return struct.pack("<%d%s" % (len(values), "f" if tensor["dtype"] == "f32" else "i"), *values)


def unpack(tensor, data):
    return struct.unpack("<%d%s" % (elements(tensor), "f" if tensor["dtype"] == "f32" else "i"), data)


def make_up(rng, tensor):
    """Values that f32 holds exactly."""
    return [rng.randrange(-100, 100) / 256 if tensor["dtype"] == "f32" else rng.randrange(4) for _ in range(elements(tensor))]


def run(bundle, entry, states, inputs, outputs):
    """The bytes of the outputs and states after two steps."""
    one = {"entry": entry, "inputs": [t["name"] for t, _ in inputs], "step": 1, "read": [t["name"] for t, _ in states]}
    request = {"bundle": str(bundle), "states": one["read"], "runs": [one, one]}
    payload = b"".join(pack(*value) for value in states + inputs + inputs)
    answer = subprocess.run(["descent-conformance-driver"], input=json.dumps(request).encode() + b"\n" + payload, capture_output=True,
                            check=True).stdout
    header, _, data = answer.partition(b"\n")
    header = json.loads(header)
    assert header["ok"] and header["validation_messages"] == 0, header
    found = []
    for tensor in 2 * (outputs + [t for t, _ in states]):
        found.append(data[: 4 * elements(tensor)])
        data = data[4 * elements(tensor):]
    return found[len(found) // 2:]


def interpret(path, entry, states, inputs, names):
    command = ["descent-interpret", str(path), "--entry", entry, "--steps", "2", "--digits", "9"]
    for tensor, values in states + inputs:
        command += ["--set", "%s=[%s]" % (tensor["name"], ",".join(map(repr, values)))]
    for name in names:
        command += ["--print", name]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    # The last step's.
    found = dict(re.findall(r"^(\w+): [^=]*= (.*)$", text, re.M))
    return [[float(x) for x in re.findall(r"-?(?:nan|inf|\d[\d.]*(?:e[-+]?\d+)?)", found[name])] for name in names]


def check(path, folder, profile):
    bundle = pathlib.Path(folder, profile + ".bundle")
    subprocess.run(["descentc", str(path), "-o", str(bundle), "--target", profile], check=True, capture_output=True)
    manifest = json.loads(zipfile.ZipFile(bundle).read("manifest.json"))
    rng = random.Random(7)
    states = [(state, make_up(rng, state)) for state in manifest["state"]]
    for entry, described in manifest["entries"].items():
        inputs = [(tensor, make_up(rng, tensor)) for tensor in manifest["inputs"] if tensor["name"] in described["inputs"]]
        tensors = described["outputs"] + manifest["state"]
        first = run(bundle, entry, states, inputs, described["outputs"])
        assert first == run(bundle, entry, states, inputs, described["outputs"]), entry + ": two runs differ"
        expected = interpret(path, entry, states, inputs, [tensor["name"] for tensor in tensors])
        for tensor, data, wanted in zip(tensors, first, expected):
            found = unpack(tensor, data)
            assert len(found) == len(wanted)
            scale = max(map(abs, wanted))
            for i, (a, b) in enumerate(zip(found, wanted)):
                assert abs(a - b) <= TOLERANCE * (abs(b) + scale), f"{profile} {entry} {tensor['name']}[{i}]: {a}, expected {b}"
        print(profile, entry, "agrees")


for name in ("portable", "lavapipe"):
    check(sys.argv[1], sys.argv[2], name)
