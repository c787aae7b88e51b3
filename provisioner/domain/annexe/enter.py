"""What an approved annexe changes in the register (A1 to A6, `--rename`), before anything is done in Keycloak."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from provisioner.domain.access.habilitation import End, Habilitation, State
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Annexe, Row
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records


def unaccounted_for(
    records: Records, partner: str, annexe: Annexe, decisions: Decisions | None = None
) -> tuple[Habilitation, ...]:
    """The open accesses whose holders are in neither list (A5); a known end or a rename accounts for one."""
    named = {row.email for row in annexe.rows} | (decisions or Decisions()).rename.keys()
    return tuple(
        habilitation
        for habilitation in records.of_partner(partner)
        if habilitation.state is State.OPEN and habilitation.end is None and habilitation.email not in named
    )


def enter(
    records: Records,
    partner: str,
    annexe: Annexe,
    today: date,
    decisions: Decisions | None = None,
    waived: Mapping[EmailAddress, frozenset[str]] | None = None,
    renamed: Collection[EmailAddress] = (),
    decided_on: date | None = None,
) -> Records:
    """The register once this annexe, which has no error left, is in it.

    What is over on that day stays as it is, be it closed already or by the next `sync`.

    `waived` gives the finding codes that were waived for an address of list 1, `renamed` the new addresses that
    this same annexe brought when it was applied before, `decided_on` the day of its approval, today if not given: an
    access that this decision closes ended on that day (A5), whenever it is entered.
    """
    assert annexe.transmitted_on is not None
    decisions = decisions or Decisions()
    records = _renamed(records, decisions.rename)
    entry = _Entry(
        partner=partner,
        transmitted_on=annexe.transmitted_on,
        today=today,
        asked={row.email: row for row in annexe.of_list(1) if row.email and row.on},
        ended={row.email: row for row in annexe.of_list(2) if row.email and row.on},
        decided_on=decided_on or today,
        decisions=decisions,
        waived=waived or {},
        renamed=frozenset({*renamed, *decisions.rename.values()}),
    )
    before = records.of_partner(partner)
    over = [h for h in before if h.is_over_on(today)]
    after = [entered for h in before if not h.is_over_on(today) and (entered := entry.known(h)) is not None]
    goes_on = {h.email for h in after if h.state is State.OPEN and not entry.returns_after(h)}
    after = [h for h in after if h.state is not State.PLANNED or h.email not in goes_on]  # no return any more
    served = {h.email for h in after if not entry.returns_after(h)}
    after += [entry.new(row) for email, row in entry.asked.items() if email not in served]
    elsewhere = [h for h in records.habilitations if h.partner != partner]
    return records.with_habilitations(sorted([*elsewhere, *over, *after], key=lambda h: (h.id is None, h.id or 0)))


def ends_brought(before: Records, after: Records, partner: str) -> tuple[Habilitation, ...]:
    """The open accesses to which an annexe gives an end, or another end than they had, whatever its date (A3, A5)."""
    ends = {habilitation.id: habilitation.end for habilitation in before.of_partner(partner)}
    return tuple(
        habilitation
        for habilitation in after.of_partner(partner)
        if habilitation.state is State.OPEN
        and habilitation.end is not None
        and habilitation.end != ends.get(habilitation.id)
    )


def enter_closures(records: Records, partner: str, annexe: Annexe, rows: Collection[Row], today: date) -> Records:
    """The register once these rows of list 2 are in it, and nothing else of the annexe (A4: `--closures-only`).

    What is open gets its end, what is only planned is withdrawn unless list 1 goes on asking for it: a return.
    """
    assert annexe.transmitted_on is not None
    ended = {row.email: row for row in rows}
    asked = {row.email for row in annexe.of_list(1)}
    entered = []
    for habilitation in records.habilitations:
        is_return = habilitation.state is State.PLANNED and habilitation.email in asked
        if (
            habilitation.partner != partner
            or habilitation.email not in ended
            or habilitation.is_over_on(today)
            or is_return
        ):
            entered.append(habilitation)
        elif habilitation.state is State.OPEN:
            entered.append(
                replace(habilitation, end=_end(habilitation, ended[habilitation.email], annexe.transmitted_on, today))
            )
    return records.with_habilitations(entered)


def _renamed(records: Records, renames: Mapping[EmailAddress, EmailAddress]) -> Records:
    """A new address keeps the account and its history (`--rename`)."""
    if not renames:
        return records
    accounts = {
        renames.get(email, email): replace(account, email=renames[email], renamed_from=account.renamed_from or email)
        if email in renames
        else account
        for email, account in records.accounts.items()
    }
    moved = (
        replace(
            habilitation,
            person=replace(habilitation.person, email=renames.get(habilitation.email, habilitation.email)),
        )
        for habilitation in records.habilitations
    )
    holds = (replace(h, email=renames.get(h.email, h.email)) if h.email else h for h in records.holds)
    return replace(records, accounts=accounts, habilitations=tuple(moved), holds=tuple(holds))


def _end(habilitation: Habilitation, row: Row, transmitted_on: date, today: date) -> End:
    assert row.on is not None
    if habilitation.end is not None and habilitation.end.on == row.on:
        return habilitation.end
    return End(on=row.on, rule="A3", transmitted_on=transmitted_on, recorded_on=today)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One entry under way: the lists by address, and what each habilitation becomes."""

    partner: str
    transmitted_on: date
    today: date
    asked: Mapping[EmailAddress, Row]
    ended: Mapping[EmailAddress, Row]
    decided_on: date
    decisions: Decisions
    waived: Mapping[EmailAddress, frozenset[str]]
    renamed: frozenset[EmailAddress]

    def known(self, habilitation: Habilitation) -> Habilitation | None:
        """What becomes of a habilitation that is not over; None when its request is withdrawn (A2)."""
        request, ended = self.asked.get(habilitation.email), self.ended.get(habilitation.email)
        if habilitation.state is State.PLANNED and request is None:
            return None
        if (
            request is not None
            and ended is not None
            and ended.on is not None
            and ended.on < habilitation.requested_on
        ):
            ended = None  # it tells of an access before this one, which list 2 names for 2 years (A3)
        if ended is not None:
            habilitation = replace(habilitation, end=_end(habilitation, ended, self.transmitted_on, self.today))
        elif request is not None and not habilitation.is_ending_on(self.today):
            habilitation = replace(habilitation, end=None)
        elif request is None and habilitation.end is None and self.decisions.closes(habilitation.email):
            end = End(on=self.decided_on, rule="A5", transmitted_on=self.transmitted_on, recorded_on=self.today)
            return replace(habilitation, end=end)
        if request is None:
            return habilitation
        if self.returns_after(habilitation):
            if habilitation.state is State.OPEN:
                return habilitation
            habilitation = replace(habilitation, end=None)  # never opened: asked for anew, for a later day
        return self._brought_up_to_date(habilitation, request)

    def returns_after(self, habilitation: Habilitation) -> bool:
        """Whether list 1 asks again for an access that ends before that request: a return (A4)."""
        request = self.asked.get(habilitation.email)
        return bool(request and request.on and habilitation.end and habilitation.end.on < request.on)

    def new(self, row: Row) -> Habilitation:
        """A habilitation for a row of list 1 that no present one serves."""
        assert row.on is not None
        ended = self.ended.get(row.person.email)
        planned = ended is not None and ended.on is not None and ended.on >= row.on
        habilitation = Habilitation(
            partner=self.partner,
            person=row.person,
            requested_on=row.on,
            transmitted_on=self.transmitted_on,
            waived=self.waived.get(row.person.email, frozenset()),
        )
        if ended is None or not planned:
            return habilitation
        return replace(habilitation, end=_end(habilitation, ended, self.transmitted_on, self.today))

    def _brought_up_to_date(self, habilitation: Habilitation, row: Row) -> Habilitation:
        """A1: the data follow the annexe; a request to come never closes what is open already, and a new address
        keeps its dates.
        """
        assert row.on is not None
        keeps_date = habilitation.email in self.renamed or (habilitation.state is State.OPEN and row.on > self.today)
        return replace(
            habilitation,
            person=row.person,
            requested_on=habilitation.requested_on if keeps_date else row.on,
            transmitted_on=self.transmitted_on,
            waived=habilitation.waived | self.waived.get(habilitation.email, frozenset()),
        )


class RenameProblem(StrEnum):
    """What stands against a rename."""

    NOT_OPEN = "not-open"
    STILL_LISTED = "still-listed"
    NOT_ASKED = "not-asked"
    TAKEN = "taken"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class RefusedRename:
    """One rename that cannot be made."""

    old: EmailAddress
    new: EmailAddress
    problem: RenameProblem


def refused_renames(
    records: Records, partner: str, annexe: Annexe, decisions: Decisions, in_keycloak: Collection[EmailAddress]
) -> tuple[RefusedRename, ...]:
    """The renames that would not be one person's new address, each with its first problem.

    `in_keycloak` are the addresses of all the realm's accounts, ours or not.
    """
    targets = list(decisions.rename.values())
    return tuple(
        RefusedRename(old, new, problem)
        for old, new in decisions.rename.items()
        for problem in _problems(records, partner, annexe, old, new, targets.count(new) > 1 or new in in_keycloak)
    )


def _problems(
    records: Records, partner: str, annexe: Annexe, old: EmailAddress, new: EmailAddress, is_taken: bool
) -> Iterator[RenameProblem]:
    if old not in records.open_addresses(partner):
        yield RenameProblem.NOT_OPEN
    elif old in {row.email for row in annexe.rows}:
        yield RenameProblem.STILL_LISTED
    elif new not in {row.email for row in annexe.of_list(1)}:
        yield RenameProblem.NOT_ASKED
    elif is_taken or new in records.accounts:
        yield RenameProblem.TAKEN
    elif any(h.email == old and h.partner != partner and h.state is not State.CLOSED for h in records.habilitations):
        yield RenameProblem.ELSEWHERE
