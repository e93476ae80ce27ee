#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The conformance suite: every entry of the registry, compiled and run on a Vulkan device, against PyTorch in f64.

An entry without a case fails, as does an attribute that no case gives, an enumerator that no case names and a flag that no
case gives both ways. Without --full the first case of every entry runs, and of the others a sample that another day's seed
draws otherwise. Needs Debian's python3-torch and python3-numpy."""
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
    print("conformance: needs PyTorch: install python3-torch and libopenblas0-openmp")
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import initializers  # noqa: E402
import layers  # noqa: E402
import losses  # noqa: E402
import optimizers  # noqa: E402
from device import Bundle, Compiler, Device, Failure  # noqa: E402


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
    return missing + ["the registry has no '%s'" % case.op for case in cases if case.op not in known]


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
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parents[1] / "build", help="the build directory")
    parser.add_argument("--target", action="append", default=[], help="profile to compile for (default: descentc's)")
    parser.add_argument("--validation", action="store_true", help="with the Vulkan validation layer, which must be silent")
    parser.add_argument("--verbose", action="store_true", help="a line for every case")
    return parser.parse_args()


def prepare(case, specs, compiler):
    """The bundles of a case, or the failure on the way to them."""
    try:
        case.prepare(specs[case.op], layers.REFERENCES.get(case.op))
        return [Bundle(compiler.compile(model)) for model in case.models()]
    except Failure as failure:
        return failure
    except Exception as error:  # a mistake in the case: torch refuses it, say
        return Failure("%s: %s" % (type(error).__name__, error))


def check(case, bundles, device):
    """The complaint about a case, or None."""
    if isinstance(bundles, Failure):
        return str(bundles)
    try:
        case.check(bundles, device)
    except Failure as failure:
        return str(failure)
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)
    return None


def main():
    arguments = parse_arguments()
    programs = arguments.build / "bin"
    compiler = Compiler(programs / "descentc", arguments.build / "conformance-cache", arguments.target)
    device = Device(programs / "descent-conformance-driver", arguments.validation)
    initializers.Initializer.descent_run = programs / "descent-run"
    registry = compiler.registry()
    specs = {spec["name"]: spec for spec in registry}

    cases = [case for group in (layers, losses, optimizers, initializers) for case in group.cases()]
    names = [case.name for case in cases]
    assert len(names) == len(set(names)), "two cases have one name"
    failures = ["coverage: " + sentence for sentence in coverage(registry, cases)]
    for failure in failures:
        print("FAIL", failure, flush=True)
    chosen = choose([case for case in cases if case.op in specs], arguments.seed, arguments.full or arguments.filter)
    chosen = [case for case in chosen if re.search(arguments.filter, case.name)]
    if arguments.list:
        print("\n".join(case.name for case in chosen))
        return 0

    passed, begin = 0, time.time()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = [pool.submit(prepare, case, specs, compiler) for case in chosen]
        for case, future in zip(chosen, futures):
            complaint = check(case, future.result(), device)
            passed += complaint is None
            if complaint is not None:
                failures.append(case.name)
                print("FAIL %s: %s" % (case.name, complaint), flush=True)
            elif arguments.verbose:
                print("pass", case.name, flush=True)
    device.close()
    skipped = 0 if arguments.filter else len(cases) - len(chosen)
    sample = "" if arguments.full or arguments.filter else "; sample of seed %d" % arguments.seed
    print("conformance: %.0f s, variant %s on %s%s" % (time.time() - begin, device.variant, device.name, sample))
    print("%d passed, %d failed, %d skipped" % (passed, len(failures), skipped))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
