# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies what git tracks, or would track if it were added, to the directory given."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def files_of(checkout: Path) -> list[Path]:
    # Root may test what belongs to somebody else, so git's question of ownership is answered here.
    git = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(git, cwd=checkout, check=True, stdout=subprocess.PIPE).stdout
    # A file that was just deleted is still listed, but is no longer part of the tree.
    return [Path(name) for name in listed.decode().split("\0") if name and (checkout / name).exists()]


def copy_tree(checkout: Path, destination: Path) -> None:
    for file in files_of(checkout):
        (destination / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(checkout / file, destination / file, follow_symlinks=False)


if __name__ == "__main__":
    copy_tree(CHECKOUT, Path(sys.argv[1]))
