"""Annexe 1's form out: an empty one that an office suite saved, with its model rows cloned and filled in."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import NamedTuple

from provisioner.documents import form_rows, form_xlsx
from provisioner.domain.people import Person

#: Empty rows after the filled ones of each list, to write in.
SPARE_ROWS = 8

#: What XML cannot hold.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_Fill = Callable[[Mapping[str, bytes], str, form_rows.Lists], Mapping[str, bytes]]

_FILLERS: Mapping[str, _Fill] = {
    ".docx": form_rows.fill_docx,
    ".odt": form_rows.fill_odt,
    ".xlsx": form_xlsx.fill,
    ".ods": form_rows.fill_ods,
}

#: The formats that a form can be written in, by the end of the file's name.
EXTENSIONS = tuple(_FILLERS)


class Entry(NamedTuple):
    """A row of a list: a person, and the date of their request or end."""

    person: Person
    on: date


@dataclass(frozen=True, slots=True)
class Form:
    """What a form says: the partner's name and both lists. The date of transmission is for the partner to write."""

    partner: str = ""
    asked: tuple[Entry, ...] = ()
    ended: tuple[Entry, ...] = ()


def write_form(form: Form, extension: str) -> bytes:
    """The form as a file.

    Every value is typed: a text is never taken for a formula or for markup, and the dates of a sheet are dates.

    Args:
        form: what it says.
        extension: one of `EXTENSIONS`.
    """
    template = resources.files("provisioner.documents").joinpath("templates", f"form{extension}").read_bytes()
    lists = tuple([*map(_values, entries), *[None] * SPARE_ROWS] for entries in (form.asked, form.ended))
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(template)) as source,
        zipfile.ZipFile(written, "w") as package,
    ):
        parts = {member.filename: source.read(member) for member in source.infolist()}
        parts |= _FILLERS[extension](parts, _clean(" ".join(form.partner.split())), lists)
        for member in source.infolist():
            package.writestr(member, parts[member.filename])
    return written.getvalue()


def _values(entry: Entry) -> form_rows.Values:
    person = entry.person
    return {
        "{nom}": _clean(person.last_name),
        "{prenoms}": _clean(person.first_names),
        "{fonction}": _clean(person.function),
        "{adresse}": _clean(person.email),
        "{date}": entry.on,
    }


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)
