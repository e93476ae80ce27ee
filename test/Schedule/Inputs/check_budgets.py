# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check_budgets.py FIRST COUNT: asks for the impossible for COUNT of the random programs, then for the memory that the error names as the least, then for half way
between that and what the program takes as it is. Each must be met, and the schedule proved right."""

import pathlib
import re
import subprocess
import sys

PROGRAMS = pathlib.Path(__file__).with_name("random_programs.py")


def compile(program, budget):
    passes = [f"--descent-rematerialize=budget={budget}", f"--descent-plan-memory=budget={budget}", "--descent-place-barriers", "--descent-verify-schedule"]
    done = subprocess.run(["descent-opt", *passes], input=program, capture_output=True, text=True)
    return done, sum(map(int, re.findall(r"schedule\.slab .* size\((\d+)\)", done.stdout)))


first, count = map(int, sys.argv[1:])
programs = subprocess.run([sys.executable, PROGRAMS, str(first), str(count)], check=True, capture_output=True, text=True).stdout.split("// -----\n")
repeated = 0
for program in programs:
    whole = compile(program, 0)[1]
    done, _ = compile(program, 1)
    found = re.search(r"error: a memory budget of 1 bytes cannot be met: .* takes (\d+) bytes", done.stderr)
    assert found, program + done.stderr
    least = int(found[1])
    assert least <= whole, f"{program}{least} bytes, {whole} without a budget"
    for budget in (least, (least + whole) // 2):
        done, size = compile(program, budget)
        assert done.returncode == 0 and size <= budget, f"{program}{done.stderr}{size} bytes of {budget}"
        repeated += sum(map(int, re.findall(r"launches = (\d+)", done.stdout)))
print(len(programs), "programs met their budgets, some by repeated launches" if repeated else "programs repeated nothing")
