"""`evidence`: one encrypted zip that answers an auditor for a partner and a year; and its verification, without a
register.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection

from provisioner import __version__
from provisioner.documents.evidence_file import JOURNAL, EvidenceReader, EvidenceWriter
from provisioner.domain.access.history import numbers_of
from provisioner.domain.convention import Audience
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.evidence_check import verify_extract, wrong_file
from provisioner.domain.evidence_file import COLUMNS, Asked, Evidence, Known, evidence_of, gives, line_of, manifest_of
from provisioner.domain.evidence_tables import Gathering
from provisioner.domain.journal import Head
from provisioner.domain.journal_check import JournalCheck
from provisioner.operations.context import decided
from provisioner.operations.partners import partner_of
from provisioner.register import Register, attestations, controls, incidents, journal, requests, reviews
from provisioner.register.connection_counts import suspensions
from provisioner.register.database import read_records
from provisioner.views.evidence_file import csv_of, files_of, index_page

#: What the file says of itself, by name.
_MANIFEST, _INDEX = "manifest.json", "index.html"

#: How many bytes are read at once.
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was made, and the number of the journal's entry that records it."""

    evidence: Evidence
    sha256: str
    entry: int


@decided
def make(
    register: Register,
    file: BinaryIO,
    password: str,
    partner: str,
    year: int,
    audience: Audience,
    by: str,
    reason: str,
) -> Made:
    """Writes the file, of the register at one moment, and records to whom it goes, why, and its digest: before it has
    its name, so that no file is handed over that the journal does not know.

    Raises:
        WrongUsage: there is no such partner; a name or reason says nothing.
    """
    name = partner_of(register, partner).name
    asked = Asked(partner=partner, year=year, audience=audience, made_on=register.clock.today())
    with register.read() as connection:
        evidence = Gathering(asked, _known(connection, asked)).evidence()
        writer = EvidenceWriter(file, password)
        writer.add(JOURNAL, _journal(connection, evidence))
    for part, content in _files(evidence, name):
        writer.add(part, [content])
    writer.close()
    sha256 = _digest(file)
    said = {"by": by, "reason": reason, "for": audience.value, "year": year}
    said |= {"sha256": sha256, "destroy_by": evidence.destroy_by.isoformat()}
    with register.work(by) as work:
        entry = work.journal("evidence.made", partner=partner, details=said)
    return Made(evidence, sha256, entry)


def _known(connection: Connection, asked: Asked) -> Known:
    """What the register and the journal tell of the partner. Each page of the journal is read and let go."""
    records = read_records(connection)
    of_partner = records.of_partner(asked.partner)
    rows = [row for row in journal.following(connection) if gives(row, asked)]
    by_number = {row.entry.entry: row for row in rows}
    causes = {row.entry.cause for row in rows if row.entry.cause is not None}
    others = (causes | set(numbers_of(of_partner))) - by_number.keys()
    return Known(
        records=records,
        head=journal.head(connection),
        rows=rows,
        decisions=by_number | journal.decisions(connection, others),
        suspensions=suspensions(connection),
        controls=controls.raised(connection, partner=asked.partner, all_=True),
        incidents=incidents.all_incidents(connection),
        certificates=attestations.all_attestations(connection, asked.partner),
        reviews=reviews.all_reviews(connection, asked.partner),
        asked_documents=requests.all_requests(connection, asked.partner),
    )


def _journal(connection: Connection, evidence: Evidence) -> Iterator[bytes]:
    for row in journal.following(connection):
        given = evidence.rows.get(row.entry.entry)
        yield f"{line_of(given or row, is_given=given is not None)}\n".encode()


def _files(evidence: Evidence, name: str) -> Iterator[tuple[str, bytes]]:
    """What is in it beside the journal's entries, by name: of the same evidence, a version makes always
    the same bytes.
    """
    for table, lines in evidence.tables.items():
        yield files_of(table)[0], _json(list(lines))
    for csv, text in csv_of(evidence):
        yield csv, text.encode()
    yield _INDEX, index_page(evidence, name).encode()
    yield _MANIFEST, _json({"made_by": __version__, **manifest_of(evidence, name)})


def _json(content: Any) -> bytes:
    return f"{json.dumps(content, ensure_ascii=False, indent=1)}\n".encode()


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Verified:
    """What was verified: the file's own digest, until when it may be kept where it holds together, and the version
    that made it, where that is another one: its sheets and its page were not made anew.
    """

    check: JournalCheck
    sha256: str
    destroy_by: date | None = None
    other_version: str | None = None


def verify(file: Path, password: str, taken_out: Head | None) -> Verified:
    """Whether the file is whole and holds together. All that is in it beside the journal's entries is made anew of
    its tables, unless another version of this software made it: that one may say a thing in other words.

    Raises:
        Refused: it is no such file, or the password is wrong.
    """
    with file.open("rb") as whole:
        sha256 = _digest(whole)
    with EvidenceReader(file, password) as reader:
        digests = list(reader.digests())
        expected = {JOURNAL, _INDEX, _MANIFEST, *(name for table in COLUMNS for name in files_of(table))}
        other = [(name, "", "unmade") for name in sorted(expected ^ {name for name, *_ in digests})]
        bad = wrong_file([*digests, *other])
        if bad is not None:
            return Verified(JournalCheck(0, None, bad), sha256)
        try:
            manifest = json.loads(reader.text(_MANIFEST))
            tables = {table: json.loads(reader.text(files_of(table)[0])) for table in COLUMNS}
            evidence = evidence_of(manifest, tables)
            made_by = str(manifest["made_by"])
            check = verify_extract(reader.lines(JOURNAL), manifest, evidence, taken_out)
            bad = check.bad
            if bad is None and made_by == __version__:
                own = {name: hashlib.sha256(part).hexdigest() for name, part in _files(evidence, manifest["name"])}
                bad = wrong_file((name, said, own[name]) for name, said, _ in digests if name != JOURNAL)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):  # JSON of another shape
            raise Refused(Refusal.NOT_EVIDENCE) from None
    check = JournalCheck(check.entries, None if bad else check.head, bad)
    return Verified(check, sha256, evidence.destroy_by, None if made_by == __version__ else made_by)
