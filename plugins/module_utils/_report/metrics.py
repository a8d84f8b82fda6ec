# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""koshin.prom: numbers for the textfile collector of Prometheus' node_exporter (text exposition format 0.0.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from .._core.order import Severity
from .overview import Overview, Standing, Status, Wait, as_one

_Labels = tuple[tuple[str, str], ...]


def metrics(overview: Overview) -> str:
    """Return the metrics, all of them gauges; times are seconds since 1970 UTC."""
    return "".join(
        [
            _family(
                "koshin_certificate_not_after_timestamp_seconds",
                "When the certificate in use ends.",
                _each_certificate(overview, lambda one: _seconds(one.not_after)),
            ),
            _family(
                "koshin_certificate_due",
                "1 where a certificate has to be bought or is being bought.",
                _each_certificate(overview, lambda one: int(one.due)),
            ),
            _family(
                "koshin_certificate_failed",
                "1 where a certificate needs attention.",
                _each_certificate(overview, lambda one: int(one.status is Status.ATTENTION)),
            ),
            _family(
                "koshin_step_waiting_since_timestamp_seconds",
                "Since when a step is awaited that a person does.",
                _each_wait(overview, lambda one: _seconds(one.since)),
            ),
            _family(
                "koshin_step_latest_by_timestamp_seconds",
                "When the step must be done for the renewal to end in time.",
                _each_wait(overview, lambda one: _seconds(one.latest_by)),
            ),
            _family(
                "koshin_steps_waiting",
                "Steps that are awaited of people; the payment of one invoice is one step.",
                _each_duty(overview),
            ),
            _family(
                "koshin_findings",
                "Findings before money is spent, by severity.",
                {(("severity", one.value),): _count(overview, one) for one in Severity},
            ),
            _family("koshin_run_timestamp_seconds", "When this was written.", {(): _seconds(overview.written_at)}),
        ]
    )


def _family(name: str, about: str, samples: Mapping[_Labels, int | None]) -> str:
    lines = [f"{name}{_braces(labels)} {value}\n" for labels, value in samples.items() if value is not None]
    return f"# HELP {name} {about}\n# TYPE {name} gauge\n{''.join(lines)}" if lines else ""


def _each_certificate(overview: Overview, value: Callable[[Standing], int | None]) -> dict[_Labels, int | None]:
    return {(("name", one.name), ("host", one.host)): value(one) for one in overview.standings}


def _each_wait(overview: Overview, value: Callable[[Wait], int | None]) -> dict[_Labels, int | None]:
    """Two orders of one certificate may wait for the same: the one that ends first is told."""
    return {
        (("name", one.name), ("step", one.step), ("role", one.role)): value(one) for one in reversed(overview.waits)
    }


def _each_duty(overview: Overview) -> dict[_Labels, int | None]:
    return {
        (("step", step), ("role", role)): len(as_one(waits)) for (step, role), waits in overview.waits_by_duty().items()
    }


def _count(overview: Overview, severity: Severity) -> int:
    return sum(1 for one in overview.findings if one.severity is severity)


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _braces(labels: _Labels) -> str:
    return "{" + ",".join(f'{key}="{_escape(value)}"' for key, value in labels) + "}" if labels else ""


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
