# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compile every model of a folder and compare what the compiler says with the text beside the model.

usage: check-errors.py FOLDER OUTPUT

A model is NAME.json or NAME.descent, the text NAME.expected, more options NAME.args. The compiler must exit with 3 and write no OUTPUT.
"""
import difflib
import pathlib
import subprocess
import sys

folder, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
total = wrong = 0
for model in sorted(path for path in folder.iterdir() if path.suffix in (".json", ".descent")):
    args = model.with_suffix(".args")
    options = args.read_text().split() if args.exists() else []
    output.unlink(missing_ok=True)
    run = subprocess.run(["descentc", model.name, "-o", str(output), *options], cwd=folder, capture_output=True)
    said = run.stderr.decode(errors="replace")
    expected = model.with_suffix(".expected").read_text()
    total += 1
    if run.returncode == 3 and said == expected and not run.stdout and not output.exists():
        continue
    wrong += 1
    print(f"{model.name}: exit {run.returncode}, output file: {output.exists()}")
    sys.stdout.writelines(difflib.unified_diff(expected.splitlines(True), said.splitlines(True), "expected", "stderr"))
print(f"{total} models refused, {wrong} wrongly")
