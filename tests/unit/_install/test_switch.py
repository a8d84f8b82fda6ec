# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch: old files are taken over unseen by the service, one rename changes all, and the way back leads back."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InstallationFailed
from ansible_collections.koshin.tls.plugins.module_utils._install import switch
from ansible_collections.koshin.tls.plugins.module_utils._install.installation import linked_paths
from ansible_collections.koshin.tls.plugins.module_utils._install.sets import contents_of, free_name, stage, sweep
from unit._install.key_host import Site, chain_of
from unit._x509.material import Party


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def staged(site: Site, leaf: Party, name: str) -> None:
    contents = contents_of(chain_of(leaf), leaf.key_pem)
    stage(site.layout, name, contents, switch.owners_now(site.layout, paths(site)))


def paths(site: Site) -> dict[str, str]:
    return linked_paths(site.files, site.layout)


def permissions(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_mode & 0o7777, status.st_uid, status.st_gid


def test_a_take_over_shows_the_service_exactly_what_it_read_before(site: Site):
    site.bought()
    site.fullchain.write_bytes(site.fullchain.read_bytes() + b"# bought by hand in 2025\n")
    before = site.fullchain.read_bytes(), site.key.read_bytes()

    switch.take_over(site.layout, paths(site))

    assert (site.fullchain.read_bytes(), site.key.read_bytes()) == before
    assert os.readlink(site.fullchain) == site.layout.in_use("fullchain")
    assert os.readlink(site.key) == site.layout.in_use("key")
    assert os.readlink(site.layout.current) == "sets/original"
    assert sorted(os.listdir(site.layout.set("original"))) == ["fullchain.pem", "key.pem"]


def test_owner_group_and_mode_of_old_files_are_kept_by_the_copy_and_by_what_replaces_it(site: Site):
    site.bought()
    site.key.chmod(0o640)
    os.chown(site.key, -1, os.getgroups()[-1] if os.geteuid() else 4)
    site.fullchain.chmod(0o444)
    before = permissions(site.fullchain), permissions(site.key)

    staged(site, site.issued(), "2f")
    switch.take_over(site.layout, paths(site))
    assert (permissions(site.fullchain), permissions(site.key)) == before
    switch.switch(site.layout, "2f")

    assert (permissions(site.fullchain), permissions(site.key)) == before


def test_without_old_files_the_key_is_private_and_the_rest_is_public(site: Site):
    staged(site, site.issued(), "2f")

    modes = {path.stem: permissions(path)[0] for path in Path(site.layout.set("2f")).iterdir()}
    assert modes == {"certificate": 0o644, "chain": 0o644, "fullchain": 0o644, "key": 0o600}


def test_one_rename_changes_every_file(site: Site):
    site.bought()
    new = site.issued()
    staged(site, new, "2f")
    switch.take_over(site.layout, paths(site))

    before = switch.switch(site.layout, "2f")

    assert before == "original"
    assert site.fullchain.read_text() == "".join(chain_of(new))
    assert site.key.read_bytes() == new.key_pem
    assert json.loads(Path(site.layout.switching).read_text()) == {"from": "original", "to": "2f"}
    assert switch.proven_set(site.layout) == "original"


def test_a_link_of_somebody_else_is_replaced_and_what_it_leads_to_is_not_touched(site: Site):
    site.bought()
    live = site.root / "letsencrypt" / "fullchain.pem"
    live.parent.mkdir()
    site.fullchain.rename(live)
    site.fullchain.symlink_to(live)
    text = live.read_text()

    staged(site, site.issued(), "2f")
    switch.take_over(site.layout, paths(site))
    switch.switch(site.layout, "2f")

    assert live.read_text() == text
    assert os.readlink(site.fullchain) == site.layout.in_use("fullchain")


def test_the_way_back_shows_the_old_files_again(site: Site):
    site.bought()
    before = site.shown()
    staged(site, site.issued(), "2f")
    switch.take_over(site.layout, paths(site))
    old_set = switch.switch(site.layout, "2f")

    switch.go_back(site.layout, old_set, paths(site))
    switch.settle(site.layout)

    assert site.shown() == before
    assert not switch.is_unproven(site.layout)


def test_where_nothing_was_nothing_is_after_the_way_back(site: Site):
    staged(site, site.issued(), "2f")
    switch.take_over(site.layout, paths(site))
    assert os.path.islink(site.fullchain) and not site.fullchain.exists()
    old_set = switch.switch(site.layout, "2f")
    assert old_set is None
    assert site.fullchain.exists()

    switch.go_back(site.layout, old_set, paths(site))

    assert not os.path.lexists(site.fullchain)
    assert not os.path.lexists(site.key)
    assert not os.path.lexists(site.layout.current)


def test_a_file_that_somebody_put_in_place_of_a_link_is_taken_over_with_the_link_beside_it(site: Site):
    site.bought()
    first = site.issued()
    staged(site, first, "1f")
    switch.take_over(site.layout, paths(site))
    switch.switch(site.layout, "1f")
    switch.settle(site.layout)
    site.fullchain.unlink()
    site.fullchain.write_text("another one, of the same key")

    switch.take_over(site.layout, paths(site))

    assert site.fullchain.read_text() == "another one, of the same key"
    assert site.key.read_bytes() == first.key_pem
    assert os.readlink(site.layout.current) == "sets/original-2"
    assert switch.unlinked(site.layout, paths(site)) == {}


def test_proving_keeps_the_way_back_and_forgets_the_request(site: Site):
    site.bought()
    new = site.issued()
    (waiting,) = os.listdir(site.layout.pending)
    site.issued()
    staged(site, new, "2f")
    switch.take_over(site.layout, paths(site))

    switch.prove(site.layout, "2f", switch.switch(site.layout, "2f"), waiting)

    assert os.readlink(site.layout.previous) == "sets/original"
    assert not switch.is_unproven(site.layout)
    assert len(os.listdir(site.layout.pending)) == 1
    assert not os.path.exists(site.layout.request(waiting))


@pytest.mark.parametrize("written", ["", "[]", '{"from": 7, "to": "2f"}', '{"from": "gone", "to": "2f"}'])
def test_a_broken_note_of_a_switch_never_leads_outside_of_the_sets(site: Site, written: str):
    staged(site, site.issued(), "2f")
    Path(site.layout.switching).write_text(written)

    assert switch.proven_set(site.layout) is None


def test_a_set_that_was_changed_by_hand_is_left_alone_and_the_next_name_taken(site: Site):
    leaf = site.issued()
    contents = contents_of(chain_of(leaf), leaf.key_pem)
    staged(site, leaf, "2f")
    assert free_name(site.layout, "2f", contents) == "2f"

    Path(site.layout.set("2f"), "fullchain.pem").write_text("edited")

    assert free_name(site.layout, "2f", contents) == "2f-2"


def test_what_a_killed_run_left_half_made_is_swept_and_nothing_else(site: Site):
    site.bought()
    staged(site, site.issued(), "2f")
    half = Path(site.layout.sets, ".koshin-3f")
    half.mkdir()
    (half / "key.pem").write_text("a key")
    (site.fullchain.parent / ".koshin-1234").symlink_to(site.layout.in_use("key"))
    (site.fullchain.parent / ".koshin-mine").symlink_to("/etc/hostname")
    (site.fullchain.parent / ".koshin-notes").write_text("somebody's")

    sweep(site.layout, paths(site).values())

    assert os.listdir(site.layout.sets) == ["2f"]
    assert sorted(os.listdir(site.fullchain.parent)) == [".koshin-mine", ".koshin-notes", "www.key", "www.pem"]


def test_a_take_over_that_fails_names_the_path(site: Site, monkeypatch: pytest.MonkeyPatch):
    site.bought()
    real = os.rename

    def refuses(source: str, target: str) -> None:
        if target == str(site.key):
            raise OSError(30, "Read-only file system")
        real(source, target)

    monkeypatch.setattr(os, "rename", refuses)
    with pytest.raises(InstallationFailed) as told:
        switch.take_over(site.layout, paths(site))

    assert told.value.code == "file_unusable"
    assert told.value.message == f"{site.key}: Read-only file system."
