# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs every test suite of the project and adds up what they count. Called by tools/check.sh."""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]


class Counts:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def __iadd__(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        return self

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def execute(command, env):
    """Runs a suite; returns its exit code and output."""
    try:
        done = subprocess.run([str(part) for part in command], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace")
    except OSError as error:
        return 1, str(error)
    return done.returncode, done.stdout


def settle(code, output, counts):
    """A suite that ends badly without counting a failure has failed once; what it printed is shown."""
    if code != 0 and counts.failed == 0:
        counts.failed = 1
    if code == 0 and counts.passed + counts.skipped == 0:
        counts.failed = 1
        output += "\nno test ran\n"
    if counts.failed:
        print(output[-12000:])
    return counts


def gtest(binary, env):
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        code, output = execute([binary, f"--gtest_output=json:{report.name}"], env)
        counts = Counts()
        try:
            result = json.load(open(report.name))
            tests = [test for suite in result["testsuites"] for test in suite["testsuite"]]
            for test in tests:
                if test.get("failures"):
                    counts.failed += 1
                elif test["result"] == "SKIPPED" or test["status"] == "NOTRUN":
                    counts.skipped += 1
                else:
                    counts.passed += 1
        except (json.JSONDecodeError, OSError):
            pass
    return settle(code, output, counts)


def lit(build, env):
    cache = (build / "CMakeCache.txt").read_text()
    tool = re.search(r"^DESCENT_LIT:[A-Z]+=(.*)$", cache, re.M).group(1)
    code, output = execute([sys.executable, tool, "-sv", build / "test"], env)
    counts = Counts()
    for words, field in ((("Passed", "Expectedly Failed"), "passed"), (("Failed", "Unresolved", "Timed Out", "Unexpectedly Passed"), "failed"),
                         (("Unsupported", "Skipped", "Excluded"), "skipped")):
        for word in words:
            for number in re.findall(rf"^\s+{word}\s*:\s*(\d+)", output, re.M):
                setattr(counts, field, getattr(counts, field) + int(number))
    return settle(code, output, counts)


def script(path, env, *options):
    code, output = execute([sys.executable, path, *options], env)
    found = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", output, re.M)
    counts = Counts(*(int(number or 0) for number in found[-1])) if found else Counts()
    for line in output.splitlines():
        if line.startswith("SKIP"):
            print(line)
    return settle(code, output, counts)


def unittest(path, arguments, env):
    code, output = execute([sys.executable, path, *arguments], env)
    ran = re.search(r"^Ran (\d+) tests?", output, re.M)
    closing = output.strip().splitlines()[-1] if output.strip() else ""
    failed = sum(int(number) for number in re.findall(r"(?:failures|errors)=(\d+)", closing))
    skipped = sum(int(number) for number in re.findall(r"skipped=(\d+)", closing))
    total = int(ran.group(1)) if ran else 0
    return settle(code, output, Counts(total - failed - skipped, failed, skipped))


def style(env):
    listed = subprocess.run(["git", "ls-files", "*.cpp", "*.h"], cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout.split()
    files = [name for name in listed if (ROOT / name).exists()]
    code, output = execute(["clang-format", "--dry-run", "-Werror", *files], env)
    return settle(code, output, Counts(passed=1 if code == 0 else 0))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="the whole matrix, as CI runs it")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--only", help="suites whose name contains this")
    options = parser.parse_args()
    env = dict(os.environ, DESCENT_BIN=str(options.build / "bin"), PYTHONDONTWRITEBYTECODE="1")

    suites = [("style", lambda: style(env))]
    for name in ("codegen", "fault", "gradient", "import", "interpreter", "model", "runtime"):
        binary = options.build / "bin" / f"descent-{name}-tests"
        suites.append((binary.name, lambda binary=binary: gtest(binary, dict(env, DESCENT_VALIDATION="1"))))
    suites.append(("lit", lambda: lit(options.build, env)))
    suites.append(("lit, round trips", lambda: lit(options.build, dict(env, DESCENT_VERIFY_ROUNDTRIP="1"))))
    run = options.build / "bin" / "descent-run"
    suites.append(("descent-run", lambda: unittest(ROOT / "test" / "runtime" / "test_descent_run.py", [run], env)))
    for name, folder in (("report", "Report"), ("conformance", "conformance"), ("e2e", "e2e"), ("fuzz", "fuzz")):
        suites.append((name, lambda folder=folder: script(ROOT / "test" / folder / "run.py", env, *["--full"] * options.full)))
    # The sample of the day with every operation in a kernel of its own.
    suites.append(("conformance, unfused", lambda: script(ROOT / "test" / "conformance" / "run.py", env, "--unfused")))

    suites = [(name, suite) for name, suite in suites if not options.only or options.only in name]
    if not suites:
        parser.error(f"no suite's name contains '{options.only}'")
    total = Counts()
    for name, suite in suites:
        start = time.monotonic()
        counts = suite()
        print(f"{name}: {counts} ({time.monotonic() - start:.0f} s)", flush=True)
        total += counts
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
