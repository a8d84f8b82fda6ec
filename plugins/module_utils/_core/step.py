# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nouns of waiting for people: what they do, who does it, and what happens after."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum


class StepKind(str, Enum):
    """Steps that a person does; the words of ``confirm.yml -e tls_step=``."""

    RECORD_CORRECTION = "record_correction"
    APPROVE_PURCHASE = "approve_purchase"
    LOOK_UP = "look_up"
    PURCHASE = "purchase"
    PAYMENT = "payment"
    TELL_SWITCHBOARD = "tell_switchboard"
    APPLICATION = "application"
    MY_PAGE = "my_page"
    REISSUE = "reissue"
    TOKEN = "token"
    PUBLISH_RECORD = "publish_record"
    MAIL_APPROVAL = "mail_approval"
    CHANGE_VALIDATION = "change_validation"
    APPROVE_REQUEST = "approve_request"
    DOCUMENTS = "documents"
    PHONE_CONFIRMATION = "phone_confirmation"
    FINISH_BY_HAND = "finish_by_hand"


# Who did what nobody confirmed: the CA's answer or a mail showed that it is done.
AUTHORITY = "the authority"
# Who ended what a check saw to be done, or saw no more.
CHECK = "the check"
# What stands behind the name of somebody of whom we only have the word of whoever ran this.
CLAIMED = " (claimed)"


class StepState(str, Enum):
    OPEN = "open"
    DONE = "done"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Awaited:
    """What an order waits for from a person now, as the CA or its mails say.

    ``subject``: what the step belongs to beyond the order, such as an invoice's number: steps of one account, kind and
    subject are one step for all their certificates. ``details``: what exactly is to be done; ``link``: where: a link, a
    code or a telephone number; ``due_on``: the outside's own last day. ``anew_since``: it is awaited once more, what
    people confirmed before then counts no longer.
    """

    kind: StepKind
    subject: str = ""
    details: str = ""
    link: str = ""
    due_on: date | None = None
    anew_since: datetime | None = None


@dataclass(frozen=True)
class HumanStep:
    """A step that a person does. ``role``: which contact of the organisation (payer, responsible …).

    ``own_reference`` None: it belongs to no order. ``people``: how many have to confirm it, ``confirmed_by`` those who
    did so far, ``requester`` who must not. ``taken_by``: who is at it, until ``taken_until``. ``done_by``: who said so.
    """

    certificate: str
    own_reference: str | None
    kind: StepKind
    state: StepState
    role: str
    since: datetime
    latest_by: datetime | None
    done_at: datetime | None = None
    done_by: str | None = None
    note: str = ""
    reference: str = ""
    account: str = ""
    subject: str = ""
    details: str = ""
    link: str = ""
    due_on: date | None = None
    people: int = 1
    confirmed_by: tuple[str, ...] = ()
    requester: str = ""
    taken_by: str | None = None
    taken_until: datetime | None = None


@dataclass(frozen=True)
class Duty:
    """What a kind of step is: ``role`` does it, ``what`` in a sentence, ``afterwards`` what happens when it is done."""

    role: str
    what: str
    afterwards: str


DUTIES: t.Mapping[StepKind, Duty] = {
    StepKind.RECORD_CORRECTION: Duty(
        "responsible",
        "have the organisation's record corrected, or make tls_organizations say what it says",
        "the records agree, and the order may be placed",
    ),
    StepKind.APPROVE_PURCHASE: Duty("approver", "approve the purchase, or let it be", "the order is placed"),
    StepKind.LOOK_UP: Duty(
        "technical",
        "look up at the CA whether the order arrived there",
        "the run goes on with that order, or places it anew",
    ),
    StepKind.PURCHASE: Duty("requester", "buy the certificate at the shop", "the shop sends its invoice"),
    StepKind.PAYMENT: Duty("payer", "pay the CA's invoice", "the CA goes on with the order"),
    StepKind.TELL_SWITCHBOARD: Duty(
        "responsible",
        "tell the switchboard of the record's number that the CA will call, and for whom",
        "the CA's call reaches the responsible person",
    ),
    StepKind.APPLICATION: Duty(
        "technical", "enter the application sheet into the shop's form", "the CA validates names and organisation"
    ),
    StepKind.MY_PAGE: Duty(
        "technical",
        "look on My Page whether the application was made automatically, with which method, approver, person, address, "
        "names and CSR",
        "the run takes up the automatic application",
    ),
    StepKind.REISSUE: Duty(
        "technical", "enter the reissue sheet into the shop's form", "the CA validates names again and issues"
    ),
    StepKind.TOKEN: Duty(
        "technical",
        "read the validation tokens on My Page and enter them with confirm.yml -e tls_step=token -e tls_token=…",
        "the tokens are published",
    ),
    StepKind.PUBLISH_RECORD: Duty("technical", "publish the DNS record", "the CA finds it and believes the name"),
    StepKind.MAIL_APPROVAL: Duty(
        "technical", "approve the name by the CA's mail to its approver", "the CA believes the name"
    ),
    StepKind.CHANGE_VALIDATION: Duty(
        "technical", "change validation method or approver on My Page", "the CA validates the new way"
    ),
    StepKind.APPROVE_REQUEST: Duty(
        "approver", "approve the request at the CA, or let it be", "the CA goes on with the order"
    ),
    StepKind.DOCUMENTS: Duty("responsible", "send the documents that the CA asks for", "the CA goes on vetting"),
    StepKind.PHONE_CONFIRMATION: Duty(
        "responsible", "answer the CA's call at the representative number of the record", "the CA issues"
    ),
    StepKind.FINISH_BY_HAND: Duty(
        "technical",
        "finish the order that was released, and install its certificate by hand",
        "the next run sees the certificate in use and goes on with it; confirmed before, it orders anew",
    ),
}


def claimed(name: str) -> str:
    """Return a name as that of somebody who was only said to have spoken."""
    return f"{name}{CLAIMED}"


def same_person(one: str, other: str) -> bool:
    """Whoever writes a name otherwise, or only claims it, is no other person."""
    return unclaimed(one).casefold() == unclaimed(other).casefold()


def unclaimed(name: str) -> str:
    """Return a name without the mark that it is claimed."""
    return name.strip().removesuffix(CLAIMED)
