"""A convention's early end (C3), announced or taken back before its day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from provisioner.domain.convention import Partner
from provisioner.domain.records import Records
from provisioner.operations.deciding import decided
from provisioner.operations.partners import NoSuchPartner, PartnerRefused
from provisioner.register import Register, Work, reading, writing


@dataclass(frozen=True, slots=True)
class Closing:
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
def end_convention(register: Register, code: str, on: date, reason: str) -> Closing:
    """Ends a partner's convention with that last day, or moves an end whose day is not past.

    Raises:
        NoSuchPartner: there is none with that code.
        PartnerRefused: the day is past, before the signature or after the end of the CTG; the convention is not
            signed, or over; no reason is given.
    """
    with register.work() as work:
        known, records = _known(work, code)
        _refuse_end(known, on, register.clock.today())
        partner = replace(known, ends_on=on)
        writing.set_end(work, partner, "partner.end", by=register.actor.by, reason=reason)
        return _closing(records, known, partner)


@decided
def reinstate_convention(register: Register, code: str, reason: str) -> Closing:
    """Takes an announced end back, up to its very day: the convention goes on up to the end of the CTG.

    Raises:
        NoSuchPartner: there is none with that code.
        PartnerRefused: no end was announced, or it has come; no reason is given.
    """
    with register.work() as work:
        known, records = _known(work, code)
        if known.ends_on is None:
            raise PartnerRefused(f"No early end is recorded for {code}: its last day is {known.last_day}.")
        if register.clock.today() > known.last_day:
            raise PartnerRefused(_is_over(known))
        partner = replace(known, ends_on=None)
        writing.set_end(work, partner, "partner.reinstate", by=register.actor.by, reason=reason)
        return _closing(records, known, partner)


def _known(work: Work, code: str) -> tuple[Partner, Records]:
    records = reading.records(work.connection)
    if code not in records.partners:
        raise NoSuchPartner(code)
    return records.partners[code], records


def _refuse_end(known: Partner, on: date, today: date) -> None:
    if known.signed_on is None:
        raise PartnerRefused(f"The convention of {known.code} is not signed: there is nothing to end.")
    if today > known.last_day:
        raise PartnerRefused(_is_over(known))
    if on < today:
        raise PartnerRefused(
            f"{on} is past. Accesses close on the day after the last day: the earliest is today ({today}), and they "
            f"close on {_morrow(today)}. To cut an access at once: person suspend."
        )
    if on < known.signed_on:
        raise PartnerRefused(f"{on} is before the signature ({known.signed_on}).")
    if on > known.ctg_end:
        raise PartnerRefused(
            f"{on} is after the end of the CTG ({known.ctg_end}), where the convention ends anyway. "
            "An amendment moves that day: partner set --ctg-end."
        )


def _is_over(known: Partner) -> str:
    end_of_ctg = " --ctg-end DATE" if known.last_day == known.ctg_end else ""
    return (
        f"The convention of {known.code} ended on {known.last_day}; its accesses close on the day after. "
        f"A new one is needed: once it is signed, partner set {known.code} --signed-on DATE{end_of_ctg}."
    )


def _closing(records: Records, before: Partner, after: Partner) -> Closing:
    """The accesses that last until then; one that ends sooner closes by its own end."""
    last_day = after.last_day
    accesses = sum(
        1
        for one in records.of_partner(after.code)
        if one.closed_at is None and one.requested_on <= last_day and (one.end is None or one.end.due_on > last_day)
    )
    return Closing(last_day, accesses, _morrow(before.last_day) if before.ends_on is not None else None)


def _morrow(day: date) -> date:
    return day + timedelta(days=1)
