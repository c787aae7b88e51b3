"""What happens while a run about everybody reads Keycloak is not lost, be the person settled when the run began."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.access.plan import Plan
from provisioner.domain.annexe.document import Document
from provisioner.domain.hold import HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.keycloak.errors import KeycloakError, KeycloakRefused, KeycloakUnavailable
from provisioner.operations import persons
from provisioner.operations.run import plan_due, sync
from tests.fakes.memory_office import MemoryOffice, no_bar
from tests.operations.test_decided_beside_a_run import BY, LEROY, LYS, NAMES, annexe, opened_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    """Everybody is settled."""
    with closing(opened_office(tmp_path)) as made:
        made.sync()
        yield made


def once_read(office: MemoryOffice, act: Callable[[], object]) -> None:
    """Has that happen once, just after the next read of the realm."""
    asked = office.directory.snapshot

    def reading(*arguments: Any, **more: Any) -> Any:
        office.directory.snapshot = asked  # type: ignore[method-assign]
        snapshot = asked(*arguments, **more)
        act()
        return snapshot

    office.directory.snapshot = reading  # type: ignore[method-assign]


@contextmanager
def refusing(office: MemoryOffice, error: KeycloakError) -> Iterator[None]:
    """Keycloak takes no write meanwhile."""
    writes = ("update_account", "disable")
    kept = {name: getattr(office.directory, name) for name in writes}

    def refuse(*_: object, **__: object) -> None:
        raise error

    for name in writes:
        setattr(office.directory, name, refuse)
    yield
    for name, write in kept.items():
        setattr(office.directory, name, write)


def suspend(office: MemoryOffice, error: KeycloakError) -> None:
    """By name; and the cut fails."""
    persons.suspend(office.context, LEROY, BY, "téléphone volé")
    with refusing(office, error), suppress(KeycloakError):
        persons.cut(office.context, [LYS], LEROY, no_bar)
    assert is_enabled(office), "the fault has fired"


def is_enabled(office: MemoryOffice) -> bool:
    return any(account.enabled for account in office.directory.accounts.values() if account.email == LEROY)


@pytest.mark.rule("A4")
@pytest.mark.parametrize("at_once", [True, False])
def test_who_is_suspended_while_sync_reads_is_cut_by_that_sync_where_the_cut_failed(
    office: MemoryOffice, *, at_once: bool
) -> None:
    once_read(office, lambda: suspend(office, KeycloakUnavailable("no answer")))
    sync(office.context, [], no_bar, at_once=at_once)
    assert not is_enabled(office)


@pytest.mark.rule("A4")
def test_everybody_who_is_suspended_while_sync_reads_is_cut_by_it_where_the_cutting_was_killed(
    office: MemoryOffice,
) -> None:
    def killed() -> None:
        for name in NAMES:
            persons.suspend(office.context, EmailAddress(f"{name}@agglo-lys.example"), BY, "vol")

    once_read(office, killed)
    office.sync()
    assert not any(account.enabled for account in office.directory.accounts.values())


@pytest.mark.rule("A4")
@pytest.mark.parametrize("at_once", [True, False])
def test_an_access_that_keycloak_will_not_close_stays_told_until_it_is_closed(
    office: MemoryOffice, *, at_once: bool
) -> None:
    once_read(office, lambda: suspend(office, KeycloakRefused("no", 400)))
    sync(office.context, [], no_bar, at_once=at_once)
    kinds = {hold.kind for hold in office.context.register.records().holds}
    assert HoldKind.QUARANTINE in kinds or not is_enabled(office)


@pytest.mark.rule("C3")
def test_midnight_that_passes_on_the_last_day_while_sync_reads_closes_everybody(office: MemoryOffice) -> None:
    (partner,) = office.context.register.records().partners.values()
    office.hand_clock.now = datetime.combine(partner.last_day, time(12), UTC)
    office.sync()
    once_read(office, lambda: office.hand_clock.advance(timedelta(hours=14)))
    office.sync()
    assert not any(account.enabled for account in office.directory.accounts.values())


def test_a_plan_beside_a_run_tells_none_of_its_effects_as_another_hands(office: MemoryOffice) -> None:
    office.on(date(2026, 6, 20))
    asked = annexe((*NAMES[1:], "nouveau"), NAMES[:1], "2026-06-20", "2026-06-24").content.decode()
    later = asked.replace("nouveau@agglo-lys.example;2026-06-10", "nouveau@agglo-lys.example;2026-06-25")
    office.apply(Document(name="annexe.csv", content=later.encode()), LYS)
    office.on(date(2026, 6, 25))
    once_read(office, office.sync)  # closes one, opens another
    assert told(plan_due(office.context, []).plan) == []


def test_a_plan_beside_a_run_tells_none_of_its_updates_as_another_hands(office: MemoryOffice) -> None:
    office.on(date(2026, 6, 20))
    changed = annexe(NAMES, on="2026-06-20").content.decode().replace("Leroy;Camille;agent", "Leroy;Camille;maire")
    with refusing(office, KeycloakUnavailable("no answer")):
        office.apply(Document(name="annexe.csv", content=changed.encode()), LYS)
    office.hand_clock.advance(timedelta(days=3))
    once_read(office, office.sync)
    assert told(plan_due(office.context, []).plan) == []


def told(plan: Plan | None) -> list[tuple[str, str | None]]:
    assert plan is not None
    return [(drifted.kind, drifted.email) for drifted in plan.drift]
