"""The file of evidence: what it answers by itself, what it never names, and that a changed byte is told.

The directory is in memory and the register real. The reader of these tests is not the project's: it knows the files
and SHA-256 alone.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import pyzipper

from provisioner import __version__
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.domain.connections.incident import Origin
from provisioner.domain.convention import Audience
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.evidence_file import figures_of
from provisioner.domain.journal import Head
from provisioner.domain.journal_check import JournalCheck, Problem
from provisioner.domain.people import EmailAddress
from provisioner.operations import evidence_file, holds, incidents, persons
from provisioner.operations.evidence_file import Made
from provisioner.register import requests
from provisioner.register.habilitations import save_habilitations
from provisioner.register.journal import decisions
from provisioner.views.answers.journal import VerifiedAnswer
from tests.fakes.memory_office import MemoryOffice, reading
from tests.shared.examples import LYS, annexe, email

START, CUT, LATE, CLOSED = date(2026, 6, 16), date(2026, 7, 1), date(2026, 9, 4), date(2026, 10, 5)
YEAR_END = date(2027, 1, 10)
PASSWORD = "une phrase de passe longue"
BY, SECOND, OTHER = "Claire Martin", "Zoé Roy", "sivom-des-dunes"

PAST = dict.fromkeys(("leroy", "vasseur", "petit"), date(2026, 6, 10))
ANNEXES = {
    b"all": annexe(PAST, on=START),
    b"late": annexe({"leroy": PAST["leroy"], "vasseur": PAST["vasseur"]}, {"petit": date(2026, 8, 31)}, on=LATE),
    b"held": annexe(
        {"leroy": PAST["leroy"]}, {"petit": date(2026, 8, 31), "vasseur": date(2026, 9, 30)}, on=date(2026, 9, 30)
    ),
    b"others": annexe({"vandamme": date(2026, 6, 10)}, on=START),
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MemoryOffice]:
    """A year of two partners. Leroy stays and was cut for a while; Petit's departure was told late; Vasseur's was in
    time, and a pause kept it.
    """
    office = MemoryOffice(tmp_path_factory.mktemp("scene") / "office", read=reading(ANNEXES))
    office.on(START)
    for code, domain in ((LYS.code, "agglo-lys.example"), (OTHER, f"{OTHER}.example")):
        office.add_partner(code, domain)
    office.apply(Document(name="1.csv", content=b"all"), LYS.code)
    office.apply(Document(name="2.csv", content=b"others"), OTHER)
    office.on(CUT)
    persons.suspend(office.context, email("leroy"), SECOND, "Téléphone volé")
    office.sync()
    office.on(CUT + timedelta(days=3))
    persons.reopen(office.context, email("leroy"), SECOND, f"Comme au {OTHER}", new_password=False)
    office.sync()
    office.on(LATE)
    office.apply(Document(name="3.csv", content=b"late"), LYS.code)
    office.on(date(2026, 9, 30))
    office.apply(Document(name="4.csv", content=b"held"), LYS.code)
    office.on(date(2026, 10, 1))
    holds.pause(office.context.register, None, "Bascule", None, BY)
    office.sync()
    office.on(CLOSED)
    holds.resume(office.context.register, None, BY)
    office.sync()
    with office.context.register.work(BY) as work:
        requests.ask(work, LYS.code, "Liste des services", date(2026, 10, 31))
    declared = incidents.Declaration(
        origin=Origin.CAF,
        aware_since=datetime(2026, 10, 5, 5, tzinfo=UTC),
        what="Lien transféré",
        partners=frozenset({LYS.code, OTHER}),
        emails=frozenset({email("leroy")}),
    )
    incidents.declare(office.context.register, office.settings, declared, BY)
    yield office
    office.close()


@pytest.fixture
def office(scene: MemoryOffice, tmp_path: Path) -> Iterator[MemoryOffice]:
    twin = scene.copied_to(tmp_path / "office")
    twin.on(YEAR_END)
    yield twin
    twin.close()


@pytest.fixture(scope="module")
def caf(scene: MemoryOffice, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    """The Caf's file of that year, made once, and what was answered."""
    home = tmp_path_factory.mktemp("caf")
    twin = scene.copied_to(home / "office")
    twin.on(YEAR_END)
    made = _make(twin, Audience.CAF, home / "dossier.zip")
    twin.close()
    return home / "dossier.zip", made


def _make(office: MemoryOffice, to: Audience, file: Path, year: int = 2026) -> Made:
    with file.open("w+b") as written:
        return evidence_file.make(
            office.context.register, written, PASSWORD, LYS.code, year, to, BY, "Contrôle annuel"
        )


def _verified(file: Path, taken_out: Head | None = None) -> JournalCheck:
    return evidence_file.verify(file, PASSWORD, taken_out).check


class Auditor:
    """Reads the files with what anybody has: a zip tool, JSON, SHA-256."""

    def __init__(self, file: Path) -> None:
        with pyzipper.AESZipFile(file) as package:
            package.setpassword(PASSWORD.encode())
            self.files: dict[str, bytes] = {name: package.read(name) for name in package.namelist()}
        self.manifest = json.loads(self.files["manifest.json"])

    def table(self, name: str) -> list[dict[str, Any]]:
        return list(json.loads(self.files[f"json/{name}.json"]))

    def sheet(self, name: str) -> list[dict[str, str]]:
        text = self.files[f"tableaux/{name}.csv"].decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text), delimiter=";"))

    def entries(self) -> dict[int, dict[str, Any]]:
        """The entries that are given whole, each proven by the chain up to the head."""
        previous, given = "0" * 64, {}
        for line in map(json.loads, self.files["journal.jsonl"].splitlines()):
            assert line["previous"] == previous
            if "body" in line:
                assert line["sha256"] == hashlib.sha256(f"{previous}\n{line['body']}".encode()).hexdigest()
                given[line["entry"]] = json.loads(line["body"])
                for side in ("details", "actor"):
                    if side in line:
                        text = f"{line[side]['salt']}\n{line[side]['data']}"
                        assert given[line["entry"]][side] == hashlib.sha256(text.encode()).hexdigest()
            previous = line["sha256"]
        assert self.manifest["head"] == {"entry": line["entry"], "sha256": previous}
        return given

    @property
    def everything(self) -> str:
        return "\n".join(self.files).casefold() + b"\n".join(self.files.values()).decode().casefold()


@pytest.mark.rule("V3")
def test_the_caf_s_file_answers_an_auditor_s_questions_by_itself(caf: tuple[Path, Made]) -> None:
    file, made = caf
    auditor = Auditor(file)
    given = auditor.entries()

    accesses = {line["email"].partition("@")[0]: line for line in auditor.table("accesses")}
    assert {name: (line["on_first"], line["on_last"]) for name, line in accesses.items()} == {
        "leroy": (None, "open"),  # nobody had asked for it by 1 January
        "petit": (None, "closed"),
        "vasseur": (None, "closed"),
    }
    assert {line["decided_by"] for line in accesses.values()} == {BY}
    told = [given[entry] for entry in accesses["leroy"]["entries"]]
    assert [facts["action"] for facts in told][:3] == ["annexe.approved", "habilitation.asked", "open"]
    assert told[2]["at"].startswith("2026-06-16")

    late = {line["email"].partition("@")[0]: line for line in auditor.table("late_closures")}
    assert {name: (line["days"], line["cause"]) for name, line in late.items()} == {
        "petit": (3, "late-departure"),
        "vasseur": (4, "paused"),
    }
    assert "pause" in {given[entry]["action"] for entry in late["vasseur"]["entries"]}

    suspensions = [line for line in auditor.table("decisions") if line["action"] == "suspension"]
    assert [(line["on"], line["decided_by"], line["reason"]) for line in suspensions] == [
        (CUT.isoformat(), SECOND, "Téléphone volé")
    ]
    changes = [(line["on"], line["action"]) for line in auditor.table("changes") if line["email"] == email("leroy")]
    assert (CUT.isoformat(), "suspend") in changes
    assert (CUT + timedelta(days=3)).isoformat() in {on for on, action in changes if action == "reopen"}
    assert {line["sha256"] for line in auditor.table("annexes")} == {
        hashlib.sha256(content).hexdigest() for content in (b"all", b"late", b"held")
    }
    (asked,) = auditor.table("asked_documents")
    assert (asked["what"], asked["due_on"], asked["answered_on"]) == ("Liste des services", "2026-10-31", None)
    assert given[asked["entries"][0]]["action"] == "request.asked"
    (incident,) = auditor.table("incidents")
    assert (incident["what"], incident["persons"], incident["others"]) == ("Lien transféré", email("leroy"), True)
    assert made.evidence.head.entry == len(auditor.files["journal.jsonl"].splitlines())


def test_every_figure_can_be_worked_out_again_from_the_files(caf: tuple[Path, Made]) -> None:
    auditor = Auditor(caf[0])
    sums = auditor.files.pop("SHA256SUMS").decode().splitlines()
    own = {name: hashlib.sha256(content).hexdigest() for name, content in auditor.files.items()}
    assert sums == [f"{digest}  {name}" for name, digest in sorted(own.items())]
    figures, sheet = auditor.manifest["figures"], auditor.sheet("acces")
    assert figures["accesses"] == len(sheet) == 3
    assert figures["open_on_first"] == sum(line["Au 01/01/2026"] == "ouvert" for line in sheet) == 0
    assert figures["open_on_last"] == sum(line["Au 31/12/2026"] == "ouvert" for line in sheet) == 1
    assert figures["late_days"] == sum(int(line["Jours"]) for line in auditor.sheet("clotures-tardives")) == 7
    actions = {"open", "reopen", "suspend", "close", "habilitation.asked", "habilitation.ended", "rename", "adoption"}
    told = [facts for facts in auditor.entries().values() if facts["action"] in actions]
    assert figures["changes"] == len(auditor.sheet("changements")) == len(told)
    page = auditor.files["index.html"].decode()
    for file in ("json/accesses.json", "json/decisions.json", "json/changes.json"):
        assert figures[file[5:-5]] == len(json.loads(auditor.files[file]))
    assert ">7</bdi>" in page


@pytest.mark.parametrize("to", list(Audience))
def test_another_partner_is_named_in_no_byte(office: MemoryOffice, tmp_path: Path, to: Audience) -> None:
    _make(office, to, tmp_path / "dossier.zip")
    auditor = Auditor(tmp_path / "dossier.zip")
    for word in (OTHER, "vandamme"):
        assert word not in auditor.everything
    (reopened,) = [line for line in auditor.table("decisions") if line["action"] == "reopening"]
    assert reopened["reason"] is None
    assert auditor.sheet("incidents")[0]["Autres concernés"] == "un autre partenaire"


@pytest.mark.rule("D4")
def test_a_partner_s_file_names_nobody_of_the_caf_and_no_connection(office: MemoryOffice, tmp_path: Path) -> None:
    _make(office, Audience.PARTNER, tmp_path / "dossier.zip")
    auditor = Auditor(tmp_path / "dossier.zip")
    for words in (BY, SECOND, "Téléphone volé", "Bascule", "Lien transféré"):
        assert words.casefold() not in auditor.everything
    assert {line["Décidé par"] for line in auditor.sheet("decisions")} == {"la Caf"}
    assert email("petit") in auditor.everything
    assert auditor.table("incidents")[0]["persons"] is None
    assert all(line["email"] is None for line in auditor.table("controls"))
    assert auditor.entries()
    assert _verified(tmp_path / "dossier.zip").bad is None


@pytest.mark.rule("D2")
def test_of_what_is_destroyed_the_number_and_the_rule_are_told_and_no_name(
    office: MemoryOffice, tmp_path: Path
) -> None:
    incidents.close(office.context.register, office.settings, 1, BY, "Clos")
    for day in (date(2027, 4, 6), date(2027, 4, 7), date(2028, 8, 31), date(2028, 9, 1), date(2028, 9, 2)):
        office.on(day)
        office.sync()
    _make(office, Audience.CAF, tmp_path / "dossier.zip")
    auditor = Auditor(tmp_path / "dossier.zip")
    assert "petit" not in auditor.everything
    destroyed = auditor.table("destroyed_accesses")
    assert [(line["opened_on"], line["closed_on"], line["rules"]) for line in destroyed] == [
        (START.isoformat(), LATE.isoformat(), "D1, D2")
    ]
    figures = auditor.manifest["figures"]
    assert (figures["destroyed_D1"], figures["destroyed_D2"]) == (2, 1)
    assert _verified(tmp_path / "dossier.zip").bad is None


@pytest.mark.rule("D1")
def test_it_is_to_be_destroyed_by_the_first_day_that_it_holds_and_in_90_days_at_most(
    office: MemoryOffice, tmp_path: Path
) -> None:
    first_due = date(2027, 3, 4)  # Petit's account, 6 months after the closure
    assert _make(office, Audience.CAF, tmp_path / "1.zip").evidence.destroy_by == first_due
    assert "4 mars 2027" in Auditor(tmp_path / "1.zip").files["index.html"].decode()
    assert _make(office, Audience.CAF, tmp_path / "2.zip", 2027).evidence.destroy_by == YEAR_END + timedelta(days=90)


@pytest.mark.rule("D2")
def test_who_left_in_an_earlier_year_is_named_in_no_byte_of_it(office: MemoryOffice, tmp_path: Path) -> None:
    office.on(date(2028, 8, 20))  # a few days before D2 of Petit
    made = _make(office, Audience.CAF, tmp_path / "dossier.zip", 2028)
    auditor = Auditor(tmp_path / "dossier.zip")
    assert "leroy" in auditor.everything
    assert "petit" not in auditor.everything
    assert made.evidence.destroy_by == date(2028, 8, 20) + timedelta(days=90)
    assert _verified(tmp_path / "dossier.zip").bad is None


def test_to_whom_it_went_when_and_its_digest_are_in_the_journal(office: MemoryOffice, tmp_path: Path) -> None:
    made = _make(office, Audience.PARTNER, tmp_path / "dossier.zip")
    with office.context.register.read() as connection:
        row = decisions(connection, [made.entry])[made.entry]
    assert row.entry.facts["action"] == "evidence.made"
    assert row.decided_by == BY
    assert row.details["for"] == "partner"
    assert row.details["sha256"] == hashlib.sha256((tmp_path / "dossier.zip").read_bytes()).hexdigest()
    assert made.evidence.head.entry == made.entry - 1
    assert evidence_file.verify(tmp_path / "dossier.zip", PASSWORD, None).sha256 == made.sha256


@pytest.mark.rule("A7")
def test_a_new_address_and_an_access_through_two_partners_are_told_by_the_entries(
    office: MemoryOffice, tmp_path: Path
) -> None:
    new = EmailAddress("leroy-petit@agglo-lys.example")
    ANNEXES[b"new"] = annexe({"leroy-petit": PAST["leroy"]}, on=YEAR_END)
    office.on(YEAR_END + timedelta(days=1))
    office.apply(Document(name="6.csv", content=b"new"), LYS.code, Decisions(rename={email("leroy"): new}))
    office.sync()
    with office.context.register.work(BY) as work:
        before = office.context.register.records()
        (leroy,) = [access for access in before.of_partner(LYS.code) if access.email == new]
        both = [*before.habilitations, replace(leroy, id=None, partner=OTHER)]
        save_habilitations(work, before, before.with_habilitations(both))
    for number, (partner, to) in enumerate(product((LYS.code, OTHER), Audience)):
        file = tmp_path / f"{number}.zip"
        with file.open("w+b") as written:
            evidence_file.make(office.context.register, written, PASSWORD, partner, 2027, to, BY, "Contrôle")
        assert new in {line["email"] for line in Auditor(file).table("accesses")}
        assert _verified(file).bad is None


Change = Callable[[bytes], bytes]
Edit = Callable[[list[dict[str, Any]]], object]


def _forged(file: Path, to: Path, name: str, change: Change, *, sums: bool) -> Path:
    """The same file with one part changed; with `sums` by somebody who puts the digests right too."""
    files = Auditor(file).files
    files[name] = change(files[name])
    return _packed(files, to, sums=sums)


def _packed(files: dict[str, bytes], to: Path, *, sums: bool = True) -> Path:
    if sums:
        own = {part: hashlib.sha256(content).hexdigest() for part, content in files.items() if part != "SHA256SUMS"}
        files["SHA256SUMS"] = "".join(f"{digest}  {part}\n" for part, digest in sorted(own.items())).encode()
    with pyzipper.AESZipFile(to, "w", encryption=pyzipper.WZ_AES) as package:
        package.setpassword(PASSWORD.encode())
        for part, content in files.items():
            package.writestr(part, content)
    return to


def _flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


#: One file of each kind: the digests are of all of them.
ONE_OF_EACH = (
    *("journal.jsonl", "json/accesses.json", "tableaux/acces.csv", "index.html", "manifest.json"),
    "SHA256SUMS",
)


def test_one_changed_byte_is_told_in_whatever_file_it_is(caf: tuple[Path, Made], tmp_path: Path) -> None:
    file = caf[0]
    verified = evidence_file.verify(file, PASSWORD, None)
    assert (verified.check.bad, verified.destroy_by) == (None, date(2027, 3, 4))
    for number, name in enumerate(ONE_OF_EACH):
        forged = _forged(file, tmp_path / f"{number}.zip", name, _flip, sums=False)
        check = _verified(forged)
        assert check.bad is not None, name
        assert check.bad.problem is Problem.FILE_CHANGED
        assert check.bad.difference is not None
        assert name in ("SHA256SUMS", check.bad.difference.table)


def _is_told(file: Path) -> bool:
    try:
        return _verified(file).bad is not None
    except Refused as refused:
        return refused.code in (Refusal.NOT_EVIDENCE, Refusal.EVIDENCE_PASSWORD)


def test_a_damaged_zip_is_told_wherever_the_damage_is(caf: tuple[Path, Made], tmp_path: Path) -> None:
    content, raw, files = caf[0].read_bytes(), tmp_path / "raw.zip", Auditor(caf[0]).files
    for part in range(9):
        at = len(content) * part // 9 + 40
        raw.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert _is_told(raw) or Auditor(raw).files == files, at  # a zip has bytes that mean nothing, as a file's time
    raw.write_bytes(content[: len(content) // 2])
    assert _is_told(raw)


def _without_a_closure(content: bytes) -> bytes:
    lines = json.loads(content)
    return json.dumps([line for line in lines if line["action"] != "close"]).encode()


def _closed_in_time(content: bytes) -> bytes:
    return content.replace(b'\\"at\\":\\"2026-09-04', b'\\"at\\":\\"2026-09-01')


FORGERIES: list[tuple[str, Change, Problem]] = [
    ("json/changes.json", _without_a_closure, Problem.FIGURE_DIFFERS),
    ("json/accesses.json", lambda content: content.replace(b'"closed"', b'"open"'), Problem.FIGURE_DIFFERS),
    ("json/decisions.json", lambda content: content.replace(b"[\n   ", b"[\n   99999, "), Problem.FIGURE_DIFFERS),
    ("manifest.json", lambda content: content.replace(b'"late_days": 7', b'"late_days": 0'), Problem.FIGURE_DIFFERS),
    ("journal.jsonl", _closed_in_time, Problem.CHANGED),
    ("journal.jsonl", lambda content: content.replace("Téléphone".encode(), b"Portable!"), Problem.DETAIL_CHANGED),
    ("journal.jsonl", lambda content: b"\n".join(content.splitlines()[:-1]) + b"\n", Problem.CUT),
    ("journal.jsonl", lambda content: b"\n".join(content.splitlines()[1:]) + b"\n", Problem.CHANGED),
]


@pytest.mark.parametrize(("name", "change", "problem"), FORGERIES)
def test_whoever_puts_the_digests_right_too_is_told_by_the_entries(
    caf: tuple[Path, Made], tmp_path: Path, name: str, change: Change, problem: Problem
) -> None:
    file, made = caf
    before = Auditor(file).files[name]
    assert change(before) != before
    check = _verified(_forged(file, tmp_path / "forged.zip", name, change, sums=True))
    assert check.bad is not None
    assert check.bad.problem is problem
    assert check.head is None
    assert _verified(file, made.evidence.head).bad is None
    other = Head(made.evidence.head.entry, "a" * 64)
    held_against_another = _verified(file, other).bad
    assert held_against_another is not None
    assert held_against_another.problem is Problem.REWRITTEN


@pytest.mark.parametrize(("name", "content"), [("manifest.json", b"[]"), ("json/changes.json", b"[" * 100_000)])
def test_json_of_another_shape_is_no_file_of_evidence(
    caf: tuple[Path, Made], tmp_path: Path, name: str, content: bytes
) -> None:
    forged = _forged(caf[0], tmp_path / "forged.zip", name, lambda _: content, sums=True)
    with pytest.raises(Refused) as refused:
        evidence_file.verify(forged, PASSWORD, None)
    assert refused.value.code is Refusal.NOT_EVIDENCE


def test_a_wrong_password_and_a_file_that_is_none_are_refused(caf: tuple[Path, Made], tmp_path: Path) -> None:
    none = tmp_path / "none.zip"
    none.write_bytes(b"PK")
    for file, password, code in (
        (caf[0], "une autre phrase de passe", Refusal.EVIDENCE_PASSWORD),
        (none, PASSWORD, Refusal.NOT_EVIDENCE),
    ):
        with pytest.raises(Refused) as refused:
            evidence_file.verify(file, password, None)
        assert refused.value.code is code


def _with(changes: dict[str, Any], where: Callable[[dict[str, Any]], bool] = lambda _line: True) -> Edit:
    """Changes the first such line of a table."""

    def edit(lines: list[dict[str, Any]]) -> None:
        next(filter(where, lines)).update(changes)

    return edit


def _is_petit(line: dict[str, Any]) -> bool:
    return str(line["email"]) == email("petit")


def _is_suspension(line: dict[str, Any]) -> bool:
    return str(line["action"]) == "suspension"


#: What somebody changes in a table, who makes every other file and digest fit.
EDITS: dict[str, tuple[str, Edit]] = {
    "a name": ("accesses", _with({"last_name": "Autre"})),
    "an address": ("accesses", _with({"email": "autre@agglo-lys.example"})),
    "an opening": ("accesses", _with({"opened_on": "2026-06-01"})),
    "a closure": ("accesses", _with({"closed_on": "2026-08-31"}, _is_petit)),
    "an end": ("accesses", _with({"ended_on": "2026-09-03"}, _is_petit)),
    "a state": ("accesses", _with({"on_last": "open"}, _is_petit)),
    "whose decision": ("accesses", _with({"decided_by": "Autre Personne"})),
    "an access taken out": ("accesses", lambda lines: lines.pop()),
    "an access put in": ("accesses", lambda lines: lines.append({**lines[0], "habilitation": 99, "entries": []})),
    "an access twice": ("accesses", lambda lines: lines.append(lines[0])),
    "who changed it": ("changes", _with({"decided_by": "Autre Personne"})),
    "a delay": ("late_closures", _with({"days": 1}, _is_petit)),
    "a day due": ("late_closures", _with({"due_on": "2026-09-03"}, _is_petit)),
    "a cause": ("late_closures", _with({"cause": "paused"}, _is_petit)),
    "a delay taken out": ("late_closures", lambda lines: lines.pop()),
    "a decision's day": ("decisions", _with({"on": "2026-06-30"}, _is_suspension)),
    "who decided": ("decisions", _with({"decided_by": "Autre Personne"}, _is_suspension)),
    "a reason": ("decisions", _with({"reason": "Autre motif"}, _is_suspension)),
    "a decision taken out": ("decisions", lambda lines: lines.pop()),
    "an annexe's digest": ("annexes", _with({"sha256": "f" * 64})),
    "what more": ("incidents", _with({"more": 1})),
}


@pytest.mark.parametrize("what", EDITS)
def test_a_table_that_is_changed_with_all_that_follows_from_it_is_told_by_the_entries(
    caf: tuple[Path, Made], tmp_path: Path, what: str
) -> None:
    table, edit = EDITS[what]
    files = Auditor(caf[0]).files
    evidence = caf[1].evidence
    lines = json.loads(files[f"json/{table}.json"])
    edit(lines)
    tables = {**evidence.tables, table: lines}
    forged = replace(evidence, tables=tables, figures=figures_of(tables))
    files |= dict(evidence_file._files(forged, json.loads(files["manifest.json"])["name"]))
    bad = _verified(_packed(files, tmp_path / "forged.zip")).bad
    assert bad is not None
    assert bad.problem in (Problem.FIGURE_DIFFERS, Problem.FILE_CHANGED)
    assert bad.difference is not None


def test_a_file_that_an_older_version_made_in_other_words_is_whole_and_its_pages_are_said_not_to_be_made_again(
    caf: tuple[Path, Made], tmp_path: Path
) -> None:
    files = Auditor(caf[0]).files
    files["index.html"] = files["index.html"].replace(b"<h2>", b"<h2>Autrement dit : ")
    files["manifest.json"] = files["manifest.json"].replace(f'"{__version__}"'.encode(), b'"0.3.9"')
    verified = evidence_file.verify(_packed(files, tmp_path / "older.zip"), PASSWORD, None)
    assert (verified.check.bad, verified.other_version) == (None, "0.3.9")
    said = " ".join(
        str(part)
        for part in VerifiedAnswer.of(verified.check, None, other_version="0.3.9", file_sha256="a" * 64).shown()
    )
    assert "la version 0.3.9 de provisioner" in said


@pytest.mark.parametrize("to", ["2027-03-05", "2027-04-10", "2030-01-01", "2027-01-09"])
def test_another_day_of_destruction_is_told(caf: tuple[Path, Made], tmp_path: Path, to: str) -> None:
    files, evidence = Auditor(caf[0]).files, replace(caf[1].evidence, destroy_by=date.fromisoformat(to))
    files |= dict(evidence_file._files(evidence, json.loads(files["manifest.json"])["name"]))
    bad = _verified(_packed(files, tmp_path / "forged.zip")).bad
    assert bad is not None
    assert bad.difference is not None
    assert (bad.difference.table, bad.difference.column) == ("manifest.json", "destroy_by")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tableaux/incidents.csv", b"autre"),
        ("tableaux/acces.csv", None),
        ("index.html", b"<p>Tout va bien.</p>"),
        ("index.html", None),
        ("json/incidents.json", None),
        ("journal.jsonl", None),
        ("manifest.json", None),
        ("lisez-moi.txt", b"autre"),
    ],
)
def test_a_file_that_is_changed_added_or_taken_out_with_its_digest_is_named(
    caf: tuple[Path, Made], tmp_path: Path, name: str, content: bytes | None
) -> None:
    files = Auditor(caf[0]).files
    files.pop(name, None)
    if content is not None:
        files[name] = content
    bad = _verified(_packed(files, tmp_path / "forged.zip")).bad
    assert bad is not None
    assert bad.difference is not None
    assert (bad.problem, bad.difference.table) == (Problem.FILE_CHANGED, name)
