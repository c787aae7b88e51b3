"""Which encoding a text was written in: found by what makes sense in French, or told to have been another one."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache, lru_cache, partial
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

from provisioner.documents.blocks import Unreadable

#: The encodings of one byte a letter that French office suites write, the likeliest first: Windows, Unix, an old
#: Macintosh, and DOS (« CSV (MS-DOS) »).
_ONE_BYTE = ("cp1252", "iso8859-15", "mac_roman", "cp850")

_FRENCH = frozenset("àâäçéèêëîïôöùûüÿœæñ")

#: Signs that French text has, by where they may stand without a space.
_BETWEEN = frozenset("’‘´–—·\xa0\u202f")
_BEFORE = frozenset("«“‘„•–—×©\xa0\u202f")
_AFTER = frozenset("»”’…•–—°ªº²³™®€\xa0\u202f")
_ALONE = _BETWEEN | _BEFORE | _AFTER | frozenset("½¼¾§")

#: What follows œ in a word: `½j` is half a day, `½uvre` is œuvre.
_AFTER_LIGATURE = frozenset("uincsdtl")

#: How many bytes beyond ASCII are looked at.
_MOST_LOOKED_AT = 20_000


def decoded(content: bytes) -> str:
    """The text of a file: by its mark, else strict UTF-8, else the encoding that makes most sense.

    Raises:
        Unreadable: no usual encoding fits.
    """
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_utf_16 else ("utf-8-sig", *_by_sense(content)):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unreadable("encoding")


def _by_sense(content: bytes) -> list[str]:
    """The encodings, the one with the least nonsense first; Windows' own unless another has less than half as much.

    Only the bytes tell: nothing in the file does, and every byte is a letter or a sign in most of these encodings.
    """
    places = islice(re.finditer(rb"[\x80-\xff]", content), _MOST_LOOKED_AT)
    padded = b" %b " % content
    triples = Counter(padded[place.start() : place.start() + 3] for place in places)
    nonsense = {
        encoding: sum(times * _nonsense(*triple.decode(encoding, "replace")) for triple, times in triples.items())
        for encoding in _ONE_BYTE
    }
    return sorted(_ONE_BYTE, key=lambda encoding: nonsense[encoding] * (1 if encoding == _ONE_BYTE[0] else 2))


def _nonsense(before: str, character: str, after: str) -> int:
    """How little a character makes sense between these two, from 0."""
    is_within = before.isalpha(), after.isalpha()
    if not character.isalpha() or character in "ªº":
        allowed = {(True, True): _BETWEEN, (False, True): _BEFORE, (True, False): _AFTER, (False, False): _ALONE}
        if character in allowed[is_within]:
            return 0
        return 3 if character == "\ufffd" or not character.isprintable() else 2
    letter = character.lower()
    is_small_among_capitals = character.islower() and before.isupper() and after.isupper()
    is_mixed = is_small_among_capitals or (character.isupper() and before.islower())
    is_odd = letter not in _FRENCH or (letter == "œ" and after.isalpha() and after.lower() not in _AFTER_LIGATURE)
    is_lonely = (not any(is_within) and letter not in "àéô") or before.isdigit()
    return 2 * is_mixed + is_odd + is_lonely


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
    meant = set(_other_encodings(text))
    return Garbled(meant.pop() if len(meant) == 1 else None)


def _is_sound(text: str) -> bool:
    is_french = all(_SOUND.fullmatch(letter) for letter in text if not letter.isascii())
    return is_french and not _SPOILT.search(text)


def _entities(text: str) -> str:
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def _escapes(text: str) -> str:
    """Without the escapes of an e-mail (`=E9`) or of a link (`%C3%A9`)."""
    try:
        return _ESCAPE.sub(lambda escape: unquote(escape[0].replace("=", "%"), errors="strict"), text)
    except UnicodeDecodeError:
        return _ESCAPE.sub(lambda escape: unquote(escape[0].replace("=", "%"), "cp1252", "replace"), text)


def _utf_8(text: str) -> str:
    """Without the letters of which each byte was taken for a letter (`Ã©`), be it several times."""
    for _ in range(_MOST_TIMES):
        before = text
        if _FIRST_OF_SEVERAL.isdisjoint(text):
            break
        for encoding in _WRONG:
            text = _sequences(encoding).sub(partial(_decoded, encoding=encoding), text)
        if text == before:
            break
    return text


def _decoded(sequence: re.Match[str], encoding: str) -> str:
    try:
        letter = b"".join(_byte(letter, encoding) for letter in sequence[0]).decode()
    except UnicodeError:
        return sequence[0]
    return letter if _MEANT.fullmatch(letter) else sequence[0]


def _byte(letter: str, encoding: str) -> bytes:
    """A letter's byte; Windows leaves five of its own undefined, and takes them for controls."""
    try:
        return letter.encode(encoding)
    except UnicodeEncodeError:
        return letter.encode("latin-1")


def _meant_by(first: int, last: int, encoding: str) -> str:
    """The letters that these bytes are in an encoding."""
    return "".join(bytes([byte]).decode(encoding, "ignore") or chr(byte) for byte in range(first, last + 1))


#: With what the bytes of one letter in UTF-8 begin, whatever they were taken for: told quickly, since most texts have
#: none of it.
_FIRST_OF_SEVERAL = frozenset().union(*(_meant_by(0xC2, 0xC8, name) + _meant_by(0xE1, 0xE2, name) for name in _WRONG))


@cache
def _sequences(encoding: str) -> re.Pattern[str]:
    """What the bytes of one letter in UTF-8 look like in another encoding: two, or three of some."""
    two, three, more = (re.escape(_meant_by(*ends, encoding)) for ends in ((0xC2, 0xC8), (0xE1, 0xE2), (0x80, 0xBF)))
    return re.compile(f"[{two}][{more}]|[{three}][{more}][{more}]")


def _accents(text: str) -> str:
    """With the accents that stand beside their letters on them; one for an apostrophe (« d´Artagnan ») stays."""
    if not any(map(_is_apart, _APART.finditer(text))):
        return text
    # Beside one that is spoilt, the others are too: « H´el`ene ».
    return _APART.sub(_together, text)


def _together(pair: re.Match[str]) -> str:
    accent, bare = pair.groups()
    letter = unicodedata.normalize("NFC", f"{_BARE.get(bare, bare)}{_ACCENTS[accent]}")
    return letter if letter in _COMMON else "\ufffd"


def _is_apart(pair: re.Match[str]) -> bool:
    before = pair.string[max(pair.start() - len("aujourd"), 0) : pair.start()]
    return pair[1] not in "´`" or not _ELIDED.search(before)


def _other_encodings(text: str) -> Iterator[str]:
    """What the text may have been, had a program taken one encoding for another."""
    for read, written in _PAIRS:
        try:
            meant = text.encode(read).decode(written)
        except UnicodeError:
            continue
        if meant != text and _is_sound(meant):
            yield meant
