"""Years of yearly reviews: each reminder on its day and once, late without an answer, settled by an annexe or by a
signed list (V1, V2). The directory is in memory, the register and the mail server are real.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import select, update

from provisioner.documents import read_annexe
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Check, Document
from provisioner.domain.connections.record import Stream
from provisioner.domain.convention import Role
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.people import EmailAddress, Person
from provisioner.domain.records import Records
from provisioner.domain.review import OwnAccess, Review, Standing, unaccounted
from provisioner.keycloak.errors import KeycloakError
from provisioner.operations import containment, forms, holds, partners, retention, reviews
from provisioner.operations.answers import said_beside
from provisioner.operations.contacts import read_contacts, set_caf_contacts, set_partner_contacts
from provisioner.operations.journal import verify_journal
from provisioner.operations.notice_delivery import Delivered
from provisioner.register import RegisterUnavailable, destruction, tables
from provisioner.register import reviews as register
from provisioner.register.connections import set_read_until
from provisioner.register.habilitations import save_habilitations
from provisioner.settings import DocumentSettings, SmtpSettings
from provisioner.views.answers import Answer
from provisioner.views.answers.reviews import ConfirmedAnswer
from provisioner.views.shown import Line
from tests.fakes.failing import Killed
from tests.fakes.faults import Commits, Fault
from tests.fakes.memory_office import MemoryOffice, no_bar, reading
from tests.shared.examples import LYS, annexe, email
from tests.shared.pace import slowness
from tests.shared.sink import FaultyMailbox

START, DUE = date(2026, 9, 1), date(2027, 9, 1)
DAY = timedelta(days=1)
JUNE = date(2026, 6, 10)
BOTH = dict.fromkeys(("leroy", "vasseur"), JUNE)
ANNEXES = {
    b"first": annexe(BOTH, on=START),
    b"answer": annexe(BOTH, on=date(2027, 9, 20)),
    b"departure": annexe({"leroy": JUNE}, {"vasseur": date(2027, 9, 15)}, on=date(2027, 9, 20)),
    b"incomplete": annexe({"leroy": JUNE}, on=date(2027, 9, 20)),
}
SIGNED = Document(name="liste.pdf", content=b"%PDF signed by hand")
CAF = dict.fromkeys(Role, "habilitations@caf.example")
CAMILLE, HUGO = "camille.martin@agglo-lys.example", "hugo.petit@agglo-lys.example"
CONTACTS = {Role.HABILITATIONS: f"Camille Martin <{CAMILLE}>", Role.SECURITE: f"Hugo Petit <{HUGO}>"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    """The first annexe is of 1 September 2026; the Caf and the partner have their contacts."""
    office = MemoryOffice(tmp_path / "office", read=reading(ANNEXES))
    office.add_partner(LYS.code, "agglo-lys.example")
    office.on(START)
    tell_contacts(office, LYS.code)
    apply(office, b"first")
    yield office
    assert verify_journal(office.context.register).bad is None
    office.close()


def tell_contacts(office: MemoryOffice, code: str) -> None:
    context, today = office.context, office.context.clock.today()
    set_caf_contacts(context.register, read_contacts(CAF, START, today), context.settings, "test")
    set_partner_contacts(context.register, code, read_contacts(CONTACTS, START, today), "test")


def apply(office: MemoryOffice, content: bytes, decisions: Decisions = Decisions()) -> None:  # noqa: B008
    office.apply(Document(name="annexe.csv", content=content), LYS.code, decisions)


def with_mail(office: MemoryOffice, mailbox: FaultyMailbox) -> None:
    """From now on what is owed is sent there."""
    smtp = {"host": mailbox.host, "port": mailbox.port, "from": "coop@caf.example", "tls": "off"}
    office.settings = office.settings.model_copy(update={"smtp": SmtpSettings.model_validate(smtp)})
    office.reopen()


def standing(office: MemoryOffice, code: str = LYS.code) -> Standing:
    (its_standing,) = reviews.all_standings(office.context.register, code)
    return its_standing


def owed(office: MemoryOffice, kind: str = "review-reminder") -> list[tuple[str, Message]]:
    """The notices of that kind that wait: to whom, and what they say."""
    t = tables.notice.c
    with office.context.register.read() as connection:
        rows = connection.execute(select(t.recipient, t.content).where(t.kind == kind, t.content.is_not(None)))
        return [(row.recipient, message_from_bytes(row.content, policy=default)) for row in rows]


def sent_days(office: MemoryOffice, *days: int) -> list[int]:
    """On which of these days, counted from the due day, a run owes a reminder."""
    sent, last = [], _last_frozen(office)
    for day in days:
        office.on(DUE + day * DAY)
        office.sync()
        if (frozen := _last_frozen(office)) != last:
            sent.append(day)
            last = frozen
    return sent


def _last_frozen(office: MemoryOffice) -> datetime | None:
    with office.context.register.read() as connection:
        return max((r.frozen_at for r in register.all_reviews(connection) if r.frozen_at), default=None)


def _reviews(office: MemoryOffice) -> list[Review]:
    with office.context.register.read() as connection:
        return register.all_reviews(connection)


def confirm(office: MemoryOffice, on: date, document: Document = SIGNED) -> ConfirmedAnswer:
    context = office.context
    return reviews.confirm(
        context.register, context.settings, LYS.code, on, document, "Jeanne Morel", "Claire Martin"
    )


@pytest.mark.rule("V1")
def test_reminders_go_30_days_before_on_the_day_and_every_30_days_after_to_both_contacts(
    office: MemoryOffice,
) -> None:
    assert standing(office).due_on == DUE
    around = [day for planned in (-30, 0, 30, 60) for day in (planned - 1, planned, planned, planned + 1)]
    assert sent_days(office, *around) == [-30, 0, 30, 60]
    office.on(DUE + 65 * DAY)
    assert sorted(to for to, _ in owed(office)) == [CAMILLE, HUGO]
    known = standing(office)
    assert (known.days_late, known.last_on) == (65, None)


@pytest.mark.rule("V1")
def test_a_month_without_a_run_is_made_up_by_one_reminder(office: MemoryOffice) -> None:
    assert sent_days(office, -40, 5, 50) == [5, 50]


@pytest.mark.rule("D4")
@pytest.mark.rule("V1")
def test_the_form_that_goes_with_it_is_read_again_as_the_state_and_says_beside_a_name_only_what_d4_allows(
    office: MemoryOffice,
) -> None:
    office.on(DUE)
    office.sync()
    (_, message), _ = owed(office)
    (form,) = message.iter_attachments()  # type: ignore[attr-defined]
    content = form.get_content()
    read = read_annexe(content, form.get_filename(), DocumentSettings())
    assert [(row.list, row.email) for row in read.rows] == [(1, email("leroy")), (1, email("vasseur"))]
    assert {finding.code for finding in read.findings} == {"transmission-date-missing"}
    text = message.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    assert "1er septembre 2027" in text
    assert "leroy" not in text


@pytest.mark.rule("V1")
def test_an_annexe_with_a_newer_date_settles_the_review_and_the_next_is_due_12_months_later(
    office: MemoryOffice,
) -> None:
    office.on(DUE)
    office.sync()
    office.on(date(2027, 9, 20))
    apply(office, b"answer")
    known = standing(office)
    assert (known.last_on, known.due_on, known.days_late) == (date(2027, 9, 20), date(2028, 9, 20), 0)
    done = _reviews(office)[-1]
    assert (done.opened_since, done.closed_since, done.is_hasty) == ((), (), False)
    assert sent_days(office, 20, 60, 354, 355, 385) == [355, 385]  # 30 days before 20 September 2028, and the day


@pytest.mark.rule("V1")
def test_a_signed_list_that_is_recorded_while_a_run_settles_the_same_review_stays(
    office: MemoryOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.on(DUE)
    office.sync()

    def confirmed_meanwhile(records: Records, code: str, transmitted_on: date) -> tuple[Habilitation, ...]:
        confirm(office, date(2027, 9, 20))
        return unaccounted(records, code, transmitted_on)

    monkeypatch.setattr(reviews, "unaccounted", confirmed_meanwhile)
    office.on(date(2027, 9, 21))
    apply(office, b"answer")
    monkeypatch.undo()
    done = _reviews(office)[-1]
    assert (done.document_sha256, done.annexe_sha256, done.confirmed_by) == (SIGNED.sha256, None, "Claire Martin")


@pytest.mark.rule("V1")
def test_a_departure_since_the_reminder_is_told_when_the_annexe_comes(office: MemoryOffice) -> None:
    office.on(DUE)
    office.sync()
    office.on(date(2027, 9, 20))
    apply(office, b"departure")
    done = _reviews(office)[-1]
    assert (done.settled_on, done.opened_since, done.closed_since) == (date(2027, 9, 20), (), (2,))


@pytest.mark.rule("A5")
@pytest.mark.rule("V1")
def test_an_annexe_that_leaves_an_open_access_out_is_no_review_though_the_caf_keeps_it(office: MemoryOffice) -> None:
    office.on(date(2027, 9, 20))
    apply(office, b"incomplete", Decisions(keep=frozenset({email("vasseur")})))
    shown = reviews.shown(office.context.register, LYS.code)
    assert shown.due_on == DUE
    assert shown.absent == (email("vasseur"),)


@pytest.mark.rule("A2")
@pytest.mark.rule("V1")
def test_a_signed_list_settles_the_review_is_kept_and_goes_when_the_next_answer_replaces_it(
    office: MemoryOffice,
) -> None:
    office.on(DUE)
    office.sync()
    office.on(DUE + 3 * DAY)
    confirmed = confirm(office, DUE + 2 * DAY)
    assert (confirmed.next_due_on, confirmed.opened, confirmed.closed) == (date(2028, 9, 3), (), ())
    assert not confirm(office, DUE + 2 * DAY).is_new
    assert standing(office).last_on == DUE + 2 * DAY
    with office.context.register.read() as connection:
        assert register.document(connection, confirmed.review) == SIGNED.content
    office.on(date(2027, 9, 20))
    apply(office, b"answer")
    with office.context.register.read() as connection:
        assert register.document(connection, confirmed.review) is None
    assert [review.document_sha256 for review in _reviews(office)] == [None, SIGNED.sha256, None]
    assert standing(office).due_on == date(2028, 9, 20)


@pytest.mark.rule("V1")
def test_who_signed_can_be_said_afterwards_with_the_same_file(office: MemoryOffice) -> None:
    own, settings = office.context.register, office.context.settings
    office.on(DUE)
    first = reviews.confirm(own, settings, LYS.code, DUE, SIGNED, None, "Claire Martin")
    assert "Signataire non indiqué (--signatory NOM)." in _words(first)
    again = reviews.confirm(own, settings, LYS.code, DUE, SIGNED, "Jeanne Morel", "Zoé Roy")
    assert (again.is_new, again.signatory, _reviews(office)[-1].confirmed_by) == (False, "Jeanne Morel", "Zoé Roy")
    said = _words(again)
    assert f"{LYS.code} : liste inchangée du 1er septembre 2027 déjà enregistrée." in said
    assert "Signée par Jeanne Morel." in said
    kept = reviews.confirm(own, settings, LYS.code, DUE, SIGNED, None, "Zoé Roy")
    assert kept.signatory == "Jeanne Morel"
    assert verify_journal(own).bad is None


@pytest.mark.rule("V1")
def test_what_is_shown_tells_that_the_reminder_came_back(office: MemoryOffice) -> None:
    office.on(DUE)
    office.sync()
    reviews.bounced(office.context.register, office.context.settings, LYS.code, Role.SECURITE, "Claire Martin")
    said = _words(reviews.shown(office.context.register, LYS.code))
    assert "Dernier rappel non distribué : personne responsable de la sécurité." in said


@pytest.mark.rule("V1")
def test_a_sync_says_how_many_e_mails_left(office: MemoryOffice) -> None:
    told = replace(office.sync(), notices=Delivered(sent=2, failed=0, waiting=0))
    assert "Avis envoyés aux contacts : 2." in said_beside(told, "", done=True)


def _words(answer: Answer) -> list[str]:
    return [part.text for part in answer.shown() if isinstance(part, Line)]


@pytest.mark.rule("V1")
def test_a_signed_list_is_refused_of_a_day_to_come_or_before_the_last_review_or_empty(office: MemoryOffice) -> None:
    office.on(DUE)
    for on, document, refusal in (
        (DUE + DAY, SIGNED, Refusal.DAY_TO_COME),
        (START, SIGNED, Refusal.REVIEWED_SINCE),
        (DUE, Document(name="liste.pdf", content=b""), Refusal.DOCUMENT_SIZE),
    ):
        with pytest.raises(Refused) as refused:
            confirm(office, on, document)
        assert refused.value.code is refusal


@pytest.mark.rule("V1")
def test_last_year_s_signed_list_is_refused_for_this_year_s_review(office: MemoryOffice) -> None:
    office.on(DUE)
    confirm(office, DUE)
    office.on(DUE + 366 * DAY)
    with pytest.raises(Refused) as refused:
        confirm(office, DUE + 366 * DAY)
    assert refused.value.code is Refusal.REVIEW_DOCUMENT_KNOWN
    assert standing(office).due_on == date(2028, 9, 1)


@pytest.mark.rule("V1")
def test_a_list_confirmed_minutes_after_the_reminder_is_told_and_so_is_a_contacts_own_access(
    office: MemoryOffice,
) -> None:
    people = {Role.HABILITATIONS: f"Leroy <{email('leroy')}>", Role.SECURITE: f"Hugo Petit <{HUGO}>"}
    today = office.context.clock.today()
    set_partner_contacts(office.context.register, LYS.code, read_contacts(people, today, today), "test")
    office.on(DUE)
    office.sync()
    office.hand_clock.now += timedelta(minutes=4)
    confirmed = confirm(office, DUE)
    assert confirmed.unchanged_within_minutes
    assert confirmed.own_access is OwnAccess.LISTED


@pytest.mark.rule("V1")
def test_what_keycloak_tells_differently_is_told_to_the_caf_and_the_reminder_still_goes(office: MemoryOffice) -> None:
    office.on(DUE)
    for account in office.directory.accounts.values():
        if account.email == email("vasseur"):
            account.enabled = False
    office.sync()
    assert len(owed(office)) == 2
    ((to, message),) = owed(office, "review-remarks")
    assert to == "habilitations@caf.example"
    assert "compte désactivé" in message.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    assert reviews.shown(office.context.register, LYS.code).doubtful == (email("vasseur"),)


@pytest.mark.rule("V1")
def test_while_keycloak_cannot_be_read_nothing_is_frozen_and_the_reminder_waits(office: MemoryOffice) -> None:
    office.on(DUE)
    office.directory.fail(1, "before", for_good=True, reads_too=True)
    with suppress(KeycloakError):
        office.sync()
    assert owed(office) == []
    office.reopen()
    office.sync()
    assert len(owed(office)) == 2


@pytest.mark.rule("V1")
def test_none_goes_while_the_partner_is_paused_or_its_convention_has_ended(office: MemoryOffice) -> None:
    context = office.context
    office.on(DUE - 30 * DAY)
    holds.pause(context.register, LYS.code, "travaux", None, "Claire Martin")
    office.sync()
    assert owed(office) == []
    holds.resume(context.register, LYS.code, "Claire Martin")
    office.sync()
    assert len(owed(office)) == 2
    partners.end_convention(context.register, LYS.code, DUE - 20 * DAY, "Claire Martin", "fin")
    office.on(DUE + DAY)
    office.sync()
    assert reviews.all_standings(context.register) == []


@pytest.mark.rule("V1")
@pytest.mark.parametrize("how", ["answered", "confirmed", "ended", "contained"])
def test_a_reminder_that_has_not_left_goes_no_more_once_no_review_is_to_be_done(
    office: MemoryOffice, how: str
) -> None:
    context = office.context
    office.on(DUE)
    office.sync()
    reviews.bounced(context.register, context.settings, LYS.code, Role.SECURITE, "Claire Martin")
    assert (len(owed(office)), len(owed(office, "review-bounced"))) == (2, 1)
    if how == "answered":
        office.on(date(2027, 9, 20))
        apply(office, b"answer")
    elif how == "confirmed":
        confirm(office, DUE)
    elif how == "ended":
        partners.end_convention(context.register, LYS.code, DUE, "Claire Martin", "fin")
        office.on(DUE + DAY)
    else:
        containment.contain(context, [LYS.code], "Claire Martin", "compte volé", "Zoé Roy", no_bar)
    office.sync()
    assert owed(office) == owed(office, "review-bounced") == []


@pytest.mark.rule("V1")
def test_a_list_that_is_recorded_while_a_run_makes_the_forms_is_not_reminded_of(
    office: MemoryOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.on(DUE)
    make_form = forms.form_of

    def form_of(*said: Any) -> Any:
        confirm(office, DUE)
        return make_form(*said)

    monkeypatch.setattr(forms, "form_of", form_of)
    assert reviews.remind_now(office.context, None).partners == ()
    assert owed(office) == []
    assert standing(office).last_on == DUE


@pytest.mark.rule("V1")
def test_a_reminder_that_came_back_goes_to_the_other_contact_and_then_the_caf_is_told(office: MemoryOffice) -> None:
    context = office.context
    with pytest.raises(Refused):
        reviews.bounced(context.register, context.settings, LYS.code, Role.HABILITATIONS, "Claire Martin")
    office.on(DUE)
    office.sync()
    said = [
        reviews.bounced(context.register, context.settings, LYS.code, role, "Claire Martin")
        for role in (Role.HABILITATIONS, Role.HABILITATIONS, Role.SECURITE)
    ]
    assert [(bounce.told, bounce.is_new) for bounce in said] == [
        (Role.SECURITE, True),
        (Role.SECURITE, False),
        (None, True),
    ]
    assert [to for to, _ in owed(office, "review-bounced")] == [HUGO, "habilitations@caf.example"]


@pytest.mark.rule("V1")
def test_on_a_persons_word_it_goes_again_and_the_planned_ones_stay(office: MemoryOffice) -> None:
    office.on(DUE - 60 * DAY)
    assert reviews.remind_now(office.context, None).partners == ()
    assert reviews.remind_now(office.context, LYS.code).partners == (LYS.code,)
    office.on(DUE - 30 * DAY)
    office.sync()
    assert standing(office).current.reminded_for == DUE - 30 * DAY  # type: ignore[union-attr]


@pytest.mark.parametrize("how", ["commit-fails", "commit-kills", "commit-then-killed"])
@pytest.mark.rule("V1")
def test_killed_at_any_commit_of_the_day_each_reminder_goes_once(
    office: MemoryOffice, tmp_path: Path, how: str
) -> None:
    office.on(DUE)
    for number in range(1, 40):
        twin = office.copied_to(tmp_path / f"twin-{number}")
        commits = Commits(twin.context.register.engine, Fault(number, how))
        with suppress(Killed, RegisterUnavailable, KeycloakError):
            twin.sync()
        has_failed = commits.has_failed
        commits.end()
        twin.reopen()
        twin.sync()
        twin.sync()
        assert sorted(to for to, _ in owed(twin)) == [CAMILLE, HUGO], number
        with twin.context.register.read() as connection:
            told = [review for review in register.all_reviews(connection) if review.frozen_at]
        assert [review.reminded_for for review in told] == [DUE], number
        assert verify_journal(twin.context.register).bad is None
        twin.close()
        if not has_failed:
            assert number > 2
            return
    raise AssertionError("the run has more commits than were tried")


@pytest.mark.rule("V1")
def test_a_reminder_that_our_mail_server_refuses_for_good_goes_to_the_other_contact(
    office: MemoryOffice, tmp_path: Path
) -> None:
    mailbox = FaultyMailbox(tmp_path / "mails")
    try:
        with_mail(office, mailbox)
        mailbox.refuses = {CAMILLE}
        office.on(DUE)
        office.sync()
        office.hand_clock.now += timedelta(minutes=15)
        office.sync()
        office.sync()
        subjects = {to: [mail.subject for mail in mailbox.messages(to)] for to in (CAMILLE, HUGO)}
    finally:
        mailbox.stop()
    assert subjects[CAMILLE] == []
    assert len(subjects[HUGO]) == 2
    assert "contact à vérifier" in subjects[HUGO][1]


@pytest.mark.rule("V1")
def test_200_partners_reviewed_on_one_day_are_reminded_once_each_a_few_a_run(
    office: MemoryOffice, tmp_path: Path
) -> None:
    codes = [f"partenaire-{number:03}" for number in range(200)]
    context = office.context
    for code in codes:
        office.add_partner(code, f"{code}.example", signed_on=START)
        people = {Role.HABILITATIONS: f"A B <a@{code}.example>", Role.SECURITE: f"C D <c@{code}.example>"}
        set_partner_contacts(context.register, code, read_contacts(people, START, START), "test")
    before = context.register.records()
    accesses = tuple(
        Habilitation(
            partner=code,
            person=Person("Leroy", "Alex", "agent", EmailAddress(f"leroy@{code}.example")),
            requested_on=JUNE,
            transmitted_on=START,
        )
        for code in codes
    )
    with context.work() as work:
        save_habilitations(work, before, before.with_habilitations((*before.habilitations, *accesses)))
    office.sync()
    mailbox = FaultyMailbox(tmp_path / "mails")
    try:
        with_mail(office, mailbox)
        office.sync()
        at_first = len(mailbox.messages())
        office.on(DUE)
        started, runs = perf_counter(), 0
        while any(s.current is None for s in reviews.all_standings(office.context.register)):
            office.sync()
            runs += 1
            assert runs < 10
        seconds = perf_counter() - started
        office.sync()
        reminded = [
            mail.to for mail in mailbox.messages()[at_first:] if "revue annuelle des habilitations" in mail.subject
        ]
    finally:
        mailbox.stop()
    assert len(reminded) == len(set(reminded)) == 2 * 201
    assert runs == -(-201 // reviews.AT_ONCE)  # the first partner too
    assert seconds / runs < 30 * slowness()  # of each run, with its forms and e-mails


@pytest.mark.rule("D4")
def test_beside_a_name_stands_only_that_it_was_never_used_or_not_for_6_months(office: MemoryOffice) -> None:
    context = office.context
    read_since, read_until = context.clock.now() - timedelta(hours=1), office.hand_clock.now + timedelta(days=400)
    with context.work() as work:
        set_read_until(work, Stream.CONNECTIONS, read_until, read_since)
        used = update(tables.account).where(tables.account.c.email == email("vasseur"))
        work.connection.execute(used.values(last_login_on=DUE - 100 * DAY))
    office.on(DUE)
    office.sync()
    said = form_of_reminder(office)
    assert [row[-1] for row in said] == ["Remarque de la Caf", "jamais utilisé", ""]
    assert all(str((DUE - 100 * DAY).year) not in "".join(row[:4]) for row in said)


def form_of_reminder(office: MemoryOffice) -> list[list[str]]:
    """The filled rows of list 1, as its table shows them."""
    (_, message), _ = owed(office)
    (form,) = message.iter_attachments()  # type: ignore[attr-defined]
    word = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(form.get_content())) as package:
        root = etree.fromstring(package.read("word/document.xml"))
    table = next(root.iter(f"{word}tbl"))
    rows = [["".join(cell.itertext()) for cell in row.iter(f"{word}tc")] for row in table.iter(f"{word}tr")]
    return [row for row in rows if row[0]]


@pytest.mark.rule("D2")
def test_with_a_person_of_the_list_the_signed_file_goes_and_its_digest_stays(office: MemoryOffice) -> None:
    office.on(DUE)
    office.sync()
    review = confirm(office, DUE).review
    with office.context.work() as work:
        destruction.destroy_habilitations(work, [2], LYS.code, _no_list)
    with office.context.register.read() as connection:
        assert register.document(connection, review) is None
        assert register.by_id(connection, review).document_sha256 == SIGNED.sha256


@pytest.mark.rule("D2")
def test_with_a_person_of_the_frozen_list_its_salt_goes_and_no_name_can_be_tried_against_the_digest(
    office: MemoryOffice,
) -> None:
    office.on(DUE)
    office.sync()
    with office.context.register.read() as connection:
        salt = register.all_reviews(connection)[-1].salt
        assert salt
        assert not any(salt in said for said in connection.execute(select(tables.journal_detail.c.data)).scalars())
    with office.context.work() as work:
        destruction.destroy_habilitations(work, [2], LYS.code, _no_list)
    with office.context.register.read() as connection:
        review = register.all_reviews(connection)[-1]
    assert (review.salt, review.population) == (None, (1, 2))
    assert owed(office) == [], "a form that has not left names the person"
    assert reviews.shown(office.context.register, LYS.code).closed == ()


@pytest.mark.rule("D7")
def test_a_hold_on_the_partner_keeps_a_signed_list_that_is_replaced(office: MemoryOffice) -> None:
    office.on(DUE)
    review = confirm(office, DUE).review
    retention.keep(office.context.register, LYS.code, None, "Claire Martin", "contentieux", DUE + 90 * DAY)
    office.on(date(2027, 9, 20))
    apply(office, b"answer")
    with office.context.register.read() as connection:
        assert register.document(connection, review) == SIGNED.content


@pytest.mark.rule("C4")
def test_with_the_convention_the_reviews_go_whole(office: MemoryOffice) -> None:
    office.on(DUE)
    office.sync()
    confirm(office, DUE)
    with office.context.work() as work:
        destruction.destroy_habilitations(work, [1, 2], LYS.code, _no_list)
        destruction.destroy_convention(work, LYS.code)
    with office.context.register.read() as connection:
        assert register.all_reviews(connection) == []


def _no_list(_name: str, _check: Check, _digest: str, _on: date) -> Document:
    return Document(name="liste.docx", content=b"of the register")


@pytest.mark.rule("V2")
def test_a_review_that_another_hand_made_done_in_the_tables_is_told(office: MemoryOffice) -> None:
    office.on(DUE)
    office.sync()
    forged = update(tables.review).where(tables.review.c.due_on == DUE)
    with office.context.work() as work:
        work.connection.execute(forged.values(settled_on=DUE))
    wrong = verify_journal(office.context.register).bad
    assert wrong is not None
    assert wrong.difference is not None
    assert (wrong.difference.table, wrong.difference.column) == ("review", "settled_on")
    with office.context.work() as work:
        work.connection.execute(forged.values(settled_on=None))
