// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The style sheet and the script of a report's page.

#include "Page.h"
#include "llvm/ADT/StringExtras.h"

namespace descent::report {

std::string escape(llvm::StringRef text) {
  std::string result;
  for (char c : text)
    switch (c) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '"':
      result += "&quot;";
      break;
    case '\'':
      result += "&#39;";
      break;
    default:
      // Control characters may not stand in a page at all.
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
        result += c == '\t' || c == '\n' ? " " : "\xEF\xBF\xBD";
      else
        result += c;
    }
  return result;
}

const Json &kernelNamed(const Json &variant, const Json &name) {
  for (const Json &kernel : variant["kernels"])
    if (kernel["name"] == name)
      return kernel;
  llvm_unreachable("every launch names a kernel of its variant");
}

const llvm::StringLiteral pageStyle = R"css(
:root { color-scheme: light dark;
  --bg: #fbfbfa; --panel: #ffffff; --ink: #1b1f24; --dim: #616974; --line: #dfe2e6; --head: #f1f3f5; --bar: #2f6fde26; --focus: #2f6fde;
  --product: #3b76d6; --reduction: #12908a; --elementwise: #d98e1d; --move: #8b929c; --input: #9a63c9; --merged: #c2527e; --parameter: #3b76d6; --optimizer: #12908a;
  --buffer: #9a63c9; --metric: #d98e1d; --status: #c4504f; --control: #8b929c; --text: #ffffff; --bound: #c4383a; }
@media (prefers-color-scheme: dark) { :root {
  --bg: #14171b; --panel: #1b1f25; --ink: #e3e6ea; --dim: #98a1ad; --line: #2e343c; --head: #232931; --bar: #5b94f333; --focus: #7aa9f7;
  --product: #4f88e6; --reduction: #1f9d95; --elementwise: #c98a2b; --move: #757d88; --input: #a273d2; --merged: #c9608b; --parameter: #4f88e6; --optimizer: #1f9d95;
  --buffer: #a273d2; --metric: #c98a2b; --status: #d0605e; --control: #757d88; --text: #ffffff; --bound: #ff7b78; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 14px/1.45 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
main, header { max-width: 1400px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 24px; }
h1 { font-size: 26px; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 19px; margin: 36px 0 10px; padding-top: 14px; border-top: 2px solid var(--line); }
h3 { font-size: 14px; margin: 24px 0 8px; }
h3 small, h2 small { font-weight: 400; color: var(--dim); font-size: 13px; }
p { margin: 6px 0; max-width: 80ch; }
.dim, p.note { color: var(--dim); }
a { color: inherit; text-decoration-color: var(--dim); text-underline-offset: 2px; }
a:hover { text-decoration-color: currentColor; }
code, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: 12.5px; }
nav { display: flex; flex-wrap: wrap; gap: 6px 18px; margin: 14px 0 0; }
nav b { font-weight: 600; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(128px, 1fr)); background: var(--panel); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; margin: 12px 0; }
.tiles div { padding: 8px 12px; box-shadow: 1px 1px 0 var(--line); }
.tiles b { display: block; font-size: 18px; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
.tiles span { color: var(--dim); font-size: 12px; }
details.entry { border: 1px solid var(--line); border-radius: 6px; background: var(--panel); margin: 12px 0; }
details.entry > summary { padding: 10px 14px; cursor: pointer; }
details.entry > summary b { font-size: 16px; margin-right: 10px; }
details.entry > div { padding: 0 14px 14px; }
details.entry[open] > summary { border-bottom: 1px solid var(--line); }
details.kernel { border-bottom: 1px solid var(--line); }
details.kernel > summary { padding: 6px 14px; cursor: pointer; }
details.kernel > summary .mono { margin-right: 8px; }
details.kernel > div { padding: 2px 14px 16px; }
details.fold > summary { cursor: pointer; color: var(--dim); margin: 10px 0; }
summary:focus-visible, a:focus-visible, th:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
.wide { overflow-x: auto; -webkit-overflow-scrolling: touch; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 10px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { background: var(--head); font-weight: 600; font-size: 12px; white-space: nowrap; }
th.n, td.n { text-align: right; white-space: nowrap; }
td.n[style] { background: linear-gradient(to left, var(--bar) var(--p), transparent var(--p)); }
td.nest { min-width: 210px; } td.tight { white-space: nowrap; }
td small { color: var(--dim); display: block; font-size: 12px; }
td.source { white-space: pre-wrap; overflow-wrap: anywhere; min-width: 260px; }
tbody tr:hover { background: var(--head); }
tbody tr:target { background: var(--bar); outline: 1px solid var(--focus); }
th[role=button] { cursor: pointer; user-select: none; }
th[role=button]::after { content: "\2195"; opacity: .3; margin-left: 4px; }
th[aria-sort=ascending]::after { content: "\2191"; opacity: 1; }
th[aria-sort=descending]::after { content: "\2193"; opacity: 1; }
.chip { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; background: var(--c); vertical-align: baseline; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 12px; color: var(--dim); margin: 6px 0; }
.product { --c: var(--product); } .reduction { --c: var(--reduction); } .elementwise { --c: var(--elementwise); } .move { --c: var(--move); } .merged { --c: var(--merged); }
.input { --c: var(--input); } .parameter { --c: var(--parameter); } .optimizer { --c: var(--optimizer); } .buffer { --c: var(--buffer); }
.metric { --c: var(--metric); } .status { --c: var(--status); } .control { --c: var(--control); }
svg { display: block; width: 100%; height: auto; min-width: 720px; font: 11px system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
svg .box { fill: var(--c); stroke: var(--panel); stroke-width: 1; }
svg .thin { stroke: none; }
svg .box:hover { stroke: var(--ink); stroke-width: 2; }
svg .fixed { fill-opacity: .45; }
svg .on { fill: var(--text); pointer-events: none; }
svg .axis { fill: var(--dim); } svg .grid { stroke: var(--line); stroke-width: 1; }
svg .bound { stroke: var(--bound); stroke-width: 1.5; stroke-dasharray: 6 4; fill: none; }
svg .live { stroke: var(--ink); stroke-width: 1.5; fill: none; pointer-events: none; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 8px 0; }
dl.facts dt { color: var(--dim); } dl.facts dd { margin: 0; }
footer { max-width: 1400px; margin: 30px auto; padding: 0 20px; color: var(--dim); font-size: 12px; }
@media (max-width: 640px) { main, header, footer { padding-left: 12px; padding-right: 12px; } h1 { font-size: 22px; }
  details.entry > div { padding: 0 8px 10px; } th, td { padding: 4px 7px; } .tiles { grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); } .tiles b { font-size: 16px; } }
@media print { .wide { overflow: visible; } body { background: none; } }
)css";

// Cells of numbers have what they are sorted by as data-v. Rows that are equal
// keep their order; a third click gives back the first one.
const llvm::StringLiteral pageScript = R"js(
for (const table of document.querySelectorAll("table.sort")) {
  const body = table.tBodies[0], first = [...body.rows], heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.setAttribute("role", "button");
    head.tabIndex = 0;
    const value = row => { const v = row.cells[column].dataset.v; return v === undefined ? row.cells[column].textContent : Number(v); };
    const sort = () => {
      const numbers = head.classList.contains("n"), before = head.getAttribute("aria-sort");
      const order = !before ? (numbers ? "descending" : "ascending") : before === (numbers ? "descending" : "ascending") ? (numbers ? "ascending" : "descending") : "";
      heads.forEach(other => other.removeAttribute("aria-sort"));
      let rows = [...first];
      if (order) {
        head.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        rows.sort((a, b) => { const x = value(a), y = value(b); return sign * (x < y ? -1 : x > y ? 1 : 0); });
      }
      body.append(...rows);
    };
    head.addEventListener("click", sort);
    head.addEventListener("keydown", event => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(); } });
  });
}
const open = () => {
  const target = document.getElementById(location.hash.slice(1));
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  if (target) target.scrollIntoView({ block: "center" });
};
addEventListener("hashchange", open);
if (location.hash) open();
)js";

} // namespace descent::report
