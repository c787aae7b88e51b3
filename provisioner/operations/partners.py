"""The register of conventions: partners added, changed, shown."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date

from provisioner.domain.convention import Partner
from provisioner.domain.records import Records
from provisioner.register import Register, Work, reading, writing

_CODE = re.compile(r"^[a-z0-9-]{1,64}$")
_DOMAIN = re.compile(r"^(?=.{4,253}$)([^\s@.]{1,63}\.)+[^\s@.]{2,63}$")


class PartnerRefused(Exception):
    """The partner's record cannot be made as asked; the message says why."""


class NoSuchPartner(Exception):
    """The register has no partner with that code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"No partner has the code {code!r}. The known ones: provisioner partner list.")


def partner_of(register: Register, code: str) -> Partner:
    """The partner with that code.

    Raises:
        NoSuchPartner: there is none.
    """
    with register.read() as connection:
        found = reading.partners(connection).get(code)
    if found is None:
        raise NoSuchPartner(code)
    return found


def add_partner(register: Register, partner: Partner) -> None:
    """Registers a partner; not signed, nothing opens.

    Raises:
        PartnerRefused: the code is taken or not of the form asked for, a domain is not one, dates disagree.
    """
    _refuse_first(problems_of(partner))
    with register.work() as work:
        if partner.code in reading.partners(work.connection):
            raise PartnerRefused(f"The code {partner.code!r} is taken. To change that partner: partner set.")
        writing.add_partner(work, partner)


def set_partner(
    register: Register,
    code: str,
    *,
    name: str | None = None,
    domains: Collection[str] = (),
    signed_on: date | None = None,
    ctg_end: date | None = None,
) -> Partner:
    """Changes what is given of a partner's record; domains are replaced as a whole.

    Raises:
        NoSuchPartner, PartnerRefused: as their names say.
    """
    with register.work() as work:
        records = reading.records(work.connection)
        known = records.partners.get(code)
        if known is None:
            raise NoSuchPartner(code)
        partner = changed(known, name=name, domains=domains, signed_on=signed_on, ctg_end=ctg_end)
        _refuse_first([*problems_of(partner), *problems_of_change(records, known, partner, register.clock.today())])
        save_change(work, known, partner, register.actor.by)
    return partner


def changed(
    known: Partner, *, name: str | None, domains: Collection[str], signed_on: date | None, ctg_end: date | None
) -> Partner:
    """The record with what is given. Signed again after an early end, it is a new convention without one."""
    signs_anew = signed_on is not None and known.ends_on is not None and signed_on > known.ends_on
    return replace(
        known,
        name=known.name if name is None else name,
        domains=canonical_domains(domains) or known.domains,
        signed_on=signed_on or known.signed_on,
        ctg_end=ctg_end or known.ctg_end,
        ends_on=None if signs_anew else known.ends_on,
    )


def save_change(work: Work, known: Partner, partner: Partner, by: str) -> None:
    """Writes a changed record, when anything is."""
    if partner.ends_on != known.ends_on:
        writing.set_end(work, partner, "partner.new-convention", by=by, reason=None)
    if partner != known:
        writing.set_partner(work, partner)


def canonical_domains(domains: Collection[str]) -> frozenset[str]:
    """Domains in lower case, without the at sign that people put before them."""
    return frozenset(domain.strip().removeprefix("@").lower() for domain in domains)


def problems_of(partner: Partner) -> Iterator[tuple[str, str]]:
    """What a partner's record cannot be: the field, and what is wrong, as a sentence."""
    if not _CODE.match(partner.code):
        yield "code", f"{partner.code!r} cannot be a code: 1 to 64 of a-z, 0-9 and - are expected."
    if not partner.name.strip():
        yield "name", "A partner needs a name."
    if not partner.domains:
        yield "domains", "A partner needs at least one e-mail domain."
    wrong = sorted(domain for domain in partner.domains if not _DOMAIN.match(domain))
    if wrong:
        yield "domains", f"Not an e-mail domain: {', '.join(wrong)}. Expected: mairie-exemple.fr"
    if partner.signed_on is not None and partner.signed_on > partner.ctg_end:
        yield "signed_on", "The convention would be signed after the end of the CTG."


def problems_of_change(records: Records, known: Partner, partner: Partner, today: date) -> Iterator[tuple[str, str]]:
    """Why a known record cannot be changed so: no mistyped end closes every access at once, and a convention that was
    ended early is not signed anew before C3 is done for it.
    """
    if partner.ctg_end < today <= known.last_day and known.signed_on is not None:
        yield (
            "ctg_end",
            f"{partner.ctg_end} is past: every access would be closed at once. "
            f"To end the convention: partner end {known.code} --on DATE, today at the earliest.",
        )
    if known.ends_on is None or partner.ends_on is not None:
        return
    if today <= known.ends_on:
        yield (
            "signed_on",
            f"The convention ends on {known.ends_on}: enter the new signature after that day, "
            "or take the end back: partner reinstate.",
        )
    elif any(one.closed_at is None for one in records.of_partner(known.code)):
        yield "signed_on", "The accesses of the convention that ended are not all closed yet: run sync first."


def _refuse_first(problems: Iterable[tuple[str, str]]) -> None:
    for _, sentence in problems:
        raise PartnerRefused(sentence)
