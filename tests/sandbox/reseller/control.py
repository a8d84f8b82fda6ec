# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests ask of the stand-in: POST /stand-in/<word> with JSON, answered by JSON. Most are methods of ``Shop``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.typed import from_plain

from .nouns import Customer, Entry, Refused
from .post import Postman
from .shop import Shop
from .web import Answer


class Control:
    """``postman`` None: letters stay in the outbox."""

    def __init__(self, shop: Shop, postman: Postman | None) -> None:
        self._shop = shop
        self._postman = postman
        self._words: Mapping[str, Callable[[Any], object]] = {
            "ready": lambda _said: True,
            "root": lambda _said: shop.root,
            "books": lambda _said: shop.books,
            "register": self._register,
            "sold": self._sold,
            "know_elsewhere": lambda said: shop.know_elsewhere(said["certificate"]),
            "be": lambda said: shop.be(**said),
            "resolve": lambda said: shop.resolve(from_plain(Resolver, said)),
            "pass_days": lambda said: shop.pass_days(said["days"]),
            "write": self._write,
            "look": lambda _said: shop.look(),
            "call": lambda said: shop.call(said["number"], telephone=said["telephone"], answers=said["answers"]),
            "counts": lambda said: shop.counts(said.get("name", "")),
            "post": lambda _said: 0 if postman is None else postman.send_due(),
        }

    def answer(self, word: str, body: bytes) -> Answer:
        """Do what a test asks; 422 with the reason where the shop refuses it."""
        if word not in self._words:
            return _json({"error": f"The stand-in has no word {word!r}."}, 404)
        try:
            return _json(to_plain(self._words[word](json.loads(body or b"{}"))), 200)
        except (Refused, KoshinError, KeyError, ValueError, TypeError) as error:
            return _json({"error": f"{type(error).__name__}: {error}"}, 422)
        except OSError as error:
            return _json({"error": f"The mail server does not take letters: {error}"}, 503)

    def _register(self, said: Any) -> None:
        self._shop.register(from_plain(Customer, said["customer"]), from_plain(Address, said["record"]))

    def _sold(self, said: Any) -> object:
        return self._shop.sold(
            said["login"],
            from_plain(Entry, said["entry"]),
            ends_in_days=said["ends_in_days"],
            term_ends_in_days=said.get("term_ends_in_days"),
        )

    def _write(self, said: Any) -> None:
        kind = MessageKind(said.pop("kind"))
        self._shop.write(kind, said.pop("number"), **said)


def _json(said: object, status: int) -> Answer:
    return Answer(json.dumps(said, ensure_ascii=False), status, "application/json")
