"""The drop folder on a real disk and a real register, with a directory in memory: every trap, every death."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from sqlalchemy import select
from structlog.testing import capture_logs

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.details import WhyUnreadable
from provisioner.domain.annexe.document import Annexe, Finding, Severity
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.convention import Role
from provisioner.keycloak.errors import KeycloakUnavailable
from provisioner.operations import decide, folders
from provisioner.operations.contacts import read_contacts, set_caf_contacts, set_partner_contacts
from provisioner.operations.doctor.register import folder_lines
from provisioner.operations.drop_folder import take
from provisioner.operations.errors import FoldersFail, UnknownRealm
from provisioner.operations.notices import tell_waiting
from provisioner.operations.prepare import prepare
from provisioner.operations.receive import request_of
from provisioner.register import Register, annexes, dropped_files
from provisioner.register.marks import accept_realm, set_realm
from provisioner.register.tables import notice
from provisioner.settings import DocumentSettings
from tests.fakes.failing import Killed
from tests.fakes.memory_office import MemoryOffice
from tests.shared.examples import LYS, annexe, email
from tests.shared.office import valid

TODAY = date(2026, 9, 2)
POLL = timedelta(seconds=10)
GOOD, WRONG, SCRAWL = b"good", b"wrong", b"\0scrawl"


def _read(content: bytes, _name: str, _limits: DocumentSettings) -> Annexe:
    """In place of an office file: who is asked for, one a line."""
    if content.startswith(b"\0"):
        return Annexe(None, (), (Finding("unreadable-document", Severity.ERROR, details=WhyUnreadable("damaged")),))
    asked = annexe(dict.fromkeys(content.decode().split(), date(2026, 9, 1)), on=date(2026, 9, 1))
    if content.startswith(WRONG):
        return replace(asked, findings=(Finding("date-invalid", Severity.ERROR, 1, 1, None, "hier"),))
    return asked


class Desk:
    """An office in memory with its drop folders; a poll is a look, ten seconds after the last one."""

    def __init__(self, home: Path, *, automatic: bool = False) -> None:
        self.home, self.automatic = home, automatic
        self.office = MemoryOffice(home, read=_read)
        self.office.on(TODAY)
        for code in (LYS.code, "sivom"):
            self.office.add_partner(code, "agglo-lys.example")
        self.set_up()

    def set_up(self) -> None:
        approval = self.office.settings.approval.model_copy(update={"automatic": self.automatic})
        settings = self.office.settings.model_copy(update={"approval": approval})
        self.context = replace(self.office.context, settings=settings)

    def reopen(self) -> None:
        self.office.reopen()
        self.set_up()

    def drop(self, name: str | bytes, content: bytes, folder: str = LYS.code) -> Path:
        path = self.home / "inbox" / folder / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def poll(self, times: int = 1) -> None:
        for _ in range(times):
            self.office.hand_clock.now += POLL
            take(self.context)

    def annexes(self) -> list[KeptAnnexe]:
        with self.context.register.read() as connection:
            return annexes.kept(connection)

    def files(self, *folders: str) -> list[str]:
        """Every file of these folders, hidden ones too."""
        roots = [self.home / folder for folder in folders]
        paths = (path for root in roots for path in root.rglob("*") if not path.is_dir() or path.is_symlink())
        return sorted(str(path.relative_to(self.home)) for path in paths)

    def told(self, report: str, folder: str = LYS.code) -> Any:
        """The report as JSON, once its page says the same."""
        path = self.home / "outbox" / folder / f"{report}.rapport.json"
        answer = valid(json.loads(path.read_text("utf-8")), "report")
        page = html.document_fromstring(path.with_suffix(".html").read_text("utf-8")).text_content()
        page = page.replace("\N{NO-BREAK SPACE}", " ")
        for finding in answer["findings"]:
            assert finding["message"] in page
        return answer

    def reject(self, kept: KeptAnnexe) -> None:
        self.office.hand_clock.now += timedelta(seconds=1)
        decide.reject(self.context.register, self.context.settings, kept.id, "Claire Martin", "Envoyée par erreur")

    def sync(self) -> None:
        self.office.hand_clock.now += timedelta(seconds=1)
        self.office.sync()

    def approve(self, kept: KeptAnnexe) -> None:
        self.office.hand_clock.now += timedelta(seconds=1)
        plan = prepare(self.context, request_of(self.context, kept.id, "x", Decisions())).plan
        assert plan is not None
        decide.approve(self.context, kept.id, plan.ids[kept.partner], "Claire Martin", Decisions())

    def nothing_is_left(self) -> None:
        """The inbox is empty, and another run has nothing to do."""
        before = self.files("outbox", "refused")
        assert self.files("inbox") == []
        self.poll()
        with effects() as count:
            self.poll()
        assert count.seen == 0
        assert self.files("outbox", "refused") == before
        assert not [name for name in before if ".tmp" in name]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "data")


def pair(report: str, folder: str = LYS.code) -> list[str]:
    return [f"outbox/{folder}/{report}.rapport.{end}" for end in ("html", "json")]


class Effects:
    """Counts what changes the disk or the register; before the one that is `fatal`, the process dies."""

    def __init__(self) -> None:
        self.seen, self.fatal = 0, 0

    def comes(self) -> None:
        self.seen += 1
        if self.seen == self.fatal:
            raise Killed


@contextmanager
def effects(fatal: int = 0) -> Iterator[Effects]:
    count = Effects()
    count.fatal = fatal
    with pytest.MonkeyPatch.context() as patch:

        def watched(real: Callable[..., Any]) -> Callable[..., Any]:
            def call(what: Any, *given: Any, **named: Any) -> Any:
                is_there_already = real.__name__ == "mkdir" and Path(what).exists()
                if not is_there_already:
                    count.comes()
                return None if real.__name__ == "fsync" else real(what, *given, **named)

            return call

        for name in ("replace", "unlink", "fsync", "mkdir"):
            patch.setattr(os, name, watched(getattr(os, name)))
        real_work = Register.work

        @contextmanager
        def work(register: Register, by: str) -> Iterator[Any]:
            with real_work(register, by) as begun:
                yield begun
                count.comes()

        patch.setattr(Register, "work", work)
        yield count


def test_a_whole_file_is_taken_at_the_second_look_and_answered(desk: Desk) -> None:
    desk.drop("Envoi de juin.docx", GOOD)
    desk.poll()
    assert desk.annexes() == []
    desk.poll()
    (kept,) = desk.annexes()
    assert (kept.partner, kept.status, kept.file_name, kept.received_on) == (
        LYS.code,
        "checked",
        "Envoi de juin.docx",
        TODAY,
    )
    told = desk.told("Envoi de juin.docx")
    assert (told["annexe"], told["status"], told["valid"], told["received_on"]) == (
        kept.id,
        "checked",
        True,
        "2026-09-02",
    )
    assert [row["email"] for row in told["open"]] == [email("good")]
    assert desk.files("outbox") == pair("Envoi de juin.docx")
    desk.nothing_is_left()


def test_a_dropped_file_is_read_once_for_its_check_and_its_first_report(desk: Desk) -> None:
    readings: list[str] = []

    def read(content: bytes, name: str, limits: DocumentSettings) -> Annexe:
        readings.append(name)
        return _read(content, name, limits)

    desk.context = replace(desk.context, read=read)
    desk.drop("envoi.docx", WRONG)
    desk.poll(2)
    assert desk.told("envoi.docx")["status"] == "refused"
    assert readings == ["envoi.docx"]


def test_a_file_that_grows_is_not_taken_before_it_stays_as_it_is(desk: Desk) -> None:
    path = desk.drop("envoi.docx", b"good\n")
    for name in (b"better\n", b"best\n"):
        desk.poll()
        with path.open("ab") as file:
            file.write(name)
    desk.poll()
    assert desk.annexes() == []
    desk.poll()
    assert len(desk.told("envoi.docx")["open"]) == 3


def test_a_file_that_the_disk_showed_as_it_was_before_is_looked_at_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network file system may show old attributes until the file is opened."""
    path = desk.drop("envoi.docx", b"good\n")
    stale = path.stat()
    desk.poll()
    with path.open("ab") as file:
        file.write(b"better\n")
    with monkeypatch.context() as patch:
        patch.setattr("provisioner.operations.folders.os.scandir", _scandir_with(path.name, stale))
        desk.poll()
        assert desk.annexes() == []
    desk.poll(2)
    assert len(desk.told("envoi.docx")["open"]) == 2
    desk.nothing_is_left()


def _scandir_with(name: str, status: os.stat_result) -> Any:
    class Entry:
        def __init__(self, real: os.DirEntry[str]) -> None:
            self.name, self.path, self.is_dir, self.is_symlink = real.name, real.path, real.is_dir, real.is_symlink
            self.stat = lambda **given: status if real.name == name else real.stat(**given)

    real_scandir = os.scandir

    @contextmanager
    def scandir(path: Path) -> Iterator[list[Entry]]:
        with real_scandir(path) as entries:
            yield [Entry(entry) for entry in entries]

    return scandir


def test_a_file_moved_in_with_an_old_time_is_taken(desk: Desk) -> None:
    os.utime(desk.drop("envoi.docx", GOOD), (0, 0))
    desk.poll(2)
    desk.nothing_is_left()
    assert desk.told("envoi.docx")["status"] == "checked"


def test_a_file_dated_centuries_ahead_is_taken_and_keeps_no_other_waiting(desk: Desk) -> None:
    year_2400 = 13_569_465_600
    os.utime(desk.drop("a.docx", GOOD), (year_2400, year_2400))
    desk.drop("b.docx", b"better")
    desk.poll(2)
    assert desk.files("outbox") == sorted([*pair("a.docx"), *pair("b.docx")])
    desk.nothing_is_left()


def test_what_is_no_file_to_take_stays_untouched(desk: Desk, tmp_path: Path) -> None:
    inbox = desk.home / "inbox" / LYS.code
    (tmp_path / "secret.docx").write_bytes(GOOD)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.docx").write_bytes(GOOD)
    for name in (".envoi.docx.Xy", "~$envoi.docx", ".~lock.envoi.odt#", "envoi.docx.part", "envoi.docx.crdownload"):
        desk.drop(name, GOOD)
    desk.drop("sous-dossier/envoi.docx", GOOD)
    (inbox / "lien.docx").symlink_to(tmp_path / "secret.docx")
    (desk.home / "inbox" / "sivom-2").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(inbox / "tube.docx")
    before = desk.files("inbox")
    desk.poll(3)
    assert desk.files("inbox") == before
    assert desk.annexes() == []
    assert desk.files("outbox", "refused") == []
    assert (tmp_path / "elsewhere" / "a.docx").exists()


@pytest.mark.parametrize(
    ("name", "called"),
    [
        (b"d\xe9part.docx", "d\N{REPLACEMENT CHARACTER}part.docx"),
        (b"a\nb.docx", "a_b.docx"),
        ("é".encode() * 120 + b".docx", None),
        (b"<b>.docx", "<b>.docx"),
        (b"-rf.docx", "-rf.docx"),
    ],
)
def test_a_file_may_have_any_name(desk: Desk, name: bytes, called: str | None) -> None:
    desk.drop(name, GOOD)
    desk.poll(2)
    desk.nothing_is_left()
    (report,) = (path for path in (desk.home / "outbox" / LYS.code).glob("*.json"))
    assert called is None or report.name == f"{called}.rapport.json"
    assert len(desk.annexes()) == 1


def test_two_partners_may_use_the_same_name(desk: Desk) -> None:
    desk.drop("envoi.docx", GOOD)
    desk.drop("envoi.docx", b"other", "sivom")
    desk.poll(2)
    assert desk.files("outbox") == [*pair("envoi.docx"), *pair("envoi.docx", "sivom")]
    assert desk.told("envoi.docx", "sivom")["partner"] == "sivom"


def test_a_name_used_again_gives_a_second_report(desk: Desk) -> None:
    for content in (GOOD, b"better"):
        desk.drop("envoi.docx", content)
        desk.poll(2)
    assert desk.files("outbox") == sorted([*pair("envoi.docx"), *pair("envoi-2.docx")])
    assert [kept.sha256 for kept in desk.annexes()] == [
        desk.told(name)["sha256"] for name in ("envoi.docx", "envoi-2.docx")
    ]


def test_the_same_content_again_is_answered_with_the_state_that_it_has(desk: Desk) -> None:
    desk.drop("envoi.docx", GOOD)
    desk.poll(2)
    (kept,) = desk.annexes()
    desk.approve(kept)
    desk.drop("copie.docx", GOOD)
    desk.poll(2)
    assert desk.annexes()[0].approved_by == "Claire Martin"
    assert (desk.told("copie.docx")["annexe"], desk.told("copie.docx")["status"]) == (kept.id, "approved")
    desk.nothing_is_left()


def test_a_refused_content_is_checked_anew_when_it_comes_again(desk: Desk) -> None:
    desk.drop("envoi.docx", WRONG)
    desk.poll(2)
    assert desk.told("envoi.docx")["status"] == "refused"
    assert desk.files("inbox", "refused") == []
    desk.office.on(TODAY + timedelta(days=3))
    desk.drop("envoi.docx", WRONG)
    desk.poll(2)
    (kept,) = desk.annexes()
    assert (kept.received_on, kept.submitted_at.date()) == (TODAY, TODAY + timedelta(days=3))
    assert desk.told("envoi-2.docx")["findings"][0]["code"] == "date-invalid"


def owed(desk: Desk) -> list[tuple[str, str]]:
    """The notices to the Caf that wait to be sent: their subject and their text."""
    with desk.context.register.read() as connection:
        messages = [
            message_from_bytes(row.content, policy=default)
            for row in connection.execute(select(notice).where(notice.c.recipient == "habilitations@caf.example"))
        ]
    return [
        (str(message["subject"]), " ".join(message.get_body(("plain",)).get_content().split()))  # type: ignore[union-attr]
        for message in messages
    ]


@pytest.fixture
def caf(desk: Desk) -> None:
    people = read_contacts({Role.HABILITATIONS: "habilitations@caf.example"}, TODAY, TODAY)
    set_caf_contacts(desk.context.register, people, desk.context.settings, "test")


@pytest.mark.rule("A10")
@pytest.mark.usefixtures("caf")
def test_a_dropped_annexe_that_waits_for_a_person_is_told_once_and_again_after_three_working_days(desk: Desk) -> None:
    desk.drop("envoi.docx", GOOD)  # a Wednesday
    desk.poll(5)
    ((subject, text),) = owed(desk)
    (kept,) = desk.annexes()
    assert subject == "Coopération : annexe 1 en attente de votre décision (agglo-lys)"
    assert f"provisioner annexe approve {kept.id} --plan " in text
    for days, count in ((1, 1), (4, 1), (5, 2), (6, 2), (12, 2)):  # the third working day is a Monday
        desk.office.on(TODAY + timedelta(days=days))
        desk.sync()
        assert len(owed(desk)) == count, days
    assert owed(desk)[1][0] == "Coopération : rappel, annexe 1 en attente de votre décision (agglo-lys)"


@pytest.mark.rule("A4")
@pytest.mark.usefixtures("caf")
def test_the_caf_is_told_whether_the_partner_knows_of_the_errors(desk: Desk) -> None:
    desk.drop("envoi.docx", GOOD)
    desk.poll(2)
    refused = replace(desk.annexes()[0], valid=False)
    register, settings = desk.context.register, desk.context.settings
    people = dict.fromkeys((Role.HABILITATIONS, Role.SECURITE), "Anne Petit <anne@agglo-lys.example>")
    for words in ("le partenaire n'en a pas été avisé", "le partenaire en a été avisé"):
        with register.work("test") as work:
            tell_waiting(work, settings, refused, None, "0a1b2c3d")
        assert words in owed(desk)[-1][1]
        assert f"provisioner annexe approve {refused.id} --closures-only --plan 0a1b2c3d" in owed(desk)[-1][1]
        set_partner_contacts(register, refused.partner, read_contacts(people, TODAY, TODAY), "test")


@pytest.mark.rule("A10")
@pytest.mark.usefixtures("caf")
def test_one_that_was_decided_upon_is_not_told_again(desk: Desk) -> None:
    desk.drop("envoi.docx", GOOD)
    desk.poll(2)
    desk.approve(desk.annexes()[0])
    desk.office.on(TODAY + timedelta(days=12))
    desk.sync()
    assert len([subject for subject, _ in owed(desk) if "en attente" in subject]) == 1


@pytest.mark.rule("A10")
def test_each_outcome_is_told_in_the_same_report(desk: Desk) -> None:
    for name, content in (("a.docx", GOOD), ("b.docx", b"better")):
        desk.drop(name, content)
        desk.poll(2)
    first, second = desk.annexes()
    desk.reject(second)
    desk.approve(first)
    desk.poll()
    assert (desk.told("a.docx")["status"], desk.told("b.docx")["status"]) == ("approved", "rejected")
    desk.sync()
    desk.poll()
    assert (desk.told("a.docx")["status"], desk.told("a.docx")["approved_by"]) == ("applied", "Claire Martin")
    page = (desk.home / pair("a.docx")[0]).read_text("utf-8")
    assert "Appliquée le 2 septembre 2026" in page
    assert "Envoyée par erreur" not in (desk.home / pair("b.docx")[0]).read_text("utf-8")
    desk.nothing_is_left()


def test_a_report_that_somebody_took_away_is_written_again_at_the_outcome_only(desk: Desk) -> None:
    desk.drop("a.docx", GOOD)
    desk.poll(2)
    for name in pair("a.docx"):
        (desk.home / name).unlink()
    desk.poll()
    assert desk.files("outbox") == []
    desk.approve(desk.annexes()[0])
    desk.poll()
    assert desk.files("outbox") == pair("a.docx")


@pytest.mark.parametrize(
    ("folder", "says"),
    [
        ("agglo-lis", "Le code partenaire « agglo-lis » n'est pas connu"),
        ("AGGLO-LYS", "Le code partenaire « AGGLO-LYS » n'est pas connu"),
        ("", "Le partenaire n'est pas indiqué"),
    ],
)
def test_a_file_of_an_unknown_partner_is_set_aside_with_a_report(desk: Desk, folder: str, says: str) -> None:
    desk.drop("envoi.docx", GOOD, folder)
    desk.poll(2)
    told = desk.told("envoi.docx", "_inconnu")
    assert (told["annexe"], told["partner"], told["status"], told["valid"]) == (None, None, "refused", False)
    assert says in told["findings"][0]["message"]
    assert desk.files("refused") == ["refused/1-envoi.docx"]
    assert desk.annexes() == []
    desk.nothing_is_left()


def test_a_file_that_cannot_be_read_is_set_aside_and_its_report_says_what_to_do(desk: Desk) -> None:
    desk.drop("envoi.docx", SCRAWL)
    desk.poll(2)
    told = desk.told("envoi.docx")
    assert [finding["code"] for finding in told["findings"]] == ["unreadable-document"]
    assert desk.files("refused") == ["refused/1-envoi.docx"]
    desk.nothing_is_left()


def test_a_file_that_is_too_big_is_never_opened(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.drop("envoi.docx", b"")
    with path.open("wb") as file:
        file.truncate(20 * 2**20 + 1)
    desk.drop("limite.docx", GOOD.ljust(20 * 2**20))
    monkeypatch.setattr(os, "open", _refusing(path, os.open))
    desk.poll(2)
    assert "trop volumineux" in desk.told("envoi.docx")["findings"][0]["message"]
    assert desk.told("limite.docx")["status"] == "checked"
    assert desk.files("refused") == ["refused/1-envoi.docx"]
    desk.nothing_is_left()


def test_a_file_that_may_not_be_opened_has_ten_minutes_then_is_set_aside_and_keeps_no_other_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = desk.drop("a.docx", GOOD)
    desk.drop("b.docx", b"better")
    monkeypatch.setattr(os, "open", _refusing(closed, os.open))
    desk.poll(2)
    assert desk.files("outbox") == pair("b.docx")
    desk.office.hand_clock.now += timedelta(minutes=10)
    desk.poll()
    assert "droits d'accès" in desk.told("a.docx")["findings"][0]["message"]
    assert desk.files("refused") == ["refused/1-a.docx"]
    desk.nothing_is_left()


def _refusing(path: Path, real: Callable[..., int]) -> Callable[..., int]:
    """As for a file without the right to read it, which root always has."""

    def opened(what: Any, *more: Any, **named: Any) -> int:
        if Path(what) == path:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(what, *more, **named)

    return opened


def test_an_outbox_that_is_full_leaves_the_file_where_it_is_and_the_next_run_ends_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.drop("a.docx", GOOD)
    desk.drop("b.docx", b"better")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device")))
        desk.poll()
        for _ in range(3):
            with pytest.raises(FoldersFail, match="No space left on device"):
                desk.poll()
    assert len(desk.files("inbox")) == 2
    assert [kept.status for kept in desk.annexes()] == ["checked", "checked"]
    desk.poll()
    assert desk.files("outbox") == sorted([*pair("a.docx"), *pair("b.docx")])
    desk.nothing_is_left()


def test_a_file_that_cannot_leave_the_inbox_is_answered_once_and_the_engineer_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.drop("a.docx", GOOD)
    desk.poll()

    def denied(_path: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    with monkeypatch.context() as patch, capture_logs() as log:
        real = os.unlink
        patch.setattr(os, "unlink", lambda path, **more: denied(path) if "inbox" in str(path) else real(path, **more))
        for _ in range(3):
            with pytest.raises(FoldersFail, match="not permitted"):
                desk.poll()
    assert [line["event"] for line in log if line["event"].startswith("drop.")] == ["drop.taken", "drop.told"]
    assert desk.files("outbox") == pair("a.docx")
    desk.poll()
    desk.nothing_is_left()


def test_a_folder_that_cannot_be_listed_hides_no_other_and_forgets_none_of_its_files(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.drop("a.docx", GOOD)
    desk.drop("b.docx", b"better", "sivom")
    desk.poll()
    real = os.scandir

    def scandir(path: Any) -> Any:
        if Path(path).name == LYS.code:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        with pytest.raises(FoldersFail):
            desk.poll()
    assert desk.files("outbox") == pair("b.docx", "sivom")
    desk.poll()
    assert desk.told("a.docx")["status"] == "checked"


def test_an_inbox_that_cannot_be_used_is_told_as_such(desk: Desk) -> None:
    (desk.home / "inbox").write_text("no folder")
    with pytest.raises(FoldersFail):
        desk.poll()


def test_each_file_that_fails_is_logged_not_the_first_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.docx", "b.docx", "c.docx"):
        desk.drop(name, name.encode())
    desk.poll()

    def no_room(_path: Path, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, capture_logs() as log:
        patch.setattr(folders, "write", no_room)
        with pytest.raises(FoldersFail, match="No space left"):
            desk.poll()
    assert [line["errno"] for line in log if line["event"] == "drop.failed"] == [errno.ENOSPC] * 2


def test_a_defect_about_one_file_keeps_no_other_waiting(desk: Desk) -> None:
    def read(content: bytes, name: str, limits: DocumentSettings) -> Annexe:
        if content == GOOD:
            raise ZeroDivisionError
        return _read(content, name, limits)

    desk.drop("a.docx", GOOD)
    desk.drop("b.docx", b"better")
    desk.poll()
    desk.context = replace(desk.context, read=read)
    with pytest.raises(ZeroDivisionError):
        desk.poll()
    assert desk.files("outbox") == pair("b.docx")


def test_while_keycloak_is_away_the_file_waits_and_is_received_the_day_it_was_first_seen(desk: Desk) -> None:
    desk.drop("envoi.docx", GOOD)
    desk.poll()
    desk.office.directory.fail(1, for_good=True)
    with suppress(KeycloakUnavailable):
        desk.office.directory.place_group("x")
    with pytest.raises(KeycloakUnavailable):
        desk.poll()
    desk.reopen()
    desk.office.on(TODAY + timedelta(days=4))
    assert len(desk.files("inbox")) == 1
    desk.poll()
    (kept,) = desk.annexes()
    assert kept.received_on == TODAY
    assert desk.told("envoi.docx")["received_on"] == "2026-09-02"


def test_in_another_realm_the_file_waits_and_nothing_is_kept_of_it(desk: Desk) -> None:
    desk.sync()
    with desk.context.register.work("test") as work:
        set_realm(work, "another")
    desk.drop("envoi.docx", GOOD)
    desk.poll()
    with pytest.raises(UnknownRealm):
        desk.poll()
    assert (desk.annexes(), len(desk.files("inbox"))) == ([], 1)
    with desk.context.register.work("test") as work:
        accept_realm(work, "another", desk.office.directory.realm_id(), by="Claire Martin", reason="refait")
    desk.poll()
    assert (len(desk.annexes()), desk.files("inbox")) == (1, [])


def test_a_stop_ends_it_between_two_files(desk: Desk) -> None:
    desk.drop("a.docx", GOOD)
    desk.drop("b.docx", b"better")
    desk.poll()

    def read(content: bytes, name: str, limits: DocumentSettings) -> Annexe:
        desk.context.stop.set()
        return _read(content, name, limits)

    desk.context = replace(desk.context, read=read)
    desk.poll()
    assert desk.files("outbox") == pair("a.docx")
    desk.reopen()
    desk.poll()
    desk.nothing_is_left()


def test_a_newer_file_put_in_place_of_one_that_is_being_taken_is_taken_too(desk: Desk) -> None:
    path = desk.drop("envoi.docx", GOOD)
    desk.poll()

    def read(content: bytes, name: str, limits: DocumentSettings) -> Annexe:
        if content == GOOD:
            path.write_bytes(b"better")
        return _read(content, name, limits)

    desk.context = replace(desk.context, read=read)
    desk.poll(4)
    assert [kept.sha256 for kept in desk.annexes()] == [
        desk.told(name)["sha256"] for name in ("envoi.docx", "envoi-2.docx")
    ]
    desk.nothing_is_left()


def test_a_file_that_somebody_took_back_is_forgotten(desk: Desk) -> None:
    path = desk.drop("envoi.docx", GOOD)
    desk.poll()
    path.unlink()
    desk.poll()
    with desk.context.register.read() as connection:
        assert dropped_files.known(connection) == []
    desk.nothing_is_left()


def test_a_refused_file_taken_back_before_its_report_was_written_is_forgotten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = desk.drop("envoi.docx", GOOD, "nulle-part")
    desk.poll()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device")))
        with pytest.raises(FoldersFail):
            desk.poll()
    path.unlink()
    desk.poll()
    desk.office.on(date(2026, 10, 3))
    desk.poll()
    assert desk.files("inbox", "outbox", "refused") == []


def test_a_partners_folder_put_away_for_a_link_while_its_file_is_taken_loses_nothing_elsewhere(
    desk: Desk, tmp_path: Path
) -> None:
    path = desk.drop("envoi.docx", GOOD)

    def read(content: bytes, name: str, limits: DocumentSettings) -> Annexe:
        if not path.parent.is_symlink():
            path.parent.rename(tmp_path / "theirs")
            path.parent.symlink_to(tmp_path / "theirs")
        return _read(content, name, limits)

    desk.context = replace(desk.context, read=read)
    desk.poll(3)
    assert (tmp_path / "theirs" / "envoi.docx").read_bytes() == GOOD


def test_a_file_is_set_aside_on_another_file_system_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.drop("envoi.docx", SCRAWL)
    real, real_unlink, real_fsync, kept = os.replace, os.unlink, os.fsync, set[int]()

    def fsync(descriptor: int) -> None:
        kept.add(os.fstat(descriptor).st_ino)
        real_fsync(descriptor)

    def unlink(file: Any, **more: Any) -> None:
        if Path(file) == path:  # not before the disk has the copy
            assert {refused.stat().st_ino for refused in desk.home.glob("refused/*")} <= kept
        real_unlink(file, **more)

    def across(source: Any, target: Any) -> None:
        if Path(source) == path:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(source, target)

    monkeypatch.setattr(os, "replace", across)
    monkeypatch.setattr(os, "unlink", unlink)
    monkeypatch.setattr(os, "fsync", fsync)
    desk.poll(2)
    assert (desk.home / "refused" / "1-envoi.docx").read_bytes() == SCRAWL
    desk.nothing_is_left()


@pytest.mark.rule("A2")
def test_reports_and_set_aside_files_are_destroyed_30_days_after_their_outcome(desk: Desk) -> None:
    desk.drop("refusee.docx", WRONG)
    desk.drop("illisible.docx", SCRAWL)
    desk.drop("inconnu.docx", GOOD, "nulle-part")
    desk.poll(2)
    assert len(desk.files("outbox", "refused")) == 8
    desk.office.on(date(2026, 10, 2))
    desk.sync()
    desk.poll()
    assert len(desk.files("outbox", "refused")) == 8
    desk.office.on(date(2026, 10, 3))
    desk.sync()
    desk.poll()
    assert desk.files("outbox", "refused") == []
    assert b"refusee" not in (desk.home / "provisioner.sqlite3").read_bytes()


@pytest.mark.rule("A2")
def test_an_applied_annexe_takes_the_reports_on_those_before_it_with_it(desk: Desk) -> None:
    for name, content in (("a.docx", WRONG), ("b.docx", SCRAWL), ("c.docx", GOOD)):
        desk.drop(name, content)
    desk.poll(2)
    desk.approve(desk.annexes()[-1])
    desk.sync()
    desk.poll()
    assert desk.files("outbox", "refused") == pair("c.docx")


@pytest.mark.rule("A2")
def test_the_report_on_an_applied_annexe_goes_after_30_days(desk: Desk) -> None:
    desk.drop("c.docx", GOOD)
    desk.poll(2)
    desk.approve(desk.annexes()[-1])
    desk.sync()
    desk.poll()
    applied_on = desk.office.context.clock.today()
    for days, reports in ((30, pair("c.docx")), (31, [])):
        desk.office.on(applied_on + timedelta(days=days))
        desk.poll()
        assert desk.files("outbox") == reports


@pytest.mark.rule("A2")
def test_what_the_register_does_not_know_of_is_destroyed_30_days_after_it_came(desk: Desk) -> None:
    desk.drop("envoi.docx", GOOD)
    desk.poll(2)
    unknown = [desk.home / "outbox" / LYS.code / "autre.docx.rapport.html", desk.home / "refused" / "9-autre.docx"]
    mine = desk.home / "outbox" / LYS.code / "notes.txt"
    for path in (*unknown, mine):
        path.write_text("Carpentier")
    desk.office.hand_clock.now += timedelta(days=20)
    desk.poll()
    assert all(path.exists() for path in unknown)
    desk.office.on(date.today() + timedelta(days=3000))  # noqa: DTZ011  the disk's own clock dates them
    desk.poll()
    assert not any(path.exists() for path in unknown)
    assert mine.exists()


@pytest.mark.rule("A2")
def test_a_folder_that_is_not_ours_does_not_stop_that(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.poll()
    for name in ("refused/dossier", "refused/lost+found", "outbox/lost+found", "outbox/ferme", "inbox/lost+found"):
        (desk.home / name).mkdir()
    (desk.home / "refused" / "9-autre.docx").write_text("Carpentier")
    desk.drop("envoi.docx", GOOD)
    real = os.listdir

    def listdir(path: Any) -> list[str]:
        if Path(path).name in ("lost+found", "ferme"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "listdir", listdir)
    desk.office.on(date.today() + timedelta(days=3000))  # noqa: DTZ011  the disk's own clock dates them
    with pytest.raises(FoldersFail, match="Permission denied"):  # once a day
        desk.poll()
    desk.poll()
    assert desk.files("outbox", "refused") == pair("envoi.docx")


@pytest.mark.rule("A8")
def test_the_report_does_not_tell_who_else_has_an_account(desk: Desk) -> None:
    desk.office.directory.add_foreign_account(email("good"))
    desk.drop("envoi.docx", GOOD)
    desk.poll(2)
    told = desk.told("envoi.docx")
    assert [finding["code"] for finding in told["findings"]] == ["address-refused"]
    assert "la Caf vous contactera" in told["findings"][0]["message"]


def test_no_log_line_names_a_file(desk: Desk) -> None:
    with capture_logs() as log:
        for content in (GOOD, WRONG, SCRAWL):
            desk.drop(f"Carpentier{len(content)}.docx", content)
        desk.drop("Carpentier.docx", GOOD, "carpentier")
        desk.poll(3)
    assert len(log) > 8
    assert "carpentier" not in str(log).lower()


def test_a_partners_folder_may_be_used_by_whom_the_inbox_may_be_used_by(desk: Desk) -> None:
    desk.poll()
    assert [(desk.home / name).stat().st_mode & 0o7777 for name in ("inbox", f"inbox/{LYS.code}", "refused")] == [
        0o750,
        0o750,
        0o700,
    ]
    (desk.home / "inbox").chmod(0o2770)
    desk.office.add_partner("ville", "ville.example")
    desk.poll()
    assert (desk.home / "inbox" / "ville").stat().st_mode & 0o7777 == 0o2770


def test_a_partners_folder_is_never_left_without_its_mode(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.poll()
    (desk.home / "inbox").chmod(0o2770)
    desk.office.add_partner("ville", "ville.example")
    with monkeypatch.context() as patch:
        patch.setattr(os, "chmod", _raising(Killed()))
        with pytest.raises(Killed):
            desk.poll()
    desk.poll()
    assert (desk.home / "inbox" / "ville").stat().st_mode & 0o7777 == 0o2770


def test_a_partners_folder_in_other_letters_is_taken_as_it_is_where_the_disk_makes_no_difference(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.drop("envoi.docx", GOOD)
    (desk.home / "inbox" / "sivom").mkdir()
    (desk.home / "inbox" / "sivom" / "sous-dossier").mkdir()
    real = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: (child.with_name(child.name.upper()) for child in real(path)))
    desk.poll(2)
    assert desk.told("envoi.docx")["status"] == "checked"


def test_where_the_disk_knows_no_modes_the_folders_are_made_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "chmod", _raising(PermissionError(errno.EPERM, "Operation not permitted")))
    desk.poll()
    assert (desk.home / "outbox" / LYS.code).is_dir()


def _raising(error: BaseException) -> Callable[..., None]:
    def call(*_given: Any, **_named: Any) -> None:
        raise error

    return call


def test_doctor_says_what_waits_and_which_folder_cannot_be_used(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def said() -> tuple[str, str]:
        (line,) = folder_lines(desk.context.settings, desk.context.register, desk.context.clock.now())
        return line.level, line.found

    assert said() == ("ok", "Il n'y a pas encore de dossier de dépôt ; provisioner serve le crée.")
    desk.drop("envoi.docx", GOOD)
    desk.poll()
    assert said() == ("ok", "Fichiers en attente dans le dossier de dépôt : 1, le plus ancien depuis 0 h.")
    desk.office.hand_clock.now += timedelta(hours=5)
    assert said() == ("attention", "Fichiers en attente dans le dossier de dépôt : 1, le plus ancien depuis 5 h.")
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != "sivom")
    assert said() == ("wanting", "Non utilisable par cet utilisateur : inbox/sivom, outbox/sivom.")


def each_death(home: Path, before: Callable[[Desk], None], times: int) -> Iterator[Desk]:
    """The desk after a death before the first, second … effect of these polls, and after the next runs; the last
    one meets none.
    """
    for fatal in range(1, 100):
        desk = Desk(home / str(fatal), automatic=True)
        before(desk)
        with effects(fatal) as count, suppress(Killed):
            desk.poll(times)
        desk.reopen()
        desk.poll(3)
        yield desk
        desk.nothing_is_left()
        desk.office.close()
        if count.seen < fatal:
            return
    pytest.fail("it has more effects than were tried")


def test_killed_at_any_effect_each_file_is_taken_once_and_has_one_report(tmp_path: Path) -> None:
    def before(desk: Desk) -> None:
        desk.drop("bonne.docx", GOOD)
        desk.drop("inconnu.docx", GOOD, "nulle-part")

    for desk in each_death(tmp_path, before, 2):
        both = [*pair("bonne.docx"), *pair("inconnu.docx", "_inconnu")]
        assert desk.files("outbox", "refused") == sorted([*both, "refused/2-inconnu.docx"])
        assert [kept.status for kept in desk.annexes()] == ["approved"]
        told = desk.told("bonne.docx")
        assert (told["status"], told["approved_by"]) == ("approved", "automatic")


@pytest.mark.rule("A2")
def test_killed_at_any_effect_the_outcome_is_told_and_what_is_over_destroyed(tmp_path: Path) -> None:
    def before(desk: Desk) -> None:
        desk.drop("abimee.docx", SCRAWL)
        desk.drop("bonne.docx", GOOD)
        desk.poll(2)
        assert len(desk.files("outbox", "refused")) == 5
        desk.sync()

    for desk in each_death(tmp_path, before, 1):
        assert desk.files("outbox", "refused") == pair("bonne.docx")
        assert desk.told("bonne.docx")["status"] == "applied"


def _approve(desk: Desk, decisions: Decisions) -> None:
    """With decisions, as a named person does; `sync` applies."""
    kept = desk.annexes()[-1]
    desk.office.hand_clock.now += timedelta(seconds=1)
    plan = prepare(desk.context, request_of(desk.context, kept.id, "plan", decisions)).plan
    assert plan is not None
    decide.approve(desk.context, kept.id, plan.ids[kept.partner], "Claire Martin", decisions)


@pytest.mark.rule("A7")
def test_the_report_on_an_annexe_that_was_approved_with_a_waiver_carries_no_error(desk: Desk) -> None:
    desk.office.add_partner("ville", "ville.example")
    desk.drop("envoi.csv", b"leroy", "ville")
    desk.poll(2)
    refused = desk.told("envoi.csv", "ville")
    assert (refused["status"], refused["valid"], refused["open"]) == ("refused", False, [])
    _approve(desk, Decisions(waive={1: "Agent mis à disposition, accord de M. Roy"}))
    desk.office.sync()
    desk.poll()
    told = desk.told("envoi.csv", "ville")
    assert (told["status"], told["valid"]) == ("applied", True)
    assert [row["email"] for row in told["open"]] == [email("leroy")]
    assert [(finding["code"], finding["severity"]) for finding in told["findings"]] == [("email-domain", "warning")]
    assert told["findings"][0]["message"] == "Adresse acceptée : dérogation accordée pour cette ligne."
    page = (desk.home / "outbox" / "ville" / "envoi.csv.rapport.html").read_text("utf-8")
    assert "Roy" not in json.dumps(told, ensure_ascii=False)
    assert "Roy" not in page
    assert "À corriger" not in html.document_fromstring(page).text_content()


@pytest.mark.rule("A5")
@pytest.mark.parametrize(
    ("decisions", "decided"),
    [(Decisions(keep_all=True), "son accès est conservé"), (Decisions(close_all=True), "son accès est clôturé")],
)
def test_the_report_tells_the_partner_what_to_write_and_not_what_the_officer_has_to_decide(
    desk: Desk, decisions: Decisions, decided: str
) -> None:
    desk.drop("1.csv", b"leroy vasseur")
    desk.poll(2)
    _approve(desk, Decisions())
    desk.office.sync()
    desk.office.hand_clock.now += timedelta(days=1)
    desk.drop("2.csv", b"leroy nguyen")
    desk.poll(2)
    (asked,) = [
        finding["message"] for finding in desk.told("2.csv")["findings"] if finding["code"] == "unaccounted-for"
    ]
    assert "décidez" not in asked
    assert "dans la liste 1 si elle garde son accès, dans la liste 2, avec la date de fin" in asked
    _approve(desk, decisions)
    desk.office.sync()
    desk.poll()
    (told,) = [
        finding["message"] for finding in desk.told("2.csv")["findings"] if finding["code"] == "unaccounted-for"
    ]
    assert told.endswith(f"{decided} par décision de la Caf.")


@pytest.mark.rule("A5")
def test_a_closure_that_was_decided_one_day_and_applied_the_next_is_dated_the_day_of_the_decision(desk: Desk) -> None:
    desk.drop("1.csv", b"leroy vasseur")
    desk.poll(2)
    _approve(desk, Decisions())
    desk.office.sync()
    desk.drop("2.csv", b"leroy nguyen")
    desk.poll(2)
    _approve(desk, Decisions(close_all=True))
    desk.office.hand_clock.now += timedelta(days=1)
    desk.office.sync()
    (closed,) = [
        habilitation
        for habilitation in desk.context.register.records().habilitations
        if habilitation.closed_at is not None
    ]
    assert closed.end is not None
    assert (closed.end.rule, closed.end.on, closed.closed_on) == ("A5", TODAY, TODAY + timedelta(days=1))
