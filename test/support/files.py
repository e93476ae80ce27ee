# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The file formats of the tests in Python: safetensors and IDX, as small as they can be."""
import json
import struct

import numpy as np


def read_safetensors(path):
    """All tensors of a file by name."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    types = {"F32": np.float32, "I32": np.int32, "I64": np.int64}
    body = data[8 + length:]
    return {name: np.frombuffer(body[slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"]).copy()
            for name, entry in header.items()}


def write_safetensors(path, tensors):
    """Writes f32 and i32 arrays."""
    types = {np.dtype(np.float32): "F32", np.dtype(np.int32): "I32", np.dtype(np.int64): "I64"}
    header, body = {}, b""
    for name, tensor in tensors.items():
        data = np.ascontiguousarray(tensor).tobytes()
        header[name] = {"dtype": types[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


def write_idx(folder, images, labels, prefix="train"):
    """A pair of files as MNIST has them; images are u8 [n, 28, 28], labels u8 [n]."""
    for array, name in ((images, f"{prefix}-images-idx3-ubyte"), (labels, f"{prefix}-labels-idx1-ubyte")):
        with open(folder / name, "wb") as file:
            file.write(struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape))
            file.write(np.ascontiguousarray(array, np.uint8).tobytes())


def read_idx(path):
    """The array of one file, .gz or not."""
    import gzip
    with (gzip.open if str(path).endswith(".gz") else open)(path, "rb") as file:
        data = file.read()
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4:4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)
