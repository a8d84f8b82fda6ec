# SPDX-License-Identifier: GPL-3.0-or-later
"""A ledger does not lie where it would be thrown away with the job: what was paid with it would be paid again."""

from __future__ import annotations

import ctypes
import os
import traceback
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import LedgerRefused
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.module_utils._ledger.lodging import fleeting

JOB = {"AWX_PRIVATE_DATA_DIR": "/tmp/awx_61_ifxztvul", "JOB_ID": "61", "AWX_ISOLATED_DATA_DIR": "/runner/artifacts/61"}
# linux/sched.h and linux/mount.h
NEW_MOUNTS, NEW_USER, RECURSIVE, PRIVATE = 0x00020000, 0x10000000, 0x4000, 0x40000
# As a job sees it in an execution environment: its own disk, its own directory, and two volumes.
INSIDE = r"""
1064 934 0:158 / / rw,relatime - overlay overlay rw,lowerdir=/a:/b,upperdir=/c,workdir=/d
1065 1064 0:161 / /proc rw,nosuid - proc proc rw
1070 1064 0:165 / /dev/shm rw,nosuid - tmpfs shm rw,size=65536k
1081 1064 253:0 /tmp/awx_61_ifxztvul /runner rw,relatime - xfs /dev/vda1 rw
1082 1064 253:9 /koshin /var/lib/koshin rw,relatime - ext4 /dev/vdb rw
1083 1064 0:44 /exports/ledger /mnt/the\040ledger rw,relatime shared:7 - nfs4 nas:/exports/ledger rw
1084 1081 253:9 /inside /runner/ledger rw,relatime - ext4 /dev/vdb rw
1085 1064 253:0 /var/lib/kubelet/pods/1b/volumes/kubernetes.io~empty-dir/state /srv/state rw - xfs /dev/vda1 rw
1086 1064 253:9 /koshin /srv/covered rw,relatime - ext4 /dev/vdb rw
1087 1086 0:170 / /srv/covered rw,relatime - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "finding"),
    [
        ("/home/runner/.local/state/koshin/ledger.sqlite", "/ is of the kind overlay, the container's own"),
        ("/dev/shm/ledger.sqlite", "/dev/shm is of the kind tmpfs, the container's own"),
        ("/runner/project/ledger.sqlite", "it lies in /runner, the job's own directory"),
        ("/srv/state/ledger.sqlite", "/srv/state is a volume that ends with its pod"),
        ("/srv/covered/ledger.sqlite", "/srv/covered is of the kind tmpfs, the container's own"),
        ("/var/lib/koshinx/ledger.sqlite", "/ is of the kind overlay, the container's own"),
        ("/var/lib/koshin/ledger.sqlite", None),
        ("/mnt/the ledger/ledger.sqlite", None),
        ("/runner/ledger/ledger.sqlite", None),
    ],
)
def test_where_a_file_outlives_its_job(path, finding):
    assert fleeting(JOB, INSIDE, path) == finding


@pytest.mark.parametrize(
    ("environment", "is_job"),
    [
        ({"AWX_PRIVATE_DATA_DIR": "/tmp/awx_61_ifxztvul"}, True),
        ({"JOB_ID": "61", "AWX_ISOLATED_DATA_DIR": "/runner/artifacts/61"}, True),
        ({"AWX_ISOLATED_DATA_DIR": "/home/sato/runner/artifacts/1"}, False),
        ({"JOB_ID": "a build's number"}, False),
        ({}, False),
    ],
)
def test_only_jobs_of_awx_are_asked(environment, is_job):
    assert (fleeting(environment, INSIDE, "/root/ledger.sqlite") is not None) is is_job


def test_without_containers_the_jobs_own_directory_is_still_no_place():
    outside = "27 1 259:1 / / rw,relatime - ext4 /dev/vda1 rw\n"
    job = {"AWX_PRIVATE_DATA_DIR": "/var/lib/jobs/awx_7_x"}

    assert fleeting(job, outside, "/var/lib/jobs/awx_7_x/ledger.sqlite") is not None
    assert fleeting(job, outside, "/var/lib/awx/koshin/ledger.sqlite") is None


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("kind", ["tmpfs", "overlay"])
def test_on_a_real_mount_it_is_refused_and_nothing_is_made(tmp_path, kind, read_only):
    """Mounted for a child of ours only; somebody who is not root gets a user namespace for it."""
    inside, link = tmp_path / "inside", tmp_path / "link"
    inside.mkdir()
    link.symlink_to(inside)

    def job() -> None:
        mount(kind, inside, tmp_path)
        os.environ.update(JOB)
        for place in (inside, link):
            with pytest.raises(LedgerRefused) as refused:
                Ledger.open(str(place / "state" / "ledger.sqlite"), actor="awx", read_only=read_only)
            assert refused.value.code == "ledger_fleeting"
            assert f"{inside} is of the kind {kind}" in refused.value.message
            assert "postgresql://" in refused.value.next_move
        assert list(inside.iterdir()) == []
        del os.environ["AWX_PRIVATE_DATA_DIR"], os.environ["JOB_ID"]
        Ledger.open(str(inside / "ledger.sqlite"), actor="cron").close()

    assert in_a_namespace(job) == 0


def in_a_namespace(work) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        unshare()
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def unshare() -> None:
    user, group = os.getuid(), os.getgid()
    call("unshare", NEW_MOUNTS | (NEW_USER if user else 0))
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    call("mount", None, b"/", None, RECURSIVE | PRIVATE, None)


def mount(kind: str, place: Path, beside: Path) -> None:
    options = b""
    if kind == "overlay":
        # Its upper directory lies on a file system that has what an overlay needs.
        layers = {name: beside / name for name in ("memory", "lower")}
        for layer in layers.values():
            layer.mkdir()
        call("mount", b"tmpfs", bytes(layers["memory"]), b"tmpfs", 0, None)
        upper, work = layers["memory"] / "upper", layers["memory"] / "work"
        upper.mkdir()
        work.mkdir()
        options = f"lowerdir={layers['lower']},upperdir={upper},workdir={work}".encode()
    call("mount", kind.encode(), bytes(place), kind.encode(), 0, options)


def call(name: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
