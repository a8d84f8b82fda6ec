# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which an ACME server is dirty, one function each, for ``DirtyAcme.soil``."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.dirty_acme import Asked, Dirt, Forward, Reply

HTML = b"<!DOCTYPE html><html><body><h1>Something went wrong</h1></body></html>"


def clean(_asked: Asked, forward: Forward) -> Reply:
    return forward()


def lost(_asked: Asked, forward: Forward) -> Reply:
    """The deed is done, and nobody is told."""
    return replace(forward(), hangs_up=True)


def cut(_asked: Asked, forward: Forward) -> Reply:
    """The deed is done, and half of the answer arrives, as if it were all."""
    reply = forward()
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def dripping(_asked: Asked, forward: Forward) -> Reply:
    return replace(forward(), drips=True)


def without_nonce(_asked: Asked, forward: Forward) -> Reply:
    reply = forward()
    return replace(reply, headers={name: of for name, of in reply.headers.items() if name.lower() != "replay-nonce"})


def without(*keys: str) -> Dirt:
    return changed(lambda said: {key: of for key, of in said.items() if key not in keys})


def saying(**values: Any) -> Dirt:
    return changed(lambda said: {**said, **values})


def changed(change: Callable[[Any], Any]) -> Dirt:
    """Change what the answer says, where it is a good one."""

    def dirt(_asked: Asked, forward: Forward) -> Reply:
        reply = forward()
        return reply.saying(change(reply.json)) if reply.status < 300 else reply

    return dirt


def with_body(change: Callable[[bytes], bytes]) -> Dirt:
    def dirt(_asked: Asked, forward: Forward) -> Reply:
        reply = forward()
        return replace(reply, body=change(reply.body))

    return dirt


def with_headers(change: Callable[[Reply], dict[str, str]]) -> Dirt:
    def dirt(_asked: Asked, forward: Forward) -> Reply:
        reply = forward()
        return reply.with_headers(**change(reply))

    return dirt


def refusing(status: int, kind: str | None = None, detail: str = "", **headers: str) -> Dirt:
    """Nothing is done; ``kind``: the end of the problem's type, None for a problem without one."""
    problem = {} if kind is None else {"type": f"urn:ietf:params:acme:error:{kind}"}
    body = json.dumps({**problem, **({"detail": detail} if detail else {})}).encode()

    def dirt(_asked: Asked, _forward: Forward) -> Reply:
        return Reply(status, {"Content-Type": "application/problem+json"}, body).with_headers(**headers)

    return dirt


def html(status: int) -> Dirt:
    """Something in front of the CA answers in its place, with a page for people."""

    def dirt(_asked: Asked, _forward: Forward) -> Reply:
        return Reply(status, {"Content-Type": "text/html; charset=utf-8"}, HTML)

    return dirt


def done_and(dirt: Dirt) -> Dirt:
    """The deed is done, whatever ``dirt`` says then."""

    def both(asked: Asked, forward: Forward) -> Reply:
        forward()
        return dirt(asked, forward)

    return both


def about(url: str, dirt: Dirt) -> Dirt:
    """Be dirty about one resource only."""

    def one(asked: Asked, forward: Forward) -> Reply:
        return dirt(asked, forward) if url.endswith(asked.path) else forward()

    return one


def elsewhere(url: str) -> str:
    """Return a URL of the same server by another name, which its certificate bears, too."""
    return url.replace("//localhost:", "//127.0.0.1:")


def binding_that_works_once() -> Dirt:
    """A binding is used up by the first request that brings it, even where the account is the same."""
    used: set[str] = set()

    def dirt(asked: Asked, forward: Forward) -> Reply:
        binding = asked.payload.get("externalAccountBinding")
        if binding is None:
            return forward()
        if binding["protected"] in used:
            return refusing(403, "unauthorized", "the external account binding was used already")(asked, forward)
        used.add(binding["protected"])
        return forward()

    return dirt
