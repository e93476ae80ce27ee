# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Running descentc and descent-run from tests, and counting what passed."""
import json
import os
import pathlib
import subprocess
import sys
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("DESCENT_BIN", ROOT / "build" / "bin"))


class Failure(Exception):
    """A test that failed, with what a person needs to know."""


class Skip(Exception):
    """A test that cannot run here, and why."""


def expect(condition, message):
    if not condition:
        raise Failure(message)


def run(tool, *arguments, code=0, env=None, timeout=600):
    """Runs a tool and checks its exit code; returns what it printed."""
    command = [str(BIN / tool), *map(str, arguments)]
    environment = dict(os.environ, **(env or {}))
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=environment)
    if done.returncode != code:
        raise Failure(f"{' '.join(command)}\nexit {done.returncode}, expected {code}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done


def compile_model(model, bundle, *options):
    return run("descentc", model, "-o", bundle, *options)


def events(*arguments, **options):
    """Runs descent-run with --json and returns its events."""
    return [json.loads(line) for line in run("descent-run", *arguments, "--json", **options).stdout.splitlines()]


def run_tests(tests):
    """Runs (name, function) pairs; prints a line each and the closing counts; returns the exit code."""
    passed = failed = skipped = 0
    for name, function in tests:
        try:
            function()
            passed += 1
            print(f"PASS {name}", flush=True)
        except Skip as reason:
            skipped += 1
            print(f"SKIP {name}: {reason}", flush=True)
        except Exception as error:  # a test that breaks in any way has failed
            failed += 1
            detail = str(error) if isinstance(error, Failure) else traceback.format_exc()
            print(f"FAIL {name}: {detail}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def main_arguments():
    """--full is the one option of every Python suite."""
    unknown = [argument for argument in sys.argv[1:] if argument != "--full"]
    if unknown:
        sys.exit(f"unknown argument {unknown[0]}")
    return "--full" in sys.argv
