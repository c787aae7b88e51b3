"""Whose account is settled: in doubt nobody's, and a plan without the settled ones is the plan of all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.domain.access.account import (
    ENDED_ON,
    FUNCTION,
    MANAGED_BY,
    PARTNER,
    REQUESTED_ON,
    RemoteAccount,
    RemoteGroup,
    Snapshot,
    content,
    wanted_account,
)
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.access.plan import make_plan
from provisioner.domain.access.settled import is_steady
from provisioner.domain.gates import Limits
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Account, Attempt, Records, Reopening
from tests.shared.examples import LONG_AGO, LYS, NOW, TODAY, email, end, habilitation, link, records, remote, snapshot
from tests.shared.settling import access_rows, is_settled, settling, without_settled

OTHER = replace(LYS, code="sources", name="Les Sources")
OPEN = habilitation("leroy", id=1, opened_at=LONG_AGO)
CLOSED = replace(OPEN, id=2, end=end(TODAY - timedelta(days=9)), closed_at=LONG_AGO + timedelta(days=50))
SENT = link(1, 1, LONG_AGO, timedelta(hours=24), sent_at=LONG_AGO)
REMOTE = remote(OPEN)


def known(*habilitations: Habilitation, attempts: tuple[Attempt, ...] = (SENT,), **account: Any) -> Records:
    """The register with one account, that of these habilitations."""
    whole = records(*habilitations, partners=(LYS, OTHER), attempts=attempts)
    theirs = replace(whole.accounts[email("leroy")], **{"id": 7, **account})
    return replace(whole, accounts={email("leroy"): theirs})


def settles(of: Records, seen: RemoteAccount = REMOTE, members: tuple[str, ...] = (LYS.code,)) -> bool:
    asked = settling(of, TODAY)
    for code in members:
        asked.see_members(code, [seen.id])
    is_one = is_settled(seen, asked)
    assert is_one is (7 not in asked.left())
    return is_one


def with_attribute(name: str, *values: str) -> RemoteAccount:
    return replace(REMOTE, attributes={**REMOTE.attributes, name: values})


def test_an_access_that_is_open_and_as_it_should_be_is_settled() -> None:
    assert settles(known(OPEN))
    assert settles(known(CLOSED, OPEN))  # a return
    assert settles(known(OPEN, intended="a", written="a"))


def test_an_access_that_is_closed_and_disabled_is_settled() -> None:
    assert settles(known(CLOSED), replace(REMOTE, enabled=False))
    assert settles(known(CLOSED, replace(CLOSED, id=3)), replace(REMOTE, enabled=False))


def test_an_account_that_is_gone_and_had_its_data_destroyed_is_settled() -> None:
    assert 7 not in settling(known(CLOSED, keycloak_id=None), TODAY).left()


@pytest.mark.parametrize(
    "of",
    [
        known(replace(OPEN, end=end(TODAY + timedelta(days=9)))),
        known(replace(OPEN, opened_at=None, opened_number=None)),
        known(OPEN, replace(OPEN, id=2, partner=OTHER.code)),
        known(OPEN, replace(OPEN, id=2, partner=OTHER.code, opened_at=None, opened_number=None)),
        known(replace(OPEN, id=2, opened_at=None, opened_number=None), OPEN),
        known(OPEN, attempts=()),
        known(OPEN, attempts=(replace(SENT, sent_at=None),)),
        known(OPEN, attempts=(replace(SENT, intended_number=(OPEN.link_due_number or 0) - 1),)),
        known(OPEN, intended="a", written="b"),
        known(OPEN, intended="a"),
        known(OPEN, renamed_from=email("roy")),
        known(OPEN, reopening=Reopening.AS_IT_WAS),
        known(OPEN, keycloak_id=None),
        known(OPEN, keycloak_id="id-another"),
        known(CLOSED, intended="a", written="b"),
        known(CLOSED, reopening=Reopening.NEW_PASSWORD),
    ],
    ids=lambda _of: "",
)
def test_an_account_of_which_something_is_due_or_under_way_is_not_settled(of: Records) -> None:
    assert not settles(of)
    assert not settles(of, replace(REMOTE, enabled=False))


@pytest.mark.rule("C3")
@pytest.mark.parametrize(
    "partner",
    [
        replace(LYS, ends_on=TODAY + timedelta(days=100)),
        replace(LYS, ctg_end=TODAY - timedelta(days=1)),
        replace(LYS, signed_on=None),
    ],
)
def test_no_access_is_settled_while_its_convention_ends_or_is_not_in_force(partner: Any) -> None:
    assert is_steady(LYS, TODAY)
    assert not is_steady(partner, TODAY)
    assert not settles(replace(known(OPEN), partners={LYS.code: partner}))


@pytest.mark.parametrize("kind", [HoldKind.SUSPENSION, HoldKind.QUARANTINE])
def test_nobody_about_whom_there_is_a_hold_is_settled(kind: HoldKind) -> None:
    hold = Hold(id=1, kind=kind, partner=None, reason="essai", since=NOW, email=email("leroy"))
    assert not settles(replace(known(OPEN), holds=(hold,)))
    assert not settles(replace(known(CLOSED), holds=(hold,)), replace(REMOTE, enabled=False))


@pytest.mark.parametrize(
    "seen",
    [
        replace(REMOTE, enabled=False),
        replace(REMOTE, email=email("roy")),
        replace(REMOTE, last_name="Roy"),
        replace(REMOTE, first_names="Camille"),
        with_attribute(PARTNER, OTHER.code),
        with_attribute(PARTNER, LYS.code, OTHER.code),
        with_attribute(PARTNER),
        with_attribute(FUNCTION, "maire"),
        with_attribute(FUNCTION),
        with_attribute(REQUESTED_ON, "2026-06-11"),
        with_attribute(ENDED_ON, "2026-06-11"),
        with_attribute(MANAGED_BY),
        with_attribute(MANAGED_BY, "provisioner", "another"),
    ],
)
def test_an_account_that_another_hand_changed_is_not_settled(seen: RemoteAccount) -> None:
    assert not settles(known(OPEN), seen)


def test_an_account_that_was_enabled_after_its_end_is_not_settled() -> None:
    assert not settles(known(CLOSED))


@pytest.mark.parametrize("members", [(), (OTHER.code,), (LYS.code, OTHER.code)])
def test_an_account_that_is_not_in_its_own_group_alone_is_not_settled(members: tuple[str, ...]) -> None:
    assert not settles(known(OPEN), REMOTE, members)


def test_an_account_that_is_listed_twice_is_settled_once() -> None:
    asked = settling(known(OPEN), TODAY)
    asked.see_members(LYS.code, [REMOTE.id])
    assert is_settled(REMOTE, asked)
    assert not is_settled(REMOTE, asked)


WORDS = st.sampled_from(["", "agent", "maire"])
VALUES = st.lists(st.sampled_from(["agent", "maire", LYS.code, "2026-06-10", "provisioner"]), max_size=2)


@settings(max_examples=300, deadline=None)
@given(function=WORDS, name=st.sampled_from([PARTNER, FUNCTION, REQUESTED_ON, ENDED_ON, MANAGED_BY]), values=VALUES)
def test_what_settles_is_the_content_that_the_planner_compares(function: str, name: str, values: list[str]) -> None:
    wanting = replace(OPEN, person=replace(OPEN.person, function=function))
    for seen in (remote(wanting), with_attribute(name, *values)):
        (row,) = access_rows(known(wanting))
        shown = row.is_shown_by((seen.email, seen.last_name, seen.first_names), seen.attributes)
        assert shown is (content(seen) == content(wanted_account([wanting], enabled=True)))


# A plan with the shortcut and without it.

NAMES = [EmailAddress(f"{name}@agglo-lys.example") for name in ("leroy", "roy", "petit")]
DAYS = st.sampled_from([None, -40, -1, 0, 1, 40])


@st.composite
def accesses(draw: st.DrawFn, name: str, first: int) -> list[Habilitation]:
    made = []
    for id_ in range(first, first + draw(st.integers(1, 3))):
        opened = draw(st.sampled_from([LONG_AGO, LONG_AGO, None]))
        days = draw(DAYS)
        ending = None if days is None else end(TODAY + timedelta(days=days))
        is_closed = ending is not None and draw(st.booleans())
        facts = {"opened_at": opened, "end": ending, "closed_at": NOW - timedelta(days=2) if is_closed else None}
        partner = draw(st.sampled_from([LYS.code, LYS.code, OTHER.code]))
        function = draw(st.sampled_from(["agent", "agent", "maire", ""]))
        access = habilitation(name, id=id_, partner=partner, **facts)
        made.append(replace(access, person=replace(access.person, function=function)))
    return made


@st.composite
def offices(draw: st.DrawFn) -> tuple[Records, Snapshot]:
    """Three persons, of whom Keycloak may tell anything."""
    theirs = {at: draw(accesses(address.split("@")[0], 10 * at)) for at, address in enumerate(NAMES)}
    everybody = [access for its_own in theirs.values() for access in its_own]
    sent = [link(h.id or 0, 1, LONG_AGO, timedelta(hours=24), sent_at=LONG_AGO) for h in everybody if h.opened_at]
    attempts = tuple(attempt for attempt in sent if draw(st.integers(0, 5)))
    lys = replace(LYS, ends_on=draw(st.sampled_from([None, None, None, TODAY + timedelta(days=9)])))
    whole = records(*everybody, partners=(lys, OTHER), attempts=attempts)
    accounts, remotes = {}, []
    for at, address in enumerate(NAMES):
        was_opened = any(h.opened_at for h in theirs[at])
        odd = draw(st.integers(0, 9))
        accounts[address] = Account(
            address,
            f"id-{address}" if was_opened else None,
            intended="a" if odd == 1 else None,
            renamed_from=EmailAddress(f"old-{address}") if odd == 2 else None,
            reopening=Reopening.AS_IT_WAS if odd == 3 else None,
            id=at + 1,
        )
        shown = draw(st.sampled_from([h for h in theirs[at] if h.closed_at is None] or theirs[at]))
        seen = remote(shown, enabled=draw(st.booleans()) if draw(st.integers(0, 3)) == 0 else shown.closed_at is None)
        seen = replace(seen, id=draw(st.sampled_from([seen.id, seen.id, seen.id, f"made-again-{at}"])))
        change = draw(st.sampled_from(["", "", "", "names", "mark", "gone"]))
        seen = replace(seen, last_name="Autre") if change == "names" else seen
        seen = replace(seen, attributes={}) if change == "mark" else seen
        remotes += [] if change == "gone" else [seen]
    holds = []
    if draw(st.integers(0, 4)) == 0:
        held = draw(st.sampled_from(NAMES))
        since = datetime(2026, 9, 1, tzinfo=UTC)
        holds.append(Hold(id=1, kind=HoldKind.SUSPENSION, partner=None, reason="essai", since=since, email=held))
    groups: dict[str, RemoteGroup | None] = {}
    for code in (LYS.code, OTHER.code):
        of_partner = {f"id-{h.email}" for h in everybody if h.partner == code}
        odd_one = draw(st.sampled_from([None, None, None, *(seen.id for seen in remotes)]))
        groups[code] = RemoteGroup(f"group-{code}", frozenset(of_partner ^ ({odd_one} if odd_one else set())))
    if draw(st.integers(0, 9)) == 0:
        groups[LYS.code] = None
    seen_all = replace(snapshot(*remotes), groups=groups)
    return replace(whole, accounts=accounts, holds=tuple(holds)), seen_all


@settings(max_examples=1500, deadline=None)
@given(office=offices())
def test_a_plan_without_the_settled_accounts_is_the_plan_of_all(office: tuple[Records, Snapshot]) -> None:
    whole, seen = office
    rest, rest_seen = without_settled(whole, seen, TODAY)
    codes = sorted(whole.partners)
    assert make_plan(rest, rest_seen, NOW, codes, Limits()) == make_plan(whole, seen, NOW, codes, Limits())
