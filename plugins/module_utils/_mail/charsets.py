# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes of mails to text, whatever their charset says: Japanese with the vendors' characters, wrong and missing ones.

Mailers write NEC's and IBM's characters (①, ㈱, 髙) under names of charsets that do not have them, as Windows does; so
every Japanese charset is decoded the way Windows would, through CP932.
"""

from __future__ import annotations

import re

# The name in a mail → Python's codec; "jis" and "euc" are decoded here. Only these: others of Python's codecs are no
# charsets, or slow.
_CODECS = {
    **dict.fromkeys(["iso-2022-jp", "iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-3", "iso-2022-jp-ext"], "jis"),
    **dict.fromkeys(["iso-2022-jp-2004", "csiso2022jp", "cp50220", "cp50221", "cp50222", "jis"], "jis"),
    **dict.fromkeys(["euc-jp", "x-euc-jp", "eucjp", "eucjp-ms", "eucjp-win", "cp51932", "ujis", "euc-jis-2004"], "euc"),
    **dict.fromkeys(["shift-jis", "sjis", "x-sjis", "ms-kanji", "cp932", "windows-31j", "csshiftjis"], "cp932"),
    **dict.fromkeys(["shift-jisx0213", "shift-jis-2004", "ms932", "csshiftjis", "sjis-win", "cswindows31j"], "cp932"),
    **dict.fromkeys(["utf-8", "utf8", "unicode-1-1-utf-8", "utf-8-sig"], "utf-8"),
    **dict.fromkeys(["iso-8859-1", "latin1", "latin-1", "l1", "windows-1252", "cp1252"], "cp1252"),
    **{f"iso-8859-{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)},
    **{f"windows-{page}": f"cp{page}" for page in (1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)},
    **dict.fromkeys(["utf-16", "utf-16le", "utf-16be", "utf-7", "koi8-r", "koi8-u", "big5", "gb18030"], ""),
    **dict.fromkeys(["gb2312", "gbk", "x-gbk", "gb-2312"], "gb18030"),
    **dict.fromkeys(["euc-kr", "ks-c-5601-1987", "cp949"], "cp949"),
}
# What names no charset, or one that has none of the bytes in question.
_SILENT = frozenset({"", "us-ascii", "ascii", "ansi-x3.4-1968", "unknown", "unknown-8bit", "x-unknown", "default"})
_ESCAPE = re.compile(rb"\x1b(?:\$\([BDOPQ]|\$[@B]|\([BJIH])|[\r\n]+|[\x0e\x0f]")
_JAPANESE_ESCAPE = re.compile(rb"\x1b\$[@B]|\x1b\$\(D|\x1b\([IJ]")
_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fe]")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
# eucJP-ms keeps IBM's characters that JIS X 0212 lacks at 8F F3F3 to F3FE and 8F F4A1 to F4FE, in this order.
_IBM = (
    "ⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ＇＂㈱№℡炻仼僴凬匇匤﨎咊坙﨏塚增寬峵嵓﨑德悅愠敎昻晥晴朗栁﨓﨔橫櫢淸淲瀨"
    "凞猪甁皂皞益礰礼神祥福竧靖精綠緖羽荢﨟薰蘒﨡蠇諸譿賴赶﨣﨤逸郞都鄕﨧﨨閒隆﨩霻靍靑飯飼館馞髙魲鶴黑"
)
_EUC = re.compile(
    rb"(?P<ascii>[\x00-\x7f]+)|(?P<two>(?:[\xa1-\xfe][\xa1-\xfe])+)|\x8e(?P<kana>[\xa1-\xdf])"
    rb"|(?P<three>\x8f[\xa1-\xfe][\xa1-\xfe])"
)


def decoded(data: bytes, charset: str) -> str:
    """Return the text of C(data), whose sender says that it is C(charset). Nothing is raised.

    What does not fit is tried as whatever else fits without an error; when nothing does, U+FFFD stands for the bytes
    that cannot be read.
    """
    name = charset.strip().strip("\"'").lower().replace("_", "-").removeprefix("charset=")
    codec = _CODECS.get(name)
    codec = name if codec == "" else codec
    if data.isascii():
        return _seven_bit(data, codec)
    if codec is None or name in _SILENT:
        return _guessed(data) or data.decode("utf-8", "replace")
    text = _strictly(data, codec)
    if text is None or codec == "cp1252" or _likeness(text) < 0:
        # Everything is valid Latin-1, and much EUC is valid Shift_JIS: what they say may still be something else.
        text = _guessed(data) or text
    return _leniently(data, codec) if text is None else text


def _seven_bit(data: bytes, codec: str | None) -> str:
    if codec in ("jis", "utf-7", "utf-16", "utf-16le", "utf-16be"):
        return _leniently(data, codec)
    if _JAPANESE_ESCAPE.search(data):
        return _from_jis(data, "replace")
    return data.decode("ascii")


def _guessed(data: bytes) -> str | None:
    """Return the text in the first charset that fits it well, None where none does."""
    if _JAPANESE_ESCAPE.search(data):
        return _strictly(data, "jis")
    text = _strictly(data, "utf-8")
    if text is not None:
        return text
    candidates = [text for text in (_strictly(data, codec) for codec in ("euc", "cp932")) if text is not None]
    best = max(candidates, key=_likeness, default=None)
    return best if best is not None and _likeness(best) > 0 else None


def _likeness(text: str) -> int:
    """Return how much C(text) looks like Japanese: bytes of EUC read as Shift_JIS become half-width kana."""
    return (
        2 * len(_KANA.findall(text)) - 3 * len(_HALF_WIDTH.findall(text)) + sum("一" <= sign <= "鿿" for sign in text)
    )


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return _read(data, codec, "strict")
    except UnicodeError:
        return None


def _leniently(data: bytes, codec: str) -> str:
    try:
        return _read(data, codec, "replace")
    except UnicodeError:
        return data.decode("utf-8", "replace")


def _read(data: bytes, codec: str, errors: str) -> str:
    if codec == "jis":
        return _from_jis(data, errors)
    if codec == "euc":
        return _from_euc(data, errors)
    return data.decode(codec, errors)


def _from_jis(data: bytes, errors: str) -> str:
    """Decode ISO-2022-JP with everything that mailers write under its name: NEC row 13, half-width kana, JIS X 0212."""
    pieces: list[str] = []
    place, mode = 0, b"(B"
    before_shift = b"(B"
    for found in _ESCAPE.finditer(data):
        pieces.append(_jis_piece(data[place : found.start()], mode, errors))
        place, token = found.end(), found[0]
        if token[:1] == b"\x1b":
            mode = token[1:]
        elif token == b"\x0e":
            before_shift, mode = mode, b"(I"
        elif token == b"\x0f":
            mode = before_shift
        else:
            # Each line begins in ASCII, also after one that was cut off (RFC 1468).
            mode = b"(B"
            pieces.append(token.decode("ascii"))
    pieces.append(_jis_piece(data[place:], mode, errors))
    return "".join(pieces)


def _jis_piece(data: bytes, mode: bytes, errors: str) -> str:
    if mode in (b"(B", b"(J", b"(H"):
        # Half-width kana in eight bits, where somebody wrote them so.
        return data.decode("ascii") if data.isascii() else data.decode("cp932", errors)
    high = bytes(sign | 0x80 if sign > 0x20 else sign for sign in data)
    if mode == b"(I":
        return high.decode("cp932", errors)
    if mode == b"$(D":
        return b"".join(b"\x8f" + high[n : n + 2] for n in range(0, len(high), 2)).decode("euc_jp", errors)
    return _from_euc(high, errors)


def _from_euc(data: bytes, errors: str) -> str:
    """Decode EUC-JP as Windows (CP51932) and Unix (eucJP-ms) write it."""
    pieces: list[str] = []
    place = 0
    while place < len(data):
        found = _EUC.match(data, place)
        if found is None:
            if errors == "strict":
                raise UnicodeDecodeError("euc-jp", data, place, place + 1, "no such character")
            pieces.append("\ufffd")
            place += 1
            continue
        pieces.append(_euc_piece(found, errors))
        place = found.end()
    return "".join(pieces)


def _euc_piece(found: re.Match[bytes], errors: str) -> str:
    if found["ascii"] is not None:
        return found["ascii"].decode("ascii")
    if found["two"] is not None:
        pairs = found["two"]
        return b"".join(_shifted(pairs[n], pairs[n + 1]) for n in range(0, len(pairs), 2)).decode("cp932", errors)
    if found["kana"] is not None:
        return found["kana"].decode("cp932", errors)
    row, cell = found["three"][1], found["three"][2]
    place = (row - 0xF3) * 94 + cell - 0xA1 - 82
    return _IBM[place] if 0 <= place < len(_IBM) else found["three"].decode("euc_jp", errors)


def _shifted(first: int, second: int) -> bytes:
    """Return the Shift_JIS form of a character of JIS X 0208, given as EUC."""
    row, cell = first - 0xA0, second - 0xA0
    lead = (row - 1) // 2 + (0x81 if row < 63 else 0xC1)
    trail = cell + 0x9E if row % 2 == 0 else cell + (0x3F if cell < 64 else 0x40)
    return bytes((lead, trail))
