# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whole trainings: accuracy, agreement with PyTorch step by step, exact partial batches, determinism, refused input."""
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))
from support.files import read_idx, read_safetensors, write_idx, write_safetensors
from support.tools import BIN, ROOT, Skip, compile_model, events, expect, main_arguments, run, run_tests

FULL = main_arguments()
FOLDER = tempfile.TemporaryDirectory(prefix="descent-e2e-")
WORK = pathlib.Path(FOLDER.name)
CONV = ROOT / "models" / "conv-net.json"


def conv_bundle(name="conv", *options):
    bundle = WORK / f"{name}.bundle"
    if not bundle.exists():
        compile_model(CONV, bundle, *options)
    return bundle


def mnist():
    data = os.environ.get("DESCENT_DATA")
    folder = pathlib.Path(data or "/nonexistent") / "mnist-10k"
    if not folder.exists():
        raise Skip("DESCENT_DATA names no folder with mnist-10k")
    return folder


def last(kind, found):
    return [event for event in found if event["event"] == kind][-1]


# ------------------------------------------------------------------ trainings

def glyphs_reach_97_percent():
    found = events("train", conv_bundle(), "--data", "glyphs", "--test", "glyphs", "--epochs", 3, "--seed", 1, "--out", WORK / "glyphs")
    accuracy = last("epoch", found)["test_accuracy"]
    expect(accuracy >= 0.97, f"test accuracy {accuracy} after 3 epochs")


def mnist_reaches_967():
    folder = mnist()
    if not FULL:
        raise Skip("ten epochs of MNIST run with --full")
    found = events("train", conv_bundle(), "--data", f"idx:{folder}", "--test", f"idx:{folder}", "--epochs", 10, "--seed", 1,
                   "--out", WORK / "mnist", timeout=1500)
    accuracy = last("epoch", found)["test_accuracy"]
    expect(accuracy >= 0.967, f"test accuracy {accuracy} after 10 epochs")


def eval_repeats_the_last_epochs_numbers():
    found = events("train", conv_bundle(), "--data", "glyphs?count=300", "--test", "glyphs?count=333", "--epochs", 1, "--seed", 2,
                   "--out", WORK / "again")
    epoch = last("epoch", found)
    evaluated = events("eval", conv_bundle(), "--weights", WORK / "again" / "weights.safetensors", "--test", "glyphs?count=333")
    again = [event for event in evaluated if "test_accuracy" in event][-1]
    for key in ("test_loss", "test_accuracy"):
        expect(again[key] == epoch[key], f"{key}: {again[key]} by eval, {epoch[key]} by train")


def same_seed_same_bytes():
    for name in ("one", "two"):
        run("descent-run", "train", conv_bundle(), "--data", "glyphs?count=700", "--epochs", 2, "--seed", 7, "--out", WORK / name)
    first, second = ((WORK / name / "weights.safetensors").read_bytes() for name in ("one", "two"))
    expect(first == second, "two runs with one seed wrote different weights")
    run("descent-run", "train", conv_bundle(), "--data", "glyphs?count=700", "--epochs", 2, "--seed", 8, "--out", WORK / "three")
    expect(first != (WORK / "three" / "weights.safetensors").read_bytes(), "another seed wrote the same weights")


# ------------------------------------------------------------------ PyTorch

def torch_conv_net(torch):
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.LeakyReLU(0.01), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, groups=2), nn.LeakyReLU(0.01), nn.MaxPool2d(2),
        nn.Flatten(), nn.Identity(), nn.Linear(1568, 128), nn.LeakyReLU(0.01), nn.Linear(128, 10))


def digits(count):
    """Images and labels, MNIST's where they are at hand, else noise that still has to be learnt the same way."""
    data = os.environ.get("DESCENT_DATA")
    folder = pathlib.Path(data or "/nonexistent") / "mnist-10k"
    if folder.exists():
        return (read_idx(folder / "train-images-idx3-ubyte.gz")[:count].copy(),
                read_idx(folder / "train-labels-idx1-ubyte.gz")[:count].copy())
    random = np.random.default_rng(5)
    return random.integers(0, 256, (count, 28, 28), np.uint8), random.integers(0, 10, count, np.uint8)


def fifty_steps_as_torch():
    """The last batch of an epoch is a partial one: 6 full ones and 32 rows, over and over."""
    import torch
    torch.set_num_threads(2)
    count, batch, steps = 800, 128, 50
    images, labels = digits(count)
    folder = WORK / "torch-data"
    folder.mkdir()
    write_idx(folder, images, labels)
    bundle = conv_bundle("conv-nodrop", "-D", "p_drop=0")
    init = WORK / "torch-init.safetensors"
    run("descent-run", "init", bundle, "--seed", 3, "-o", init)
    found = events("train", bundle, "--data", f"idx:{folder}", "--init", init, "--no-shuffle", "--steps", steps, "--log-every", 1,
                   "--out", WORK / "torch-run")
    ours = [event["loss"] for event in found if event["event"] == "step"]
    expect(len(ours) == steps, f"{len(ours)} step events")

    net = torch_conv_net(torch)
    net.load_state_dict({name: torch.from_numpy(value) for name, value in read_safetensors(init).items()})
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    x = torch.from_numpy(images.astype(np.float32) / np.float32(255)).unsqueeze(1)
    y = torch.from_numpy(labels.astype(np.int64))
    theirs, position = [], 0
    for _ in range(steps):
        rows = slice(position, min(position + batch, count))
        position = 0 if rows.stop == count else rows.stop
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        theirs.append(loss.item())
    for step, (a, b) in enumerate(zip(ours, theirs), 1):
        expect(abs(a - b) <= 1e-4 * abs(b), f"loss of step {step}: {a}, PyTorch {b}")
    trained = read_safetensors(WORK / "torch-run" / "weights.safetensors")
    for name, value in net.state_dict().items():
        value = value.numpy()
        difference = np.linalg.norm(trained[name] - value) / np.linalg.norm(value)
        expect(difference <= 1e-3, f"{name} differs by {difference} after {steps} steps")


def torch_state_dict_loads():
    """What PyTorch saves loads by name, and evaluates to PyTorch's loss."""
    import torch
    net = torch_conv_net(torch)
    tensors = {name: value.numpy() for name, value in net.state_dict().items()}
    weights = WORK / "from-torch.safetensors"
    write_safetensors(weights, dict(tensors, **{"1.num_batches_tracked": np.array(3, np.int64)}))
    images, labels = digits(200)
    folder = WORK / "eval-data"
    folder.mkdir()
    write_idx(folder, images, labels, "t10k")
    write_idx(folder, images, labels, "train")
    found = events("eval", conv_bundle(), "--weights", weights, "--data", f"idx:{folder}")
    ours = [event for event in found if "test_loss" in event][-1]
    with torch.no_grad():
        scores = net(torch.from_numpy(images.astype(np.float32) / np.float32(255)).unsqueeze(1))
        y = torch.from_numpy(labels.astype(np.int64))
        loss = torch.nn.functional.cross_entropy(scores, y).item()
        accuracy = (scores.argmax(1) == y).float().mean().item()
    expect(abs(ours["test_loss"] - loss) <= 1e-5 * abs(loss), f"loss {ours['test_loss']}, PyTorch {loss}")
    expect(abs(ours["test_accuracy"] - accuracy) < 1e-6, f"accuracy {ours['test_accuracy']}, PyTorch {accuracy}")


# ------------------------------------------------------------------ the compiler

def compiles_in_two_seconds():
    times = []
    for i in range(3):
        start = time.perf_counter()
        compile_model(CONV, WORK / f"timed{i}.bundle")
        times.append(time.perf_counter() - start)
    expect(min(times) < 2, f"descentc took {min(times):.2f} s")


def same_model_same_bytes():
    compile_model(CONV, WORK / "bytes-a.bundle")
    copy = WORK / "elsewhere.json"
    copy.write_text(json.dumps(json.loads(CONV.read_text()), indent=2))
    compile_model(copy, WORK / "bytes-b.bundle")
    expect((WORK / "bytes-a.bundle").read_bytes() == (WORK / "bytes-b.bundle").read_bytes(),
           "the same network from another file gave other bytes")


def other_profile_same_losses():
    """The portable variant alone trains to the same losses within rounding."""
    losses = []
    for target in ("lavapipe", "portable"):
        bundle = conv_bundle(f"conv-{target}", "--target", target, "-D", "p_drop=0")
        found = events("train", bundle, "--data", "glyphs?count=512", "--steps", 8, "--no-shuffle", "--seed", 4, "--log-every", 1,
                       "--out", WORK / f"profile-{target}")
        losses.append([event["loss"] for event in found if event["event"] == "step"])
    for a, b in zip(*losses):
        expect(abs(a - b) <= 1e-4 * abs(b), f"losses {a} and {b}")


def fusion_changes_no_loss():
    """Every operation in a kernel of its own trains to the same losses within rounding, whatever the network is made of."""
    for model, data in (("conv-net.json", "glyphs?count=512"), ("residual-net.json", "glyphs?count=512")):
        losses = []
        for level in (0, 1):
            bundle = WORK / f"level-{level}-{model}.bundle"
            compile_model(ROOT / "models" / model, bundle, "-O", level, "--entries", "train", "--batch", 64)
            found = events("train", bundle, "--data", data, "--steps", 5, "--no-shuffle", "--seed", 4, "--log-every", 1,
                           "--out", WORK / f"level-{level}")
            losses.append([event["loss"] for event in found if event["event"] == "step"])
        expect(len(losses[0]) == 5, f"{model}: {losses}")
        for a, b in zip(*losses):
            expect(abs(a - b) <= 1e-4 * abs(b), f"{model}: losses {a} and {b}")


def a_memory_budget_changes_no_bit():
    """What is computed again is what was there before: dropout, batch norm, attention, a loss that holds a gradient, two optimizers in turn."""
    from device import Bundle, Device
    from peer_networks import made_up
    driver = Device(BIN / "descent-conformance-driver", True)
    large = [("resnet18", ["train"], "-D", "size=16", "--batch", 4), ("char-transformer", ["train"], "--batch", 4)]
    for name, entries, *options in [("conv-net", ["train"]), ("residual-net", ["train"]), ("transformer", ["train"], "-D", "layers=2", "--batch", 4),
                                    ("sdf", ["train"]), ("gan", ["step_critic", "step_generator"])] + (large if FULL else []):
        arguments = (ROOT / "models" / f"{name}.descent", "--target", "lavapipe", "--entries", ",".join(entries), *options)
        refused = run("descentc", *arguments, "-o", WORK / "never.bundle", "--memory-budget", 1, code=3).stderr
        least = int(re.search(r" takes (\d+) bytes", refused)[1])
        results = []
        for budget in ([], ["--memory-budget", least]):
            path = WORK / f"budget-{name}.bundle"
            said = run("descentc", *arguments, "-o", path, *budget).stderr
            expect(("repeated to stay within" in said) == bool(budget), f"{name}: {said}")
            bundle, random = Bundle(path), np.random.default_rng(3)
            inputs = {tensor["name"]: made_up(tensor, random) for tensor in bundle.manifest["inputs"]}
            results.append(driver.run(bundle, {}, [{"entry": entry, "step": step, "inputs": inputs, "read": list(bundle.states)}
                                                   for step in (1, 2) for entry in entries], seed=5))
        for whole, tight in zip(*results):
            for key, value in whole.items():
                expect(np.array_equal(value.view(np.uint32), tight[key].view(np.uint32)), f"{name}: {key} differs within {least} bytes")
    driver.close()


def large_tensors_are_cut():
    """A batch whose activations no binding covers trains as a small one, of which it is many copies."""
    from device import Bundle, Device
    driver = Device(BIN / "descent-conformance-driver", True)
    model = WORK / "rows.descent"
    model.write_text('model "rows"\ninput x : f32[batch, 32]\ninput label : i32[batch] in [0, 10)\n'
                     'logits = x |> dense(320) |> tanh |> dense(10)\nloss softmax_cross_entropy(logits, label)\noptimizer sgd(lr: 0.1)\ntrain batch: 256\n')
    random = np.random.default_rng(9)
    inputs = {"x": random.standard_normal((256, 32)).astype(np.float32), "label": random.integers(0, 10, 256).astype(np.int32)}
    results = []
    for copies in (1, 512):
        path = WORK / f"rows-{copies}.bundle"
        compile_model(model, path, "--target", "lavapipe", "--entries", "train", "--batch", 256 * copies)
        bundle = Bundle(path)
        repeated = {name: np.concatenate([value] * copies) for name, value in inputs.items()}
        results.append(driver.run(bundle, {}, [{"entry": "train", "step": step, "inputs": repeated, "read": list(bundle.parameters())} for step in (1, 2)], seed=2))
    driver.close()
    for small, large in zip(*results):
        for key, value in small.items():
            difference = np.linalg.norm(large[key] - value) / np.linalg.norm(value)
            expect(difference <= 1e-5, f"{key} differs by {difference}")


def every_image_model_learns():
    models = [model for model in sorted((ROOT / "models").glob("*.json")) if "image" in json.loads(model.read_text())["inputs"]]
    expect(len(models) >= 4, f"only {len(models)} models have an image for input")
    for model in models:
        bundle = WORK / f"model-{model.stem}.bundle"
        compile_model(model, bundle)
        found = events("train", bundle, "--data", "glyphs?count=640", "--steps", 10, "--seed", 1, "--log-every", 1, "--out", WORK / model.stem)
        losses = [event["loss"] for event in found if event["event"] == "step"]
        expect(len(losses) == 10 and losses[-1] < losses[0], f"{model.name}: losses {losses}")


def every_json_model_runs():
    for model in sorted((ROOT / "models").glob("*.json")):
        bundle = WORK / f"model-{model.stem}.bundle"
        compile_model(model, bundle)
        for entry in ("train", "eval", "predict"):
            bench = last("bench", events("bench", bundle, "--entry", entry, "--steps", 2))
            expect(bench["ms_per_step"] > 0 and bench["kernels"] > 0, f"{model.name} {entry}: {bench}")


def peers_networks_train_as_torch():
    """The networks that test/bench times beside others: as many parameters as PyTorch's, and two steps from the same weights in the model's own batch."""
    import torch
    from device import Bundle, Device
    from peer_networks import NETWORKS, count, draw, made_up, torch_steps
    torch.set_num_threads(2)
    driver = Device(BIN / "descent-conformance-driver", True)
    for name, (make, parameters, *options) in NETWORKS.items():
        path, network = WORK / f"peer-{name}.bundle", make()
        compile_model(ROOT / "models" / f"{name}.descent", path, "--entries", "train", *options)
        found = last("inspect", events("inspect", path))["parameters"]
        expect(found == parameters == count(network), f"{name}: {found} parameters, PyTorch {count(network)}, expected {parameters}")
        bundle, random = Bundle(path), np.random.default_rng(7)
        weights = draw(network, bundle.parameters(), random)
        inputs = {tensor["name"]: made_up(tensor, random) for tensor in bundle.manifest["inputs"]}
        moments = {key: state for state in bundle.states for key in weights if state.endswith(f"exp_avg.{key}")}
        runs = driver.run(bundle, weights, [{"entry": "train", "step": 0, "inputs": inputs, "read": list(moments.values())},
                                            {"entry": "train", "step": 1, "inputs": inputs, "read": list(weights)}])
        losses, gradients, trained = torch_steps(network, weights, list(inputs.values()), 2)
        for step, (run, loss) in enumerate(zip(runs, losses), 1):
            expect(abs(run["loss"] - loss) <= 1e-4 * abs(loss), f"{name}: loss of step {step}: {run['loss']}, PyTorch {loss}")
        for key, gradient in gradients.items():
            difference = np.linalg.norm(runs[0][moments[key]] / 0.1 - gradient) / max(np.linalg.norm(gradient), 1e-12)
            expect(difference <= 1e-3, f"{name}: the gradient of {key} differs by {difference}")
            moved = np.linalg.norm(trained[key] - weights[key])
            difference = np.linalg.norm(runs[1][key] - trained[key]) / moved
            expect(difference <= 0.05, f"{name}: two steps of {key} differ by {difference}")
    driver.close()


def large_models_train():
    """Those that no other test trains, smaller where it makes no difference to what is in them."""
    for name, *options in (("transformer", "-D", "layers=2"), ("resnet18", "-D", "size=16", "--batch", 4)):
        bundle = WORK / f"model-{name}.bundle"
        compile_model(ROOT / "models" / f"{name}.descent", bundle, *options)
        bench = last("bench", events("bench", bundle, "--steps", 2))
        expect(bench["ms_per_step"] > 0 and bench["kernels"] > 0, f"{name}: {bench}")


def peers_are_compared():
    """The table of step times, with a peer that is far slower, far faster, or broken."""
    folder, table = WORK / "peers", WORK / "peers.json"
    folder.mkdir()
    for answer, met in (("print('{\"ms_per_step\": 1e6}')", True), ("print('{\"ms_per_step\": 1e-6}')", False), ("exit(1)", None)):
        (folder / "torch_peer.py").write_text(answer)
        done = subprocess.run([sys.executable, ROOT / "test" / "bench" / "peers.py", "--peers", folder, "--only", "conv-net", "--rounds", "1", "--seconds", "0.01",
                               "--json", table], capture_output=True, text=True)
        expect(done.returncode == 0 and "| conv-net | 128 |" in done.stdout, done.stdout + done.stderr)
        row, = json.loads(table.read_text())["networks"]
        expect(row.get("met") == met and row["ms"]["descent"] > 0, f"{answer}: {row}")
        expect(("**not met**" in done.stdout.split("|")[-2]) == (met is False), done.stdout)
        expect(("does not run" in done.stderr) == (met is None), done.stderr)


def no_model_is_forgotten():
    from peer_networks import NETWORKS
    tested = set(NETWORKS) | {path.stem for path in (ROOT / "models").glob("*.json")} | {"gan", "gru", "sdf", "transformer", "resnet18"}
    models = {path.stem for path in (ROOT / "models").glob("*.descent")}
    expect(models <= tested, f"no test trains {sorted(models - tested)}")


def entries_of_their_own_run():
    """Two networks trained in turn, a state carried from batch to batch, one character at a time, a derivative of a derivative."""
    for name, entries in (("gan", ("step_critic", "step_generator", "predict")), ("gru", ("train", "generate")), ("sdf", ("train", "eval"))):
        bundle = WORK / f"model-{name}.bundle"
        compile_model(ROOT / "models" / f"{name}.descent", bundle)
        for entry in entries:
            bench = last("bench", events("bench", bundle, "--entry", entry, "--steps", 2))
            expect(bench["ms_per_step"] > 0 and bench["kernels"] > 0, f"{name} {entry}: {bench}")


def both_spellings_give_the_same_bytes():
    twins = [path for path in sorted((ROOT / "models").glob("*.json")) if path.with_suffix(".descent").exists()]
    expect(len(twins) >= 5, f"only {len(twins)} models are there in both spellings")
    for path in twins:
        json_bundle, text_bundle = WORK / "twin-json.bundle", WORK / "twin-text.bundle"
        compile_model(path, json_bundle)
        compile_model(path.with_suffix(".descent"), text_bundle)
        expect(json_bundle.read_bytes() == text_bundle.read_bytes(), f"{path.stem}.json and .descent give different bundles")


# ------------------------------------------------------------------ refused input

def a_failed_compile_leaves_no_file():
    bad = WORK / "bad.json"
    bad.write_text('{ "descent": 1, "name": "x", "network": [ { "dens": 3 } ] }')
    out = WORK / "bad.bundle"
    done = run("descentc", bad, "-o", out, code=3)
    expect("bad.json:1:" in done.stderr and not list(WORK.glob("bad.bundle*")), done.stderr)
    run("descentc", WORK / "missing.json", code=3)
    run("descentc", "--no-such-option", code=2)


def a_device_stays_a_device():
    """-o to a pipe or a link writes through it."""
    import threading
    pipe, link, target = WORK / "pipe", WORK / "link", WORK / "target.bundle"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    compile_model(ROOT / "models" / "single-layer.json", pipe)
    reader.join()
    expect(pipe.is_fifo(), "the pipe was replaced")
    target.write_bytes(b"")
    link.symlink_to(target)
    compile_model(ROOT / "models" / "single-layer.json", link)
    expect(link.is_symlink() and target.read_bytes() == read[0], "the link was replaced, or other bytes written")


def damaged_bundles_are_refused():
    whole = conv_bundle().read_bytes()
    damaged = WORK / "damaged.bundle"
    random = np.random.default_rng(1)
    for length in [0, 10, len(whole) // 2, len(whole) - 1]:
        damaged.write_bytes(whole[:length])
        run("descent-run", "inspect", damaged, code=3)
    # Every byte that is not padding between the archive's entries counts.
    spans = []
    with zipfile.ZipFile(conv_bundle()) as archive:
        for entry in archive.infolist():
            start = entry.header_offset + 30
            name, extra = struct.unpack("<HH", whole[start - 4:start])
            spans.append((start + name + extra, entry.file_size))
    for _ in range(40):
        start, size = spans[random.integers(len(spans))]
        changed = bytearray(whole)
        changed[start + int(random.integers(size))] ^= 0x40
        damaged.write_bytes(bytes(changed))
        run("descent-run", "inspect", damaged, code=3)


def bad_data_is_named():
    images, labels = digits(50)
    for name, change, word in (
            ("short", lambda folder: (folder / "train-images-idx3-ubyte").write_bytes((folder / "train-images-idx3-ubyte").read_bytes()[:-5]), "train-images"),
            ("label", lambda folder: write_idx(folder, images, np.where(np.arange(50) == 17, 99, labels).astype(np.uint8)), "17"),
            ("shape", lambda folder: write_idx(folder, images[:, :20], labels), "28"),
            ("count", lambda folder: write_idx(folder, images, labels[:49]) or write_idx(folder, images, labels[:49]), "49")):
        folder = WORK / f"data-{name}"
        folder.mkdir()
        write_idx(folder, images, labels)
        change(folder)
        done = run("descent-run", "train", conv_bundle(), "--data", f"idx:{folder}", "--steps", 1, "--out", WORK / "never", code=3)
        expect(word in done.stderr, f"{name}: {done.stderr}")
    expect(not (WORK / "never" / "weights.safetensors").exists(), "weights were written for refused data")


def wrong_weights_are_named():
    init = WORK / "shapes.safetensors"
    run("descent-run", "init", conv_bundle(), "--seed", 1, "-o", init)
    tensors = read_safetensors(init)
    tensors["8.weight"] = tensors["8.weight"].T
    wrong = WORK / "wrong.safetensors"
    write_safetensors(wrong, tensors)
    done = run("descent-run", "train", conv_bundle(), "--data", "glyphs?count=128", "--init", wrong, "--out", WORK / "w", code=3)
    expect("8.weight" in done.stderr and "1568" in done.stderr, done.stderr)


def no_vulkan_is_exit_4():
    done = run("descent-run", "train", conv_bundle(), "--data", "glyphs?count=128", "--out", WORK / "v", code=4,
               env={"VK_ICD_FILENAMES": "/nonexistent.json", "VK_DRIVER_FILES": "/nonexistent.json"})
    expect("mesa-vulkan-drivers" in done.stderr, done.stderr)


def divergence_is_exit_6():
    model = json.loads(CONV.read_text())
    model["optimizer"] = {"sgd": {"lr": 1e30}}
    path = WORK / "diverges.json"
    path.write_text(json.dumps(model))
    compile_model(path, WORK / "diverges.bundle")
    done = run("descent-run", "train", WORK / "diverges.bundle", "--data", "glyphs?count=640", "--steps", 10, "--out", WORK / "d", code=6)
    expect("step" in done.stderr, done.stderr)


TESTS = [glyphs_reach_97_percent, mnist_reaches_967, eval_repeats_the_last_epochs_numbers, same_seed_same_bytes, fifty_steps_as_torch,
         torch_state_dict_loads, compiles_in_two_seconds, same_model_same_bytes, other_profile_same_losses, fusion_changes_no_loss, a_memory_budget_changes_no_bit, large_tensors_are_cut, every_image_model_learns, every_json_model_runs,
         peers_networks_train_as_torch, large_models_train, peers_are_compared, no_model_is_forgotten,
         entries_of_their_own_run, both_spellings_give_the_same_bytes,
         a_device_stays_a_device,
         a_failed_compile_leaves_no_file, damaged_bundles_are_refused, bad_data_is_named, wrong_weights_are_named, no_vulkan_is_exit_4,
         divergence_is_exit_6]

if __name__ == "__main__":
    os.environ["DESCENT_VALIDATION"] = "1"
    sys.exit(run_tests([(test.__name__.replace("_", " "), test) for test in TESTS]))
