# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the files under plugins/ as a reader of their imports would: without running them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PLUGINS = CHECKOUT / "plugins"
COLLECTION = ("ansible_collections", "koshin", "tls", "plugins")
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
# What AnsiballZ sends to a host with each module for hosts, in bytes of source (1 KB is 1,024).
FREIGHT = {
    "certificate_info": 40 * 1024,
    "certificate_request": 40 * 1024,
    "http_token": 40 * 1024,
    "certificate_install": 90 * 1024,
}


@dataclass(frozen=True)
class Import:
    """One name that a file imports: ``("cryptography", "x509")``; of our own, as seen from plugins/.

    ``room`` is None for what is not ours; ``at_load`` is false inside functions and ``if TYPE_CHECKING``.
    """

    names: tuple[str, ...]
    room: str | None
    at_load: bool
    line: int

    @property
    def top(self) -> str:
        return self.names[0]


@dataclass(frozen=True)
class Source:
    """One Python file under plugins/."""

    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(PLUGINS))

    @property
    def room(self) -> str:
        return room_of(self.path.relative_to(PLUGINS).with_suffix("").parts)

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def documentation_lines(self) -> int:
        """Lines of the blocks that ansible-doc reads; in a documentation fragment every text is one."""
        assigned = [node for node in ast.walk(self.tree) if isinstance(node, ast.Assign)]
        return sum((node.end_lineno or 0) - node.lineno + 1 for node in assigned if self._is_documentation(node))

    @property
    def asserts(self) -> list[int]:
        return [node.lineno for node in ast.walk(self.tree) if isinstance(node, ast.Assert)]

    @cached_property
    def imports(self) -> list[Import]:
        found: list[Import] = []
        self._collect(self.tree, at_load=True, found=found)
        return found

    def _collect(self, node: ast.AST, *, at_load: bool, found: list[Import]) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                found += [self._import(tuple(alias.name.split(".")), at_load, child.lineno) for alias in child.names]
            elif isinstance(child, ast.ImportFrom):
                base = self._base(child)
                found += [self._import((*base, alias.name), at_load, child.lineno) for alias in child.names]
            else:
                later = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) or _is_for_types(child)
                self._collect(child, at_load=at_load and not later, found=found)

    def _is_documentation(self, node: ast.Assign) -> bool:
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        return bool(names & DOCUMENTATION) or self.room == "doc_fragments"

    def _base(self, node: ast.ImportFrom) -> tuple[str, ...]:
        named = tuple((node.module or "").split(".")) if node.module else ()
        if node.level == 0:
            return named
        return (*COLLECTION, *self.path.relative_to(PLUGINS).parts[: -node.level], *named)

    def _import(self, names: tuple[str, ...], at_load: bool, line: int) -> Import:
        if names[: len(COLLECTION)] != COLLECTION:
            return Import(names, None, at_load, line)
        own = names[len(COLLECTION) :]
        return Import(own, room_of(own), at_load, line)


def room_of(names: tuple[str, ...]) -> str:
    """Return the room: ``_core`` for module_utils/_core/..., ``modules`` for modules/..."""
    return names[1] if names[0] == "module_utils" else names[0]


def sources() -> list[Source]:
    return [Source(path) for path in sorted(PLUGINS.rglob("*.py"))]


def closure(module: str) -> list[Source]:
    """Return the module_utils that AnsiballZ sends along with a module."""
    reached: dict[Path, Source] = {}
    waiting = [Source(PLUGINS / "modules" / f"{module}.py")]
    while waiting:
        for line in waiting.pop().imports:
            for path in _files_of(line):
                if path not in reached:
                    reached[path] = Source(path)
                    waiting.append(reached[path])
    return [reached[path] for path in sorted(reached)]


def _files_of(line: Import) -> list[Path]:
    """Return the file that an import names (its last name may be a thing inside it) and the packages around it."""
    if line.room is None:
        return []
    stems = [PLUGINS.joinpath(*line.names[:length]) for length in range(1, len(line.names) + 1)]
    files = [path for stem in stems for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()]
    if not any(path.name != "__init__.py" for path in files) and not (stems[-1] / "__init__.py").is_file():
        raise LookupError(f"line {line.line}: no file for {'.'.join(line.names)}")
    return files


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
