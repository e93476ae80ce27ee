# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Check that a JSON Schema takes all models of a folder and refuses what is wrong.

usage: check_schema.py SCHEMA MODELS
"""
import copy
import json
import pathlib
import subprocess
import sys

import jsonschema

schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

taken = 0
for path in sorted(pathlib.Path(sys.argv[2]).iterdir()):
    if path.suffix not in (".json", ".descent"):
        continue
    printed = subprocess.run(["descentc", str(path), "--emit", "ast", "--as", "json"], check=True, capture_output=True, text=True).stdout
    for text in [printed] + ([path.read_text()] if path.suffix == ".json" else []):
        errors = [error.message[:200] for error in validator.iter_errors(json.loads(text))]
        assert not errors, (path.name, errors)
    taken += 1

good = json.loads((pathlib.Path(sys.argv[2]) / "mlp-mnist.json").read_text())
dense = next(i for i, layer in enumerate(good["network"]) if isinstance(layer, dict) and "dense" in layer)


def refused(change):
    model = copy.deepcopy(good)
    change(model)
    assert not validator.is_valid(model), model
    return 1


count = sum(map(refused, [
    lambda m: m.update(layers=[]),
    lambda m: m.update(descent=2),
    lambda m: m.pop("inputs"),
    lambda m: m["network"].append("rleu"),
    lambda m: m["network"].append({"desne": 3}),
    lambda m: m["network"].append({"dense": 3, "relu": {}}),
    lambda m: m["network"][dense].update(to="x"),
    lambda m: m["network"].append({"dense": {"unit": 3}}),
    lambda m: m["network"].append({"dense": 0}),
    lambda m: m.update(optimizer={"adma": 0.1}),
]))
print(f"{taken} models taken, {count} changed ones refused")
