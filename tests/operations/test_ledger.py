"""The register held against its journal: what was changed in the tables is found, and a pass goes on."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.domain.convention import Role
from provisioner.domain.gates import Blocked, Limit
from provisioner.domain.journal import Head
from provisioner.domain.journal_check import Bad, Problem
from provisioner.operations import decide, holds, partners, persons, receive
from provisioner.operations.contacts import read_contacts, set_caf_contacts, set_partner_contacts
from provisioner.operations.journal import verify_journal
from provisioner.operations.partners import Given, set_partner
from provisioner.operations.prepare import prepare
from provisioner.operations.receive import request_of
from provisioner.operations.service_status import service_status
from provisioner.register import holds as rows
from provisioner.register.tables import notice
from tests.fakes.memory_office import MemoryOffice, no_bar, reading
from tests.shared.examples import LYS, annexe, email

FIRST_DAY, TODAY = date(2026, 6, 16), date(2026, 9, 2)
ANNEXES = {
    b"1": annexe(
        {"leroy": date(2026, 6, 10), "vasseur": date(2026, 6, 10), "petit": date(2026, 6, 10)}, on=FIRST_DAY
    ),
    b"2": annexe({"leroy": date(2026, 6, 10)}, {"vasseur": date(2026, 8, 31)}, on=date(2026, 9, 1)),
    b"4": annexe({}, {"petit": date(2026, 7, 31)}, on=date(2026, 9, 2)),
    b"3": annexe({"leroy": date(2026, 6, 10), "nguyen": date(2026, 9, 20)}, on=date(2026, 9, 2)),
}


@pytest.fixture
def office(tmp_path: Path) -> MemoryOffice:
    """Annexes applied and approved, persons opened, closed by a list and by a decision, suspended and reopened; a
    convention that ended.
    """
    office = MemoryOffice(tmp_path, read=reading(ANNEXES))
    for code in (LYS.code, "sivom"):
        office.add_partner(code, "agglo-lys.example")
    office.on(FIRST_DAY)
    office.apply(Document(name="1.csv", content=b"1"), LYS.code)
    office.on(TODAY)
    _approve(office, b"2", Decisions(close_all=True))
    office.sync()
    persons.suspend(office.context, email("leroy"), "Claire Martin", "Vol")
    office.sync()
    persons.reopen(office.context, email("leroy"), "Claire Martin", "Retrouvé", new_password=True)
    partners.end_convention(office.context.register, "sivom", TODAY, "Claire Martin", "Accord")
    office.on(TODAY + timedelta(days=1))
    office.sync()
    return office


def _approve(office: MemoryOffice, content: bytes, decisions: Decisions) -> None:
    document = Document(name="a.csv", content=content)
    kept = receive.submit(office.context, document, LYS.code, office.context.clock.today()).annexe
    plan_id = prepare(office.context, request_of(office.context, kept.id, "plan", decisions)).plan_id
    assert plan_id is not None
    decide.approve(office.context, kept.id, plan_id, "Claire Martin", decisions)


def _change(office: MemoryOffice, statement: str) -> None:
    with closing(sqlite3.connect(office.settings.data_dir / "provisioner.sqlite3")) as connection, connection:
        assert connection.execute(statement).rowcount


def _wanting(office: MemoryOffice) -> tuple[str, str | None] | None:
    bad = verify_journal(office.context.register).bad
    if bad is None:
        return None
    assert bad.problem is Problem.REGISTER_DIFFERS
    assert bad.difference is not None
    return bad.difference.table, bad.difference.column


CHANGES = {
    "UPDATE annexe SET approved_by = 'Jean Roy'": ("annexe", "approved_by"),
    "UPDATE annexe SET plan_id = 'ffffffff'": ("annexe", "plan_id"),
    "UPDATE annexe SET decision = 1": ("annexe", "approved_by"),
    "UPDATE habilitation SET ended_on = '2026-07-31' WHERE ended_on IS NOT NULL": ("habilitation", "ended_on"),
    "UPDATE habilitation SET ended_on = NULL WHERE ended_on IS NOT NULL": ("habilitation", "ended_on"),
    "UPDATE habilitation SET closed_at = replace(closed_at, '2026', '2025') WHERE closed_at IS NOT NULL": (
        "habilitation",
        "closed_at",
    ),
    "UPDATE habilitation SET closed_at = NULL WHERE closed_at IS NOT NULL": ("habilitation", "closed_at"),
    "UPDATE habilitation SET opened_at = replace(opened_at, '2026', '2025')": ("habilitation", "opened_at"),
    "UPDATE habilitation SET requested_on = '2026-01-01'": ("habilitation", "requested_on"),
    "UPDATE habilitation SET waived = 'email-domain'": ("habilitation", "waived"),
    "UPDATE partner SET signed_on = '2025-01-15'": ("partner", "signed_on"),
    "UPDATE partner SET ctg_end = '2035-12-31'": ("partner", "ctg_end"),
    "UPDATE partner SET ends_on = NULL WHERE ends_on IS NOT NULL": ("partner", "ends_on"),
    "DELETE FROM annexe": ("annexe", None),
    "INSERT INTO partner (code, name, ctg_end) VALUES ('faux', 'Faux', '2030-12-31')": ("partner", None),
}


@pytest.mark.parametrize("statement", CHANGES)
def test_a_decision_or_a_date_that_was_changed_in_the_tables_is_found(office: MemoryOffice, statement: str) -> None:
    assert _wanting(office) is None
    _change(office, statement)
    assert _wanting(office) == CHANGES[statement]


@pytest.fixture
def busy(office: MemoryOffice) -> MemoryOffice:
    """The same with contacts, an exact address, a sender, list 2 alone, a plan let go, pauses and a suspension."""
    context, register = office.context, office.context.register
    given = {role: f"Anne Petit <{email('petit')}>" for role in (Role.HABILITATIONS, Role.SECURITE)}
    set_partner_contacts(register, LYS.code, read_contacts(given, TODAY, TODAY), "test")
    of_caf = read_contacts({Role.HABILITATIONS: "<acces@caf.example>"}, TODAY, TODAY)
    set_caf_contacts(register, of_caf, context.settings, "test")
    given_address = Given(addresses=["maire@orange.fr"])
    set_partner(register, LYS.code, given_address, office.settings.documents, "test")
    document = Document(name="4.csv", content=b"4")
    kept = receive.submit(context, document, LYS.code, sent_by=email("petit")).annexe
    alone = Decisions(closures_only=True)
    plan_id = prepare(context, request_of(context, kept.id, "plan", alone)).plan_id
    assert plan_id is not None
    decide.approve(context, kept.id, plan_id, "Claire Martin", alone)
    office.sync()
    with register.work("test") as work:
        blocked = Blocked(partner=LYS.code, plan_id="0a1b2c3d", limit=Limit.CLOSURES, figure=9, allowed=5)
        rows.hold_plan(work, blocked, [(1, TODAY)], [])
    holds.release(register, "0a1b2c3d", "Claire Martin", "Vu")
    holds.pause(register, "sivom", "Travaux", None, "Zoé Roy")
    holds.pause(register, None, "Travaux", None, "Zoé Roy")
    holds.resume(register, None, "Zoé Roy")
    persons.suspend(context, email("leroy"), "Claire Martin", "Vol")
    receive.submit(context, Document(name="3.csv", content=b"3"), LYS.code)
    return office


MORE_CHANGES = {
    "DELETE FROM partner_address": ("partner", "addresses"),
    "UPDATE partner_domain SET domain = 'orange.fr' WHERE partner = 'sivom'": ("partner", "domains"),
    "INSERT INTO partner_domain VALUES ('agglo-lys', 'orange.fr')": ("partner", "domains"),
    "UPDATE partner SET end_reason = 'Faute' WHERE ends_on IS NOT NULL": ("partner", "end_reason"),
    "UPDATE contact SET email = 'faux@agglo-lys.example' WHERE role = 'habilitations' AND partner IS NOT NULL": (
        "contact",
        "people",
    ),
    "UPDATE contact SET dated = '2026-01-01' WHERE partner IS NULL": ("contact", "dated"),
    "DELETE FROM contact WHERE partner IS NULL": ("contact", None),
    "UPDATE annexe SET sent_by = NULL WHERE sent_by IS NOT NULL": ("annexe", "sent_by"),
    "UPDATE annexe SET list_2_approved_by = 'Jean Roy' WHERE list_2_approved_by IS NOT NULL": (
        "annexe",
        "list_2_approved_by",
    ),
    "UPDATE annexe SET received_on = '2026-08-01'": ("annexe", "received_on"),
    "UPDATE annexe SET sha256 = replace(sha256, substr(sha256, 1, 1), 'g')": ("annexe", "sha256"),
    "UPDATE annexe SET approved_at = replace(approved_at, '-09-02', '-08-02') WHERE approved_at LIKE '%-09-02%'": (
        "annexe",
        "approved_at",
    ),
    "UPDATE annexe SET content = x'00'": ("annexe", "content"),
    "UPDATE annexe SET decisions = replace(decisions, 'all', 'x') WHERE decisions LIKE '%all%'": (
        "annexe",
        "decisions",
    ),
    "UPDATE hold SET released_by = 'Jean Roy' WHERE kind = 'limit'": ("hold", "released_by"),
    "UPDATE hold SET release_reason = 'Autre' WHERE kind = 'suspension' AND released_at IS NOT NULL": (
        "hold",
        "released_by",
    ),
    "UPDATE hold SET released_by = 'Jean Roy' WHERE kind = 'pause' AND released_at IS NOT NULL": (
        "hold",
        "released_by",
    ),
    "DELETE FROM hold WHERE kind = 'pause' AND released_at IS NULL": ("hold", "released_at"),
    "UPDATE hold SET reason = 'Autre' WHERE kind = 'pause' AND released_at IS NULL": ("hold", "reason"),
    "DELETE FROM hold WHERE kind = 'suspension' AND released_at IS NULL": ("account", "suspension"),
    "UPDATE hold SET released_at = since, released_by = 'Claire Martin', release_reason = 'Retrouvé' "
    "WHERE kind = 'suspension' AND released_at IS NULL": ("account", "suspension"),
    "UPDATE account SET email = 'faux@agglo-lys.example' WHERE email LIKE 'leroy%'": ("account", "email"),
    "UPDATE account SET reopening = 'as-it-was' WHERE email NOT LIKE 'leroy%'": ("account", "reopening"),
}


def test_a_door_that_was_opened_in_the_tables_in_nobodys_name_is_found(busy: MemoryOffice) -> None:
    assert _wanting(busy) is None
    file = busy.settings.data_dir / "provisioner.sqlite3"
    honest, wanting = file.read_bytes(), {}
    for statement in MORE_CHANGES:
        _change(busy, statement)
        wanting[statement] = _wanting(busy)
        busy.close()
        file.write_bytes(honest)
        busy.open()
    assert wanting == MORE_CHANGES


def test_a_domain_that_an_older_entry_has_as_it_was_typed_is_the_same_domain(office: MemoryOffice) -> None:
    older = ["XN--Mairie-Exmple-Jhb.example", "agglo-lys.example", "Agglo-Lys.example"]
    with office.context.register.work("test") as work:
        work.journal("partner.set", partner="sivom", details={"domains": older})
    _change(office, "INSERT INTO partner_domain VALUES ('sivom', 'mairie-exémple.example')")
    assert _wanting(office) is None


@pytest.mark.parametrize("damage", ["UPDATE partner SET ctg_end = 'x'", "DROP TABLE review"])
def test_a_broken_chain_is_told_though_a_table_cannot_be_read_either(office: MemoryOffice, damage: str) -> None:
    _change(office, "UPDATE journal_entry SET body = 'x' WHERE entry = 2")
    _change(office, damage)
    assert verify_journal(office.context.register).bad == Bad(2, Problem.CHANGED)


def test_an_end_that_was_cut_is_found_by_the_last_verified_head_and_by_who_acted(office: MemoryOffice) -> None:
    holds.pause(office.context.register, "sivom", "Travaux", None, "Zoé Roy")
    holds.resume(office.context.register, "sivom", "Zoé Roy")
    _change(office, "DELETE FROM hold WHERE kind = 'pause'")
    last = "(SELECT max(entry) FROM journal_entry)"
    _change(office, f"DELETE FROM journal_detail WHERE entry = {last}")
    _change(office, f"DELETE FROM journal_entry WHERE entry = {last}")
    bad = verify_journal(office.context.register).bad
    assert bad is not None
    assert bad.problem is Problem.CUT  # who acted was left behind
    _change(office, f"DELETE FROM journal_actor WHERE entry > {last}")
    for table in ("journal_detail", "journal_actor", "journal_entry"):
        _change(office, f"DELETE FROM {table} WHERE entry = {last}")
    assert verify_journal(office.context.register).bad is None  # no pass had seen them, and nothing is left of them
    office.sync()
    holds.pause(office.context.register, "sivom", "Travaux", None, "Zoé Roy")
    holds.resume(office.context.register, "sivom", "Zoé Roy")
    assert office.sync().journal is None
    _change(office, "DELETE FROM hold WHERE kind = 'pause'")
    for table in ("journal_actor", "journal_detail", "journal_entry"):
        _change(office, f"DELETE FROM {table} WHERE entry >= {last}")
    bad = verify_journal(office.context.register).bad
    assert bad is not None
    assert bad.problem is Problem.CUT


def test_a_journal_that_was_emptied_beside_a_filled_register_is_found(office: MemoryOffice) -> None:
    for table in ("journal_detail", "journal_actor", "journal_entry"):
        _change(office, f"DELETE FROM {table}")
    assert verify_journal(office.context.register).bad == Bad(1, Problem.CUT)
    _change(office, "DELETE FROM mark WHERE name = 'journal.verified'")
    wanting = _wanting(office)
    assert wanting is not None
    assert wanting[1] is None


def test_closures_do_not_wait_for_a_broken_journal_and_it_is_told_until_the_whole_is_verified_again(
    office: MemoryOffice,
) -> None:
    assert office.sync().journal is None
    _approve(office, b"3", Decisions())
    body = "(SELECT body FROM journal_entry ORDER BY entry DESC LIMIT 1)"
    _change(office, f"UPDATE journal_entry SET body = replace(body, 'approved', 'rejected') WHERE body = {body}")
    with capture_logs() as logs:
        outcome = office.sync()
    assert outcome.journal is not None
    assert outcome.journal.startswith("changed ")
    assert outcome.failed == []
    assert [log["problem"] for log in logs if log["event"] == "journal.wanting"] == ["changed"]
    assert service_status(office.context.register).journal == outcome.journal
    assert office.sync().journal == outcome.journal
    _change(office, "UPDATE journal_entry SET body = replace(body, 'annexe.rejected', 'annexe.approved')")
    assert office.sync().journal == outcome.journal
    assert _sweep(office) is None
    assert office.sync().journal is None
    assert service_status(office.context.register).journal is None


def _sweep(office: MemoryOffice) -> str | None:
    from provisioner.operations.run import sync

    return sync(office.context, [], no_bar, whole_journal=True).journal


def test_each_pass_verifies_what_is_new_the_nightly_sweep_all_of_it_and_the_head_is_in_the_log(
    office: MemoryOffice,
) -> None:
    _change(office, "UPDATE journal_entry SET body = replace(body, 'partner.add', 'partner.set') WHERE entry = 1")
    with capture_logs() as logs:
        assert office.sync().journal is None
    head = next(log for log in logs if log["event"] == "journal.head")
    assert (head["log_level"], len(head["sha256"])) == ("info", 64)
    assert _sweep(office) == "changed 1"


def test_each_notice_bears_a_head_that_verifies(office: MemoryOffice) -> None:
    register = office.context.register
    given = {role: f"Anne Petit <{email('petit')}>" for role in (Role.HABILITATIONS, Role.SECURITE)}
    set_partner_contacts(register, LYS.code, read_contacts(given, TODAY, TODAY), "test")
    persons.suspend(office.context, email("leroy"), "Claire Martin", "Vol")
    with register.read() as connection:
        (content,) = connection.execute(select(notice.c.content)).scalars()
    for kind in ("plain", "html"):
        body = message_from_bytes(content, policy=default).get_body((kind,))
        assert body is not None
        match = re.search(r"Journal des habilitations\s*(?:&nbsp;)?: (\d+:[0-9a-f]{64})", str(body.get_content()))
        assert match is not None
        assert verify_journal(register, Head.parse(match[1])).bad is None


def test_an_end_of_the_journal_that_was_cut_is_found_by_the_next_pass(office: MemoryOffice) -> None:
    office.sync()
    last = "(SELECT max(entry) FROM journal_entry)"
    for table in ("journal_detail", "journal_actor", "journal_entry"):
        with closing(sqlite3.connect(office.settings.data_dir / "provisioner.sqlite3")) as connection, connection:
            connection.execute(f"DELETE FROM {table} WHERE entry >= {last}")
    wanting = office.sync().journal
    assert wanting is not None
    assert wanting.partition(" ")[0] in ("cut", "rewritten")
