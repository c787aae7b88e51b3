"""One person's access cut at once without an annexe, and given back: by name, with a reason (V3; docs/persons.md)."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.domain.convention import Partner
from provisioner.domain.habilitation import Habilitation, State
from provisioner.domain.password import is_weaker_than_p1
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records, Reopening
from provisioner.operations.errors import PersonRefused
from provisioner.operations.looking import look
from provisioner.operations.notices import ask_for_annexe
from provisioner.operations.syncing import sync
from provisioner.operations.tools import Outcome, ProgressBar, Tools
from provisioner.register import decisions


def suspend(tools: Tools, email: EmailAddress, by: str, reason: str, bar: ProgressBar) -> Outcome:
    """Cuts the person's access at all their partners: recorded first, then the full closing recipe. The partners'
    contacts, where there are any, are asked for the annexe 1.

    Should Keycloak be away, the suspension stands in the register and the next `sync` makes it true.

    Raises:
        PersonRefused: nobody of that address has an access or is about to; nothing is recorded.
        LockHeld, KeycloakError, RegisterUnavailable: a system failed; the suspension is recorded unless it is the
            register that failed.
    """
    records = tools.register.records()
    live = _live(records, email)
    if not live:
        raise PersonRefused(f"{email} has no access to suspend. Who has one: provisioner partner show CODE.")
    if email not in records.suspended:
        with tools.register.work() as work:
            decisions.suspend(work, email, by, reason)
            for one in live:
                partner = records.partners[one.partner]
                ask_for_annexe(work, partner, one.person, tools.clock.today(), tools.settings)
    return sync(tools, _partners(live), bar, email)


def reopen(
    tools: Tools, email: EmailAddress, by: str, reason: str, bar: ProgressBar, *, new_password: bool
) -> Outcome:
    """Gives the access back: a suspension lifted as it was, or with a new password; a missing account created again.

    Raises:
        PersonRefused: there is nothing to reopen, or it may not be open now; nothing is recorded.
        LockHeld, KeycloakError, RegisterUnavailable: a system failed; once recorded, the next `sync` goes on.
    """
    records = tools.register.records()
    live = _live(records, email)
    is_suspended = email in records.suspended
    if not live and not is_suspended:
        raise PersonRefused(
            f"{email} has no access to reopen: an access that was closed is asked for again in an annexe 1."
        )
    _verify_may_open(tools, records, live)
    how = Reopening.NEW_PASSWORD if new_password else Reopening.AS_IT_WAS
    with tools.register.work() as work:
        decisions.reopen(work, email, by, reason, how if live else None)
    return sync(tools, _partners(live), bar, email)


def _verify_may_open(tools: Tools, records: Records, live: Sequence[Habilitation]) -> None:
    """C2 and P1 hold for a reopening too."""
    today = tools.clock.today()
    for one in live:
        partner: Partner = records.partners[one.partner]
        if not partner.is_active_on(today):
            raise PersonRefused(f"The convention of {partner.code} is not active: no access may be opened (C2).")
    if live:
        snapshot = look(records, tools.directory, _partners(live))
        if is_weaker_than_p1(snapshot.password_policy):
            raise PersonRefused(
                "The realm's password policy is weaker than the convention asks (P1): no access may be opened. "
                "To put it right: provisioner realm apply."
            )


def _live(records: Records, email: EmailAddress) -> list[Habilitation]:
    return [one for one in records.habilitations if one.email == email and one.state is not State.CLOSED]


def _partners(live: Sequence[Habilitation]) -> list[str]:
    return sorted({one.partner for one in live})
