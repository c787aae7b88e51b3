"""How slow this machine is, for bounds in seconds that were set on another one; how long to wait for anything."""

from __future__ import annotations

import re
import time
from unicodedata import normalize

_SPACES = re.compile(r"\s+")

#: Seconds of processor that `_work` takes where the bounds hold as they are: where 49,990 rows of errors are read in
#: 5.7 s (on a machine that needs 10.4 s for them it takes 0.048).
_REFERENCE = 0.026

#: How much longer the same work may take of a processor that others use at the same time.
BUSY = 1.6


#: Seconds after which what a test waits for is taken to be lost. Nobody is promised them: waiting ends with the
#: condition.
PATIENCE = 240.0


def slowness() -> float:
    """How many times slower this machine is now than the one of the bounds; never less than 1.

    Ask after the work that was measured: a machine can become slower meanwhile.
    """
    return max(1.0, min(_work() for _ in range(3)) / _REFERENCE)


def _work() -> float:
    """What reading a document does all the time: small calls, regular expressions, texts put in order."""
    start = time.process_time()
    for number in range(20_000):
        _read_cell(f"  Élodie   Martin-{number} ")
    return time.process_time() - start


def _read_cell(cell: str) -> str:
    text = normalize("NFC", _SPACES.sub(" ", cell).strip())
    return text.casefold() if any(_is_letter(letter) for letter in text) else ""


def _is_letter(letter: str) -> bool:
    return letter.isalpha() and letter.islower()
