"""Runs the passes from tensors to kernels one after another and compares what the interpreter makes of their results with what it makes of their input.

Usage: check_pipeline.py [--trust-gradients] PROGRAM.mlir [INTERPRETER OPTIONS...]
       check_pipeline.py --random FIRST LAST OPERATIONS DIRECTORY

A program's gradients are compared with the finite differences by which the interpreter evaluates descent.gradient; every later pass with the program after
descent-autodiff. Random programs (random_program.py with seeds FIRST to LAST) are compared from there on only: they hit kinks too often for differences.
"""

import pathlib
import subprocess
import sys

PASSES = [
    ["--descent-expand-optimizers"],
    ["--descent-decompose"],
    ["--canonicalize", "--cse"],
    ["--descent-sort-scatters=always chunk-bits=2 digit-bits=2 fan-bits=1"],
    ["--descent-lower-to-kernels"],
    ["--descent-fold-views", "--descent-verify-kernels"],
    ["--descent-form-kernels"],
    ["--descent-split-reductions=min-points=16 min-length=2"],
    ["--canonicalize", "--cse", "--descent-verify-kernels"],
]


def run(*command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    return result.returncode == 0, result.stderr.strip()


def expand_gradients(source, program):
    good, reason = run("descent-opt", source, "--descent-autodiff", "-o", program)
    return None if good else f"{source}: descent-autodiff fails: {reason}"


def check(program, directory, options):
    """The first pass that fails or changes the meaning, with the reason; None if there is none."""
    before = program
    for number, names in enumerate(PASSES):
        after = directory / f"{program.stem}.{number}.mlir"
        good, reason = run("descent-opt", before, *names, "-o", after)
        if not good:
            return f"{program}: {' '.join(names)} fails on {before}: {reason}"
        good, reason = run("descent-interpret", "--compare", program, after, *options)
        if not good:
            return f"{program}: {' '.join(names)} changes what {before} means: {reason}"
        before = after
    return None


def check_file(source, options, differences=True):
    program = pathlib.Path.cwd() / f"{source.stem}.autodiff.mlir"
    problem = expand_gradients(source, program)
    if problem:
        return problem
    good, reason = run("descent-interpret", "--compare", source, program) if differences else (True, "")
    if not good:
        return f"{source}: descent-autodiff's gradients are not the finite differences: {reason}"
    return check(program, pathlib.Path.cwd(), options)


def check_random(first, last, operations, directory):
    directory.mkdir(parents=True, exist_ok=True)
    generator = pathlib.Path(__file__).parent / "random_program.py"
    for seed in range(first, last + 1):
        source, program = directory / f"random{seed}.source.mlir", directory / f"random{seed}.mlir"
        generated = subprocess.run([sys.executable, generator, str(seed), str(operations)], check=True, capture_output=True, text=True)
        source.write_text(generated.stdout)
        problem = expand_gradients(source, program) or check(program, directory, [])
        if problem:
            return problem
    return None


def main(arguments):
    if arguments[0] == "--trust-gradients":
        return check_file(pathlib.Path(arguments[1]), arguments[2:], differences=False)
    if arguments[0] == "--random":
        return check_random(*map(int, arguments[1:4]), pathlib.Path(arguments[4]))
    return check_file(pathlib.Path(arguments[0]), arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
