# SPDX-License-Identifier: GPL-3.0-or-later
"""koshin.prom is read by a program that knows no mercy: so does the little parser here.

Grammar: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4).
"""

from __future__ import annotations

import re

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._report.metrics import metrics
from unit._report.material import NOW, MemoryLedger, certificate, due, failed, order_of, overview, step

WWW = "www.example.jp"
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?\d+)")
UNESCAPED = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


def parse(text: str) -> dict[str, dict[tuple, int]]:
    """Return family → labels → value; ValueError where a line is none, out of place, or says something twice."""
    families: dict[str, dict[tuple, int]] = {}
    lines = text.split("\n")
    if lines.pop() != "":
        raise ValueError("the last line does not end")
    family, expected = "", "HELP"
    for line in lines:
        if expected != "TYPE" and (found := re.fullmatch(rf"# HELP ({NAME}) \S.*", line)):
            family, expected = found[1], "TYPE"
            if families.setdefault(family, {}):
                raise ValueError(f"{family} comes twice")
        elif expected == "TYPE" and line == f"# TYPE {family} gauge":
            expected = "sample"
        elif expected == "sample" and (found := SAMPLE.fullmatch(line)) and found[1] == family:
            labels = tuple((key, unescape(value)) for key, value in re.findall(LABEL, found[2] or ""))
            if labels in families[family]:
                raise ValueError(f"{line} comes twice")
            families[family][labels] = int(found[found.lastindex])
        else:
            raise ValueError(f"unexpected line: {line}")
    return families


def unescape(value: str) -> str:
    return re.sub(r"\\.", lambda found: UNESCAPED[found[0]], value)


@pytest.mark.parametrize(
    "wrong",
    [
        "koshin 1\n",
        "# HELP koshin x\n# TYPE koshin gauge\nkoshin 1",
        "# HELP koshin x\n# TYPE koshin gauge\nkoshin 1\nkoshin 2\n",
        "# HELP koshin x\n# TYPE koshin gauge\nother 1\n",
        '# HELP koshin x\n# TYPE koshin gauge\nkoshin{name="a"b"} 1\n',
        "# HELP koshin x\nkoshin 1\n",
        "# HELP koshin x\n# TYPE koshin gauge\nkoshin 1\n\n",
    ],
)
def test_the_parser_is_strict(wrong):
    with pytest.raises(ValueError, match=r"line|twice"):
        parse(wrong)


def test_every_number_is_told():
    memory = MemoryLedger(orders=[order_of(WWW)], awaited=[step(WWW)])
    broken = certificate("b.example.jp", host="web2", not_after=None, error=failed("unreadable", "not PEM"))
    finding = {"name": WWW, "severity": "warns", "code": "old", "message": "x", "next_move": ""}
    told = overview(memory, certificates=[due(WWW), broken], findings=[finding])

    www, b = (("name", WWW), ("host", "web1")), (("name", "b.example.jp"), ("host", "web2"))
    payment = (("name", WWW), ("step", "payment"), ("role", "payer"))
    day = 86_400
    now = int(NOW.timestamp())
    assert parse(metrics(told)) == {
        "koshin_certificate_not_after_timestamp_seconds": {www: now + 20 * day},
        "koshin_certificate_due": {www: 1, b: 0},
        "koshin_certificate_failed": {www: 0, b: 1},
        "koshin_step_waiting_since_timestamp_seconds": {payment: now - 2 * day},
        "koshin_step_latest_by_timestamp_seconds": {payment: now + 7 * day},
        "koshin_steps_waiting": {(("step", "payment"), ("role", "payer")): 1},
        "koshin_findings": {(("severity", "blocks"),): 0, (("severity", "warns"),): 1},
        "koshin_run_timestamp_seconds": {(): now},
    }


def test_names_that_would_break_a_line_do_not():
    evil = 'a"b\\c} 1'

    families = parse(metrics(overview(MemoryLedger(), certificates=[certificate(evil, host="web\n1")])))

    assert families["koshin_certificate_due"] == {(("name", evil), ("host", "web 1")): 0}


def test_what_is_said_twice_is_told_once():
    memory = MemoryLedger(orders=[order_of(WWW)], awaited=[step(WWW), step(WWW, ends_in=3)])
    phone = step(WWW, StepKind.PHONE_CONFIRMATION)
    memory.awaited = [*memory.awaited, phone]

    families = parse(metrics(overview(memory, certificates=[due(WWW), due(WWW)])))

    assert len(families["koshin_certificate_due"]) == 1
    ends = families["koshin_step_latest_by_timestamp_seconds"]
    assert ends[("name", WWW), ("step", "payment"), ("role", "payer")] == int(NOW.timestamp()) + 3 * 86_400
    assert len(ends) == 2


def test_a_run_without_certificates_still_tells_that_it_was():
    assert set(parse(metrics(overview(MemoryLedger())))) == {"koshin_findings", "koshin_run_timestamp_seconds"}
