"""Checks that an MLIR file has every operation that the dialect's ODS files define."""

import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1]).read_text()
root = pathlib.Path(__file__).resolve().parents[4]
mnemonics = set()
for path in (root / "include/descent/Dialect/Descent").glob("*.td"):
    mnemonics |= set(re.findall(r'^def Descent_\w+Op\s*:\s*Descent_\w+<"(\w+)"', path.read_text(), re.M))
if len(mnemonics) < 40:
    sys.exit(f"found only {len(mnemonics)} operations in the ODS files; is the pattern out of date?")
missing = sorted(name for name in mnemonics if not re.search(rf"^(?!\s*//).*\bdescent\.{name}\b", source, re.M))
if missing:
    sys.exit(f"{sys.argv[1]} lacks: {', '.join(missing)}")
