# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(provider): one entry of ``tls_providers``, or one that comes with the collection, made into a noun."""

from __future__ import annotations

import difflib
import typing as t
from dataclasses import fields as fields_of
from datetime import date

from .._core.errors import InputRefused
from .._core.inventory import Method
from .._core.message import MessageKind
from .._core.provider import ExpectedMail, FormField, FormSource, Labels, MailShape, Provider
from .announced import ANNOUNCED, announced
from .field import NAME, Field, Fields, Values
from .named import named_entries
from .shipped.bestssl import PROVIDER as BESTSSL
from .shipped.bestssl_30 import PROVIDER as BESTSSL_30
from .shipped.generic_en import PROVIDER as GENERIC_EN
from .shipped.generic_ja import PROVIDER as GENERIC_JA

_KINDS = tuple(kind.value for kind in MessageKind)
_LABELS = tuple(part.name for part in fields_of(Labels))
# Longer than any order, so that a slip of the finger is seen.
_MOST_DAYS = 1500

SHAPE: Fields = {
    "kind": Field(required=True, choices=_KINDS),
    "subject": Field(kind="list"),
    "body": Field(kind="list"),
    "without": Field(kind="list"),
    "needs": Field(kind="list", pattern="|".join(_LABELS)),
}
EXPECTED: Fields = {
    "kind": Field(required=True, choices=_KINDS),
    "latest_days": Field(required=True, kind="integer"),
}
FORM: Fields = {
    "source": Field(required=True, choices=tuple(source.value for source in FormSource)),
    "label": Field(required=True),
    "longest": Field(kind="integer"),
}
_DAYS = (
    "window_days",
    "window_days_elsewhere",
    "application_window_days",
    "validity_days",
    "order_days",
    "reissue_window_days",
    "invitation_days",
    "vetting_days",
    "cancellation_days",
)
_RULES = (
    "carries_over",
    "sends_invoice",
    "applies_automatically",
    "sends_certificate_by_mail",
    "same_subject_on_reissue",
    "method_per_name",
)
PROVIDER: Fields = {
    "name": Field(required=True, pattern=NAME),
    "base": Field(pattern=NAME),
    "title": Field(),
    "language": Field(choices=("ja", "en")),
    "checked_on": Field(required=True, kind="date"),
    "products": Field(kind="list"),
    "methods": Field(kind="list", pattern="|".join(method.value for method in Method)),
    **{key: Field(kind="integer") for key in _DAYS},
    **{key: Field(kind="boolean") for key in _RULES},
    # Without TLS on this machine only: a rehearsal's shop.
    "my_page": Field(pattern=r"https://\S+|http://(localhost|127\.[0-9.]+)(:[0-9]+)?(/\S*)?"),
    "senders": Field(kind="list", pattern=r"[^@\s]*@[^@\s]+"),
    "link_hosts": Field(kind="list", pattern=r"\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?"),
    "expected": Field(kind="list", fields=EXPECTED),
    "shapes": Field(kind="list", fields=SHAPE),
    "labels": Field(kind="mapping", fields={key: Field(kind="list") for key in _LABELS}),
    "form": Field(kind="list", fields=FORM),
    "reissue_form": Field(kind="list", fields=FORM),
    "announced": Field(kind="list", fields=ANNOUNCED),
    "caa_domains": Field(kind="list", pattern=r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?"),
}
# What a provider has to say, itself or by its base.
_NEEDED = ("title", "language", "methods", *_DAYS, *_RULES)
# Words that are put in front of those of the base; everything else takes the base's place.
_ADDED = ("shapes", "senders", "link_hosts")

SHIPPED: t.Mapping[str, t.Mapping[str, t.Any]] = {
    one["name"]: one for one in (BESTSSL, BESTSSL_30, GENERIC_JA, GENERIC_EN)
}


def provider(name: str, entries: t.Sequence[t.Any]) -> Provider:
    """Return the shop of a name: the user's entry of ``tls_providers``, else the one that comes with the collection.

    Raises InputRefused: for an unknown name, and for any entry that says something that cannot be meant.
    """
    known = {
        **named_entries(list(SHIPPED.values()), PROVIDER, "shipped providers"),
        **named_entries(entries, PROVIDER, "tls_providers"),
    }
    for entry in entries:
        _noun(_completed(known[entry["name"]]))
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"The nearest known one is {near[0]}." if near else f"Known are {', '.join(sorted(known))}."
        raise InputRefused(f"No provider is named {name}.", f"{hint} Or add it to tls_providers.", code="unknown_name")
    return _noun(_completed(known[name]))


def _completed(values: Values) -> Values:
    """Return an entry with what its base says filled in; only shipped ones may be a base, so there is no circle."""
    if "base" not in values:
        return values
    base, path = values["base"], f"tls_providers[{values['name']}]"
    if base not in SHIPPED:
        raise InputRefused(
            f"{path}.base names no provider that comes with the collection.",
            f"Write one of {', '.join(sorted(SHIPPED))}.",
            code="unknown_name",
        )
    beneath = _completed(dict(SHIPPED[base]))
    added = {key: [*values.get(key, ()), *beneath.get(key, ())] for key in _ADDED}
    labels = {key: [*values.get("labels", {}).get(key, ()), *beneath.get("labels", {}).get(key, ())] for key in _LABELS}
    return {**beneath, **values, **added, "labels": labels}


def _noun(values: Values) -> Provider:
    path = f"tls_providers[{values['name']}]"
    missing = [key for key in _NEEDED if key not in values]
    if missing:
        raise InputRefused(
            f"{path}.{missing[0]} is missing.", f"Add {missing[0]} there, or a base that says it.", code="missing_key"
        )
    for key in _DAYS:
        if not 0 <= values[key] <= _MOST_DAYS:
            raise InputRefused(f"{path}.{key} is no number of days.", f"Write 0 to {_MOST_DAYS}.", code="malformed")
    if values["validity_days"] == 0 or not values["methods"]:
        raise InputRefused(
            f"{path} sells no certificate.", "Write validity_days above 0, and methods.", code="malformed"
        )
    return Provider(
        **{key: values[key] for key in ("name", "title", "language", *_DAYS, *_RULES)},
        checked_on=date.fromisoformat(values["checked_on"]),
        products=tuple(values.get("products", ())),
        methods=tuple(Method(method) for method in values["methods"]),
        my_page=values.get("my_page", ""),
        senders=tuple(sender.lower() for sender in values.get("senders", ())),
        link_hosts=tuple(values.get("link_hosts", ())),
        expected=tuple(
            ExpectedMail(MessageKind(one["kind"]), one["latest_days"]) for one in values.get("expected", ())
        ),
        shapes=tuple(_shape(one, path) for one in values.get("shapes", ())),
        labels=Labels(**{key: tuple(words) for key, words in values.get("labels", {}).items()}),
        form=_form(values.get("form", ())),
        reissue_form=_form(values.get("reissue_form", ())),
        announced=announced(values.get("announced", ())),
        caa_domains=tuple(values.get("caa_domains", ())),
    )


def _shape(values: Values, path: str) -> MailShape:
    if not any(values.get(key) for key in ("subject", "body")):
        raise InputRefused(
            f"{path}.shapes has one of kind {values['kind']} that fits every mail.",
            "Write words of its subject, or of its text as body.",
            code="malformed",
        )
    words = {key: tuple(values.get(key, ())) for key in ("subject", "body", "without", "needs")}
    return MailShape(MessageKind(values["kind"]), **words)


def _form(entries: t.Sequence[Values]) -> tuple[FormField, ...]:
    return tuple(FormField(FormSource(one["source"]), one["label"], one.get("longest")) for one in entries)
