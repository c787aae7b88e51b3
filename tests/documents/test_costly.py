"""No document costs more than its share: each is read or refused within its bounds, and answered in a page."""

from __future__ import annotations

import json
import resource
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from provisioner.domain.annexe.details import Count
from provisioner.domain.annexe.document import Check, Document, Severity
from provisioner.operations.check import check_document
from provisioner.register.kept import KeptCheck
from provisioner.settings import DocumentSettings
from provisioner.views.report import Report, report_page
from tests.documents.costly import COSTLY
from tests.documents.making import ALICE, csv_form, ods_form, word_form, xlsx_form
from tests.shared.pace import BUSY, PATIENCE, slowness

TODAY = date(2026, 9, 1)
MIB = 2**20

#: What a document may cost: seconds of processor, and MiB beyond what the parent has at rest.
SECONDS, PARENT_MIB = 5, 60

#: Time enough on a machine that has other work; the child's memory is bounded as it always is, by 400 MiB.
LIMITS = DocumentSettings(seconds=PATIENCE)


@dataclass
class Cost:
    """What reading a document took."""

    seconds: float = 0
    parent_mib: float = 0


@contextmanager
def measured() -> Iterator[Cost]:
    """Measures what is done in the block, by this process and its children."""
    cost = Cost()
    Path("/proc/self/clear_refs").write_text("5")  # the highest memory is counted anew
    before, at_rest = _processor(), _memory("VmRSS")
    yield cost
    cost.seconds, cost.parent_mib = _processor() - before, (_memory("VmHWM") - at_rest) / 1024


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _memory(what: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what))


def checked(name: str, content: bytes) -> Check:
    return check_document(Document(name=name, content=content), TODAY, LIMITS)


@pytest.mark.parametrize("kind", COSTLY)
def test_a_document_that_costs_more_than_its_share_is_read_or_refused_within_its_bounds(kind: str) -> None:
    """Around a valid annexe; by itself, in a service that goes on: tests/serve/test_costly_files.py."""
    document = COSTLY[kind](True)
    with measured() as cost:
        check = checked(document.name, document.content)
        kept = json.dumps(KeptCheck.plain(check), ensure_ascii=False)
        page = report_page(Report(check=check, partner="Lys", checked_on=TODAY))

    assert cost.seconds < SECONDS * BUSY * slowness()
    assert cost.parent_mib < PARENT_MIB
    assert len(kept.encode()) < MIB
    assert len(page.encode()) < MIB
    assert ALICE[3] in {row.email for row in check.annexe.rows}
    assert (ALICE[3] in {row.email for row in check.accepted(1)}) == (ALICE[3] in kept)


def test_the_errors_beyond_those_that_are_shown_are_counted_and_refuse_their_rows() -> None:
    rows = [("Nom", "", "agent", f"p{number}@lys.example", "10/06/2026") for number in range(300)]
    check = checked("a.csv", csv_form([ALICE, *rows, ("Leroy", "Bob", "agent", "bob@lys.example", "10/06/2026")]))

    more, *shown = check.findings
    assert (more.code, more.details, len(shown)) == ("too-many-findings", Count(300 - LIMITS.max_findings), 200)
    assert [row.email for row in check.accepted(1)] == [ALICE[3], "bob@lys.example"]
    page = report_page(Report(check=check, partner="Lys", checked_on=TODAY))
    assert "plus de 200 erreurs" in page
    assert page.count("Lue, sans erreur") == 2


def test_what_is_only_told_is_counted_by_its_code_with_its_severity() -> None:
    rows = [(f"Nom {letter} ", "Zo\u00a0é", "agent", f"{letter}@lys.example", "le 1er 10/6/26") for letter in "abcde"]
    document = Document(name="a.csv", content=csv_form(rows))
    whole = check_document(document, TODAY, DocumentSettings())
    cut = check_document(document, TODAY, DocumentSettings(max_findings=2))

    by_code = Counter((finding.code, finding.severity) for finding in whole.findings)
    told = Counter(
        (finding.code, finding.severity) for finding in cut.findings if not isinstance(finding.details, Count)
    )
    counts = {
        (finding.details.of, finding.severity): finding.details.count
        for finding in cut.findings
        if isinstance(finding.details, Count)
    }
    assert ("date-repaired", Severity.WARNING) in by_code
    assert told == Counter({kind: min(count, 2) for kind, count in by_code.items()})
    assert counts == {kind: count - 2 for kind, count in by_code.items() if count > 2}


_MANY = [
    (f"Nom{chr(97 + n % 26)}", f"Prenom{chr(97 + n // 26 % 26)}", "agent", f"p{n}@lys.example", "10/06/2026")
    for n in range(10_000)
]

FORMS: dict[str, Callable[[int], bytes]] = {
    "a.csv": lambda count: csv_form(_MANY[:count]),
    "a.docx": lambda count: word_form(*_MANY[:count]),
    "a.xlsx": lambda count: xlsx_form(*_MANY[:count]),
    "a.ods": lambda count: ods_form(*_MANY[:count]),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_long_list_is_read_in_seconds(name: str) -> None:
    """A .csv as long as the limit lets through: « 49,990 rows full of errors », above."""
    content = FORMS[name](10_000)
    with measured() as cost:
        check = checked(name, content)

    assert len(check.accepted(1)) == 10_000
    assert cost.seconds < 3 * BUSY * slowness()
