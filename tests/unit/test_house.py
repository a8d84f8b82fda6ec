# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules with teeth of docs/architecture.md: which file may know what, and how large it may grow."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

from house import CHECKOUT, FREIGHT, Import, Source, closure, sources

HEADER = [
    "# Copyright (c) 2026, koshin.tls contributors",
    "# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)",
    "# SPDX-License-Identifier: GPL-3.0-or-later",
]
CORE = {"_core", "_schema"}
ADAPTERS = {"_ca", "_dcv", "_install", "_ledger", "_mail", "_orders", "_report", "_x509"}
# What a room may import, besides itself.
KNOWS = {
    "_core": set(),
    "_schema": {"_core"},
    **dict.fromkeys(ADAPTERS, CORE),
    "_ca": CORE | {"_dcv", "_x509"},
    "_install": CORE | {"_x509"},
    "_mail": CORE | {"_x509"},
    "_orders": CORE | {"_ca", "_dcv", "_ledger", "_mail", "_x509"},
    "_report": CORE | {"_x509"},
    "_door": CORE | ADAPTERS,
    "modules": CORE | ADAPTERS | {"_door"},
    "doc_fragments": set(),
}
# The one room that knows each library of others.
ROOM_OF_LIBRARY = {
    "acme": "_ca",
    "cryptography": "_x509",
    "dkim": "_mail",
    "dns": "_dcv",
    "josepy": "_ca",
    "paramiko": "_dcv",
    "psycopg": "_ledger",
    "requests": "_ca",
    "sqlalchemy": "_ledger",
    "urllib3": "_ca",
}
LINES_PER_FILE = 300
LINES_PER_MODULE = 100

ALL = sources()
MODULES = [source for source in ALL if source.room == "modules"]
every_file = pytest.mark.parametrize("source", ALL, ids=str)
every_module = pytest.mark.parametrize("source", MODULES, ids=str)
every_role = pytest.mark.parametrize(
    "role", sorted(path for path in (CHECKOUT / "roles").glob("*") if path.is_dir()), ids=lambda path: path.name
)


def test_there_is_a_house():
    assert ALL, "plugins/ holds no Python files"


@every_file
def test_every_file_names_its_licence(source: Source):
    lines = source.lines[1:] if source.room == "modules" else source.lines

    assert lines[:3] == HEADER
    assert source.room != "modules" or source.lines[0] == "#!/usr/bin/python"


@every_file
def test_files_stay_short(source: Source):
    assert len(source.lines) - source.documentation_lines <= LINES_PER_FILE


@every_module
def test_modules_are_doors(source: Source):
    assert len(source.lines) - source.documentation_lines <= LINES_PER_MODULE


@every_file
def test_ansible_module_is_named_at_the_door_only(source: Source):
    assert source.room == "_door" or not re.search(r"\bAnsibleModule\b", source.text)


@every_file
def test_every_file_lies_in_a_room_of_the_plan(source: Source):
    assert source.room in KNOWS


@every_file
def test_imports_point_inward(source: Source):
    own = [line for line in source.imports if line.room is not None]

    assert [line for line in own if line.room not in KNOWS.get(source.room, set()) | {source.room}] == []


@every_file
def test_the_core_knows_the_standard_library_only(source: Source):
    outside = [line for line in source.imports if line.room is None and not is_standard(line)]

    assert source.room != "_core" or outside == []


@every_file
def test_libraries_are_known_to_one_room_and_imported_where_used(source: Source):
    libraries = [line for line in source.imports if is_library(line)]

    assert [line for line in libraries if ROOM_OF_LIBRARY.get(line.top) != source.room] == []
    assert [line for line in libraries if line.at_load] == []


@every_file
def test_every_import_can_be_seen(source: Source):
    """AnsiballZ ships what static import statements name, and nothing else."""
    assert [line for line in source.imports if line.top == "importlib"] == []
    assert "__import__" not in source.text


@every_file
def test_nothing_is_asserted_that_optimisation_would_remove(source: Source):
    assert source.asserts == []


@pytest.mark.parametrize("module", FREIGHT)
def test_modules_for_hosts_stay_light(module: str):
    freight = {str(source): len(source.text.encode()) for source in closure(module)}

    assert sum(freight.values()) < FREIGHT[module], freight


@every_role
def test_roles_are_documented(role: Path):
    assert (role / "README.md").is_file()
    assert (role / "meta" / "argument_specs.yml").is_file()


@every_role
def test_roles_have_no_values_of_their_own_for_the_users_variables(role: Path):
    assigned = [name for path in yaml_files(role, "defaults", "vars") for name in load(path) or {}]
    assigned += [name for task in tasks(role) for name in task.get("ansible.builtin.set_fact", {})]

    assert [name for name in assigned if name.startswith("tls_")] == []


@every_role
def test_what_a_role_registers_carries_its_name(role: Path):
    registered = [task["register"] for task in tasks(role) if "register" in task]

    assert [name for name in registered if not name.lstrip("_").startswith(f"{role.name}_")] == []


def is_standard(line: Import) -> bool:
    return line.top in sys.stdlib_module_names


def is_library(line: Import) -> bool:
    return line.room is None and not is_standard(line) and line.top not in ("ansible", "ansible_collections")


def yaml_files(role: Path, *folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (role / folder).rglob("*.yml"))


def load(path: Path) -> object:
    return yaml.safe_load(path.read_text())


def tasks(role: Path) -> list[dict]:
    return [task for path in yaml_files(role, "tasks", "handlers") for task in _flat(load(path) or [])]


def _flat(listed: list[dict]) -> list[dict]:
    inner = [task.get(key) or [] for task in listed for key in ("block", "rescue", "always")]
    return listed + [task for block in inner for task in _flat(block)]
