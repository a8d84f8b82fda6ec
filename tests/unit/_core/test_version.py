# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import yaml

from ansible_collections.koshin.tls.plugins.module_utils._core.version import VERSION
from house import CHECKOUT


def test_cas_are_told_the_version_that_is_released():
    assert yaml.safe_load((CHECKOUT / "galaxy.yml").read_text())["version"] == VERSION
