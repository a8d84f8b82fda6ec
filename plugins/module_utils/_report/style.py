# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the page looks: one column, calm, in the reader's own fonts; light and dark, narrow and wide, on paper."""

from __future__ import annotations

CSS = """\
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #23211d; --soft: #6b675f; --line: #e4e0d8; --rest: #e9e5dc;
  --attention: #b3261e; --waiting: #96600a; --under_way: #2c5f8f; --due: #6a4a94; --renewed: #23734a; --fine: #8aa596;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #191816; --card: #211f1c; --ink: #ece8e0; --soft: #a39d92; --line: #37342f; --rest: #3a3732;
    --attention: #ff8a7d; --waiting: #e8b04b; --under_way: #86b8ea; --due: #c3a3ec; --renewed: #74ca9b;
    --fine: #6f8a7b;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem clamp(1rem, 4vw, 3rem) 3rem; max-width: 76rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, "Segoe UI", "Noto Sans", "Noto Sans JP", "Noto Sans CJK JP", "Hiragino Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; -webkit-text-size-adjust: 100%;
}
h1, h2, h3, p, ol, ul { margin: 0; }
h1 { max-width: 34em; font-size: clamp(1.375rem, 1.1rem + 1.4vw, 2rem); line-height: 1.3; font-weight: 650;
  letter-spacing: -0.015em; text-wrap: balance; }
h2 { margin: 3rem 0 1rem; font-size: 1.25rem; line-height: 1.3; font-weight: 650; letter-spacing: -0.01em; }
h2 .count { margin-left: .4em; color: var(--soft); font-weight: 400; }
h3 { margin: 1.5rem 0 .5rem; font-size: 1rem; font-weight: 650; }
ol, ul { padding: 0; list-style: none; }
h1 span, time { white-space: nowrap; }
a { color: var(--under_way); }
.eyebrow { margin-bottom: .75rem; color: var(--soft); font-size: .875rem; }
.soft, .sub { color: var(--soft); }
.sub { display: block; font-size: .875rem; line-height: 1.45; font-weight: 400; }
.share { display: flex; gap: 2px; height: .5rem; margin: 1.75rem 0 .75rem; border-radius: .25rem; overflow: hidden; }
.share span { flex: var(--part) 0 3px; background: var(--tone); }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; font-size: .875rem; }
.key li::before { content: ""; display: inline-block; width: .6em; height: .6em; margin-right: .5em;
  border-radius: 50%; background: var(--tone); }
.attention { --tone: var(--attention); } .waiting { --tone: var(--waiting); }
.under_way { --tone: var(--under_way); } .due { --tone: var(--due); }
.renewed { --tone: var(--renewed); } .fine { --tone: var(--fine); }
.cards { display: grid; gap: .75rem; }
.cards li { padding: 1rem 1.25rem; background: var(--card); border: 1px solid var(--line);
  border-left: 4px solid var(--tone); border-radius: .375rem; }
.cards h3 { margin: 0 0 .25rem; }
.cards .next { margin-top: .375rem; }
h3 .soft { font-weight: 400; }
.past { color: var(--attention); font-weight: 600; }
.next b { font-weight: 600; }
* + table { margin-top: .875rem; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { padding: .7rem 1rem .7rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
thead th { padding-top: 0; color: var(--soft); font-size: .8125rem; font-weight: 500; }
tbody th { font-weight: 600; }
.state::before { content: ""; display: inline-block; width: .6em; height: .6em; margin-right: .5em;
  border-radius: 50%; background: var(--tone); }
.life { position: relative; display: block; height: .3125rem; margin-top: .5rem; border-radius: .1875rem;
  background: var(--rest); overflow: hidden; }
.life::before { content: ""; position: absolute; inset: 0 auto 0 0; width: var(--spent); background: var(--tone); }
.life i { position: absolute; inset: 0 auto 0 var(--opens); width: 2px; background: var(--ink); }
code { font: .8125rem/1.6 ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; }
pre { margin: .5rem 0 0; padding: .75rem 1rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .375rem; white-space: pre-wrap; }
details { margin-top: 1rem; }
summary { padding: .25rem 0; color: var(--under_way); cursor: pointer; }
summary:focus-visible { outline: 2px solid var(--under_way); outline-offset: 3px; border-radius: .125rem; }
.days > li { display: grid; grid-template-columns: 7rem 1fr; gap: 0 1rem; padding: .7rem 0;
  border-bottom: 1px solid var(--line); }
.days ul { display: grid; gap: .25rem; }
footer { margin-top: 4rem; color: var(--soft); font-size: .875rem; }
@media (max-width: 44rem) {
  body { padding-top: 1.5rem; }
  h2 { margin-top: 2.25rem; }
  table, tbody, tr, th, td { display: block; }
  colgroup, thead { display: none; }
  tr { padding: .9rem 0; border-bottom: 1px solid var(--line); }
  th, td { padding: 0; border: 0; }
  td { display: grid; grid-template-columns: 7rem 1fr; gap: 0 .75rem; margin-top: .3rem; }
  td::before { content: attr(data-label); color: var(--soft); font-size: .875rem; line-height: 1.75; }
  td.none { display: none; }
  .days > li { display: block; }
}
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --rest: #ddd;
    --attention: #a00; --waiting: #850; --under_way: #046; --due: #529; --renewed: #063; --fine: #888; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  tr, .cards li, .days > li { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  details::details-content { display: block; content-visibility: visible; }
  summary { display: none; }
}
"""
