# SPDX-License-Identifier: GPL-3.0-or-later
"""A small share of `make endurance`: whatever somebody sends, no crash, no hang, no certificate for the wrong key."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from endurance import inputs
from endurance.questions import QUESTIONS, Figures

SHARE = {"mails": 200, "archives": 200, "pem_texts": 300, "bundles": 300}


@pytest.mark.parametrize("kind", QUESTIONS)
def test_whatever_somebody_sends(kind: str):
    figures = Figures()

    @settings(
        max_examples=SHARE[kind],
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(getattr(inputs, kind)())
    def ask(content: object) -> None:
        QUESTIONS[kind](content, figures)

    ask()

    assert figures.inputs >= SHARE[kind]
    assert figures.certificates > 0, "nothing was read at all: the inputs are too bad to show anything"
