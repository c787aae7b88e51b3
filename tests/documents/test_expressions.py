"""No expression backtracks over a document's text: each takes about as long as the text is long."""

from __future__ import annotations

import pkgutil
import re
import time
from collections.abc import Iterator
from importlib import import_module

import pytest

from provisioner import documents
from provisioner.documents.blocks import LONGEST_TEXT
from tests.shared.pace import slowness

#: What makes an expression go back: much of one thing, then what it does not end with.
_PIECES = (",", " ", "a", "1", "(", "a ", "1/", "date ")
_ENDS = ("", "@")

#: Seconds for one text of the longest kind, on a busy machine: five times what the slowest takes.
_MOST = 0.5

_OF_FILES = {"gate", "xlsx"}  # whose expressions are for the markup, not for its texts


def _expressions() -> Iterator[tuple[str, re.Pattern[str]]]:
    for module in pkgutil.iter_modules(documents.__path__):
        if module.name in _OF_FILES:
            continue
        for name, value in vars(import_module(f"provisioner.documents.{module.name}")).items():
            yield from ((f"{module.name}.{name}", expression) for expression in _within(value))


def _within(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, dict):
        yield from (expression for part in value.values() for expression in _within(part))
    elif isinstance(value, tuple | list | set | frozenset):
        yield from (expression for part in value for expression in _within(part))


def test_no_expression_backtracks_over_the_text_of_a_document() -> None:
    slow = {}
    for name, expression in _expressions():
        for piece in _PIECES:
            for end in _ENDS:
                text = (piece * LONGEST_TEXT)[:LONGEST_TEXT] + end
                start = time.process_time()
                expression.fullmatch(text)
                expression.search(text)
                took = time.process_time() - start
                if took > _MOST:
                    slow[name, expression.pattern[:40], piece, end] = took
    longest = _MOST * slowness()
    if slow := {case: took for case, took in slow.items() if took > longest}:
        pytest.fail(str(slow))
