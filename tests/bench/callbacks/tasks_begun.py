# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes each task that begins for a host, even one that is then skipped."""

from __future__ import annotations

import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: tasks_begun
type: aggregate
short_description: Notes each task that begins for a host
description: Appends a line, host and task, to the file that the variable KOSHIN_BENCH_NOTES of the environment names.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "tasks_begun"

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        with open(os.environ["KOSHIN_BENCH_NOTES"], "a", encoding="utf-8") as notes:
            print(host.get_name(), task.get_name(), sep="\t", file=notes)
