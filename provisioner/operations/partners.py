"""The register of conventions: partners added, changed, shown."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import date

from provisioner.domain.convention import Partner
from provisioner.register import Register, reading, writing

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
    if not _CODE.match(partner.code):
        raise PartnerRefused(f"{partner.code!r} cannot be a code: 1 to 64 of a-z, 0-9 and - are expected.")
    _verify(partner)
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
        known = reading.partners(work.connection).get(code)
        if known is None:
            raise NoSuchPartner(code)
        partner = replace(
            known,
            name=name or known.name,
            domains=canonical_domains(domains) or known.domains,
            signed_on=signed_on or known.signed_on,
            ctg_end=ctg_end or known.ctg_end,
        )
        _verify(partner)
        if partner != known:
            writing.set_partner(work, partner)
    return partner


def canonical_domains(domains: Collection[str]) -> frozenset[str]:
    """Domains in lower case, without the at sign that people put before them."""
    return frozenset(domain.strip().removeprefix("@").lower() for domain in domains)


def _verify(partner: Partner) -> None:
    if not partner.name.strip():
        raise PartnerRefused("A partner needs a name.")
    if not partner.domains:
        raise PartnerRefused("A partner needs at least one e-mail domain.")
    wrong = sorted(domain for domain in partner.domains if not _DOMAIN.match(domain))
    if wrong:
        raise PartnerRefused(f"Not an e-mail domain: {', '.join(wrong)}. Expected: mairie-exemple.fr")
    if partner.signed_on is not None and partner.signed_on > partner.ctg_end:
        raise PartnerRefused("The convention would be signed after the end of the CTG.")
