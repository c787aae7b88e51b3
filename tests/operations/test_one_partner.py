"""What concerns one partner reads that partner alone, of the register and of Keycloak."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.access.plan import make_plan
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.domain.annexe.kept import Status
from provisioner.domain.hold import Cause
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Scope
from provisioner.operations.containment import carry_out as released
from provisioner.operations.containment import contain, release
from provisioner.operations.decide import approve
from provisioner.operations.explanation import explain_person
from provisioner.operations.look import look, look_at
from provisioner.operations.person_file import known_person_file
from provisioner.operations.persons import carry_out, cut, suspend
from provisioner.operations.receive import find, plan_document, request_for, submit
from provisioner.register import habilitations
from provisioner.register.habilitations import habilitations_of
from tests.fakes.memory_office import MemoryOffice, no_bar

LYS, BY = "agglo-lys", "Claire Martin"
NAMES = ("leroy", "vasseur")
SECOND = (*NAMES, "nguyen")


def annexe(names: tuple[str, ...], code: str = LYS, on: str = "2026-06-15", ended: tuple[str, ...] = ()) -> Document:
    title = "Nom;Prénom;Fonction/qualité;Adresse électronique;Date"

    def rows_of(persons: tuple[str, ...], day: str) -> str:
        return "\n".join(f"{name.capitalize()};Camille;agent;{name}@{code}.example;{day}" for name in persons)

    rows, ends = rows_of(names, "2026-06-10"), rows_of(ended, "2026-09-01")
    text = f"ANNEXE 1\nDate de transmission :;{on}\n1 - Liste des accès demandés\n{title} de demande\n{rows}\n"
    return Document(name="annexe.csv", content=f"{text}2 - Liste des clôtures\n{title} de fin\n{ends}\n".encode())


def new_office(home: Path, others: int) -> MemoryOffice:
    """An office of one partner with two persons, and of so many others with nine each."""
    office = MemoryOffice(home)
    office.on(date(2026, 6, 16))
    for code in (LYS, *(f"ville-{number}" for number in range(others))):
        office.add_partner(code, f"{code}.example")
        names = NAMES if code == LYS else tuple(f"agent{letter}" for letter in "abcdefghi")
        office.apply(annexe(names, code), code)
    return office


def calls_of(office: MemoryOffice, act: Callable[[MemoryOffice], Any]) -> int:
    before = office.directory.calls
    act(office)
    return office.directory.calls - before


ACTS: dict[str, Callable[[MemoryOffice], Any]] = {
    "plan": lambda office: plan_document(
        office.context, request_for(office.context, annexe(SECOND, on="2026-06-16"), LYS, BY, Decisions())
    ),
    "submit": lambda office: submit(office.context, annexe(SECOND, on="2026-06-16"), LYS),
    "apply": lambda office: office.apply(annexe(SECOND, on="2026-06-16"), LYS),
    "explain": lambda office: explain_person(office.context, EmailAddress("leroy@agglo-lys.example")),
    "suspend": lambda office: carry_out(
        office.context,
        suspend(office.context, EmailAddress("leroy@agglo-lys.example"), BY, "essai"),
        EmailAddress("leroy@agglo-lys.example"),
        no_bar,
    ),
}


def test_what_concerns_one_partner_makes_as_many_calls_whatever_the_size_of_the_realm(tmp_path: Path) -> None:
    small, large = new_office(tmp_path / "small", 0), new_office(tmp_path / "large", 3)
    read: list[int] = []
    snapshot = large.directory.snapshot

    def watched(*groups: Any, **more: Any) -> Any:
        whole = snapshot(*groups, **more)
        read.append(len(whole.accounts))
        return whole

    large.directory.snapshot = watched  # type: ignore[method-assign]
    for name, act in ACTS.items():
        assert calls_of(large, act) == calls_of(small, act), name
    assert read
    assert max(read) == len(SECOND)
    small.close()
    large.close()


def watch_reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many habilitations each read of the register gives from now on."""
    read: list[int] = []

    def watched(*asked: Any) -> Any:
        known = habilitations_of(*asked)
        read.append(len(known))
        return known

    monkeypatch.setattr(habilitations, "habilitations_of", watched)
    return read


def test_of_the_register_no_more_is_read_than_what_concerns_the_person_or_the_partner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, leroy = new_office(tmp_path, 3), EmailAddress("leroy@agglo-lys.example")
    read = watch_reads(monkeypatch)
    acts: dict[str, tuple[int, Callable[[], Any]]] = {
        "suspend": (1, lambda: cut(office.context, suspend(office.context, leroy, BY, "essai"), leroy, no_bar)),
        "show": (1, lambda: known_person_file(office.context, leroy)),
        "explain": (2, lambda: explain_person(office.context, leroy)),
        "contain": (2, lambda: contain(office.context, [LYS], BY, "essai", "Paul Petit", no_bar)),
        "release": (2, lambda: released(office.context, LYS, release(office.context, LYS, BY, "essai"), no_bar)),
    }
    for name, (most, act) in acts.items():
        read.clear()
        act()
        assert read, name
        assert max(read) <= most, name
    office.close()


def test_a_run_that_has_nothing_to_do_reads_no_access_of_the_register_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, read = new_office(tmp_path, 1), watch_reads(monkeypatch)
    office.sync()
    read.clear()
    office.sync()
    assert not any(read)
    office.close()


@pytest.mark.rule("A8")
def test_an_account_of_ours_under_an_address_of_another_partner_is_told_as_by_a_read_of_everything(
    tmp_path: Path,
) -> None:
    office = new_office(tmp_path, 1)
    context, email = office.context, EmailAddress("nouveau@ville-0.example")
    leroy = office.directory.with_address("leroy@agglo-lys.example")
    assert leroy is not None
    leroy.email = email  # in the console
    records, snapshot = look_at(context, Scope(frozenset({"ville-0"}), frozenset({email})))
    assert records == context.register.records().part(records.scope or Scope())
    assert EmailAddress("leroy@agglo-lys.example") in records.accounts
    whole = context.register.records()
    plans = [
        make_plan(known, seen, context.clock.now(), ["ville-0"], context.limits)
        for known, seen in ((records, snapshot), (whole, look(whole, context.directory, ["ville-0"])))
    ]
    assert plans[0] == plans[1]
    office.close()


@pytest.mark.rule("A4")
@pytest.mark.rule("A8")
def test_what_is_approved_is_what_sync_does_where_another_partners_account_has_an_address_of_the_annexe(
    tmp_path: Path,
) -> None:
    """A departure does not wait for what the console made of somebody else's account."""
    office = new_office(tmp_path, 1)
    office.on(date(2026, 9, 2))
    office.apply(annexe(NAMES[1:], on="2026-09-02", ended=NAMES[:1]), LYS)
    leroy = office.directory.with_address("leroy@agglo-lys.example")
    assert leroy is not None
    leroy.email = EmailAddress("nouveau@ville-0.example")  # in the console, once it was closed
    staying = tuple(f"agent{letter}" for letter in "acdefghi")
    document = annexe((*staying, "nouveau"), "ville-0", "2026-09-02", ended=("agentb",))
    submitted = submit(office.context, document, "ville-0")
    assert submitted.prepared.plan_id is not None
    approve(office.context, submitted.annexe.id, submitted.prepared.plan_id, BY, Decisions())
    assert office.sync().sent_back == ()
    assert find(office.context.register, submitted.annexe.id).status is Status.APPLIED
    leaver = office.directory.with_address("agentb@ville-0.example")
    assert leaver is not None
    assert not leaver.enabled
    office.close()


@pytest.mark.rule("A8")
def test_an_open_account_of_another_partner_is_not_taken_over_by_the_address_that_the_console_gave_it(
    tmp_path: Path,
) -> None:
    office = new_office(tmp_path, 1)
    leroy = office.directory.with_address("leroy@agglo-lys.example")
    assert leroy is not None
    leroy.email = EmailAddress("nouveau@ville-0.example")  # in the console
    names, groups = (leroy.last_name, leroy.first_names), set(leroy.groups)
    listed = tuple(f"agent{letter}" for letter in "abcdefghi")
    run = office.apply(annexe((*listed, "nouveau"), "ville-0", "2026-06-16"), "ville-0")
    assert [(failure.change.email, failure.error) for failure in run.failed][:1] == [
        ("nouveau@ville-0.example", str(Cause.NOT_MANAGED))
    ]
    assert (leroy.last_name, leroy.first_names) == names
    assert leroy.groups == groups
    office.close()


def test_the_annexe_in_force_of_another_partner_is_told_as_such_of_whom_it_names(tmp_path: Path) -> None:
    office = new_office(tmp_path, 0)
    office.add_partner("ville", "ville.example")
    names_leroy = annexe(("blanc",), "ville", on="2026-09-02").content.rstrip() + (
        b"\nLeroy;Camille;agent;leroy@agglo-lys.example;2026-09-01\n"  # in list 2: they never had an access there
    )
    office.on(date(2026, 9, 2))
    office.apply(Document(name="annexe.csv", content=names_leroy), "ville")
    told = explain_person(office.context, EmailAddress("leroy@agglo-lys.example")).steps
    assert any("liste 2" in step.fact and "en vigueur" in step.fact for step in told if step.partner == "ville")
    office.close()
