# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the application sheet looks, beside what it shares with the report, and the script of its copy buttons."""

from __future__ import annotations

CSS = """\
body { max-width: 64rem; }
.ask { margin-top: .75rem; font-size: 1.0625rem; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 1.5rem 0 0; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; }
.steps, .points { display: grid; gap: .5rem; }
.steps { counter-reset: step; }
.steps > li { position: relative; padding-left: 2.25rem; counter-increment: step; }
.steps > li::before { content: counter(step); position: absolute; left: 0; top: .05rem; width: 1.5rem; height: 1.5rem;
  border: 1px solid var(--line); border-radius: 50%; background: var(--card); font-size: .875rem; line-height: 1.4rem;
  text-align: center; }
.points > li { padding-left: 1.25rem; text-indent: -1.25rem; }
.points > li::before { content: "–"; display: inline-block; width: 1.25rem; color: var(--soft); text-indent: 0; }
.fields { margin-top: 1rem; border-top: 1px solid var(--line); }
.fields > li { display: grid; grid-template-columns: 2.25rem minmax(11rem, 1fr) minmax(0, 1.9fr); gap: .25rem 1rem;
  padding: 1rem 0; border-bottom: 1px solid var(--line); }
.fields .number { color: var(--soft); }
.fields h3 { margin: 0; }
.tick { position: relative; display: inline-flex; align-items: center; gap: .4rem; margin-top: .375rem;
  color: var(--soft); font-size: .875rem; cursor: pointer; }
.tick input { width: 1.125rem; height: 1.125rem; margin: 0; accent-color: var(--renewed); }
.fields > li:has(.tick input:checked) { --card: transparent; }
.fields > li:has(.tick input:checked) .tick { color: var(--renewed); font-weight: 600; }
.value { display: flex; align-items: flex-start; gap: .5rem; }
.value + .value { margin-top: .5rem; }
.value .exact { flex: 1 1 auto; min-width: 0; margin: 0; padding: .4rem .75rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .375rem; white-space: pre-wrap; }
.exact { font-size: .9375rem; line-height: 1.5; }
.value:has(> pre) { flex-wrap: wrap; }
.value pre.exact { flex-basis: 100%; font-size: clamp(.4375rem, 2.1vw, .75rem); line-height: 1.45; }
.exact:lang(ja) { font-family: inherit; }
.belongs { display: block; margin: .5rem 0 .25rem; color: var(--soft); font-size: .875rem; }
.belongs:first-child { margin-top: 0; }
.nothing { padding: .4rem .75rem; border: 1px dashed var(--line); border-radius: .375rem; color: var(--soft); }
.why { margin-top: .375rem; }
.all { margin-top: .5rem; }
button { flex: none; min-height: 2.25rem; padding: .3rem .8rem; border: 1px solid var(--under_way);
  border-radius: .375rem; background: transparent; color: var(--under_way); font: inherit; font-size: .875rem;
  cursor: pointer; white-space: nowrap; }
button:hover { background: var(--rest); }
button:focus-visible, a:focus-visible, input:focus-visible, pre:focus-visible { outline: 2px solid var(--under_way);
  outline-offset: 2px; }
button[data-state="copied"] { border-color: var(--renewed); color: var(--renewed); }
[hidden] { display: none; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.said { position: fixed; left: 50%; bottom: 1rem; max-width: calc(100vw - 2rem); padding: .5rem 1rem;
  transform: translateX(-50%); border-radius: .375rem; background: var(--ink); color: var(--paper);
  font-size: .9375rem; }
.said:empty { display: none; }
.checks th:nth-child(1) { width: 30%; }
.checks th:nth-child(2) { width: 20%; }
h2 + .facts { margin-top: 1rem; }
.reports { margin-bottom: 1.25rem; }
.reports p { margin: 1rem 0 .5rem; }
@media (max-width: 44rem) {
  .facts { grid-template-columns: 7rem minmax(0, 1fr); gap: .375rem .75rem; }
  .facts dt { font-size: .875rem; line-height: 1.75; }
  .fields > li { grid-template-columns: 1.75rem minmax(0, 1fr); }
  .fields .entered { grid-column: 1 / -1; }
  .value { flex-wrap: wrap; }
  .value .exact { flex-basis: 12rem; }
  .value pre.exact { padding: .4rem .5rem; }
  .checks th:nth-child(n) { width: auto; }
}
@media print {
  @page { margin: 16mm 14mm; }
  html { font-size: 12.5px; }
  button, .said { display: none; }
  h1 { font-size: 16pt; }
  h2 { margin-top: 1.5rem; font-size: 12pt; }
  .fields > li { padding: .5rem 0; break-inside: avoid; }
  .fields > li.long { break-inside: auto; }
  .value pre.exact { font-size: 7.2pt; line-height: 1.35; break-inside: avoid; }
  .exact { border-color: #888; }
  .ask { font-size: 10pt; }
  .steps > li, .points > li, .checks tr, .reports > div { break-inside: avoid; }
  .tick input { appearance: none; border: 1px solid #000; }
  .tick input:checked { background: #000; }
  a { color: inherit; }
  footer { margin-top: 1.5rem; }
}
"""

SCRIPT = """\
(() => {
  "use strict";
  const said = document.getElementById("said");
  let later = 0;
  const parts = button => button.dataset.copies.split(" ").map(id => document.getElementById(id));
  const select = elements => {
    const range = document.createRange(), selection = getSelection();
    range.setStart(elements[0], 0);
    range.setEnd(elements[elements.length - 1], elements[elements.length - 1].childNodes.length);
    selection.removeAllRanges();
    selection.addRange(range);
  };
  // Without the clipboard's interface (a page from a file, in some browsers) the copy command does it; what it takes is
  // given here, since a selection would add line breaks of its own.
  const byCommand = text => {
    let given = false;
    const give = event => {
      event.clipboardData.setData("text/plain", text);
      event.preventDefault();
      given = true;
    };
    document.addEventListener("copy", give);
    try {
      document.execCommand("copy");
    } finally {
      document.removeEventListener("copy", give);
    }
    return given;
  };
  const copy = async (elements, text) => {
    select(elements);
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return byCommand(text);
    }
  };
  const say = (button, copied) => {
    for (const other of document.querySelectorAll("button[data-state]")) {
      other.removeAttribute("data-state");
      other.textContent = other.dataset.words;
    }
    if (copied) {
      button.dataset.state = "copied";
      button.textContent = "\\u2713 " + button.dataset.words;
    }
    const words = copied ? said.dataset.copied : said.dataset.failed;
    said.textContent = words + ": " + button.dataset.what;
    clearTimeout(later);
    later = setTimeout(() => { said.textContent = ""; }, copied ? 4000 : 15000);
  };
  for (const button of document.querySelectorAll("button[data-copies]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const elements = parts(button);
      say(button, await copy(elements, elements.map(one => one.textContent).join("\\n")));
    });
  }
})();
"""
