# SPDX-License-Identifier: GPL-3.0-or-later
"""How the stand-in reseller trades, and how rude it is: data that a test changes while it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Manners:
    """Terms first, rudeness after; the defaults are those of the procedure: 60 days, 199 days, an order of a year.

    ``shop``: whose letters it writes, a name of ``letters.SHOPS``; its language is also the web site's.
    Renewal opens ``renewal_opens_days`` before the end; the CA takes an application for a renewal from
    ``application_window_days`` before the end on. The invitation comes ``invitation_days`` after payment (None: never);
    what is not applied for ``automatic_days`` after payment is applied for with last time's data (None: never).
    ``methods_per``: "order" takes one validation method for all names, "name" one for each. ``approval_by``: "link" or
    "code" (which the letters of bestssl never show). ``token_file``: name of the file token, "" for one of its own each
    time. ``documents``: what the CA asks for, "" for nothing. ``confirmation``: "phone", "online" or "none".
    ``delivery``: how the certificate comes: "zip", "inline", "crt", "cer", "p7b". ``charsets``: taken in turn.
    """

    shop: str = "bestssl"
    price: int = 59_800
    due_days: int = 30
    invoice_days: int = 0
    renewal_opens_days: int = 60
    application_window_days: int = 90
    reissue_notice_days: int = 30
    advance_notice_days: int = 0
    reminder_days: tuple[int, ...] = ()
    invitation_days: int | None = 1
    automatic_days: int | None = 4
    announces_automatic: bool = False
    order_days: int = 365
    cancellation_days: int = 30
    validity_days: int = 199
    carries_over: bool = True
    methods: tuple[str, ...] = ("file", "dns", "email")
    methods_per: str = "name"
    approval_by: str = "link"
    token_file: str = ""
    documents: str = ""
    confirmation: str = "phone"
    same_subject_on_reissue: bool = True
    delivery: str = "zip"
    charsets: tuple[str, ...] = ("iso-2022-jp",)

    # Rudeness of the CA: a renewal is not recognised, an order stands in a word that nobody documented.
    recognises_renewals: bool = True
    unknown_word: str = ""

    # Rudeness of the web site: every n-th request is answered by 503 or 429, forgets who logged in, or is done but not
    # answered (only what changes something); 0 is never.
    slow_seconds: float = 0.0
    busy_every: int = 0
    forgets_every: int = 0
    loses_answer_every: int = 0

    # Rudeness of the post: kinds of letters that never leave, each letter so many times, days late by kind, newest
    # first, without plain text, between campaigns and surveys.
    lost_letters: tuple[str, ...] = ()
    copies: int = 1
    late_days: tuple[tuple[str, int], ...] = ()
    newest_first: bool = False
    html_only: bool = False
    noise: bool = False
