#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The conformance suite: every entry of the registry, compiled and run on a Vulkan device, against PyTorch in f64.

An entry without a case fails, as does an attribute that no case gives, an enumerator that no case names and a flag that no
case gives both ways. Without --full the first case of every entry runs, and of the others a sample that another day's seed
draws otherwise; with it every case runs twice, in the device's own variant and in the portable one. The Vulkan validation
layer watches every run and must stay silent. Needs Debian's python3-torch and python3-numpy."""
import argparse
import concurrent.futures
import importlib.util
import os
import pathlib
import random
import re
import sys
import time

# Debian's torch belongs to Debian's Python.
if not importlib.util.find_spec("torch") and os.path.realpath(sys.executable) != os.path.realpath("/usr/bin/python3"):
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
if not importlib.util.find_spec("torch"):
    print("SKIP conformance: needs PyTorch: install python3-torch and libopenblas0-openmp")
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import dtypes  # noqa: E402
import initializers  # noqa: E402
import large  # noqa: E402
import layers  # noqa: E402
import losses  # noqa: E402
import modules  # noqa: E402
import networks  # noqa: E402
import objectives  # noqa: E402
import ops  # noqa: E402
import optimizers  # noqa: E402
import randoms  # noqa: E402
from device import Bundle, Compiler, Device, Failure, NoDevice  # noqa: E402


def coverage(registry, cases):
    """What of the registry no case covers, as sentences."""
    missing = []
    for spec in registry:
        of_op = [case for case in cases if case.op == spec["name"]]
        if not of_op:
            missing.append("%s '%s' has no case" % (spec["category"], spec["name"]))
        for attribute in spec["attributes"] if of_op else []:
            given = [case.attributes[attribute["name"]] for case in of_op if attribute["name"] in case.attributes]
            where = "attribute '%s' of '%s'" % (attribute["name"], spec["name"])
            if not given:
                missing.append("no case gives " + where)
            wanted = attribute.get("enumerators", [False, True] if attribute["kind"] == "bool" else [])
            effective = given + [attribute.get("default")] * (len(given) < len(of_op))
            missing += ["no case has %s for %s" % (value, where) for value in wanted if value not in effective]
    known = {spec["name"] for spec in registry}
    return missing + ["the registry has no '%s'" % case.op for case in cases if case.op and case.op not in known]


def choose(cases, seed, full):
    """The first case of every entry, and a third of the others."""
    if full:
        return cases
    seen, chosen, rest = set(), set(), []
    for case in cases:
        if case.op in seen:
            rest.append(case)
        else:
            chosen.add(case)
            seen.add(case.op)
    chosen.update(random.Random(seed).sample(rest, len(rest) // 3))
    return [case for case in cases if case in chosen]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--full", action="store_true", help="run all cases")
    parser.add_argument("--seed", type=int, default=int(time.time() // 86400), help="of the sample (default: the day)")
    parser.add_argument("--filter", default="", help="run the cases whose name has this regular expression")
    parser.add_argument("--list", action="store_true", help="print the names of the cases and end")
    parser.add_argument("--bin", type=pathlib.Path, help="where the programs are (default: DESCENT_BIN, or build/bin)",
                        default=os.environ.get("DESCENT_BIN", HERE.parents[1] / "build" / "bin"))
    parser.add_argument("--target", help="only this profile (default: descentc's choice, with --full also portable)")
    parser.add_argument("--unfused", action="store_true", help="compile with -O0: every operation in a kernel of its own")
    parser.add_argument("--no-validation", action="store_true", help="without the Vulkan validation layer")
    parser.add_argument("--verbose", action="store_true", help="a line for every case")
    return parser.parse_args()


class Suite:
    def __init__(self, arguments):
        self.arguments = arguments
        self.compiler = Compiler(arguments.bin / "descentc", arguments.bin.parent / "conformance-cache", ["-O0"] if arguments.unfused else [])
        self.device = Device(arguments.bin / "descent-conformance-driver", validation=not arguments.no_validation)
        self.specs = {spec["name"]: spec for spec in self.compiler.registry()}
        self.passed, self.failed = 0, 0

    def fail(self, what):
        self.failed += 1
        print("FAIL", what, flush=True)

    def compile(self, case, target):
        """The bundles of a case, or the failure on the way to them."""
        try:
            case.prepare(self.specs)
            return [Bundle(self.compiler.compile(model, target)) for model in case.models()]
        except Failure as failure:
            return failure
        except Exception as error:  # a mistake in the case: torch refuses it, say
            return Failure("%s: %s" % (type(error).__name__, error))

    def check(self, case, bundles):
        """The complaint about a case, or None."""
        if isinstance(bundles, Failure):
            return str(bundles)
        try:
            case.check(bundles, self.device)
        except NoDevice:
            raise
        except Failure as failure:
            return str(failure)
        except Exception as error:
            return "%s: %s" % (type(error).__name__, error)
        return None

    def run(self, cases, target):
        """Compiles cases in parallel and checks them in order."""
        begin = time.time()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            futures = [pool.submit(self.compile, case, target) for case in cases]
            for case, future in zip(cases, futures):
                complaint = self.check(case, future.result())
                if complaint is not None:
                    self.fail("%s%s: %s" % (case.name, " (%s)" % target if target else "", complaint))
                    continue
                self.passed += 1
                if self.arguments.verbose:
                    print("pass", case.name, flush=True)
        print("conformance: %d cases in %.0f s, variant %s on %s"
              % (len(cases), time.time() - begin, self.device.variant, self.device.name), flush=True)


def main():
    arguments = parse_arguments()
    initializers.Initializer.descent_run = arguments.bin / "descent-run"
    suite = Suite(arguments)
    cases = [case for group in (ops, dtypes, modules, objectives, randoms, layers, losses, optimizers, initializers, networks, large) for case in group.cases()]
    assert len({case.name for case in cases}) == len(cases), "two cases have one name"
    everything = arguments.full or arguments.filter
    chosen = choose([case for case in cases if not case.op or case.op in suite.specs], arguments.seed, everything)
    chosen = [case for case in chosen if re.search(arguments.filter, case.name)]
    if arguments.list:
        print("\n".join(case.name for case in chosen))
        return 0

    for sentence in coverage(suite.specs.values(), cases):
        suite.fail("coverage: " + sentence)
    if not everything:
        print("conformance: sample of seed %d" % arguments.seed)
    targets = [arguments.target] + (["portable"] if arguments.full and not arguments.target else [])
    skipped = 0 if arguments.filter else len(cases) - len(chosen)
    try:
        for target in targets:
            suite.run(chosen, target)
    except NoDevice as reason:
        print("SKIP conformance: %s" % reason)
        skipped = len(chosen) * len(targets) - suite.passed
    suite.device.close()
    print("%d passed, %d failed, %d skipped" % (suite.passed, suite.failed, skipped))
    return 1 if suite.failed else 0


if __name__ == "__main__":
    sys.exit(main())
