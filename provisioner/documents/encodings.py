"""The letters of a text file, which does not say how they are written: by what makes sense in French."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice

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
    """The text: by its mark, else strict UTF-8, else the encoding of one byte a letter that makes most sense.

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
        return (
            0 if character in allowed[is_within] else 3 if character == "\ufffd" or not character.isprintable() else 2
        )
    letter = character.lower()
    is_mixed = (character.isupper() and before.islower()) or (
        character.islower() and before.isupper() and after.isupper()
    )
    is_odd = letter not in _FRENCH or (letter == "œ" and after.isalpha() and after.lower() not in _AFTER_LIGATURE)
    is_lonely = (not any(is_within) and letter not in "àéô") or before.isdigit()
    return 2 * is_mixed + is_odd + is_lonely
