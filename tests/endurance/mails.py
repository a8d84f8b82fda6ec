# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends 100,000 damaged and made-up mails, archives, PEM texts and PKCS#7 bundles through the room of mails.

Ends with 1 where one of them crashes it, keeps it busy for over a second, or makes a certificate count for a key that
it is not for; the smallest such input is shown, and how to send it again.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
sys.path.append(str(Path(__file__).resolve().parents[2] / ".cache" / "collections"))

from hypothesis import HealthCheck, Phase, given, seed, settings

from endurance import inputs
from endurance.questions import QUESTIONS, Figures


def main() -> int:
    wanted = _arguments()
    print(f"{wanted.inputs} inputs, seed {wanted.seed}: again with --seed {wanted.seed}", flush=True)
    print(f"{'kind':<10} {'inputs':>8} {'seconds':>8} {'slowest ms':>11} {'certificates':>13}  seen", flush=True)
    failures = [kind for kind in wanted.kinds if not _endures(kind, wanted.inputs // len(wanted.kinds), wanted.seed)]
    print(f"FAILED: {', '.join(failures)}" if failures else "nothing crashed, hung or was taken for the wrong key")
    return 1 if failures else 0


def _endures(kind: str, count: int, number: int) -> bool:
    figures, began = Figures(), time.monotonic()

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    @given(getattr(inputs, kind)())
    def ask(content: object) -> None:
        QUESTIONS[kind](content, figures)

    try:
        ask()
    except Exception as error:
        print(f"{kind}: {type(error).__name__}: {error}\n" + "\n".join(getattr(error, "__notes__", ())), flush=True)
        return False
    finally:
        seen = ", ".join(f"{word} {often}" for word, often in figures.seen.most_common(4))
        print(
            f"{kind:<10} {figures.inputs:>8} {time.monotonic() - began:>8.0f} {figures.slowest * 1000:>11.0f} "
            f"{figures.certificates:>13}  {seen}",
            flush=True,
        )
    return True


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="how many in all (default: 100000)")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="where to begin (default: anywhere)")
    parser.add_argument("--kinds", nargs="+", choices=QUESTIONS, default=list(QUESTIONS), help="which (default: all)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
