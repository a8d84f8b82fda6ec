# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/providers.md says can be pasted works, and its tables name every key."""

from __future__ import annotations

import re
from datetime import date

import yaml

from ansible_collections.koshin.tls.plugins.module_utils._core.account import PortalSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.provider import FormSource
from ansible_collections.koshin.tls.plugins.module_utils._mail.mail import Mail
from ansible_collections.koshin.tls.plugins.module_utils._mail.parsing import parse
from ansible_collections.koshin.tls.plugins.module_utils._mail.understanding import understand
from ansible_collections.koshin.tls.plugins.module_utils._schema.provider import PROVIDER, SHIPPED, provider
from house import CHECKOUT
from unit._mail.shop_mails import RECEIVED

PAGE = (CHECKOUT / "docs" / "providers.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def keys_of(heading: str) -> set[str]:
    """Return what stands between backticks in the first column of the table below a heading."""
    section = PAGE.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    first = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {key for cell in first for key in re.findall(r"`([^`]+)`", cell)}


def test_every_key_is_explained():
    assert keys_of("## Every key") == set(PROVIDER)
    assert keys_of("### Labels") == set(PROVIDER["labels"].fields)
    assert keys_of("### Shapes") == {kind.value for kind in MessageKind}
    assert keys_of("## What comes with the collection") == set(SHIPPED)
    listed = PAGE.split("### Sources of form fields\n", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"`([^`]+)`", listed)) == {source.value for source in FormSource}


def test_the_windows_of_shipped_shops_are_those_of_the_table():
    table = {line.split("`")[1]: line for line in PAGE.splitlines() if line.startswith("| `") and "shop" in line}

    for name in SHIPPED:
        assert f"| {provider(name, []).window_days} |" in table[name]


def test_the_examples_are_providers():
    entries = [entry for block in blocks("yaml") for entry in _mapping(block).get("tls_providers", [])]

    assert [entry["name"] for entry in entries] == ["bestssl", "myshop"]
    assert provider("bestssl", entries).window_days == 45
    assert provider("myshop", entries).title == "マイショップ"


def test_the_mail_says_what_the_page_says_it_says():
    example = next(block for block in blocks("yaml") if "myshop" in block)
    shop = provider("myshop", yaml.safe_load(example)["tls_providers"])
    parsed = parse(blocks("eml")[0].encode())
    mail = Mail("ab" * 32, "INBOX", "1", RECEIVED, "order@shop.example.jp", parsed.subject, parsed.text, (), True, "")

    message = understand(mail, account="shop", settings=PortalSettings(shop))

    assert message.kind is MessageKind.INVOICE
    assert (message.invoice_number, message.amount, message.tax) == ("D-20261123-7", "65,780円(税込)", "5,980円")
    assert (message.due_on, message.names) == (date(2026, 12, 31), ("www.example.jp",))
    said = f"invoice: invoice {message.invoice_number}, {message.amount} by {message.due_on}, {list(message.names)}"
    assert f"`{said}, {message.link}`" in PAGE


def _mapping(block: str) -> dict[str, list[dict[str, str]]]:
    loaded = yaml.safe_load(block)
    return loaded if isinstance(loaded, dict) else {}
