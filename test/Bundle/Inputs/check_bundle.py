# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check_bundle.py BUNDLE: checks the container and the manifest against docs/bundle.md with Python's own ZIP reader, and prints a summary."""

import hashlib
import json
import struct
import sys
import zipfile

data = open(sys.argv[1], "rb").read()
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
assert archive.comment == b""
entries = archive.infolist()
assert entries[0].filename == "manifest.json"
position = 0
for entry in entries:
    assert entry.compress_type == zipfile.ZIP_STORED, entry.filename
    assert entry.date_time == (1980, 1, 1, 0, 0, 0), entry.filename
    assert entry.header_offset == position, entry.filename
    name_size, extra_size = struct.unpack_from("<HH", data, position + 26)
    begin = position + 30 + name_size + extra_size
    assert begin % 64 == 0, entry.filename
    block, size = struct.unpack_from("<HH", data, position + 30 + name_size)
    assert block == 0xDE5C and size == extra_size - 4, entry.filename
    position = begin + entry.file_size

manifest = json.loads(archive.read("manifest.json"))
assert manifest["format"] == [1, 1]
assert list(manifest["files"]) == [entry.filename for entry in entries[1:]]
for name, digest in manifest["files"].items():
    assert hashlib.sha256(archive.read(name)).hexdigest() == digest, name
    if name.startswith("kernels/"):
        assert name == f"kernels/{digest}.spv"

tensors = {t["name"]: t for t in manifest["inputs"] + manifest["state"]}
for variant in manifest["variants"]:
    limits = variant["requirements"]
    assert set(variant["places"]) == set(tensors)
    assert variant["peak_bytes"] == sum(slab["size"] for slab in variant["slabs"])
    for name, (slab, offset, size) in variant["places"].items():
        count = 1
        for extent in tensors[name]["shape"]:
            count *= extent
        assert size == 4 * count and offset + size <= variant["slabs"][slab]["size"], name
    for entry in manifest["entries"]:
        schedule = json.loads(archive.read(f"variants/{variant['name']}/{entry}.json"))
        # Launches with how often a run executes them.
        runs = [(record["launch"], 1) for record in schedule["records"] if "launch" in record]
        for loop in (record["loop"] for record in schedule["records"] if "loop" in record):
            runs += [(record["launch"], loop["count"]) for record in loop["body"] if "launch" in record]
        launches = [launch for launch, _ in runs]
        cost = variant["statistics"][entry]
        assert cost["launches"] == sum(count for _, count in runs)
        assert cost["kernels"] == len(schedule["kernels"])
        assert cost["flop"] == sum(launch["flop"] * count for launch, count in runs)
        assert cost["bytes"] == sum(launch["bytes"] * count for launch, count in runs)
        for launch in launches:
            kernel = schedule["kernels"][launch["kernel"]]
            assert kernel["file"] in manifest["files"]
            assert len(launch["bindings"]) == len(kernel["bindings"]) <= limits["max_storage_bindings"]
            assert not launch.get("iteration") or limits["max_push_bytes"] == 4
            assert all(g <= m for g, m in zip(launch["groups"], limits["max_workgroup_count"]))
            for slab, offset, size in launch["bindings"]:
                assert offset % limits["min_offset_alignment"] == 0 and size <= limits["max_storage_range"]
                assert offset + size <= variant["slabs"][slab]["size"]

print("model", manifest["model"]["name"], "batch", manifest["batch"])
print("entries", *manifest["entries"])
print("variants", *(variant["name"] for variant in manifest["variants"]))
