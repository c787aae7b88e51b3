"""Annexe 3 out: the Caf's contacts as a PDF, made from a template by typst."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from importlib import resources
from typing import NamedTuple


class Line(NamedTuple):
    """A contact in words. A shared mailbox has no name."""

    role: str
    name: str
    email: str


def write_annexe_3(on: date, dated: str, lines: Sequence[Line]) -> bytes:
    """The annexe as a PDF, the same bytes for the same contents; no font, file or value from outside the package.

    Args:
        on: the annexe's date, also the file's own.
        dated: the same as people read it.
        lines: its contacts.
    """
    import typst  # 80 MB: only where a PDF is made

    template = resources.files("provisioner.documents").joinpath("templates", "annexe-3.typ").read_bytes()
    made = typst.compile(
        template,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps({"dated": dated, "rows": lines}, ensure_ascii=False)},
        pdf_standards=["ua-1"],  # readable by those who do not see it
        timestamp=datetime.combine(on, time(12), UTC),
    )
    assert isinstance(made, bytes)
    return made
