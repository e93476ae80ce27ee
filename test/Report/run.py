# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tests of descentc --report: the data against its schema and against numbers that are worked out here, the tables, and the page, read by Python's
parser and by a headless Chromium where there is one. Ends with `N passed, N failed, N skipped`. `--full` takes all models of the repository."""
import argparse
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BIN = pathlib.Path(os.environ.get("DESCENT_BIN", ROOT / "build" / "bin"))
INPUTS = HERE / "Inputs"
ALIGNMENT = 256


class Skip(Exception):
    pass


def descentc(*arguments, code=0):
    done = subprocess.run([str(BIN / "descentc"), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900)
    assert done.returncode == code, f"exit {done.returncode}: {done.stdout[-2000:]}"
    return done.stdout


reports = {}


def report_of(model, *arguments):
    """The report of a model in all three forms, each compiled once."""
    key = (str(model), *arguments)
    if key not in reports:
        folder = pathlib.Path(tempfile.mkdtemp(dir=WORK))
        names = {form: folder / f"report.{form}" for form in ("json", "html", "md")}
        descentc(model, "-o", folder / "x.bundle", *arguments, *(part for name in names.values() for part in ("--report", name)))
        reports[key] = {form: name.read_text() for form, name in names.items()} | {"data": json.loads(names["json"].read_text()), "folder": folder}
    return reports[key]


def entry_of(model, name, *arguments, variant=0):
    described = report_of(model, *arguments)["data"]["variants"][variant]
    return described, next(entry for entry in described["entries"] if entry["name"] == name)


def kernel_of(variant, launch):
    return next(kernel for kernel in variant["kernels"] if kernel["name"] == launch["kernel"])


def write_model(name, text):
    path = WORK / name
    path.write_text(text)
    return path


def up(size):
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def equal(actual, wanted, what):
    assert actual == wanted, f"{what}: {actual}, expected {wanted}"


# ---------------------------------------------------------------------------------------------------------------------
# Numbers worked out by hand
# ---------------------------------------------------------------------------------------------------------------------

def test_product():
    """A matrix product of 8 x 24 by 24 x 40, and a function of the result."""
    model = write_model("product.descent", 'model "product"\ninput x : f32[8, 24]\nz = x\n  |> dense(40, bias: false)\n  |> tanh\noutput y = z\n')
    variant, entry = entry_of(model, "predict", "--target", "portable")
    equal(len(entry["launches"]), 1, "launches")
    launch = entry["launches"][0]
    kernel = kernel_of(variant, launch)
    equal(kernel["kind"], "product", "kind")
    part, = kernel["parts"]
    equal((part["parallel"], part["reduction"], part["combiners"]), ([8, 40], [24], ["sum"]), "loop nest")
    equal(launch["flop"], 2 * 8 * 24 * 40 + 8 * 40, "FLOP")
    equal(launch["bytes_read"], 4 * (8 * 24 + 24 * 40), "bytes read")
    equal(launch["bytes_written"], 4 * 8 * 40, "bytes written")
    assert abs(launch["intensity"] - launch["flop"] / (4 * (8 * 24 + 24 * 40 + 8 * 40))) < 1e-3
    lines = {line["line"]: line for line in entry["lines"]}
    equal(lines[4]["flop"], 2 * 8 * 24 * 40, "FLOP of the product's line")
    equal(lines[5]["flop"], 8 * 40, "FLOP of the function's line")
    equal(lines[4]["text"], "|> dense(40, bias: false)", "text of the line")
    equal((lines[4]["bytes_read"], lines[4]["bytes_written"]), (launch["bytes_read"], 0), "bytes of the product's line")
    equal(lines[5]["bytes_written"], launch["bytes_written"], "bytes of the function's line")
    equal(lines[4]["launches"], [0], "launches of the line")
    equal([(op["op"], op["block"], op["line"]) for op in part["ops"]],
          [("mul", "map", "product.descent:4"), ("sum", "reduce", "product.descent:4"), ("tanh", "finish", "product.descent:5")], "operations")
    equal([read["bytes"] for read in launch["reads"]], [4 * 8 * 24, 4 * 24 * 40], "reads")
    equal(launch["reads"][0]["tensor"], "x", "name of what is read")
    # A tile of T results and an unrolled step: T accumulators at least.
    equal(part["accumulators"], part["register_tile"], "accumulators")
    assert part["registers"] > part["accumulators"]
    tile = 1
    for extent in part["strategy"]["tile"]:
        tile *= extent
    equal(tile, part["register_tile"], "register tile")


def test_elementwise():
    """60 elements, read and written once; the same operand twice is one range."""
    model = write_model("elementwise.descent", 'model "e"\ninput x : f32[6, 10]\noutput y = x * x + x\n')
    variant, entry = entry_of(model, "predict", "--target", "portable")
    launch, = entry["launches"]
    equal((launch["flop"], launch["bytes_read"], launch["bytes_written"]), (120, 240, 240), "costs")
    equal(kernel_of(variant, launch)["kind"], "elementwise", "kind")
    equal(variant["memory"]["fixed"][1]["size"], 240, "size of the input")


def test_broadcast_reads_once():
    """A row that is added to every row of a matrix is read once, however many rows there are."""
    model = write_model("broadcast.descent", 'model "b"\ninput x : f32[6, 10]\ninput r : f32[10]\noutput y = x + r\n')
    _, entry = entry_of(model, "predict", "--target", "portable")
    launch, = entry["launches"]
    equal((launch["bytes_read"], launch["bytes_written"]), (4 * 70, 240), "costs")


def test_merged_kernels():
    """Two equal layers are one kernel; what each costs stays with its own line."""
    model = write_model("twice.descent", 'model "t"\ninput x : f32[4, 32]\nz = x\n  |> dense(32, bias: false)\n  |> dense(32, bias: false)\noutput y = z\n')
    variant, entry = entry_of(model, "predict", "--target", "portable")
    equal(len(entry["launches"]), 2, "launches")
    equal((len(variant["kernels"]), entry["totals"]["kernels"]), (1, 1), "kernels")
    lines = {line["line"]: line for line in entry["lines"]}
    for number in (4, 5):
        equal(lines[number]["flop"], 2 * 4 * 32 * 32, f"FLOP of line {number}")
        equal(lines[number]["launches"], [number - 4], f"launches of line {number}")
    equal([launch["lines"] for launch in entry["launches"]], [["twice.descent:4"], ["twice.descent:5"]], "lines of the launches")


def test_bound():
    """Three products in a row: while one runs, its operand and its result live, every size rounded up."""
    model = write_model("chain.descent", 'model "c"\ninput x : f32[4, 100]\nz = x |> dense(50, bias: false) |> dense(70, bias: false) |> dense(10, bias: false)\noutput y = z\n')
    variant, entry = entry_of(model, "predict", "--target", "portable")
    first, second, third = up(4 * 4 * 50), up(4 * 4 * 70), up(4 * 4 * 10)
    equal(entry["memory"]["live_bytes"], [first, first + second, second + third], "live bytes")
    equal(entry["memory"]["bound_bytes"], first + second, "bound")
    equal(entry["memory"]["begin"], 256 + up(1600), "where transients begin")
    equal([(t["first"], t["last"], t["size"]) for t in entry["memory"]["tensors"]], [(0, 1, 800), (1, 2, 1120), (2, 2, 160)], "lifetimes")
    equal(entry["memory"]["tensors"][2]["output"], "y", "output")
    states = up(4 * 100 * 50) + up(4 * 50 * 70) + up(4 * 70 * 10)
    equal(variant["memory"]["bound_bytes"], states + 256 + up(1600) + first + second, "bound of the variant")
    equal(entry["totals"]["barriers"], 2, "barriers")
    equal([launch["phase"] for launch in entry["launches"]], [0, 1, 2], "phases")


def test_movement():
    """A transposed output and a table that is read at computed places."""
    model = write_model("move.descent", 'model "m"\ninput x : f32[5, 7]\noutput y = transpose(x, a: 0, b: 1)\n')
    variant, entry = entry_of(model, "predict", "--target", "portable")
    launch, = entry["launches"]
    kernel = kernel_of(variant, launch)
    equal((kernel["kind"], kernel["parts"][0]["movement"], launch["flop"]), ("move", "rearranges", 0), "kernel")
    equal(launch["reasons"], ["output 'y' has to lie in memory"], "reasons")
    assert "only rearranges: output 'y' has to lie in memory" in report_of(model, "--target", "portable")["md"]


def test_loop():
    """A loop's launches count as often as it runs, and its barriers too."""
    model = INPUTS / "loop.mlir"
    variant, entry = entry_of(model, "predict", "--target", "portable")
    equal([loop["count"] for loop in entry["loops"]], [9], "loops")
    inside = [launch for launch in entry["launches"] if "loop" in launch]
    assert inside and all(launch["runs"] == 9 for launch in inside)
    equal(entry["totals"]["launches"], sum(launch["runs"] for launch in entry["launches"]), "launches")
    equal(entry["totals"]["flop"], sum(launch["runs"] * launch["flop"] for launch in entry["launches"]), "FLOP")
    equal(sum(launch["flop"] for launch in inside), 2 * 16 * (2 * 16 + 1), "FLOP of an iteration")


def test_merged_launches():
    """Two products that do not need each other are parts of one launch; lines, bytes and tensors stay those of each."""
    model = write_model("beside.descent", 'model "b"\ninput x : f32[4, 32]\ninput z : f32[2, 16]\na = dense(x, 24, bias: false)\nb = dense(z, 40, bias: false)\n'
                        'output p = a\noutput q = b\n')
    variant, entry = entry_of(model, "predict", "--target", "portable")
    launch, = entry["launches"]
    kernel = kernel_of(variant, launch)
    equal((kernel["kind"], len(kernel["parts"])), ("merged", 2), "kernel")
    lines = {line["line"]: line for line in entry["lines"]}
    first, second = 2 * 4 * 32 * 24, 2 * 2 * 16 * 40
    equal(sorted((part["flop"] for part in kernel["parts"])), sorted((first, second)), "FLOP of the parts")
    equal((launch["flop"], lines[4]["flop"], lines[5]["flop"]), (first + second, first, second), "FLOP")
    equal(lines[4]["bytes_read"], 4 * (4 * 32 + 32 * 24), "bytes of the first line")
    equal(lines[5]["bytes_read"], 4 * (2 * 16 + 16 * 40), "bytes of the second line")
    assert "[4, 24] sum over [32]<br>[2, 40] sum over [16]" in report_of(model, "--target", "portable")["html"]
    equal(sorted((t["output"], t["size"], t["kind"]) for t in entry["memory"]["tensors"]), [("p", 4 * 4 * 24, "product"), ("q", 4 * 2 * 40, "product")], "tensors")


def test_movement_in_group():
    """A loop nest of a row group may only move data, too: its reason is that of what it writes."""
    model = write_model("group.descent", 'model "g"\ninput x : f32[64, 10]\nm = amax(x, axes: [1], keepdims: true)\noutput s = sum(exp(x - m), axes: [1])\n'
                        'output y = broadcast_to(m, [64, 10])\n')
    variant, entry = entry_of(model, "predict", "--target", "portable")
    launch, = entry["launches"]
    parts = kernel_of(variant, launch)["parts"]
    equal(sorted((part["kind"], part.get("movement", "")) for part in parts), [("move", "rearranges"), ("reduction", ""), ("reduction", "")], "parts")
    equal(launch["reasons"], ["output 'y' has to lie in memory" if part["kind"] == "move" else "" for part in parts], "reasons")
    for form in ("md", "html"):
        assert re.search("only rearranges: output .{1,6}y.{1,6} has to lie in memory", report_of(model, "--target", "portable")[form]), form


# ---------------------------------------------------------------------------------------------------------------------
# What holds for every report
# ---------------------------------------------------------------------------------------------------------------------

def models():
    names = sorted((ROOT / "models").glob("*.descent")) if FULL else [ROOT / "models" / "conv-net.descent", ROOT / "models" / "gru.descent"]
    return [path for path in names if path.stem != "typo"]


def test_schema():
    try:
        import jsonschema
    except ImportError:
        raise Skip("no python3-jsonschema")
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    for model in [*models(), INPUTS / "loop.mlir"]:
        validator.validate(report_of(model)["data"])
    # And it refuses what is none.
    data = json.loads(json.dumps(report_of(INPUTS / "loop.mlir")["data"]))
    for change in (lambda d: d.pop("model"), lambda d: d["variants"][0].update(extra=1), lambda d: d["variants"][0]["kernels"][0].update(kind="other")):
        broken = json.loads(json.dumps(data))
        change(broken)
        assert not validator.is_valid(broken)


def test_documented():
    """docs/report.md names every key."""
    text = (ROOT / "docs" / "report.md").read_text()
    keys = set()

    def collect(value):
        if isinstance(value, dict):
            for key, each in value.items():
                keys.add(key)
                collect(each)
        elif isinstance(value, list):
            for each in value:
                collect(each)
    for model in models():
        collect(report_of(model)["data"])
    missing = sorted(key for key in keys if not re.search(rf"[\"`]{key}[\"`]", text))
    assert not missing, f"docs/report.md says nothing of {missing}"


def test_sums():
    """Totals are the sums of launches, and of lines; kernels those of their operations; and a bundle says the same."""
    for model in models():
        report = report_of(model)
        listing = subprocess.run(["unzip", "-p", str(report["folder"] / "x.bundle"), "manifest.json"], stdout=subprocess.PIPE, check=True)
        manifest = json.loads(listing.stdout)
        parameters = 0
        for state in manifest["state"]:
            if state["role"] == "parameter":
                count = 1
                for extent in state["shape"]:
                    count *= extent
                parameters += count
        equal(report["data"]["model"]["parameters"], parameters, "parameters")
        for variant, bundled in zip(report["data"]["variants"], manifest["variants"]):
            equal(variant["memory"]["peak_bytes"], bundled["peak_bytes"], "peak")
            for kernel in variant["kernels"]:
                for part in kernel["parts"]:
                    equal(sum(op["flop"] for op in part["ops"]), part["flop"], f"FLOP of a part of {kernel['name']}")
                equal(sum(part["flop"] for part in kernel["parts"]), kernel["flop"], f"FLOP of {kernel['name']}")
                equal(kernel["registers"], max(part["registers"] for part in kernel["parts"]), "registers")
            for entry in variant["entries"]:
                totals, cost = entry["totals"], bundled["statistics"][entry["name"]]
                equal((totals["launches"], totals["kernels"], totals["flop"], totals["bytes_read"] + totals["bytes_written"]),
                      (cost["launches"], cost["kernels"], cost["flop"], cost["bytes"]), "statistics")
                for key in ("flop", "bytes_read", "bytes_written"):
                    equal(sum(launch["runs"] * launch[key] for launch in entry["launches"]), totals[key], f"{key} of launches")
                    equal(sum(line[key] for line in entry["lines"]), totals[key], f"{key} of lines")
                for launch in entry["launches"]:
                    equal(sum(read["bytes"] for read in launch["reads"]), launch["bytes_read"], "reads")
                    equal(sum(write["bytes"] for write in launch["writes"]), launch["bytes_written"], "writes")
                whole = sum(launch["runs"] * launch["time_ms"] for launch in entry["launches"])
                assert abs(whole - totals["time_ms"]) <= 1e-3 * whole
                assert all(launch["time_ms"] > 0 for launch in entry["launches"])


def test_memory():
    """Tensors that live at once share no byte, but a result in the place of an operand; the bound is below the plan, and as counted here."""
    for model in models():
        for variant in report_of(model)["data"]["variants"]:
            slabs = {slab["name"]: slab["size"] for slab in variant["memory"]["slabs"]}
            fixed = variant["memory"]["fixed"]
            for place in fixed:
                assert place["offset"] + place["size"] <= slabs[place["slab"]]
            for entry in variant["entries"]:
                memory = entry["memory"]
                tensors = memory["tensors"]
                for i, a in enumerate(tensors):
                    assert a["first"] <= a["writer"] <= a["last"] and all(a["first"] <= reader <= a["last"] for reader in a["readers"]), a
                    assert memory["begin"] <= a["offset"] and a["offset"] + a["size"] <= slabs[a["slab"]], a
                    for b in tensors[:i]:
                        if a["offset"] < b["offset"] + b["size"] and b["offset"] < a["offset"] + a["size"] and not entry["loops"]:
                            assert b["last"] <= a["first"], (model, entry["name"], a, b)
                live = []
                for time in range(len(entry["launches"])):
                    pages = set()
                    for tensor in tensors:
                        if tensor["first"] <= time <= tensor["last"]:
                            pages.update(range(tensor["offset"] // ALIGNMENT, up(tensor["offset"] + tensor["size"]) // ALIGNMENT))
                    live.append(len(pages) * ALIGNMENT)
                equal(memory["live_bytes"], live, "live bytes")
                equal(memory["bound_bytes"], max(live, default=0), "bound")
                end = max((up(tensor["offset"] + tensor["size"]) for tensor in tensors), default=memory["begin"])
                equal(memory["planned_bytes"], end - memory["begin"], "plan")
                assert memory["planned_bytes"] >= memory["bound_bytes"]
            assert variant["memory"]["peak_bytes"] >= variant["memory"]["bound_bytes"]


def test_lines():
    """Every line that a report quotes is one of the model's file; nearly all arithmetic has one."""
    for model in models():
        text = model.read_text().splitlines()
        for variant in report_of(model)["data"]["variants"]:
            for entry in variant["entries"]:
                for line in entry["lines"]:
                    if line["line"]:
                        equal(line["file"], model.name, "file")
                        equal(line["text"], text[line["line"] - 1].strip(), "text")
                lost = sum(line["flop"] for line in entry["lines"] if line["line"] == 0)
                equal(lost, 0, f"FLOP of no line in {model.name} {entry['name']}")


def test_budget():
    """What is computed again for a memory budget is said in every form; a budget that is no limit, nowhere."""
    path = ROOT / "models" / "conv-net.descent"
    whole, tight, ample = (report_of(path, "--entries", "train", "--target", "lavapipe", *budget)
                           for budget in ((), ("--memory-budget", "16M"), ("--memory-budget", "1G")))
    before, after = (r["data"]["variants"][0] for r in (whole, tight))
    budget = after["memory"]["budget"]
    equal(budget["budget_bytes"], 16 << 20, "budget")
    equal(budget["unrestricted_bytes"], before["memory"]["peak_bytes"], "peak with all kept")
    assert after["memory"]["peak_bytes"] <= 16 << 20 < before["memory"]["peak_bytes"], after["memory"]["peak_bytes"]
    repeated, = budget["repeated"]
    equal(repeated["entry"], "train", "entry")
    equal(after["entries"][0]["totals"]["flop"] - before["entries"][0]["totals"]["flop"], repeated["flop"], "operations")
    for form in ("html", "md"):
        assert f"Memory budget: train repeats {repeated['launches']} launch" in tight[form], form
        assert "Memory budget" not in whole[form] and "Memory budget" not in ample[form], form
    equal(ample["data"], whole["data"], "within a budget that is no limit")
    try:
        import jsonschema
    except ImportError:
        return
    jsonschema.validate(tight["data"], json.loads((ROOT / "docs" / "report.schema.json").read_text()))


def test_quotes_files_only():
    """A .mlir file may name what is no file, here a pipe that nobody writes to: there is no line to quote, and nothing waits for one."""
    pipe = WORK / "pipe"
    os.mkfifo(pipe)
    model = write_model("pipe.mlir", re.sub(r'loc\(".*"\)', f'loc("{pipe}":1:1)', hostile().read_text()))
    _, entry = entry_of(model, "predict", "--target", "portable")
    equal([line["text"] for line in entry["lines"] if line["file"] == "pipe"], [""], "text of the line")


def test_deterministic():
    """The same model in another folder gives the same bytes, and no report names a folder."""
    model = ROOT / "models" / "linear.descent"
    texts = []
    for name in ("a", "b"):
        folder = WORK / f"folder-{name}"
        folder.mkdir()
        shutil.copy(model, folder / "linear.descent")
        descentc(folder / "linear.descent", *(part for form in ("html", "json", "md") for part in ("--report", folder / f"r.{form}")))
        texts.append([(folder / f"r.{form}").read_text() for form in ("html", "json", "md")])
    equal(texts[0] == texts[1], True, "equal reports")
    for text in texts[0]:
        assert str(WORK) not in text and "folder-a" not in text


def test_command_line():
    model = ROOT / "models" / "linear.descent"
    message = descentc(model, "-o", WORK / "x.bundle", "--report", WORK / "x.pdf", code=2)
    assert ".html, .json, .md or .txt" in message, message
    assert not (WORK / "x.pdf").exists()
    message = descentc(model, "--emit", "kernels", "--report", WORK / "y.html", code=2)
    assert not (WORK / "y.html").exists(), message
    descentc(model, "-o", WORK / "x.bundle", "--report", WORK / "no" / "folder" / "x.json", code=2)
    assert "--report" in descentc("--help")


def test_markdown():
    """Every table is one: as many cells in every row, and a row for every launch."""
    for model in [*models(), hostile()]:
        report = report_of(model)
        columns, rows = 0, 0
        for line in report["md"].splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line.replace("\\\\", "")))
            if not line.startswith("|"):
                columns = 0
                continue
            columns = columns or cells
            equal(cells, columns, f"cells of {line}")
            rows += bool(re.match(r"\| \d+ \| [km]\d+ \|", line))
        equal(rows, sum(len(entry["launches"]) for variant in report["data"]["variants"] for entry in variant["entries"]), "rows of launches")


# ---------------------------------------------------------------------------------------------------------------------
# The page
# ---------------------------------------------------------------------------------------------------------------------

def hostile():
    """A model of names that would be elements, attributes and table cells if they were not escaped."""
    return INPUTS / "hostile.mlir"


class Elements(html.parser.HTMLParser):
    """Checks that elements are closed in order; collects them."""
    VOID = {"meta", "br", "rect", "line", "path"}

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.text = [], [], ""

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in self.VOID or tag == "rect":
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        self.text += data


def parse(page):
    elements = Elements()
    elements.feed(page)
    elements.close()
    assert not elements.open, elements.open
    return elements


def test_page():
    """The page stands alone: known elements, no address but its own anchors, each of which is there."""
    known = {"html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "p", "nav", "span", "a", "b", "main", "details", "summary", "div", "br", "svg", "rect",
             "text", "line", "path", "table", "thead", "tbody", "tr", "th", "td", "small", "dl", "dt", "dd", "footer", "script"}
    for model in [*models(), hostile()]:
        report = report_of(model)
        elements = parse(report["html"])
        equal({tag for tag, _ in elements.seen} - known, set(), "elements")
        anchors = {attributes["id"] for _, attributes in elements.seen if "id" in attributes}
        equal(len(anchors), sum("id" in attributes for _, attributes in elements.seen), "distinct anchors")
        for tag, attributes in elements.seen:
            assert not {"src", "srcset", "action", "data", "poster"} & set(attributes), (tag, attributes)
            assert not any(name.startswith("on") for name in attributes), (tag, attributes)
            if "href" in attributes:
                assert attributes["href"][0] == "#" and attributes["href"][1:] in anchors, attributes
        equal(sum(tag == "script" for tag, _ in elements.seen), 1, "scripts")
        assert not re.search(r"url\(|@import|https?:", report["html"])
        boxes = sum(attributes.get("class", "").startswith("box") for tag, attributes in elements.seen if tag == "rect")
        tensors = sum(len(entry["memory"]["tensors"]) for variant in report["data"]["variants"] for entry in variant["entries"])
        assert boxes >= tensors, "every tensor has a rectangle"


def test_escapes():
    """Names of a model stand on the page as they are, and make nothing of it."""
    report = report_of(hostile())
    elements = parse(report["html"])
    for name in ("<script>alert(1)</script>", "\"><img src=x>", "a|b`c"):
        assert name in json.dumps(report["data"], ensure_ascii=False).replace('\\"', '"'), name
        assert name in elements.text, f"{name} does not stand on the page"
    assert "<script>alert" not in report["html"] and "<img" not in report["html"] and "<img" not in report["md"].replace("\\<", "")


def chromium(page, *arguments, width=1280):
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        raise Skip("no chromium: the page was not looked at by a browser")
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run([program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}",
                               f"--window-size={width},900", "--virtual-time-budget=4000", *arguments, page],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, errors="replace")
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def open_page(model, name, change=lambda text: text):
    path = WORK / name
    path.write_text(change(report_of(model)["html"]))
    return path.as_uri()


def driven(script):
    """The page with another script behind its own, and without the policy that would forbid it."""
    return lambda text: re.sub(r"<meta http-equiv=.Content-Security-Policy.*?>", "", text).replace("</body>", f"<script>{script}</script></body>")


def test_browser_shows_everything():
    """A browser finds every row of every table, runs the page's own script under its policy, and nothing else."""
    model = models()[0]
    data = report_of(model)["data"]
    dom = chromium(open_page(model, "page.html"), "--dump-dom")
    for v, variant in enumerate(data["variants"]):
        for e, entry in enumerate(variant["entries"]):
            for launch in entry["launches"]:
                assert f'id="v{v}e{e}l{launch["launch"]}"' in dom
    assert 'role="button"' in dom, "the script did not run"
    dom = chromium(open_page(hostile(), "hostile.html"), "--dump-dom")
    assert "<img" not in dom


def test_browser_follows_links():
    """A link to a kernel opens what it is folded in."""
    model = models()[0]
    other, wanted = (kernel["name"] for kernel in report_of(model)["data"]["variants"][0]["kernels"][2:4])
    dom = chromium(open_page(model, "page.html") + f"#v0k-{wanted}", "--dump-dom")
    assert f'<details class="kernel" open=""><summary><span class="mono" id="v0k-{wanted}">' in dom
    assert f'<details class="kernel" open=""><summary><span class="mono" id="v0k-{other}">' not in dom


def test_browser_sorts():
    """A click on a column of numbers puts the largest first, a second the smallest, a third gives the order of the launches back."""
    script = """
      const table = document.querySelector("details[open] table.sort"), head = [...table.tHead.rows[0].cells].findIndex(c => c.textContent === "FLOP");
      const column = () => [...table.tBodies[0].rows].map(r => Number(r.cells[head].dataset.v));
      const result = [];
      for (let i = 0; i < 3; ++i) { table.tHead.rows[0].cells[head].click(); result.push(column()); }
      document.title = JSON.stringify(result);"""
    model = models()[0]
    dom = chromium(open_page(model, "sorted.html", driven(script)), "--dump-dom")
    down, upwards, back = json.loads(re.search(r"<title>(.*?)</title>", dom).group(1))
    train = next(entry for entry in report_of(model)["data"]["variants"][0]["entries"] if entry["name"] == "train")
    own = [launch["flop"] for launch in train["launches"]]
    equal(down, sorted(own, reverse=True), "first click")
    equal(upwards, sorted(own), "second click")
    equal(back, own, "third click")


def test_browser_fits_phones():
    """On a narrow screen the page itself does not scroll sideways; only tables and drawings in their boxes do."""
    script = "document.title = document.documentElement.scrollWidth + ' ' + innerWidth;"
    for width in (500, 1280):
        dom = chromium(open_page(models()[0], "narrow.html", driven(script)), "--dump-dom", width=width)
        wanted, given = map(int, re.search(r"<title>(.*?)</title>", dom).group(1).split())
        assert wanted <= given, f"{wanted} wide on a screen of {given}"


def test_browser_without_script():
    """Without JavaScript all is there."""
    dom = chromium(open_page(models()[0], "plain.html", lambda text: re.sub(r"<script>.*?</script>", "", text, flags=re.S)), "--dump-dom")
    assert "data-v=" in dom and "<svg" in dom and 'role="button"' not in dom


def main():
    global FULL, WORK
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="all models")
    parser.add_argument("--filter", default="", help="tests whose name contains this")
    options = parser.parse_args()
    FULL = options.full
    passed, failed, skipped = 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        WORK = pathlib.Path(folder)
        for name, test in [item for item in globals().items() if item[0].startswith("test_") and options.filter in item[0]]:
            try:
                test()
                passed += 1
            except Skip as reason:
                print(f"SKIP {name}: {reason}")
                skipped += 1
            except Exception:
                print(f"FAILED {name}")
                traceback.print_exc(file=sys.stdout)
                failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
