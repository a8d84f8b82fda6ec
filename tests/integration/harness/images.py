# SPDX-License-Identifier: GPL-3.0-or-later
"""Base file systems of the hosts: a Debian each, made once by mmdebstrap and kept for later runs."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from integration.harness.commands import NotPossibleHere, run

BUILD_SECONDS = 600
PACKAGES = (
    "dbus",
    "iproute2",
    "nginx",
    "openssh-server",
    "openssl",
    "procps",
    "python3",
    "python3-cryptography",
    "systemd",
    "systemd-sysv",
)
# What a host does not need and what would cost each boot time, or write while a test looks at the file system.
MASKED_UNITS = (
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "console-getty.service",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "systemd-logind.service",
    "systemd-pstore.service",
)


@dataclass(frozen=True)
class Recipe:
    """How an image is made; another recipe is another image."""

    suite: str
    packages: tuple[str, ...] = PACKAGES
    masked_units: tuple[str, ...] = MASKED_UNITS

    @property
    def name(self) -> str:
        """The suite and a digest of everything else."""
        digest = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
        return f"{self.suite}-{digest[:12]}"


BOOKWORM = Recipe("bookworm")
BULLSEYE = Recipe("bullseye")


@contextlib.contextmanager
def images(recipes: Sequence[Recipe], cache: Path) -> Iterator[dict[str, Path]]:
    """Yields suite → root directory of each image, making what is missing, and keeps others from removing them."""
    cache.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held, ThreadPoolExecutor(len(recipes)) as pool:
        claims = [held.enter_context(open(cache / f"{recipe.name}.lock", "w")) for recipe in recipes]
        made = pool.map(_image, recipes, [cache] * len(recipes), [claim.fileno() for claim in claims])
        yield {recipe.suite: path for recipe, path in zip(recipes, made, strict=True)}


def _image(recipe: Recipe, cache: Path, lock: int) -> Path:
    """Makes the image unless it is there; a shared lock is held by its users, an exclusive one by its maker."""
    image = cache / recipe.name
    fcntl.flock(lock, fcntl.LOCK_SH)
    while not image.exists():
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not image.exists():
            partial = cache / f"{recipe.name}.partial"
            _remove(partial)
            _build(recipe, partial)
            partial.rename(image)
            _remove_older(recipe, cache)
        fcntl.flock(lock, fcntl.LOCK_SH)
    return image


def _build(recipe: Recipe, directory: Path) -> None:
    mask = f'chroot "$1" systemctl mask {" ".join(recipe.masked_units)}'
    # The build has mounts and processes of its own, and ends with whoever waits for it.
    apart = "setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc"
    options = [f"--aptopt={option}" for option in _acquire_options()]
    options += ["--mode=root", "--format=directory", "--variant=minbase", f"--include={','.join(recipe.packages)}"]
    options += [f"--customize-hook={mask}", '--customize-hook=rm -f "$1/etc/hostname"']
    run(
        [*apart.split(), "mmdebstrap", *options, recipe.suite, str(directory), _mirror()],
        timeout_seconds=BUILD_SECONDS,
    )


def _mirror() -> str:
    """The mirror this machine itself installs Debian from, asked of apt, which knows all forms of its sources."""
    listed = run(["apt-get", "update", "--print-uris"]).stdout
    found = re.findall(r"^'(\S+?)/?/dists/([^/]+)/InRelease'", listed, flags=re.MULTILINE)
    # Debian's mirror has <suite> and <suite>-updates; whatever else is listed has one suite only.
    mirrors = [uri for uri, suite in found if (uri, f"{suite}-updates") in found] + [uri for uri, suite in found]
    if not mirrors:
        raise NotPossibleHere("apt has no sources here: add a Debian mirror to /etc/apt/sources.list.d/.")
    return str(mirrors[0])


def _acquire_options() -> list[str]:
    """What this machine's apt has been told about fetching: proxies, certificates, dates."""
    lines = run(["apt-config", "dump", "Acquire"]).stdout.splitlines()
    foreign = ("Acquire::IndexTargets", "Acquire::Changelogs", "Acquire::CompressionTypes", "Acquire::cdrom")
    return [line for line in lines if not line.startswith(foreign) and not line.endswith('"";')]


def _remove_older(recipe: Recipe, cache: Path) -> None:
    """Removes images of the same suite made by an earlier recipe, unless a run still uses them."""
    for lock in cache.glob(f"{recipe.suite}-*.lock"):
        if lock.stem == recipe.name:
            continue
        with open(lock, "w") as claim, contextlib.suppress(BlockingIOError):
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(lock.with_suffix(""))
            _remove(lock.with_suffix(".partial"))


def _remove(directory: Path) -> None:
    run(["rm", "-rf", "--one-file-system", str(directory)])
