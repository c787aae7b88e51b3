"""Certificates of destruction, from the request to the sealed file: what is not destroyed is never attested (D3).

The directory is in memory and the register real. The key is made once: it takes a while.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pdfplumber
import pyrage
import pytest
from sqlalchemy import update

from provisioner.documents.attestation import new_key
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.domain.attestation import Attestation, Standing
from provisioner.domain.backup import Recipient
from provisioner.domain.connections.record import EventStore, Stream
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.journal import Head
from provisioner.keycloak.directory import Directory
from provisioner.operations import attestations
from provisioner.operations.attestations import Issued
from provisioner.operations.backup import back_up, key_destroyed
from provisioner.operations.erasure import erase
from provisioner.operations.journal import verify_journal
from provisioner.register import DecidedMeanwhile, backup_keys
from provisioner.register import tables as t
from provisioner.register.marks import note_clear_copy
from provisioner.settings import AttestationSettings, BackupSettings
from provisioner.views.attestations import Certificate
from tests.fakes.memory_office import MemoryOffice, no_bar, reading
from tests.shared.examples import LYS, annexe, email

START, CLOSED, BACK = date(2026, 6, 16), date(2026, 9, 1), date(2026, 10, 1)
DUE = date(2027, 3, 1)
PAST = dict.fromkeys(("leroy", "vasseur", "petit"), date(2026, 6, 10))
LEAVING = {"vasseur": date(2026, 8, 31), "petit": date(2026, 8, 31)}
ANNEXES = {
    b"all": annexe(PAST, on=START),
    b"departures": annexe({"leroy": PAST["leroy"]}, LEAVING, on=CLOSED),
    b"a return": annexe({"leroy": PAST["leroy"], "petit": BACK}, LEAVING, on=BACK),
    b"a loan": annexe({"vasseur": date(2026, 7, 1)}, on=date(2026, 7, 1)),
    b"end of the loan": annexe({}, {"vasseur": date(2028, 9, 30)}, on=date(2028, 10, 1)),
}
BY = "Claire Martin"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def seal(tmp_path_factory: pytest.TempPathFactory) -> AttestationSettings:
    home = tmp_path_factory.mktemp("seal")
    key, certificate = new_key("Caf d'essai", datetime(2026, 1, 1, tzinfo=UTC))
    for name, content in (("key.pem", key), ("certificate.pem", certificate)):
        (home / name).write_bytes(content)
    return AttestationSettings(key_file=home / "key.pem", certificate_file=home / "certificate.pem")


@pytest.fixture
def office(tmp_path: Path, seal: AttestationSettings) -> Iterator[MemoryOffice]:
    """leroy is open; vasseur and petit were closed on 1 September 2026."""
    office = MemoryOffice(tmp_path / "office", read=reading(ANNEXES))
    office.settings = office.settings.model_copy(update={"attestation": seal})
    office.reopen()
    office.add_partner(LYS.code, "agglo-lys.example")
    for day, name in ((START, b"all"), (CLOSED, b"departures")):
        _apply(office, day, name)
    yield office
    office.close()


def _apply(office: MemoryOffice, day: date, name: bytes) -> None:
    office.on(day)
    office.apply(Document(name="1.csv", content=name), LYS.code)


def _request(office: MemoryOffice, who: str | None = None) -> tuple[int, int, bool]:
    """The number, how many accounts, and whether it is new."""
    asked = None if who is None else email(who)
    known, is_new = attestations.request(office.context.register, LYS.code, asked, BY)
    return known.id, len(known.habilitations), is_new


def _destroy_all(office: MemoryOffice) -> None:
    """The day before, a run says what it will destroy; on the day after D1's it is destroyed."""
    for day in (DUE, DUE + DAY):
        office.on(day)
        office.sync()


def _standings(office: MemoryOffice, number: int = 1) -> list[Standing]:
    (progress,) = (p for p in attestations.all_progress(office.context.register) if p.attestation.id == number)
    return [asked.standing for asked in progress.requested]


def _hold(office: MemoryOffice, who: str, *, ends: bool = False) -> None:
    """A person's records are kept from destruction (D7), or no more."""
    with office.context.work() as work:
        account = work.connection.execute(t.account.select().where(t.account.c.email == email(who))).one()
        if ends:
            work.connection.execute(update(t.hold).values(released_at=work.now))
            return
        kept = {"kind": "retention", "account": account.id, "reason": "contentieux", "until": date(2028, 1, 1)}
        work.connection.execute(t.hold.insert().values(**kept, since=work.now, since_number=work.number))


def _issue(office: MemoryOffice, number: int = 1, keeps: timedelta | None = 30 * DAY) -> Issued:
    """Issued, with a Keycloak that keeps its events so long."""
    stores = dict.fromkeys(Stream, EventStore(is_on=True, keeps=keeps))
    directory = cast(Directory, SimpleNamespace(events=SimpleNamespace(stores=lambda: stores)))
    return attestations.issue(replace(office.context, directory=directory), number)


def _refused(office: MemoryOffice, number: int = 1, keeps: timedelta | None = 30 * DAY) -> Refused:
    with pytest.raises(Refused) as refused:
        _issue(office, number, keeps)
    return refused.value


def _text(document: bytes | None) -> str:
    assert document is not None
    with pdfplumber.open(io.BytesIO(document)) as pdf:
        return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


@pytest.mark.rule("D3")
def test_a_certificate_is_requested_while_the_data_exist_and_issued_once_they_are_destroyed(
    office: MemoryOffice,
) -> None:
    assert _request(office) == (1, 2, True)
    assert _request(office) == (1, 2, False)  # asked again, it is the same request
    office.on(DUE)
    refused = _refused(office)
    assert (refused.code, refused.values["on"]) == (Refusal.NOT_DESTROYED_YET, DUE + DAY)
    _destroy_all(office)
    issued = _issue(office, 1)
    text = _text(issued.attestation.document)
    for expected in (
        "Attestation de destruction de données n° 1",
        "destruction des données de 2 comptes, effectuée le 2 mars 2027",
        "ceux qui nomment encore ces comptes expirent au plus tard le 2 avril 2027",
        "Elles seront détruites le 1er septembre 2028",
        "Ce que l’attestation ne couvre pas",
    ):
        assert expected in text
    for name in ("vasseur", "petit", "Alex", BY, "@"):
        assert name.lower() not in text.lower()
    # What it names of the journal is an entry of it, and its words are held against the journal.
    (entry,) = [head for head in text.split() if head.count(":") == 1 and len(head) > 60]
    head = Head.parse(entry.rstrip("."))
    assert verify_journal(office.context.register, head).bad is None
    # The very same file, however often: what a command that died wrote is not lost.
    assert _issue(office, 1).attestation == issued.attestation


@pytest.mark.rule("D3")
def test_who_returns_leaves_the_request_and_the_certificate_says_how_many(office: MemoryOffice) -> None:
    _request(office)
    _apply(office, BACK, b"a return")
    assert _standings(office) == [Standing.DUE, Standing.RETURNED]
    _destroy_all(office)
    issued = _issue(office, 1)
    assert (len(issued.attestation.habilitations), issued.returned, issued.rest) == (1, 1, None)
    text = _text(issued.attestation.document)
    assert "destruction des données de 1 compte, effectuée le" in text
    assert "1 personne a de nouveau un accès depuis la demande" in text
    assert verify_journal(office.context.register).bad is None


@pytest.mark.rule("D7")
def test_who_is_on_hold_is_a_count_a_second_certificate_covers_the_rest(office: MemoryOffice) -> None:
    _request(office)
    _hold(office, "petit")
    _destroy_all(office)
    issued = _issue(office, 1)
    assert (len(issued.attestation.habilitations), issued.kept, issued.rest) == (1, 1, 2)
    text = _text(issued.attestation.document)
    assert "1 compte est conservé pour l’instant" in text
    assert "'" not in text
    assert _issue(office, 1).rest == 2
    assert _refused(office, 2).code is Refusal.NONE_DESTROYED
    _hold(office, "petit", ends=True)
    for day in (DUE + 2 * DAY, DUE + 3 * DAY):
        office.on(day)
        office.sync()
    second = _issue(office, 2)
    assert "Complète l’attestation n° 1" in _text(second.attestation.document)
    assert verify_journal(office.context.register).bad is None


@pytest.mark.rule("D3")
def test_asked_too_early_too_late_or_for_nobody_the_answer_says_which(office: MemoryOffice) -> None:
    def why(who: str | None) -> Refusal:
        with pytest.raises(Refused) as refused:
            _request(office, who)
        return refused.value.code

    assert why("leroy") is Refusal.ATTEST_TOO_EARLY
    assert why("martin") is Refusal.NO_SUCH_PERSON
    assert _request(office, "petit") == (1, 1, True)
    assert _request(office) == (2, 1, True)  # the others alone
    erase(office.context, email("vasseur"), BY, "demande de la personne", no_bar)
    assert why("vasseur") is Refusal.ATTEST_DESTROYED  # and not too late
    _destroy_all(office)
    assert why("petit") is Refusal.ATTEST_TOO_LATE
    assert why(None) is Refusal.NOTHING_TO_ATTEST
    assert _refused(office, 9).code is Refusal.NO_SUCH_ATTESTATION


@pytest.mark.rule("D3")
def test_nothing_is_attested_while_keycloak_keeps_its_events_for_good_or_without_a_seal(office: MemoryOffice) -> None:
    _request(office)
    _destroy_all(office)
    assert _refused(office, keeps=None).code is Refusal.EVENTS_KEPT_FOREVER
    office.settings = office.settings.model_copy(update={"attestation": AttestationSettings()})
    office.reopen()
    assert _refused(office).code is Refusal.NO_SEAL_SET
    assert _standings(office) == [Standing.DESTROYED, Standing.DESTROYED]


@pytest.mark.rule("D3")
def test_a_certificate_claims_nothing_of_copies_in_clear_nor_of_a_replaced_register(
    office: MemoryOffice, tmp_path: Path
) -> None:
    def copy(name: str, *lines: str) -> tuple[Recipient, ...]:
        (tmp_path / "recipients").write_text("\n".join(lines))
        backup = BackupSettings(recipients_file=tmp_path / "recipients" if lines else None)
        office.settings = office.settings.model_copy(update={"backup": backup})
        office.reopen()
        return back_up(office.settings, office.context.clock, tmp_path / name).keys

    _request(office, "vasseur")
    _request(office, "petit")
    key = f"2026-09 {pyrage.x25519.Identity.generate().to_public()}"
    copy("in clear")
    office.on(CLOSED + DAY)
    (used,) = copy("encrypted", key)
    _destroy_all(office)
    assert "registre de la Caf : leur date d’expiration n’est pas enregistrée" in _text(
        _issue(office, 1).attestation.document
    )
    key_destroyed(office.context.register, office.settings, used.key, CLOSED + DAY, BY)
    (office.settings.data_dir / "provisioner-remplace-20260902T080000.sqlite3").touch()
    said = _text(_issue(office, 2).attestation.document)
    for sentence in (
        "celles qui ont été faites après le 1er septembre 2026 ne peuvent plus être lues après le 30 juin 2027",
        "jusqu’au 1er septembre 2026 peuvent être en clair : leur date d’expiration n’est pas enregistrée",
        "Un registre remplacé par une sauvegarde est encore gardé",
    ):
        assert sentence in said


@pytest.mark.rule("D3")
@pytest.mark.parametrize(
    ("clear_on", "until"), [(None, date(2027, 6, 30)), (DUE, date(2027, 6, 30)), (DUE + DAY, None)]
)
def test_no_date_is_told_where_all_copies_of_before_the_destruction_may_be_in_clear(
    office: MemoryOffice, tmp_path: Path, clear_on: date | None, until: date | None
) -> None:
    (tmp_path / "recipients").touch()
    backup = BackupSettings(recipients_file=tmp_path / "recipients")
    settings = office.settings.model_copy(update={"backup": backup})
    with office.context.work() as work:
        if clear_on is not None:
            note_clear_copy(work, clear_on)
        backup_keys.used(work, [Recipient("2027-05", "age1later")], DUE + 60 * DAY)  # its copies never had the data
        assert attestations._readable_until(work.connection, settings, DUE + DAY, work.clock.today()) == until


@pytest.mark.rule("D3")
def test_a_certificate_that_was_changed_in_the_register_is_told_by_the_journal(office: MemoryOffice) -> None:
    _request(office)
    _destroy_all(office)
    _issue(office, 1)
    with office.context.register.engine.begin() as connection:
        connection.execute(update(t.attestation).values(document=b"%PDF-1.7 another"))
    bad = verify_journal(office.context.register).bad
    assert bad is not None
    assert bad.difference is not None
    assert (bad.difference.table, bad.difference.column) == ("attestation", "document")


@pytest.mark.rule("D3")
def test_a_certificate_tells_those_whose_habilitation_is_gone_from_those_whose_is_not_and_what_has_expired() -> None:
    on = date(2028, 9, 2)
    certificate = Certificate(
        attestation=Attestation(id=1, partner=LYS.code, requested_on=CLOSED, habilitations=(1, 2, 3)),
        caf="Caf d'essai",
        partner=LYS,
        count=3,
        kept=0,
        returned=2,
        destroyed_on=(DUE,),
        events_until=DUE + 30 * DAY,
        habilitations_until=(on + DAY, on + DAY),
        backups_until=None,
        clear_until=None,
        is_replaced_kept=False,
        is_sqlite=True,
        other_backups_days=None,
        archives_reference="",
        fingerprint="0" * 64,
        on=on,
    )
    said = certificate.values(Head(1, "0" * 64))
    assert said["habilitations"] == (
        "Celles d'une personne sont déjà détruites. Les autres seront détruites le 3 septembre 2028, sauf litige ou "
        "incident."
    )
    assert said["events"] == "ceux qui nommaient encore ces comptes ont expiré le 31 mars 2027"
    assert said["apart"] == ["2 personnes ont de nouveau un accès depuis la demande, et n'en font plus partie."]


@pytest.mark.rule("D3")
@pytest.mark.rule("A8")
def test_a_habilitation_that_goes_before_its_account_is_attested_once_the_account_is_gone(
    tmp_path: Path, seal: AttestationSettings
) -> None:
    office = MemoryOffice(tmp_path / "office", read=reading(ANNEXES))
    office.settings = office.settings.model_copy(update={"attestation": seal})
    office.reopen()
    for code in (LYS.code, "sivom"):
        office.add_partner(code, "agglo-lys.example")
    _apply(office, START, b"all")
    office.on(date(2026, 7, 1))
    lent = Decisions(waive={1: "mise à disposition"})
    office.apply(Document(name="1.csv", content=b"a loan"), "sivom", lent)
    _apply(office, CLOSED, b"departures")
    assert _request(office, "vasseur") == (1, 1, True)
    assert _standings(office) == [Standing.KEPT]
    for day in (date(2028, 8, 31), date(2028, 9, 1)):
        office.on(day)
        office.sync()
    assert [h.partner for h in office.context.register.records().habilitations if h.email == email("vasseur")] == [
        "sivom"
    ]
    office.on(date(2028, 10, 1))
    office.apply(Document(name="1.csv", content=b"end of the loan"), "sivom")
    assert _standings(office) == [Standing.KEPT]
    for day in (date(2029, 4, 1), date(2029, 4, 2)):
        office.on(day)
        office.sync()
    issued = _issue(office)
    assert (issued.kept, issued.rest) == (0, None)
    assert "destruction des données de 1 compte, effectuée le 2 avril 2029" in _text(issued.attestation.document)
    assert verify_journal(office.context.register).bad is None
    office.close()


@pytest.mark.rule("D3")
def test_nobody_waits_while_the_file_is_sealed_and_what_is_decided_meanwhile_is_not_attested_against(
    office: MemoryOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    _request(office)
    _hold(office, "petit")
    _destroy_all(office)
    sealed = attestations._sealed

    def meanwhile(*arguments: Any) -> bytes:
        """A write by somebody else, which the lock of a unit of work would keep waiting."""
        _hold(office, "petit", ends=True)
        monkeypatch.setattr(attestations, "_sealed", sealed)
        return sealed(*arguments)

    monkeypatch.setattr(attestations, "_sealed", meanwhile)
    assert _refused(office).code is Refusal.NOT_DESTROYED_YET
    assert _standings(office) == [Standing.DESTROYED, Standing.DUE]  # nothing was issued, no number is lost

    def at_the_same_time(*arguments: Any) -> bytes:
        monkeypatch.setattr(attestations, "_sealed", sealed)
        _issue(office)
        return sealed(*arguments)

    _hold(office, "petit")
    monkeypatch.setattr(attestations, "_sealed", at_the_same_time)
    with pytest.raises(DecidedMeanwhile):
        _issue(office)
    assert _issue(office).rest == 2  # the file of the other command
    assert len(attestations.all_progress(office.context.register)) == 2
