"""The example annexes of the demo, dated for today: office documents with invented persons."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

#: Day 0 of a spreadsheet's serial dates.
_EPOCH = date(1899, 12, 30)


def write_examples(directory: Path, today: date) -> tuple[Path, Path]:
    """Two annexes of one partner: a first list as .docx, then additions and a closure as .xlsx.

    The dates in the shipped documents are moved so that the second one is dated `today`.
    """
    moved_by = today - date(2026, 9, 1)
    requested, first, ended = (day + moved_by for day in (date(2026, 6, 10), date(2026, 6, 15), date(2026, 8, 31)))
    short = f"{requested.day}/{requested.month}/{requested:%y}"
    in_text = {
        "15/06/2026": f"{first:%d/%m/%Y}",
        "1er 10/6/26": f"1er {short}",
        "10/06/2026": f"{requested:%d/%m/%Y}",
        "10 juin 2026": f"{requested:%d/%m/%Y}",
    }
    in_cells = {date(2026, 6, 10): requested, date(2026, 9, 1): today, date(2026, 8, 31): ended}
    serials = {f"<v>{_serial(old)}</v>": f"<v>{_serial(new)}</v>" for old, new in in_cells.items()}
    return (
        _copy("annexe-1-premiere-demande.docx", directory, "word/document.xml", in_text),
        _copy("annexe-1-ajouts-et-cloture.xlsx", directory, "xl/worksheets/sheet1.xml", serials),
    )


def _serial(day: date) -> int:
    return (day - _EPOCH) // timedelta(days=1)


def _copy(name: str, directory: Path, part: str, words: Mapping[str, str]) -> Path:
    target = directory / name
    with (
        (files("provisioner.sandbox") / "examples" / name).open("rb") as source,
        zipfile.ZipFile(source) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.namelist():
            content = old.read(member)
            new.writestr(member, _replaced(content.decode(), words) if member == part else content)
    return target


def _replaced(text: str, words: Mapping[str, str]) -> str:
    """All at once, so that a word put in is never replaced again."""
    return re.sub("|".join(map(re.escape, words)), lambda found: words[found[0]], text)
