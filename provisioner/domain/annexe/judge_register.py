"""The rules that need what the register knows (findings R of the contract), and Keycloak (K)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from provisioner.domain.access.account import Snapshot
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.access.plan import not_ours
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.details import (
    Absent,
    ConventionDates,
    Count,
    Details,
    OnDay,
    OtherRow,
    Sender,
    Transmissions,
)
from provisioner.domain.annexe.document import CLOSED_FOR_MONTHS, Annexe, Column, Finding, Row, Severity
from provisioner.domain.annexe.enter import unaccounted_for
from provisioner.domain.calendar import add_months
from provisioner.domain.convention import Partner
from provisioner.domain.people import EmailAddress, Person, are_alike, fold, name_key
from provisioner.domain.records import CurrentAnnexe, Records

#: How like an address must be to be suggested, in percent.
LIKE = 75

#: How many pairs of a known person and a new row are compared at most: beyond, no change of address is proposed.
MOST_COMPARED = 20_000

#: How many pairs of names, or of addresses, are compared at most for a likeness: beyond, only equal names are alike,
#: and no address is suggested. Comparing 50,000 rows with 1,000 persons would take minutes.
MOST_ALIKE = 500_000


def judge_register(
    annexe: Annexe,
    sha256: str,
    records: Records,
    partner: Partner,
    today: date,
    received_on: date,
    decisions: Decisions | None = None,
    sent_by: EmailAddress | None = None,
) -> tuple[Finding, ...]:
    """What the register has to say of an annexe that could be read, a rename being accounted for."""
    judge = _Judge.of(annexe, records, partner.code, decisions)
    return (
        *_of_convention(partner, today),
        *_of_current(annexe, sha256, records.current.get(partner.code)),
        *_of_sender(sent_by, records.senders.get(partner.code)),
        *judge.list_1(records),
        *judge.list_2(received_on),
        *judge.whole(),
    )


def judge_keycloak(annexe: Annexe, records: Records, snapshot: Snapshot, partner: str) -> tuple[Finding, ...]:
    """A8: an address of list 1 that belongs to a realm account which is not ours. A3: one of list 2 whose account was
    deleted and made again by another hand.
    """
    others = not_ours(records, snapshot)
    gone = {
        habilitation.email
        for habilitation in records.of_partner(partner)
        if records.accounts[habilitation.email].is_gone_from(snapshot)
    }
    return (
        *(
            _of_row(row, "address-not-managed", Severity.ERROR, Column.EMAIL)
            for row in annexe.of_list(1)
            if row.email in others
        ),
        *(
            _of_row(row, "account-made-again", Severity.WARNING, Column.EMAIL)
            for row in annexe.of_list(2)
            if row.email in others and row.email in gone and others[row.email].enabled
        ),
    )


def _of_convention(partner: Partner, today: date) -> Iterator[Finding]:
    if not partner.is_active_on(today):
        signed = partner.signed_on is not None and partner.signed_on <= today
        details = ConventionDates(
            ended_on=partner.last_day if signed else None, signed_on=None if signed else partner.signed_on
        )
        yield Finding("convention-not-active", Severity.ERROR, details=details)


def _of_current(annexe: Annexe, sha256: str, current: CurrentAnnexe | None) -> Iterator[Finding]:
    if current is None or annexe.transmitted_on is None:
        return
    details = Transmissions(annexe.transmitted_on, current.transmitted_on)
    if annexe.transmitted_on < current.transmitted_on:
        yield Finding("stale-annexe", Severity.ERROR, details=details)
    elif annexe.transmitted_on == current.transmitted_on and sha256 != current.sha256:
        yield Finding("same-date", Severity.WARNING, details=details)


def _of_sender(sent_by: EmailAddress | None, expected: EmailAddress | None) -> Iterator[Finding]:
    """A11: where it is known who sent the annexe, it is the person whom annexe 2 names."""
    if sent_by is not None and sent_by != expected:
        yield Finding(
            "sender-unknown", Severity.WARNING, value=sent_by, details=Sender(is_named=expected is not None)
        )


def _of_row(
    row: Row,
    code: str,
    severity: Severity,
    column: Column,
    suggestion: str | None = None,
    details: Details | None = None,
) -> Finding:
    return Finding(code, severity, row.list, row.row, column, row.as_written(column), suggestion, details)


@dataclass(frozen=True, slots=True)
class _Judge:
    """The annexe beside the partner's habilitations, by address."""

    annexe: Annexe
    partner: str
    mine: tuple[Habilitation, ...]
    open: Mapping[EmailAddress, Habilitation]
    last_closed: Mapping[EmailAddress, Habilitation]
    unaccounted: tuple[Habilitation, ...]
    taken: Collection[EmailAddress]
    elsewhere: frozenset[EmailAddress]

    @classmethod
    def of(cls, annexe: Annexe, records: Records, code: str, decisions: Decisions | None) -> _Judge:
        habilitations = records.of_partner(code)
        return cls(
            annexe,
            code,
            habilitations,
            {habilitation.email: habilitation for habilitation in habilitations if habilitation.state is State.OPEN},
            {h.email: h for h in habilitations if h.state is State.CLOSED},
            unaccounted_for(records, code, annexe, decisions),
            records.accounts.keys(),
            frozenset(h.email for h in records.habilitations if h.partner != code and h.closed_at is None),
        )

    def list_1(self, records: Records) -> Iterator[Finding]:
        elsewhere = {
            habilitation.email
            for habilitation in records.habilitations
            if habilitation.partner != self.partner and habilitation.state is State.OPEN
        }
        like = self._like_open_persons()
        for row in self.annexe.of_list(1):
            if row.email is None or row.email in self.open:
                continue
            yield from self._after_closure(row, self.last_closed.get(row.email))
            if other := like.get(row.row):
                yield _of_row(row, "possible-duplicate", Severity.WARNING, Column.EMAIL, details=OtherRow(other))
            if row.email in elsewhere:
                yield _of_row(row, "address-of-other-partner", Severity.ERROR, Column.EMAIL)

    def _after_closure(self, row: Row, closed: Habilitation | None) -> Iterator[Finding]:
        """A4: asked for again after a closure, or last year's form used again."""
        if closed is None or closed.end is None or row.on is None:
            return
        ended_on = closed.end.on
        if row.on <= ended_on:
            yield _of_row(
                row,
                "request-older-than-closure",
                Severity.ERROR,
                Column.REQUESTED_ON,
                details=OnDay(ended_on),
            )
        else:
            yield _of_row(row, "returning", Severity.WARNING, Column.EMAIL, details=OnDay(ended_on))

    def _like_open_persons(self) -> dict[int, EmailAddress]:
        """For rows of list 1, a changed address, perhaps: nearly the same name is open here with another one, and in
        neither list.
        """
        names = {
            row.row: name_key(row.last_name, row.first_names)
            for row in self.annexe.of_list(1)
            if row.email not in self.open and row.last_name is not None and row.first_names is not None
        }
        persons = [(name_key(h.person.last_name, h.person.first_names), h.email) for h in self.unaccounted]
        if len(names) * len(persons) > MOST_ALIKE:
            equal = {known.words: email for known, email in reversed(persons)}
            return {row: equal[name.words] for row, name in names.items() if name.words in equal}
        alike = {
            row: next((email for known, email in persons if are_alike(name, known)), None)
            for row, name in names.items()
        }
        return {row: email for row, email in alike.items() if email is not None}

    def list_2(self, received_on: date) -> Iterator[Finding]:
        emails = {habilitation.email for habilitation in self.mine}
        asked = {row.email for row in self.annexe.of_list(1)}
        unknown = {row.email for row in self.annexe.of_list(2)} - emails
        candidates = list(self.open) if len(unknown) * len(self.open) <= MOST_ALIKE else []
        for row in self.annexe.of_list(2):
            if row.email is None:
                continue
            access = self.open.get(row.email)
            if row.email not in emails:
                nearest = _nearest(row.email, candidates)
                yield _of_row(row, "closure-unknown", Severity.WARNING, Column.EMAIL, nearest)
            elif access is None or row.on is None or (row.email in asked and row.on < access.requested_on):
                continue  # it closes nothing: at most it tells of an access before the present one
            elif received_on > row.on:
                days = (received_on - row.on).days
                yield _of_row(row, "late-departure", Severity.INFO, Column.ENDED_ON, details=Count(days))

    def whole(self) -> Iterator[Finding]:
        """What the lists leave out."""
        yield from self._missing_closures()
        ending = {row.email for row in self.annexe.of_list(2)} - {row.email for row in self.annexe.of_list(1)}
        if self.open and not self.annexe.of_list(1) and not (self.open.keys() - ending):
            yield Finding("closes-everyone", Severity.WARNING, list=2, details=Count(len(self.open)))
        renamed = self._perhaps_renamed()
        for access in self.unaccounted:
            details = Absent(access.person, renamed_to=renamed.get(access.email))
            yield Finding("unaccounted-for", Severity.WARNING, value=access.email, details=details)

    def _perhaps_renamed(self) -> dict[EmailAddress, EmailAddress]:
        """For those in neither list, the new address that may be theirs: the same first names, function or place in
        the list suggest it. A successor has the function and the place too: it is asked, never done.

        The place is that in the form that the register fills in. Nobody is proposed twice, nor where two would do.
        Nor is what would be refused: an address that some account has, an account that serves another partner.
        """
        places = {email: place for place, email in enumerate(self.open, 1)}
        new = [row for row in self.annexe.of_list(1) if row.email is not None and row.email not in self.taken]
        if len(new) * len(self.unaccounted) > MOST_COMPARED:
            return {}
        best = {}
        for habilitation in self.unaccounted:
            if habilitation.email in self.elsewhere:
                continue
            points = {row.email: _likeness(habilitation.person, row, places.get(habilitation.email)) for row in new}
            most = max(points.values(), default=0)
            nearest = [email for email, count in points.items() if count == most]
            if most and len(nearest) == 1 and nearest[0] is not None:
                best[habilitation.email] = nearest[0]
        proposed = Counter(best.values())
        return {email: candidate for email, candidate in best.items() if proposed[candidate] == 1}

    def _missing_closures(self) -> Iterator[Finding]:
        """A3: closed here less than 2 years before the transmission, and not in list 2."""
        if self.annexe.transmitted_on is None:
            return
        two_years_ago = add_months(self.annexe.transmitted_on, -CLOSED_FOR_MONTHS)
        named = {row.email for row in self.annexe.rows} | self.open.keys()
        for email, habilitation in self.last_closed.items():
            if habilitation.end is not None and habilitation.end.on > two_years_ago and email not in named:
                details = Absent(habilitation.person, ended_on=habilitation.end.on)
                yield Finding("closure-missing", Severity.WARNING, list=2, value=email, details=details)


def _likeness(person: Person, row: Row, place: int | None) -> int:
    """How much a row looks like that person under a new address; 0: not at all."""
    first_names, function = fold(person.first_names), fold(person.function)
    is_same_first_name = bool(first_names) and first_names == fold(row.first_names or "")
    is_same_function = bool(function) and function == fold(row.function or "")
    return 4 * is_same_first_name + 2 * is_same_function + (place == row.row)


def _nearest(email: EmailAddress, emails: Sequence[EmailAddress]) -> str | None:
    from rapidfuzz import fuzz, process

    nearest = process.extractOne(email, emails, scorer=fuzz.ratio, score_cutoff=LIKE)
    return nearest[0] if nearest else None


#: The findings that a named person may waive for a row of list 1 (A7, A8).
WAIVABLE = frozenset({"email-domain", "email-consumer", "email-shared-mailbox", "address-of-other-partner"})


def waive(
    findings: Iterable[Finding],
    annexe: Annexe,
    rows: Collection[int],
    already: Mapping[EmailAddress, frozenset[str]],
) -> Iterator[Finding]:
    """The findings with those that a named person waived made warnings, now by row or once for the habilitation."""
    emails = {row.row: row.email for row in annexe.of_list(1)}

    def is_waived(finding: Finding) -> bool:
        if (
            finding.list != 1
            or finding.row is None
            or finding.code not in WAIVABLE
            or finding.severity is not Severity.ERROR
        ):
            return False
        email = emails.get(finding.row)
        return finding.row in rows or (email is not None and finding.code in already.get(email, frozenset()))

    for finding in findings:
        yield replace(finding, severity=Severity.WARNING, waived=True) if is_waived(finding) else finding
