# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints how fast and how light the collection is, beside its peers. Nothing here fails because a goal is missed."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import yaml

sys.path.append(str(Path(__file__).resolve().parent.parent))  # where house.py and the sandbox lie
sys.path.append(str(Path(__file__).resolve().parents[2] / ".cache" / "collections"))  # where our collection is found

import acme_orders
import certcentral
import freight
import quiet_host
import reading
import requesting
import table
import tokens
from playing import peers

from house import CHECKOUT


def main() -> None:
    rounds = _arguments().rounds
    with tempfile.TemporaryDirectory(prefix="koshin-bench-") as name:
        directory = Path(name)
        print(_head(directory, rounds), flush=True)
        counted = [*quiet_host.rows(directory), *freight.rows()]  # quick: if a playbook is broken, it fails here
        counted += certcentral.rows()
        raced = [*reading.rows(directory, rounds), *requesting.rows(directory, rounds)]
        raced += acme_orders.rows(directory, rounds)
        raced += tokens.rows(directory, rounds)
    print(table.text([*raced, *counted]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=6, help="how often a short playbook is timed; a loop every third time"
    )
    return parser.parse_args()


def _head(directory: Path, rounds: int) -> str:
    collection = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))
    versions = {"koshin.tls": collection["version"], **peers(directory).versions()}
    disk = subprocess.run(["stat", "-f", "-c", "%T", directory], capture_output=True, text=True, check=True).stdout
    today = datetime.now(UTC).date()
    return "\n".join(
        [
            ", ".join(f"{name} {version}" for name, version in versions.items()),
            f"{today}: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, files on {disk.strip()}",
            f"Task time is a playbook's less that of an empty one; medians of {rounds} rounds, loops in every third.",
            "Peers go one by one, projected from a few.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
