# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module of the collection has in common, and the only place that names AnsibleModule."""

from __future__ import annotations

import sys
import typing as t
from collections.abc import Callable, Mapping

from ansible.module_utils.basic import AnsibleModule

from ._core.errors import KoshinError
from ._core.outcome import Outcome, each
from ._schema.field import Fields, secrets

__all__ = ["Module", "Outcome", "each", "missing_library", "run"]

# Lists whose items we check ourselves: Ansible's nested options would show the value of a mistyped key under -vvv.
LIST = {"type": "list", "elements": "dict", "no_log": True}


class Module(AnsibleModule):
    """An Ansible module that shows no value of the user's lists, whatever fails.

    C(lists) maps the options that hold such lists to their fields (empty where they hold no secret).
    """

    def __init__(self, options: Mapping[str, t.Any], lists: Mapping[str, Fields]) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            argument_spec={**{name: dict(LIST, default=[]) for name in lists}, **options},
            supports_check_mode=True,
        )
        self.verbosity: int = self._verbosity
        # Ansible took every word of these lists for a secret and would scrub host names out of results.
        self.no_log_values = set().union(*(secrets(self.params[name], fields) for name, fields in lists.items()))
        # A list of mappings is not shown again beside what became of it.
        hidden = {name for name, option in options.items() if option.get("no_log") or option.get("elements") == "dict"}
        self._invocation = {"module_args": {name: self.params[name] for name in options if name not in hidden}}

    def refuse(self, error: KoshinError) -> t.NoReturn:
        """End with the whole input refused: nothing was done."""
        self.fail_json(msg=str(error), invocation=self._invocation, **error.as_result())

    def finish(self, outcome: Outcome) -> t.NoReturn:
        """End successfully, failures of items are data; or with C(outcome.failure), after everything was done."""
        for warning in outcome.warnings:
            self.warn(warning)
        result = {
            "changed": outcome.changed or any(item.get("changed", False) for item in outcome.items),
            "errors": [item["name"] for item in outcome.items if item.get("error")],
            "invocation": self._invocation,
            outcome.noun: list(outcome.items),
            **outcome.extra,
        }
        if self._diff and outcome.diff:
            result["diff"] = list(outcome.diff)
        if outcome.failure is not None:
            self.fail_json(msg=str(outcome.failure), **outcome.failure.as_result(), **result)
        self.exit_json(**result)


def run(
    work: Callable[[Module], Outcome],
    *,
    options: Mapping[str, t.Any],
    lists: Mapping[str, Fields] | None = None,
) -> t.NoReturn:
    """Be a module: do C(work), end with its outcome, or say clearly why nothing was done."""
    module = Module(options, lists or {})
    try:
        outcome = work(module)
    except KoshinError as error:
        module.refuse(error)
    except ImportError as error:
        module.refuse(missing_library(error))
    module.finish(outcome)


def missing_library(error: ImportError) -> KoshinError:
    """Say which library a host's Python cannot load, and how it is installed there."""
    module = (error.name or "cryptography").split(".")[0]  # what is built for another system has no name
    library = {"dkim": "dkimpy", "dns": "dnspython"}.get(module, module)
    return KoshinError(
        f"{sys.executable} cannot load {library}: {error}.",
        f"Install it there: apt-get (or dnf) install python3-{library}, or pip install {library}.",
        code="missing_library",
    )
