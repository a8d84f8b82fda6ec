# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes over the wire: a request as the routes see it, an answer, a refusal with CertCentral's code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def as_json(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode())


def as_error(refused: Refused, *, as_object: bool) -> Answer:
    error = {"code": refused.code, "message": str(refused)}
    return as_json({"errors": error if as_object else [error]}, refused.status)
