"""What an erasure takes away before its day, and what the convention obliges to keep (GDPR 17, D rules)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from provisioner.domain.access.habilitation import State
from provisioner.domain.convention import Role
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.domain.retention import Destruction, Kind, due


@dataclass(frozen=True, slots=True)
class Erasure:
    """What goes: the account's data, None where they are gone already. What stays: the habilitations until D2's day,
    and the roles of a contact (None: the Caf's), until another one is named.
    """

    account: Destruction | None
    habilitations: tuple[Destruction, ...]
    roles: tuple[tuple[str | None, Role], ...]


def erasure_of(
    records: Records, email: EmailAddress, roles: tuple[tuple[str | None, Role], ...], today: date
) -> Erasure:
    """What an erasure of that person does on that day, however far their own day (D1) is.

    Raises:
        Refused: nobody has that address; an access is open or planned; a named person or an incident keeps the data
            (D7); a partner of theirs is contained or paused.
    """
    if email not in records.accounts:
        raise Refused(Refusal.NO_SUCH_PERSON, email=email)
    account, accesses = records.accounts[email], records.by_account().get(email, ())
    if any(habilitation.state is not State.CLOSED for habilitation in accesses):
        raise Refused(Refusal.ERASE_OPEN, email=email)
    partners = sorted({habilitation.partner for habilitation in accesses})
    if records.kept.touches({account.id}, partners):
        raise Refused(Refusal.ERASE_ON_HOLD, email=email)
    if contained := [partner for partner in partners if partner in records.contained]:
        raise Refused(Refusal.ERASE_CONTAINED, partner=contained[0])
    if paused := [partner for partner in partners if records.is_paused(partner, today)]:
        raise Refused(Refusal.ERASE_PAUSED, partner=paused[0])
    of_person = [destruction for destruction in due(records) if destruction.account == account.id]
    habilitations = tuple(d for d in of_person if d.kind is Kind.HABILITATION)
    return Erasure(next((d for d in of_person if d.kind is Kind.ACCOUNT), None), habilitations, roles)
