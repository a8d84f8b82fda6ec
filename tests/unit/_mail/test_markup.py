# SPDX-License-Identifier: GPL-3.0-or-later
"""HTML mails as text: what a person sees, with the addresses behind links, and labels beside their values."""

from __future__ import annotations

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._mail.markup import text_of


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>Dear&nbsp;&amp; <b>customer</b></p><p>Order<br>123</p>", "Dear & customer\n\nOrder\n123"),
        (
            '<a href="https://shop.example/pay?a=1&amp;b=2">Pay <b>now</b></a>.',
            "Pay now <https://shop.example/pay?a=1&b=2>.",
        ),
        ('<a href="https://shop.example/">https://shop.example/</a>', "https://shop.example/"),
        ('<a href="https://evil.example/">https://shop.example/</a>', "https://shop.example/ <https://evil.example/>"),
        ("<A HREF='https://shop.example/'><IMG ALT=承認する></A>", "承認する <https://shop.example/>"),
        ('<a href="mailto:a@b.example">write</a> <a href="#top">top</a> <a name=x>x</a>', "write top x"),
        ("<table><tr><th>注文番号</th><td>12345</td></tr></table>", "注文番号 | 12345"),
        ("<table><tr><td><p>Order:</p></td><td><p>1</p></td><tr><td>Due<td>2</table>", "Order: | 1\nDue | 2"),
        ("<table><tr><td>Names</td><td>a<br>b</td></tr></table>", "Names | a\nb"),
        ("<table><tr><td>long<br>text</td><td>other</td></tr></table>", "long\ntext\nother"),
        (
            "<table><tr><td><table><tr><td>a</td><td>1</table></td><td> </td></tr><tr><td>b</td><td>2</td></table>",
            "a | 1\nb | 2",
        ),
        ("<style>p{}</style><script>if (a<b) '</p>'</script><title>t</title><!-- c --><p>x", "x"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ('<div>new</div><blockquote type="cite">old<br>words</blockquote>', "new\n\n> old\n> words"),
        ("<blockquote>indented</blockquote>after", "indented\nafter"),
        ("1 < 2 && 3 > 2", "1 < 2 && 3 > 2"),
        ('<p title="a > b">x</p>', "x"),
        ("<p", ""),
        ("İ<script>x</script>y", "İy"),
    ],
)
def test_as_a_person_sees_it(source: str, text: str):
    assert text_of(source) == text


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a ",
        "<!--",
        "<script>",
        '<a href="',
        "&",
        "<td>x",
        "<table><tr><td>",
        "<blockquote cite>",
        "<a href=http://x>",
    ],
)
def test_no_page_takes_long(piece: str, quick):
    with quick():
        text_of(piece * (256 * 1024 // len(piece)))
