"""The register of conventions: partners added, changed, shown, ended early (C3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from difflib import get_close_matches
from typing import TypeVar

from provisioner.domain.annexe.decisions import is_name, is_shown_whole
from provisioner.domain.convention import DEFAULT_CTG_END, Partner
from provisioner.domain.errors import Problem, Refusal, Refused, WrongUsage
from provisioner.domain.people import EmailAddress, MailboxRules, canonical_domain
from provisioner.domain.records import Records, Scope
from provisioner.operations.context import decided
from provisioner.register import Register, Work
from provisioner.register.database import read_records
from provisioner.register.partners import add_record, all_partners, keeps_of, remove_record, set_end, set_record
from provisioner.settings import DocumentSettings

_CODE = re.compile(r"^[a-z0-9-]{1,64}$")


def no_such_partner(code: str, known: Iterable[str] = ()) -> WrongUsage:
    """The register has no partner with that code; of the `known` ones the nearest is named."""
    nearest = get_close_matches(code.lower(), known, 1)
    if nearest:
        return WrongUsage(Refusal.NO_SUCH_PARTNER_BUT, partner=code, nearest=nearest[0])
    return WrongUsage(Refusal.NO_SUCH_PARTNER, partner=code)


def partner_of(register: Register, code: str) -> Partner:
    """The partner with that code.

    Raises:
        WrongUsage: there is none.
    """
    with register.read() as connection:
        if partner := all_partners(connection, [code]).get(code):
            return partner
        raise no_such_partner(code, all_partners(connection))


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is said of a partner, as typed; None leaves it as it is.

    `domains` and `addresses` each replace the former ones as a whole; an empty list leaves none. With
    `forgets_notice_days` the days of notice are unknown again.
    """

    name: str | None = None
    domains: Collection[str] | None = None
    addresses: Collection[str] | None = None
    signed_on: date | None = None
    ctg_end: date | None = None
    reference: str | None = None
    document_sha256: str | None = None
    notice_days: int | None = None
    forgets_notice_days: bool = False


@decided
def add_partner(register: Register, code: str, given: Given, limits: DocumentSettings, by: str) -> None:
    """Registers a partner; not signed, nothing opens.

    Raises:
        Refused: the code is taken or not of the form asked for, a domain is not one, dates disagree.
    """
    from provisioner.documents.addresses import load_mailbox_rules

    partner = changed(new_partner(code), given)
    _refuse_first([*problems_of_given(given, load_mailbox_rules(limits)), *problems_of(partner)])
    with register.work(by) as work:
        if partner.code in all_partners(work.connection):
            raise Refused(Refusal.CODE_TAKEN, partner=partner.code)
        add_record(work, partner)


@decided
def set_partner(register: Register, code: str, given: Given, limits: DocumentSettings, by: str) -> Partner:
    """Changes what is given of a partner's record.

    Raises:
        WrongUsage: there is none with that code.
        Refused: it cannot be so.
    """
    from provisioner.documents.addresses import load_mailbox_rules

    mailboxes = load_mailbox_rules(limits)
    with register.work(by) as work:
        before, records = _read_partner(work, code)
        partner = changed(before, given)
        problems = [*problems_of_given(given, mailboxes), *problems_of(partner)]
        _refuse_first([*problems, *problems_of_change(records, before, partner, register.clock.today())])
        save_change(work, before, partner, by)
    return partner


@decided
def remove_partner(register: Register, code: str, by: str, reason: str) -> None:
    """Takes a partner out of the register that was never of use: mistyped, say. Its contacts go with it (C4).

    Raises:
        WrongUsage: there is none with that code.
        Refused: the register keeps something of it.
    """
    from provisioner.register.destruction import destroy_convention

    with register.work(by) as work:
        known = all_partners(work.connection)
        if code not in known:
            raise no_such_partner(code, known)
        if (what := keeps_of(work.connection, known[code])) is not None:
            raise Refused(Refusal.PARTNER_USED, partner=code, what=what)
        destroy_convention(work, code)
        remove_record(work, code, by, reason)


def new_partner(code: str) -> Partner:
    """A record of which nothing but the code is known yet."""
    return Partner(code=code, name="", domains=frozenset(), ctg_end=DEFAULT_CTG_END)


def changed(before: Partner, given: Given) -> Partner:
    """The record with what is given. Signed again after an early end, it is a new convention without one."""
    signed_on = given.signed_on
    signs_anew = signed_on is not None and before.ends_on is not None and signed_on > before.ends_on
    known_days = None if given.forgets_notice_days else before.notice_days
    return replace(
        before,
        name=before.name if given.name is None else given.name.strip(),
        domains=before.domains if given.domains is None else _read(given.domains, canonical_domain),
        addresses=before.addresses if given.addresses is None else _read(given.addresses, _exact_address),
        signed_on=signed_on or before.signed_on,
        ctg_end=given.ctg_end or before.ctg_end,
        reference=given.reference or before.reference,
        document_sha256=given.document_sha256 or before.document_sha256,
        notice_days=known_days if given.notice_days is None else given.notice_days,
        ends_on=None if signs_anew else before.ends_on,
    )


def save_change(work: Work, before: Partner, partner: Partner, by: str) -> None:
    """Writes a changed record, when anything is."""
    if partner.ends_on != before.ends_on:
        set_end(work, partner, "partner.new-convention", by=by, reason=None)
    if partner != before:
        set_record(work, partner)


_Read = TypeVar("_Read")


def _read(texts: Iterable[str], read: Callable[[str], _Read | None]) -> frozenset[_Read]:
    """What could be read of the texts; `problems_of_given` tells the others."""
    return frozenset(value for value in map(read, texts) if value is not None)


def _exact_address(text: str) -> EmailAddress | None:
    from provisioner.documents.addresses import read_address

    return read_address(text).email


def problems_of_given(given: Given, mailboxes: MailboxRules) -> Iterator[Problem]:
    """What cannot be declared (A7): the field, and why. Nothing is cut off or guessed."""
    domains = {text: canonical_domain(text) for text in given.domains or ()}
    if wrong := sorted(text for text, domain in domains.items() if domain is None):
        yield "domains", Refused(Refusal.NOT_A_DOMAIN, given=_listed(wrong))
    consumer = sorted(domain for domain in domains.values() if domain and mailboxes.is_consumer_domain(domain))
    if consumer:
        yield "domains", Refused(Refusal.CONSUMER_DOMAIN, domains=", ".join(consumer))
    if wrong := sorted(text for text in given.addresses or () if _exact_address(text) is None):
        yield "addresses", Refused(Refusal.NOT_AN_ADDRESS, given=_listed(wrong))


def problems_of(partner: Partner) -> Iterator[Problem]:
    """What a partner's record cannot be: the field, and why."""
    if not _CODE.match(partner.code):
        yield "code", Refused(Refusal.CODE_MALFORMED, partner=partner.code)
    if not is_name(partner.name):
        yield "name", Refused(Refusal.PARTNER_UNNAMED)
    if not is_shown_whole(partner.name):
        yield "name", Refused(Refusal.PARTNER_NAME_HIDDEN)
    if not (partner.domains or partner.addresses):
        yield "domains", Refused(Refusal.NO_DOMAIN)
    if partner.signed_on is not None and partner.signed_on > partner.ctg_end:
        yield "signed_on", Refused(Refusal.SIGNED_AFTER_CTG)


def problems_of_change(records: Records, before: Partner, partner: Partner, today: date) -> Iterator[Problem]:
    """Why a known record cannot be changed so: no mistyped end closes every access at once, and a convention that was
    ended early is not signed anew before C3 is done for it.
    """
    if partner.ctg_end < today <= before.last_day and before.signed_on is not None:
        yield "ctg_end", Refused(Refusal.CTG_END_PAST, on=partner.ctg_end, partner=before.code)
    if before.ends_on is None or partner.ends_on is not None:
        return
    if today <= before.ends_on:
        yield "signed_on", Refused(Refusal.END_TO_COME, on=before.ends_on, partner=before.code)
    elif any(h.closed_at is None for h in records.of_partner(before.code)):
        yield "signed_on", Refused(Refusal.ACCESSES_TO_CLOSE)


def _listed(texts: Iterable[str]) -> str:
    """What was typed, each in quotes, with every sign of it shown."""
    return ", ".join(f"« {ascii(text)[1:-1]} »" for text in texts)


def _refuse_first(problems: Iterable[Problem]) -> None:
    for _, problem in problems:
        raise problem


@dataclass(frozen=True, slots=True)
class ConventionEnd:
    """What the end of a convention closes: how many accesses, on the day after its last day.

    `instead_of` is the day on which they would have closed, when another end was recorded before.
    """

    last_day: date
    accesses: int
    instead_of: date | None = None

    @property
    def on(self) -> date:
        """The day on which they close."""
        return _morrow(self.last_day)


@decided
def end_convention(register: Register, code: str, on: date, by: str, reason: str) -> ConventionEnd:
    """Ends a partner's convention with that last day, or moves an end whose day is not past.

    Raises:
        WrongUsage: there is none with that code.
        Refused: the day is past, before the signature or after the end of the CTG; the convention is not
            signed, or over; no reason is given.
    """
    with register.work(by) as work:
        before, records = _read_partner(work, code)
        _refuse_end(before, on, register.clock.today())
        partner = replace(before, ends_on=on)
        set_end(work, partner, "partner.end", by=by, reason=reason)
        return _end_of(records, before, partner)


@decided
def reinstate_convention(register: Register, code: str, by: str, reason: str) -> ConventionEnd:
    """Takes an announced end back, up to its very day: the convention goes on up to the end of the CTG.

    Raises:
        WrongUsage: there is none with that code.
        Refused: no end was announced, or it has come; no reason is given.
    """
    with register.work(by) as work:
        before, records = _read_partner(work, code)
        if before.ends_on is None:
            raise Refused(Refusal.NO_EARLY_END, partner=code, on=before.last_day)
        if register.clock.today() > before.last_day:
            raise _over(before)
        partner = replace(before, ends_on=None)
        set_end(work, partner, "partner.reinstate", by=by, reason=reason)
        return _end_of(records, before, partner)


def _read_partner(work: Work, code: str) -> tuple[Partner, Records]:
    records = read_records(work.connection, Scope(frozenset({code})))
    if code not in records.partners:
        raise no_such_partner(code, all_partners(work.connection))
    return records.partners[code], records


def _refuse_end(partner: Partner, on: date, today: date) -> None:
    if partner.signed_on is None:
        raise Refused(Refusal.NOT_SIGNED, partner=partner.code)
    if today > partner.last_day:
        raise _over(partner)
    if on < today:
        raise Refused(Refusal.END_PAST, on=on, today=today, closes_on=_morrow(today))
    if on < partner.signed_on:
        raise Refused(Refusal.END_BEFORE_SIGNATURE, on=on, signed_on=partner.signed_on)
    if on > partner.ctg_end:
        raise Refused(Refusal.END_AFTER_CTG, on=on, ctg_end=partner.ctg_end, partner=partner.code)


def _over(partner: Partner) -> Refused:
    code = Refusal.CTG_OVER if partner.last_day == partner.ctg_end else Refusal.CONVENTION_OVER
    return Refused(code, partner=partner.code, on=partner.last_day)


def _end_of(records: Records, before: Partner, after: Partner) -> ConventionEnd:
    """The accesses that last until then; one that ends sooner closes by its own end."""
    last_day = after.last_day
    accesses = sum(
        1
        for h in records.of_partner(after.code)
        if h.closed_at is None and h.requested_on <= last_day and (h.end is None or h.end.due_on > last_day)
    )
    return ConventionEnd(last_day, accesses, _morrow(before.last_day) if before.ends_on is not None else None)


def _morrow(day: date) -> date:
    return day + timedelta(days=1)
