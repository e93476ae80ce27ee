#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Drives descent-run: events, exit codes, messages, files.

usage: test_descent_run.py PATH-OF-DESCENT-RUN [unittest options]
Runs with the validation layers on when they are installed.
"""
import gzip
import json
import os
import pathlib
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import unittest

import make_bundle

RUN = None
CACHE = tempfile.TemporaryDirectory()  # not the user's
LAYER = pathlib.Path("/usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json")


def environment(**more):
    result = dict(os.environ, **{"XDG_CACHE_HOME": CACHE.name, **more})
    if LAYER.exists():
        result.setdefault("DESCENT_VALIDATION", "1")
    return result


def write_idx(folder, prefix, labels, side=28, compress=False):
    """An IDX pair whose pictures are their label times 20."""
    pixels = b"".join(bytes([20 * label % 256]) * (side * side) for label in labels)
    for name, data in (("images-idx3", struct.pack(">IIII", 0x803, len(labels), side, side) + pixels),
                       ("labels-idx1", struct.pack(">II", 0x801, len(labels)) + bytes(labels))):
        path = folder / ("%s-%s-ubyte" % (prefix, name))
        if compress:
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(data))
        else:
            path.write_bytes(data)


class DescentRun(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.shared = pathlib.Path(cls.holder.name)
        (cls.shared / "net.bundle").write_bytes(make_bundle.build())

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        (self.folder / "net.bundle").write_bytes((self.shared / "net.bundle").read_bytes())

    def tearDown(self):
        self.temporary.cleanup()

    def run_tool(self, *arguments, code=0, says=None, prepare=None, stdout=subprocess.PIPE, **more):
        """prepare is called in the new process; more are environment variables."""
        done = subprocess.run([RUN, *map(str, arguments)], cwd=self.folder, stdout=stdout, stderr=subprocess.PIPE, text=True,
                              timeout=120, env=environment(**more), preexec_fn=prepare)
        self.assertEqual(done.returncode, code, (done.stdout or "") + done.stderr)
        for part in [says] if isinstance(says, str) else says or []:
            self.assertIn(part, done.stderr)
        return done

    def events(self, *arguments, **more):
        done = self.run_tool(*arguments, "--json", **more)
        return [json.loads(line) for line in done.stdout.splitlines()]

    # ---- training ----

    def test_train_learns_and_reports(self):
        events = self.events("train", "net.bundle", "--data", "glyphs?count=2000", "--test", "glyphs?count=500", "--epochs", 3,
                             "--seed", 1, "--log-every", 50)
        kinds = [event["event"] for event in events]
        self.assertEqual(kinds[0], "start")
        self.assertEqual(kinds[-1], "end")
        epochs = [event for event in events if event["event"] == "epoch"]
        self.assertEqual([event["epoch"] for event in epochs], [1, 2, 3])
        for key in ("train_loss", "test_loss", "test_accuracy", "samples_per_s"):
            self.assertIn(key, epochs[0])
        self.assertLess(epochs[2]["train_loss"], epochs[0]["train_loss"])
        self.assertGreater(epochs[2]["test_accuracy"], 0.75)
        steps = [event["step"] for event in events if event["event"] == "step"]
        self.assertEqual(steps, [50, 100, 150])
        self.assertEqual(events[-1]["steps"], 3 * 63)
        self.assertEqual(events[-1]["weights"], "net.run/weights.safetensors")
        kept = (self.folder / "net.run" / "events.jsonl").read_text().splitlines()
        self.assertEqual([json.loads(line)["event"] for line in kept], kinds)

    def test_train_is_the_default_and_speaks_to_people(self):
        done = self.run_tool("net.bundle", "--data", "glyphs?count=100", "--no-save")
        self.assertIn("epoch 2", done.stdout)
        self.assertFalse((self.folder / "net.run").exists())

    def test_same_seed_same_bytes(self):
        for out, seed in (("a", 5), ("b", 5), ("c", 6)):
            self.run_tool("train", "net.bundle", "--data", "glyphs?count=300", "--seed", seed, "--out", out)
        a, b, c = [(self.folder / out / "weights.safetensors").read_bytes() for out in "abc"]
        self.assertEqual(a, b)
        self.assertNotEqual(a, c)

    def test_steps_and_time_end_the_run(self):
        events = self.events("train", "net.bundle", "--data", "glyphs?count=100", "--steps", 9, "--no-save")
        self.assertEqual(events[-1]["steps"], 9)
        self.assertEqual([event.get("batches") for event in events if event["event"] == "epoch"], [None, None, 1])
        events = self.events("train", "net.bundle", "--data", "glyphs?count=100", "--time", "0.3s", "--no-save")
        self.assertLess(events[-1]["seconds"], 5)
        self.run_tool("train", "net.bundle", "--data", "glyphs", "--time", "soon", code=2, says="--time 'soon'")

    def test_last_batch(self):
        write_idx(self.folder, "train", [1, 2, 3] * 11)
        losses = [event["loss"] for event in self.events("train", "net.bundle", "--data", "idx:.", "--epochs", 1,
                                                         "--no-shuffle", "--log-every", 1, "--no-save")
                  if event["event"] == "step"]
        self.assertEqual(len(losses), 2)
        epoch = self.events("train", "net.bundle", "--data", "idx:.", "--epochs", 1, "--no-shuffle", "--no-save")[1]
        self.assertAlmostEqual(epoch["train_loss"], (32 * losses[0] + losses[1]) / 33, places=6)
        events = self.events("train", "net.bundle", "--data", "idx:.", "--epochs", 1, "--drop-last", "--no-save")
        self.assertEqual(events[-1]["steps"], 1)
        write_idx(self.folder, "train", [1, 2, 3])
        self.run_tool("train", "net.bundle", "--data", "idx:.", "--drop-last", code=3, says="less than one batch")

    def test_init_then_train_from_it(self):
        self.run_tool("init", "net.bundle", "--seed", 3, "-o", "w.safetensors")
        first = self.events("train", "net.bundle", "--data", "glyphs?count=64", "--steps", 1, "--init", "w.safetensors",
                            "--log-every", 1, "--no-shuffle", "--no-save")
        other = self.events("train", "net.bundle", "--data", "glyphs?count=64", "--steps", 1, "--seed", 3,
                            "--log-every", 1, "--no-shuffle", "--no-save")
        self.assertEqual(first[1], other[1])

    def test_interrupt_saves(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 130)):
            tool = subprocess.Popen([RUN, "train", "net.bundle", "--data", "glyphs?count=500", "--epochs", "100000",
                                     "--json", "--out", "o"], cwd=self.folder, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, env=environment())
            while b'"epoch"' not in tool.stdout.readline():
                pass
            tool.send_signal(number)
            out, err = tool.communicate(timeout=60)
            self.assertEqual(tool.returncode, code, err)
            end = json.loads(out.splitlines()[-1])
            self.assertEqual((end["event"], end["interrupted"]), ("end", True))
            self.assertTrue((self.folder / "o" / "weights.safetensors").exists())
            (self.folder / "o" / "weights.safetensors").unlink()

    def test_two_runs_in_one_folder(self):
        tool = subprocess.Popen([RUN, "train", "net.bundle", "--data", "glyphs?count=500", "--epochs", "100000",
                                 "--json", "--out", "o"], cwd=self.folder, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, env=environment())
        tool.stdout.readline()
        self.run_tool("train", "net.bundle", "--data", "glyphs?count=100", "--out", "o", code=1, says="another run")
        tool.send_signal(signal.SIGINT)
        tool.communicate(timeout=60)

    def test_resume_is_exact(self):
        train = ("train", "net.bundle", "--data", "glyphs?count=300", "--test", "glyphs?count=50", "--seed", 4)
        whole = self.events(*train, "--epochs", 3, "--out", "whole")
        for first in (1, 10, 17, 29):  # an epoch has 10 steps
            out = "parts%d" % first
            self.run_tool(*train, "--steps", first, "--out", out)
            rest = self.events(*train[:-2], "--epochs", 3, "--out", out, "--resume")
            self.assertEqual(rest[0]["resumed_at"], first)
            for name in ("weights", "checkpoint"):
                a, b = [(self.folder / x / (name + ".safetensors")).read_bytes() for x in ("whole", out)]
                self.assertEqual(a, b, "%s after %d steps" % (name, first))
            last = [[event for event in events if event["event"] == "epoch"][-1] for events in (whole, rest)]
            for key in ("epoch", "step", "train_loss", "test_loss", "test_accuracy"):
                self.assertEqual(last[0][key], last[1][key])
        self.assertEqual((self.folder / out / "events.jsonl").read_text().count('"start"'), 2)
        again = self.events(*train, "--epochs", 3, "--out", "whole", "--resume")
        self.assertEqual([event["event"] for event in again], ["start", "end"])

    def test_resume_refuses_another_run(self):
        train = ("train", "net.bundle", "--data", "glyphs?count=300", "--out", "o")
        self.run_tool(*train, "--resume", code=3, says="o/checkpoint.safetensors")
        self.run_tool(*train)
        self.run_tool(*train, "--resume", "--seed", 9, code=2, says=["seed 0", "seed 9"])
        self.run_tool("train", "net.bundle", "--data", "glyphs?count=200", "--out", "o", "--resume", code=2,
                      says=["300 samples", "200 samples"])
        (self.folder / "o" / "checkpoint.safetensors").write_bytes(
            (self.folder / "o" / "weights.safetensors").read_bytes())
        self.run_tool(*train, "--resume", code=3, says="no checkpoint: the metadata lack 'descent.")

    def test_killed_while_saving(self):
        # The file is old or new, never half: whatever the moment of the kill, resuming works.
        train = [RUN, "train", "net.bundle", "--data", "glyphs?count=64", "--out", "o", "--resume", "--steps"]
        self.run_tool(*train[1:-2], "--steps", 1)
        for number in range(12):
            tool = subprocess.Popen([*train, str(100 * (number + 2))], cwd=self.folder, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.PIPE, env=environment(DESCENT_VALIDATION=""))
            try:
                tool.wait(0.02 + 0.01 * number)
            except subprocess.TimeoutExpired:
                tool.kill()
            tool.stderr.close()
            tool.wait()
            self.assertIn(tool.returncode, (0, -9))
        self.run_tool(*train[1:], 2000)
        self.assertEqual({path.name for path in (self.folder / "o").iterdir()},
                         {".lock", "checkpoint.safetensors", "events.jsonl", "weights.safetensors"})

    def test_divergence(self):
        (self.folder / "wild.bundle").write_bytes(make_bundle.build(rate=float("inf")))
        done = self.run_tool("train", "wild.bundle", "--data", "glyphs?count=500", "--json", code=6,
                             says="diverged at step 2")
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["event"], "diverged")
        self.assertFalse((self.folder / "wild.run" / "weights.safetensors").exists())
        self.assertTrue((self.folder / "wild.run" / "diverged.safetensors").exists())

    # ---- the other subcommands ----

    def test_eval_and_predict_agree(self):
        self.run_tool("train", "net.bundle", "--data", "glyphs?count=2000", "--out", "o")
        weights = ("--weights", "o/weights.safetensors", "--test", "glyphs?count=77")
        result = self.events("eval", "net.bundle", *weights)[0]
        self.assertEqual((result["event"], result["samples"]), ("eval", 77))
        self.run_tool("predict", "net.bundle", *weights, "-o", "p.csv")
        lines = (self.folder / "p.csv").read_text().splitlines()
        self.assertEqual((lines[0], len(lines)), ("class", 78))
        self.run_tool("predict", "net.bundle", *weights, "-o", "p.npz")
        data = (self.folder / "p.npz").read_bytes()
        header = data.index(b"\n", data.index(b"\x93NUMPY"))
        self.assertIn(b"'<i4'", data[:header])
        self.assertIn(b"(77,)", data[:header])
        values = struct.unpack("<77i", data[header + 1:header + 1 + 77 * 4])
        self.assertEqual([str(value) for value in values], lines[1:])
        self.run_tool("predict", "net.bundle", *weights, "-o", "p.txt", code=2, says=".npz or .csv")

    def test_eval_on_idx_takes_the_pair_that_is_asked_for(self):
        self.run_tool("init", "net.bundle", "-o", "w.safetensors")
        write_idx(self.folder, "train", [1] * 5, compress=True)
        write_idx(self.folder, "t10k", [1] * 9)
        for option, samples in (("--data", 5), ("--test", 9)):
            event = self.events("eval", "net.bundle", "--weights", "w.safetensors", option, "idx:.")[0]
            self.assertEqual(event["samples"], samples)
        self.run_tool("eval", "net.bundle", "--weights", "w.safetensors", code=2)

    def test_bench(self):
        for entry in ("train", "eval", "predict"):
            event = self.events("bench", "net.bundle", "--entry", entry, "--steps", 5)[0]
            self.assertEqual(event["event"], "bench")
            for key in ("ms_per_step", "ms_min", "kernels", "peak_bytes", "gflop_per_step", "first_step_ms"):
                self.assertIn(key, event)
            self.assertLessEqual(event["ms_min"], event["ms_per_step"])
        profile = self.events("bench", "net.bundle", "--profile")[1:]
        launches = [event for event in profile if event["event"] == "launch"]
        labels = [event for event in profile if event["event"] == "profile"]
        self.assertEqual([event["label"] for event in launches], ["train.forward", "train.finish", "train.update"])
        self.assertEqual({event["label"] for event in labels}, {event["label"] for event in launches})
        self.assertAlmostEqual(sum(event["us"] for event in labels), sum(event["us"] for event in launches), places=3)
        self.run_tool("bench", "net.bundle", "--entry", "dream", code=2, says="no entry 'dream'")

    def test_inspect_with_and_without_vulkan(self):
        event = self.events("inspect", "net.bundle")[0]
        self.assertEqual(event["parameters"], 7850)
        self.assertTrue(event["variants"][0]["devices"][0]["usable"])
        nothing = dict(VK_ICD_FILENAMES="/nonexistent", VK_DRIVER_FILES="/nonexistent")
        event = self.events("inspect", "net.bundle", **nothing)[0]
        self.assertEqual(event["variants"][0]["devices"], [])

    def test_devices(self):
        event = self.events("devices")[0]
        self.assertEqual((event["event"], event["index"]), ("device", 0))

    # ---- what must be refused ----

    def test_usage(self):
        for arguments in ([], ["dance"], ["train"], ["train", "net.bundle"], ["train", "net.bundle", "--data", "glyphs", "--x"],
                          ["train", "net.bundle", "--data", "glyphs", "--epochs", "0"],
                          ["train", "net.bundle", "--data", "glyphs", "--device", "toaster"],
                          ["train", "net.bundle", "--data", "glyphs", "--resume", "--no-save"],
                          ["train", "net.bundle", "--data", "nonsense:x"]):
            self.run_tool(*arguments, code=2)
        self.assertIn("train", self.run_tool("--help").stdout)
        self.assertIn("descent-run", self.run_tool("--version").stdout)

    def test_bad_bundles(self):
        self.run_tool("inspect", "none.bundle", code=3, says=["none.bundle", "No such file"])
        self.run_tool("inspect", ".", code=3, says="not a regular file")
        whole = (self.folder / "net.bundle").read_bytes()
        (self.folder / "short.bundle").write_bytes(whole[:-100])
        self.run_tool("train", "short.bundle", "--data", "glyphs", code=3, says=["short.bundle", "truncated"])
        (self.folder / "empty.bundle").write_bytes(b"")
        self.run_tool("bench", "empty.bundle", code=3)
        (self.folder / "flip.bundle").write_bytes(whole[:9000] + bytes([whole[9000] ^ 4]) + whole[9001:])
        self.run_tool("bench", "flip.bundle", code=3, says="altered")

    def test_invalid_spirv(self):
        genuine = make_bundle.assemble
        try:
            # Without its last two words, OpReturn and OpFunctionEnd: well-formed instructions that spirv-val refuses.
            make_bundle.assemble = lambda name: genuine(name)[:-8] if name == "metrics" else genuine(name)
            (self.folder / "bad.bundle").write_bytes(make_bundle.build())
        finally:
            make_bundle.assemble = genuine
        self.run_tool("bench", "bad.bundle", "--entry", "metrics", code=3, says=["kernels/", "not valid SPIR-V"])

    def test_no_device(self):
        train = ("train", "net.bundle", "--data", "glyphs?count=50", "--no-save")
        nothing = dict(VK_ICD_FILENAMES="/nonexistent", VK_DRIVER_FILES="/nonexistent")
        self.run_tool(*train, code=4, says="apt install libvulkan1 mesa-vulkan-drivers", **nothing)
        self.run_tool(*train, "--device", "vulkan:17", code=4, says="no device matches 'vulkan:17'")
        (self.folder / "other.bundle").write_bytes(make_bundle.build(driver="abacus"))
        self.run_tool("bench", "other.bundle", code=4, says=["variant 'plain'", "driver 'abacus'"])
        (self.folder / "feature.bundle").write_bytes(make_bundle.build(features=["timeTravel"]))
        self.run_tool("bench", "feature.bundle", code=4, says="feature timeTravel")

    def test_bad_data(self):
        train = ("train", "net.bundle", "--no-save", "--data", "idx:.")
        self.run_tool(*train, code=3, says="no such file")
        write_idx(self.folder, "train", [1, 2, 11])
        self.run_tool(*train, code=3, says="field 'label' at index 2 of './train-labels-idx1-ubyte' is 11")
        write_idx(self.folder, "train", [1, 2, 3], side=27)
        self.run_tool(*train, code=3, says=["field 'image'", "[27, 27]", "[1, 28, 28]"])
        write_idx(self.folder, "train", [1, 2, 3])
        images = self.folder / "train-images-idx3-ubyte"
        images.write_bytes(images.read_bytes()[:-1])
        self.run_tool(*train, code=3, says=["train-images-idx3-ubyte", "holds 2351"])

    def test_bad_weights(self):
        train = ("train", "net.bundle", "--data", "glyphs?count=50", "--no-save", "--init")
        self.run_tool(*train, "none.safetensors", code=3, says="none.safetensors")
        header = json.dumps({"weight": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}}).encode()
        (self.folder / "w.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))
        self.run_tool(*train, "w.safetensors", code=3,
                      says=["w.safetensors", "'weight' has shape [1, 2], the model needs [10, 784]"])
        (self.folder / "t.safetensors").write_bytes(struct.pack("<Q", 1 << 50))
        self.run_tool(*train, "t.safetensors", code=3, says="truncated")

    def test_places_that_cannot_be_written(self):
        (self.folder / "file").write_text("")
        self.run_tool("train", "net.bundle", "--data", "glyphs?count=50", "--out", "file/x", code=1, says="file/x")
        self.run_tool("init", "net.bundle", "-o", "none/w.safetensors", code=1, says="none/w.safetensors")

    # ---- what fails while it runs ----

    TRAIN = ("train", "net.bundle", "--data", "glyphs?count=300", "--out", "o")

    def files(self):
        return {path.name: path.read_bytes() for path in (self.folder / "o").glob("*.safetensors*")}

    def test_full_disk(self):
        # The disk has room for 20000 bytes a file, the weights have 31 KB.
        def small():
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
        self.run_tool(*self.TRAIN, code=1, prepare=small,
                      says=["cannot write 'o/checkpoint.safetensors'", "File too large"], DESCENT_VALIDATION="")
        self.assertEqual(self.files(), {}, "nothing half-written")
        self.run_tool(*self.TRAIN, "--steps", 3)
        before = self.files()
        self.run_tool(*self.TRAIN, "--resume", code=1, prepare=small, says="File too large", DESCENT_VALIDATION="")
        self.assertEqual(self.files(), before, "the old files stay")
        for arguments in (("init", "net.bundle", "-o", "w.safetensors"),
                          ("predict", "net.bundle", "--weights", "o/weights.safetensors", "--data", "glyphs?count=9999",
                           "-o", "p.csv")):
            self.run_tool(*arguments, code=1, prepare=small, says="cannot write '%s'" % arguments[-1],
                          DESCENT_VALIDATION="")
            self.assertFalse((self.folder / arguments[-1]).exists())

    def test_events_that_cannot_be_kept(self):
        # events.jsonl outgrows its limit; the run ends, and what fits is saved.
        def small():
            resource.setrlimit(resource.RLIMIT_FSIZE, (40000, 40000))
        self.run_tool(*self.TRAIN, "--epochs", 100000, "--log-every", 1, code=1, prepare=small,
                      says=["cannot write to 'o/events.jsonl': File too large", "is saved in o"], DESCENT_VALIDATION="")
        self.assertEqual(set(self.files()), {"checkpoint.safetensors", "weights.safetensors"})

    def test_lost_stdout(self):
        more = ("--epochs", 100000)
        for json_too in ((), ("--json",)):
            with open("/dev/full", "w") as full:
                done = self.run_tool(*self.TRAIN, *more, *json_too, code=1, stdout=full,
                                     says=["cannot write to stdout: No space left on device", "is saved in o"])
            self.assertIn("--resume goes on", done.stderr)
            tool = subprocess.Popen([RUN, *map(str, self.TRAIN + more + json_too)], cwd=self.folder,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
            tool.stdout.readline()
            tool.stdout.close()
            error = tool.stderr.read()
            tool.stderr.close()
            self.assertEqual(tool.wait(), 1, error)
            self.assertIn("cannot write to stdout: Broken pipe; the run ended after step", error)
            step = int(error.split("after step ")[1].split(",")[0])
            self.assertEqual(self.events(*self.TRAIN, "--resume", "--steps", step + 1)[0]["resumed_at"], step)
        with open("/dev/full", "w") as full:
            self.run_tool(*self.TRAIN[:-2], "--no-save", *more, code=1, stdout=full, says="nothing is saved (--no-save)")

    def test_closed_stdout(self):
        # No file may be opened in its place and take the events.
        self.run_tool(*self.TRAIN, "--json", code=1, prepare=lambda: os.close(1), says="cannot write to stdout")
        for data in self.files().values():
            self.assertNotIn(b'{"event"', data)
        self.run_tool("train", "net.bundle", "--data", "glyphs?count=64", "--init", "o/weights.safetensors", "--out", "p")

    def test_every_command_notices_a_lost_stdout(self):
        self.run_tool("init", "net.bundle", "-o", "w.safetensors")
        data = ("--weights", "w.safetensors", "--data", "glyphs?count=32")
        with open("/dev/full", "w") as full:
            for arguments in (("--help",), ("train", "--help"), ("--version",), ("devices",), ("inspect", "net.bundle"),
                              ("init", "net.bundle", "-o", "x.safetensors"), ("bench", "net.bundle", "--steps", 1),
                              ("eval", "net.bundle", *data), ("predict", "net.bundle", *data, "-o", "p.csv")):
                self.run_tool(*arguments, code=1, stdout=full, says="cannot write to stdout")

    def fault(self, text):
        """The environment in which the layer beside the tool lets a Vulkan call fail."""
        folder = pathlib.Path(RUN).parent
        if not (folder / "VkLayer_descent_fault.json").exists():
            self.skipTest("the fault layer is not built")
        return dict(VK_ADD_LAYER_PATH=str(folder), VK_INSTANCE_LAYERS="VK_LAYER_DESCENT_fault", DESCENT_FAULT=text,
                    DESCENT_VALIDATION="")

    def test_lost_device(self):
        self.run_tool(*self.TRAIN, "--steps", 12)
        before = self.files()
        for call in (1, 2, 3, 9):
            done = self.run_tool(*self.TRAIN, "--resume", "--epochs", 9, code=5, says="the device was lost",
                                 **self.fault("vkQueueSubmit %d -4" % call))
            self.assertNotIn("left alive", done.stderr)
            self.assertEqual(self.files(), before)
        self.assertIn("o holds the checkpoint of step 12: --resume goes on from there", done.stderr)
        self.run_tool(*self.TRAIN, "--resume", "--epochs", 9)

    def test_out_of_memory(self):
        for function, call, says in (("vkAllocateMemory", 1, "allocating"), ("vkAllocateMemory", 4, "--batch"),
                                     ("vkCreateComputePipelines", 2, "compiling kernels/"), ("vkQueueSubmit", 3, "submitting"),
                                     ("vkCreateDevice", 1, "opening")):
            done = self.run_tool(*self.TRAIN, code=5, says=[says, "out of device memory"],
                                 **self.fault("%s %d -2" % (function, call)))
            self.assertNotIn("left alive", done.stderr)
        self.run_tool(*self.TRAIN, code=1, says="VkResult -13", **self.fault("vkCreateCommandPool 1 -13"))

    # ---- the cache of compiled kernels ----

    def test_pipeline_cache(self):
        bench = ("bench", "net.bundle", "--steps", 1)
        cache = self.folder / "cache"
        self.run_tool(*bench, "--no-cache", XDG_CACHE_HOME=str(cache))
        self.assertFalse((cache / "descent").exists())
        self.run_tool(*bench, XDG_CACHE_HOME=str(cache))
        file, = (cache / "descent").iterdir()
        self.assertRegex(file.name, r"^pipelines-[0-9a-f]{32}-[0-9]+\.bin$")
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + b"x")
        self.run_tool(*bench, "--no-cache", XDG_CACHE_HOME=str(cache))
        self.assertNotEqual(file.read_bytes(), whole)
        self.run_tool(*bench, XDG_CACHE_HOME=str(cache))
        self.assertEqual(file.read_bytes(), whole)
        self.run_tool(*bench, HOME=str(self.folder), XDG_CACHE_HOME="relative")
        self.assertTrue((self.folder / ".cache" / "descent" / file.name).exists())
        self.run_tool(*bench, HOME="", XDG_CACHE_HOME="")

    @unittest.skipUnless(LAYER.exists(), "the validation layers are not installed")
    def test_validation_finds_a_missing_barrier(self):
        genuine = make_bundle.schedule
        try:
            make_bundle.schedule = lambda entry, launches, kernels: genuine(entry, list(filter(None, launches)), kernels)
            (self.folder / "race.bundle").write_bytes(make_bundle.build())
        finally:
            make_bundle.schedule = genuine
        self.run_tool("train", "race.bundle", "--data", "glyphs?count=50", "--no-save", code=1, says="SYNC-HAZARD",
                      DESCENT_VALIDATION="1")

    def test_short_of_memory(self):
        (self.folder / "huge.bundle").write_bytes(make_bundle.build(reserve=1 << 39))
        self.run_tool("bench", "huge.bundle", code=5, says=["slab 1", "smaller --batch"])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    RUN = os.path.abspath(sys.argv.pop(1))
    unittest.main()
