# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fuzz the readers and the checker of models: builds the targets with clang and runs each for some seconds, from the models of the repository.

An input that fails is left in the build folder, and its bytes are printed if they are few.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPILER = "clang++-19"
WORDS = """model const input module function loss metric output optimizer train entry param frozen state update instance if else then repeat for in
require return accumulate vjp over batch training true false none and or not xor f32 i32 bool tensor tensors int ints float floats string shape dtype init
any enum descent name constants inputs modules functions network metrics outputs entries params returns cotangents value as of args to set kind doc
initializer range map fold len size rank grad scan parameter |> => == != <= >= << >> **""".split()


def run(command, **options):
    return subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)


def build(folder):
    for command in (["cmake", "-S", ROOT / "test" / "fuzz", "-B", folder, "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={COMPILER}"],
                    ["cmake", "--build", folder, "-j", len(os.sched_getaffinity(0))]):
        done = run(command)
        if done.returncode:
            print(done.stdout.decode(errors="replace")[-4000:])
            return False
    return True


def write_dictionary(path):
    """The words of the language and the names of its ops, which the fuzzer puts into inputs."""
    names = set(WORDS)
    for source in (ROOT / "lib" / "Model" / "Library").glob("*.descent"):
        names.update(re.findall(r"^(?:module|function|loss|metric) ([a-z]\w*)\(", source.read_text(), re.M))
    path.write_text("".join(f"{json.dumps(name)}\n" for name in sorted(names)))


def write_seeds(folder, suffix):
    folder.mkdir(parents=True, exist_ok=True)
    for source in (ROOT / "models", ROOT / "lib" / "Model" / "Library", ROOT / "test" / "Model" / "errors"):
        for model in source.glob("*" + suffix):
            shutil.copy(model, folder / f"{source.name}-{model.name}")


def fuzz(folder, spelling, suffix, seconds, seed):
    seeds, corpus, artifacts = (folder / f"{spelling}-{what}" for what in ("seeds", "corpus", "failures"))
    for path in (corpus, artifacts):
        path.mkdir(exist_ok=True)
    write_seeds(seeds, suffix)
    done = run([folder / f"fuzz-{spelling}", corpus, seeds, f"-dict={folder / 'words.dict'}", f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=8192",
                "-timeout=30", "-rss_limit_mb=3000", "-verbosity=1", "-print_final_stats=1", f"-artifact_prefix={artifacts}/"], cwd=folder)
    output = done.stdout.decode(errors="replace")
    executed = re.search(r"number_of_executed_units:\s*(\d+)", output)
    print(f"{spelling}: {executed.group(1) if executed else 'no'} inputs in {seconds} s, seed {seed}", flush=True)
    if done.returncode == 0:
        return True
    print(output[-6000:])
    for path in sorted(artifacts.iterdir()):
        data = path.read_bytes()
        print(f"{path}: {len(data)} bytes" + (f": {data!r}" if len(data) < 2000 else ""))
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="a minute for each spelling instead of 15 seconds")
    parser.add_argument("--seconds", type=int, help="for each spelling")
    parser.add_argument("--seed", type=int, default=int(time.time() // 86400),
                        help="of the fuzzer, so that a run can be repeated (default: the day); 0: another one every time")
    parser.add_argument("--only", choices=("json", "text"))
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build-fuzz")
    options = parser.parse_args()
    targets = [(spelling, suffix) for spelling, suffix in (("json", ".json"), ("text", ".descent")) if options.only in (None, spelling)]
    if not shutil.which(COMPILER):
        print(f"SKIP: fuzzing needs {COMPILER} and libclang-rt-19-dev")
        print(f"0 passed, 0 failed, {len(targets)} skipped")
        return 0
    seconds = options.seconds or (60 if options.full else 15)
    passed = 0
    if build(options.build):
        write_dictionary(options.build / "words.dict")
        passed = sum(fuzz(options.build, spelling, suffix, seconds, options.seed) for spelling, suffix in targets)
    print(f"{passed} passed, {len(targets) - passed} failed")
    return 0 if passed == len(targets) else 1


if __name__ == "__main__":
    sys.exit(main())
