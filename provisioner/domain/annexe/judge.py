"""The rules that a document answers by itself: dates, addresses, persons named twice, its two lists (findings D)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from rapidfuzz import fuzz, process

from provisioner.domain.annexe.details import BothLists, Details, OnDay, OtherRow
from provisioner.domain.annexe.document import CLOSED_FOR_MONTHS, Annexe, Column, Finding, Row, Severity
from provisioner.domain.calendar import add_months
from provisioner.domain.convention import Partner
from provisioner.domain.people import EmailAddress, MailboxRules, NameKey, are_alike, domain_of, mailbox_of, name_key

#: How like a declared domain must be to be suggested, in percent.
LIKE_DOMAIN = 70

#: How like a declared address must be to be suggested, in percent.
LIKE_ADDRESS = 85

#: The longest domain that there may be, in characters.
LONGEST_DOMAIN = 253


def judged(annexe: Annexe) -> Annexe:
    """The annexe with what its rows say against each other, on any day and whoever the partner is."""
    findings = (*_in_both_lists(annexe), *duplicate_persons(annexe), *possible_duplicates(annexe))
    return replace(annexe, findings=(*annexe.findings, *findings))


def judge_document(
    annexe: Annexe,
    today: date,
    mailboxes: MailboxRules,
    partner: Partner | None,
    open_addresses: frozenset[EmailAddress] = frozenset(),
) -> Iterator[Finding]:
    """The reader's findings (those of `judged` among them) and what needs today or lists of known domains.

    Args:
        annexe: the document as read.
        today: the day on which it is judged.
        mailboxes: which addresses are nobody's or several people's.
        partner: whose annexe it is, with the domains and addresses that it declared; None when it is not known.
        open_addresses: addresses already open for the partner, for which no finding about the address's domain or
            kind is an error (A4).
    """
    if any(finding.code == "unreadable-document" for finding in annexe.findings):
        yield from annexe.findings
        return
    addresses = _Addresses(annexe, mailboxes, partner, open_addresses)
    yield from addresses.with_suggestions(annexe.findings)
    yield from _of_dates(annexe, today)
    yield from addresses.findings()


def _of_dates(annexe: Annexe, today: date) -> Iterator[Finding]:
    """A2: not transmitted in the future. A6: planned dates are told. A3: closures older than 2 years are too old."""
    transmitted_on = annexe.transmitted_on
    if transmitted_on is not None and transmitted_on > today:
        yield Finding(
            "transmission-date-future",
            Severity.ERROR,
            value=transmitted_on.isoformat(),
            details=OnDay(transmitted_on),
        )
    for row in annexe.rows:
        if row.on is None:
            continue
        if row.on > today:
            yield _of_date(row, "date-future", Severity.WARNING, OnDay(row.on))
        listed_until = add_months(row.on, CLOSED_FOR_MONTHS)
        if row.list == 2 and transmitted_on is not None and listed_until < transmitted_on:
            yield _of_date(row, "closure-too-old", Severity.WARNING, OnDay(row.on))


def _in_both_lists(annexe: Annexe) -> Iterator[Finding]:
    """A4: an end on or after the transmission is planned, one before a newer request is a return; else an error.

    It stands on list 2's row, so that this closure waits for an answer.
    """
    asked: dict[EmailAddress, Row] = {}
    for row in annexe.of_list(1):
        if row.email is not None:
            asked.setdefault(row.email, row)
    for row in annexe.of_list(2):
        other = asked.get(row.email) if row.email is not None else None
        if other is None or row.on is None or other.on is None or annexe.transmitted_on is None:
            continue
        if row.on < annexe.transmitted_on and row.on >= other.on:
            yield _of_date(row, "in-both-lists", Severity.ERROR, BothLists(other.row, other.on, row.on))


def _of_date(row: Row, code: str, severity: Severity, details: Details) -> Finding:
    value = row.as_written(row.date_column)
    return Finding(code, severity, row.list, row.row, row.date_column, value, details=details)


@dataclass(frozen=True, slots=True)
class _Addresses:
    """A7: whose the addresses are. A cell has one such finding at most, the first that applies."""

    annexe: Annexe
    mailboxes: MailboxRules
    partner: Partner | None
    open: frozenset[EmailAddress]

    def findings(self) -> Iterator[Finding]:
        """What is wrong with the addresses that could be read."""
        for row in self.annexe.rows:
            code = self._code(row) if row.email is not None else None
            if code is None or row.email is None:
                continue
            is_tolerated = code == "email-consumer" and self._is_declared_exactly(row.email)
            is_warning = row.list == 2 or row.email in self.open or is_tolerated
            yield Finding(
                code,
                Severity.WARNING if is_warning else Severity.ERROR,
                row.list,
                row.row,
                Column.EMAIL,
                row.as_written(Column.EMAIL),
                self._nearest(row.email) if code == "email-domain" else None,
            )

    def with_suggestions(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The reader's findings; an address without its at sign gets it back when its end is a known domain."""
        domains = self._known_domains()
        for finding in findings:
            value = (finding.value or "").strip().lower()
            if finding.code != "email-invalid" or finding.suggestion or "@" in value:
                yield finding
                continue
            ends = (value[start:] for start in range(max(len(value) - LONGEST_DOMAIN, 0), len(value)))
            domain = next((end for end in ends if end in domains), "")  # the longest one comes first
            mailbox = value.removesuffix(domain).rstrip(".-_ ") if domain else ""
            suggestion = f"{mailbox}@{domain}" if mailbox and " " not in mailbox else None
            yield replace(finding, suggestion=suggestion)

    def _known_domains(self) -> frozenset[str]:
        seen = frozenset(domain_of(row.email) for row in self.annexe.rows if row.email is not None)
        return seen | (self.partner.domains if self.partner is not None else frozenset())

    def _code(self, row: Row) -> str | None:
        assert row.email is not None
        is_shared = self.mailboxes.is_shared(row.email, row.last_name or "", row.first_names or "")
        if is_shared and self._is_declared_exactly(row.email):  # declared or not, it is nobody's own
            return "email-shared-mailbox"
        if self.mailboxes.is_consumer(row.email):  # a domain declared before this was refused opens no door either
            return "email-consumer"
        if self.partner is not None and not self.partner.declares(row.email):
            return "email-domain"
        return "email-shared-mailbox" if is_shared else None

    def _is_declared_exactly(self, email: EmailAddress) -> bool:
        return self.partner is not None and email in self.partner.addresses

    def _nearest(self, email: EmailAddress) -> str | None:
        assert self.partner is not None
        domains = sorted(self.partner.domains)
        domain = process.extractOne(domain_of(email), domains, scorer=fuzz.ratio, score_cutoff=LIKE_DOMAIN)
        if domain:
            return f"{mailbox_of(email)}@{domain[0]}"
        near = process.extractOne(email, sorted(self.partner.addresses), scorer=fuzz.ratio, score_cutoff=LIKE_ADDRESS)
        return near[0] if near else None


#: Beyond so many rows only equal names are compared: comparing all pairs would take minutes.
MOST_COMPARED = 500


class _Named(NamedTuple):
    key: NameKey
    row: Row


def duplicate_persons(annexe: Annexe) -> Iterator[Finding]:
    """A1: the same address twice in one list; the first row stands, the later ones are refused."""
    first: dict[tuple[int, EmailAddress], Row] = {}
    for row in annexe.rows:
        if row.email is None:
            continue
        first_row = first.setdefault((row.list, row.email), row)
        if first_row is not row:
            details = OtherRow(row=first_row.row)
            yield Finding(
                "duplicate-person",
                Severity.ERROR,
                row.list,
                row.row,
                Column.EMAIL,
                row.as_written(Column.EMAIL),
                details=details,
            )


def possible_duplicates(annexe: Annexe) -> Iterator[Finding]:
    """The same or nearly the same name with another address: a changed address, perhaps.

    One finding a row at most: on the later row of a list, and on list 1's row when the other one is in list 2.
    """
    named = [
        _Named(name_key(row.last_name, row.first_names), row)
        for row in sorted(annexe.rows, key=lambda row: (-row.list, row.row))
        if row.email is not None and row.last_name and row.first_names
    ]
    groups: dict[str, dict[EmailAddress | None, _Named]] = defaultdict(dict)
    for index, named_row in enumerate(named):
        earlier: Iterable[_Named]
        if len(named) <= MOST_COMPARED:
            earlier = named[:index]
        else:
            group = groups[named_row.key.words]
            earlier = list(group.values())
            if len(group) < 2:  # with the first two addresses of a name, any other row differs from one of them
                group.setdefault(named_row.row.email, named_row)
        other = next((other for other in earlier if _may_be_same(named_row, other)), None)
        if other is not None:
            details = OtherRow(other.row.email, other.row.list, other.row.row)
            row = named_row.row
            yield Finding(
                "possible-duplicate",
                Severity.WARNING,
                row.list,
                row.row,
                Column.EMAIL,
                row.as_written(Column.EMAIL),
                details=details,
            )


def _may_be_same(named_row: _Named, other: _Named) -> bool:
    return named_row.row.email != other.row.email and are_alike(named_row.key, other.key)
