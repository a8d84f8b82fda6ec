# SPDX-License-Identifier: GPL-3.0-or-later
"""How the stand-in for CertCentral trades, and how rude it is: data that a test changes while it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Manners:
    """Terms first, rudeness after; the defaults are polite.

    ``vetted``: the organisation needs no call. ``approvals``: requests wait for one, unless they ask to skip it.
    ``validated``: domains (and what lies below them) that need no token. ``looks``: tokens are really looked for.
    ``funds``: what is left on the account. ``limits``: both rate limits hold. ``file_name_key``: by which key the name
    of a token's file is told.

    Rudeness: every n-th request, 0 never: ``busy_every`` answers ``busy_status``, with Retry-After where
    ``busy_seconds`` says so; ``loses_every`` does what it is asked and hangs up, of those that change something
    (``loses_paths``: only these, by a part of the path); ``html_every``, ``cut_every``: a page of HTML, half a body.
    ``slow_seconds``: before each answer. ``word``: of every order. ``numbers_as_texts``; ``shuffles`` lists and chains.
    ``errors_as_object``: the old shape of errors. ``name_key``: "name" for what is "dns_name" elsewhere.
    ``skew_seconds``: of its clock. ``moving_pages``: a new order comes between two pages.
    """

    vetted: bool = True
    approvals: bool = True
    validated: tuple[str, ...] = ()
    looks: bool = True
    funds: str = "1,000.00"
    limits: bool = False
    validity_days: int = 199
    file_name_key: str = "http_token_url"

    busy_every: int = 0
    busy_status: int = 503
    busy_seconds: int | None = None
    loses_every: int = 0
    loses_paths: str = ""
    html_every: int = 0
    cut_every: int = 0
    slow_seconds: float = 0.0
    word: str = ""
    numbers_as_texts: bool = False
    shuffles: bool = False
    errors_as_object: bool = False
    name_key: str = "dns_name"
    skew_seconds: int = 0
    moving_pages: bool = False
