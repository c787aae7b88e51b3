"""The journal's entries as JSON, written as they are read: a journal may be large."""

from __future__ import annotations

import json
from collections.abc import Iterable

import typer

from provisioner.domain.journal import Entry

_TEXTS = ("at", "by", "os_user", "host", "action")
_FACTS = ("partner", "habilitation", "rule")


def entries(pages: Iterable[list[Entry]]) -> None:
    """One array, an entry a line."""
    before = "[\n"
    for page in pages:
        typer.echo(before + ",\n".join(_line(one) for one in page), nl=False)
        before = ",\n"
    typer.echo("[]" if before == "[\n" else "\n]")


def _line(one: Entry) -> str:
    """What a damaged entry does not tell any more is empty."""
    facts = one.facts
    said = {name: facts.get(name, "") for name in _TEXTS} | {name: facts.get(name) for name in _FACTS}
    return json.dumps({"entry": one.entry, **said, "sha256": one.sha256}, ensure_ascii=False)
