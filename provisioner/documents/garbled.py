"""Letters that were spoilt when a file was saved or opened with the wrong encoding, and what they were."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import NamedTuple
from urllib.parse import unquote

_LOWER = "à-öø-ÿœ"
_UPPER = "À-ÖØ-ÞŠŒŽŸ"
_LETTER = f"A-Za-z{_UPPER}{_LOWER}"

#: What may stand in a name or function that was read with the right encoding, of what is not ASCII.
_SOUND = re.compile(r"[\u00a0\u00ab\u00b0\u00b7\u00bb\u00c0-\u017f\u0218-\u021b\u1e00-\u1eff\u2010-\u2026\u20ac]+")

#: What the bytes of one letter may be found to mean: a spoilt letter too, where a text was spoilt twice.
_MEANT = re.compile(r"[\u00a0-\u017f\u0192\u0218-\u021b\u02c6\u02dc\u1e00-\u1eff\u2010-\u203a\u20ac\u2122]")

#: How many times a text may have been spoilt one after another, and the encodings that the suites of the three
#: systems take for each other.
_MOST_TIMES = 3
_WRONG = ("cp1252", "latin-1", "mac_roman", "cp850", "cp437")
_PAIRS = [(read, written) for read in _WRONG for written in ("cp1252", "mac_roman", "cp850") if read != written]

#: Without one of these, a text in ASCII was not spoilt.
_MAY_BE_SPOILT = re.compile(r"[&=%?`^]")

_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{2,5}|#[xX][0-9a-fA-F]{2,4});")
_ESCAPE = re.compile(r"(?<=[A-Za-z])(?:[=%][0-9A-F]{2})+")

#: What stands in a word only where an accented letter was: a capital after a small letter, a mark, a lost letter.
_SPOILT = re.compile(
    rf"[a-z{_LOWER}][{_UPPER}]|[\u0080-\u009f\u2500-\u259f\ufffd√∂∏∑∫≈]"
    rf"|(?<=[{_LETTER}])[?‚ƒ„†‡ˆ‰‹›“”˜™¤¦§¨©«»¬®¯±¶¸¿×÷¡¢£¥€…þ](?=[{_LETTER}])"
)

#: An accent that stands for itself, beside its letter: « H´el`ene ».
_ACCENTS = {"´": "\u0301", "`": "\u0300", "¨": "\u0308", "ˆ": "\u0302", "^": "\u0302", "˜": "\u0303", "¸": "\u0327"}
_COMMON = frozenset("àâäçèéêëîïôöùûüÿãñõÀÂÄÇÈÉÊËÎÏÔÖÙÛÜŸÃÑÕ")
_BARE = {"ı": "i"}
_APART = re.compile(rf"([´`¨ˆ^˜¸])([{_LETTER}ı])")
_ELIDED = re.compile(r"(?:(?:^|[\s'-])[A-Za-z]|qu|aujourd)$", re.IGNORECASE)


class Garbled(NamedTuple):
    """A text whose letters were spoilt; `suggestion`: the whole text as it was, where it can be told."""

    suggestion: str | None


@lru_cache(1_000)
def garbled(text: str) -> Garbled | None:
    """What became of a name or function that was written with another encoding than it was read with, if it was.

    The suggestion is only that: a person writes the cell again.
    """
    if text.isascii() and not _MAY_BE_SPOILT.search(text):
        return None
    for undo in (_entities, _escapes, _utf_8, _accents):
        if (undone := undo(text)) != text:
            return Garbled(undone if _is_sound(undone) else None)
    if not _SPOILT.search(text):
        return None
    told = set(_other_encodings(text))
    return Garbled(told.pop() if len(told) == 1 else None)


def _is_sound(text: str) -> bool:
    is_french = all(_SOUND.fullmatch(one) for one in text if not one.isascii())
    return is_french and not _SPOILT.search(text)


def _entities(text: str) -> str:
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)


def _escapes(text: str) -> str:
    """Without the escapes of an e-mail (`=E9`) or of a link (`%C3%A9`)."""
    try:
        return _ESCAPE.sub(lambda found: unquote(found[0].replace("=", "%"), errors="strict"), text)
    except UnicodeDecodeError:
        return _ESCAPE.sub(lambda found: unquote(found[0].replace("=", "%"), "cp1252", "replace"), text)


def _utf_8(text: str) -> str:
    """Without the letters of which each byte was taken for a letter (`Ã©`), be it several times."""
    for _ in range(_MOST_TIMES):
        before = text
        for pattern, encoding in _SEQUENCES:
            text = pattern.sub(partial(_decoded, encoding=encoding), text)
        if text == before:
            break
    return text


def _decoded(found: re.Match[str], encoding: str) -> str:
    text = found[0]
    try:
        decoded = b"".join(_byte(one, encoding) for one in text).decode()
    except UnicodeError:
        return text
    return decoded if _MEANT.fullmatch(decoded) else text


def _byte(letter: str, encoding: str) -> bytes:
    """A letter's byte; Windows leaves five of its own undefined, and takes them for controls."""
    try:
        return letter.encode(encoding)
    except UnicodeEncodeError:
        return letter.encode("latin-1")


def _sequences(encoding: str) -> re.Pattern[str]:
    """What the bytes of one letter in UTF-8 look like in another encoding: two, or three of some."""

    def letters(first: int, last: int) -> str:
        several = (bytes([one]).decode(encoding, "ignore") or chr(one) for one in range(first, last + 1))
        return f"[{''.join(map(re.escape, several))}]"

    more = letters(0x80, 0xBF)
    return re.compile(f"{letters(0xC2, 0xC8)}{more}|{letters(0xE1, 0xE2)}{more}{more}")


_SEQUENCES = [(_sequences(encoding), encoding) for encoding in _WRONG]


def _accents(text: str) -> str:
    """With the accents that stand beside their letters on them; one for an apostrophe (« d´Artagnan ») stays."""
    if not any(_is_apart(found, text) for found in _APART.finditer(text)):
        return text
    # Beside one that is spoilt, the others are too: « H´el`ene ».
    return _APART.sub(_together, text)


def _together(found: re.Match[str]) -> str:
    letter = unicodedata.normalize("NFC", f"{_BARE.get(found[2], found[2])}{_ACCENTS[found[1]]}")
    return letter if letter in _COMMON else "\ufffd"


def _is_apart(found: re.Match[str], text: str) -> bool:
    return found[1] not in "´`" or not _ELIDED.search(text[max(found.start() - len("aujourd"), 0) : found.start()])


def _other_encodings(text: str) -> Iterator[str]:
    """What the text may have been, had a program taken one encoding for another."""
    for read, written in _PAIRS:
        try:
            told = text.encode(read).decode(written)
        except UnicodeError:
            continue
        if told != text and _is_sound(told):
            yield told
