"""What became of a link, and when another one follows it: for any course of things (P2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.access.invitations import (
    MOST_LINKS,
    Invitation,
    InvitationState,
    Obstacle,
    invitation_of,
    leading,
    open_invitations,
    password_was_seen,
    unused,
)
from provisioner.domain.calendar import day_of
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.records import Account, Attempt, Records, Reopening
from tests.shared.examples import LYS, habilitation, link, records

DUE_AT = datetime(2026, 6, 16, 8, tzinfo=UTC)
DAY = timedelta(days=1)
OPEN = habilitation("leroy", id=1, opened_at=DUE_AT)

moments = st.timedeltas(timedelta(0), timedelta(days=40)).map(lambda after: DUE_AT + after)
lifespans = st.sampled_from([timedelta(hours=1), DAY, timedelta(days=5), timedelta(days=30)])


@st.composite
def attempts(draw: st.DrawFn) -> tuple[Attempt, ...]:
    """What a register may hold: each begun after the one before left; only the last one may not have left."""
    begun_at = sorted(draw(st.lists(moments, max_size=MOST_LINKS, unique=True)))
    last = draw(st.sampled_from(["sent", "failed", "unsettled"]))
    made = []
    for number, at in enumerate(begun_at, start=1):
        fate = last if number == len(begun_at) else "sent"
        made.append(
            link(
                1,
                number,
                at,
                draw(lifespans),
                sent_at=at if fate == "sent" else None,
                failed_at=at if fate == "failed" else None,
            )
        )
    return tuple(made)


def known(sent: tuple[Attempt, ...], habilitation: Habilitation = OPEN) -> Records:
    return records(habilitation, attempts=sent)


def invitation_after(sent: tuple[Attempt, ...]) -> Invitation:
    (invitation,) = open_invitations(known(sent))
    return invitation


@given(attempts(), moments)
def test_a_password_made_after_a_link_left_is_used_whatever_else_happened(
    sent: tuple[Attempt, ...], now: datetime
) -> None:
    states = {has: invitation_of(OPEN, sent, was_used=False).state(now, has_password=has) for has in (False, True)}
    has_left = any(attempt.sent_at for attempt in sent)
    assert (states[True] is InvitationState.USED) == has_left
    assert states[False] is not InvitationState.USED
    assert (states[False] is InvitationState.OWED) == (not has_left)


@given(attempts(), moments)
def test_a_link_is_sent_until_it_expires_and_given_up_after_the_third(
    sent: tuple[Attempt, ...], now: datetime
) -> None:
    sent_attempts = [attempt for attempt in sent if attempt.sent_at]
    if not sent_attempts:
        return
    alive = any(attempt.intended_at + attempt.lifespan > now for attempt in sent_attempts)
    state = invitation_of(OPEN, sent, was_used=False).state(now, has_password=False)
    ended = InvitationState.GIVEN_UP if len(sent_attempts) == MOST_LINKS else InvitationState.EXPIRED
    assert state is (InvitationState.SENT if alive else ended)


@given(attempts(), attempts(), moments, st.booleans())
def test_what_was_sent_to_an_old_address_or_before_a_new_password_counts_no_more(
    before: tuple[Attempt, ...], sent: tuple[Attempt, ...], now: datetime, has: bool
) -> None:
    aside = 10**9
    old = tuple(
        replace(attempt, intended_number=attempt.intended_number - aside, bounced_at=DUE_AT) for attempt in before
    )
    states = [
        invitation_of(OPEN, history, was_used=False).state(now, has_password=has) for history in (sent, (*old, *sent))
    ]
    assert states[0] is states[1]


@given(attempts(), moments, st.integers(0, 2))
def test_an_address_that_bounced_is_never_sent_another_link(
    sent: tuple[Attempt, ...], now: datetime, which: int
) -> None:
    sent_attempts = [attempt for attempt in sent if attempt.sent_at]
    if not sent_attempts:
        return
    bad = sent_attempts[which % len(sent_attempts)]
    marked = tuple(replace(attempt, bounced_at=now) if attempt is bad else attempt for attempt in sent)
    assert invitation_of(OPEN, marked, was_used=False).state(now, has_password=False) is InvitationState.BOUNCED
    assert invitation_after(marked).obstacle(known(marked), now) is Obstacle.BOUNCED


@given(attempts(), moments)
def test_another_link_may_follow_exactly_one_that_expired(sent: tuple[Attempt, ...], now: datetime) -> None:
    state = invitation_of(OPEN, sent, was_used=False).state(now, has_password=False)
    against = invitation_after(sent).obstacle(known(sent), now)
    assert (against is None) == (state is InvitationState.EXPIRED)
    assert (against is Obstacle.GIVEN_UP) == (state is InvitationState.GIVEN_UP)


@pytest.mark.rule("P2")
@given(st.lists(moments, max_size=60), lifespans)
def test_whenever_the_job_runs_three_links_leave_at_most_and_none_too_early(
    runs: list[datetime], lifespan: timedelta
) -> None:
    sent: tuple[Attempt, ...] = (link(1, 1, DUE_AT, lifespan, sent_at=DUE_AT),)
    for now in sorted(runs):
        invitation = invitation_after(sent)
        if invitation.obstacle(known(sent), now) is None and invitation.is_due(now):
            sent = (*sent, link(1, len(sent) + 1, now, lifespan, sent_at=now))
    days = [(day_of(attempt.intended_at) - day_of(DUE_AT)).days for attempt in sent]
    assert len(sent) <= MOST_LINKS
    assert all(day >= least for day, least in zip(days, (0, 3, 10), strict=False))
    for before, after in pairwise(sent):
        assert after.intended_at >= before.intended_at + lifespan


def _sent(at: datetime = DUE_AT) -> tuple[Attempt, ...]:
    return (link(1, 1, at, DAY, sent_at=at),)


def test_nobody_suspended_ending_or_outside_a_convention_is_sent_another_link() -> None:
    now = DUE_AT + timedelta(days=5)
    held = Hold(kind=HoldKind.SUSPENSION, reason="", since=now, email=OPEN.email)
    ended = replace(LYS, ends_on=date(2026, 6, 20))
    cases = [
        (known(_sent()), None),
        (replace(known(_sent()), holds=(held,)), Obstacle.SUSPENDED),
        (replace(known(_sent()), partners={LYS.code: ended}), Obstacle.NOT_OPEN),
        (replace(known(_sent()), partners={LYS.code: replace(LYS, signed_on=None)}), Obstacle.NOT_OPEN),
    ]
    for register, expected in cases:
        (invitation,) = open_invitations(register)
        assert invitation.obstacle(register, now) is expected


def test_one_account_at_two_partners_is_sent_one_link_at_a_time() -> None:
    other = habilitation("leroy", id=2, opened_at=DUE_AT, partner="ville-bois")
    partners = (LYS, replace(LYS, code="ville-bois"))
    register = records(OPEN, other, partners=partners, attempts=_sent())
    invitations = list(open_invitations(register))
    assert [invitation.habilitation.id for invitation in invitations] == [1, 2]
    assert {invitation.state(DUE_AT, has_password=False) for invitation in invitations} == {InvitationState.SENT}
    assert [invitation.habilitation.id for invitation in leading(invitations)] == [1]


@pytest.mark.rule("P2")
@pytest.mark.parametrize(("seen", "is_known"), [(None, False), (1, False), (10, True), (12, True)])
def test_a_password_that_was_seen_counts_until_another_link_is_due_or_begun(seen: int | None, is_known: bool) -> None:
    begun = replace(link(1, 1, DUE_AT, timedelta(days=1), sent_at=DUE_AT), intended_number=10)
    access = replace(OPEN, link_due_number=8)
    account = Account(access.email, "id", password_seen_number=seen)
    office = records(access, attempts=(begun,), accounts={access.email: account})
    assert password_was_seen(office, access.email) is is_known
    assert bool(unused(office)) is not is_known
    later = replace(office, habilitations=(access, replace(access, id=2, link_due_number=13, closed_at=DUE_AT)))
    assert not password_was_seen(later, access.email), "another round began, be its access closed by now"
    reopened = replace(office, accounts={access.email: replace(account, reopening=Reopening.NEW_PASSWORD)})
    assert not password_was_seen(reopened, access.email), "a decision that takes it away is not done yet"
