# SPDX-License-Identifier: GPL-3.0-or-later
"""The door of file tokens: what it makes gets its place's SELinux context, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.modules.http_token import http_token

PATH = "/.well-known/pki-validation/fileauth.txt"


class Labelling:
    """A module that notes what it would give the policy's context."""

    def __init__(self, web_root: Path, *, check_mode: bool = False, enabled: bool = True) -> None:
        token = {"name": "www.example.jp", "path": PATH, "content": "token", "web_root": str(web_root)}
        self.params = {"state": "published", "tokens": [token]}
        self.check_mode, self.enabled = check_mode, enabled
        self.labelled: list[str] = []

    def selinux_enabled(self) -> bool:
        return self.enabled

    def set_default_selinux_context(self, path: str, _changed: bool) -> None:
        self.labelled.append(path)


@pytest.mark.parametrize("somebody_elses", [True, False])
def test_what_was_made_is_labelled_and_nothing_of_the_site(tmp_path: Path, somebody_elses: bool):
    if somebody_elses:
        (tmp_path / ".well-known").mkdir()
    first, again = Labelling(tmp_path), Labelling(tmp_path)
    check = Labelling(tmp_path, check_mode=True)

    assert [http_token(one).items[0]["changed"] for one in (check, first, again)] == [True, True, False]
    above = [] if somebody_elses else [f"{tmp_path}/.well-known"]
    assert first.labelled == [*above, f"{tmp_path}/.well-known/pki-validation", f"{tmp_path}{PATH}"]
    assert (check.labelled, again.labelled) == ([], [])


def test_without_selinux_nothing_is_labelled(tmp_path: Path):
    module = Labelling(tmp_path, enabled=False)

    assert http_token(module).items[0]["changed"]
    assert module.labelled == []
