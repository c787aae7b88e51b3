"""What commands that owe notices share: sending them at once, and saying to whom none can be sent."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from provisioner.cli.session import Session

if TYPE_CHECKING:
    from provisioner.register import Register

NO_CAF_CONTACT = "No contact of the Caf is recorded: provisioner caf contacts."


def deliver_now(session: Session, register: Register) -> None:
    """Sends what is owed. That it cannot be sent now is no failure: it is recorded and leaves later."""
    from provisioner.operations import notice_delivery

    done = notice_delivery.deliver_now(register, session.settings, session.clock)
    if done.sent:
        session.say(f"E-mails sent: {done.sent}.")
    if done.waiting:
        session.say(f"E-mails that wait: {done.waiting}. They leave with the next `provisioner sync`.")
        if not session.settings.smtp.is_set:
            session.say("No mail server is set: PROVISIONER_SMTP__HOST and PROVISIONER_SMTP__FROM.")


def say_without_contact(session: Session, partners: Collection[str]) -> None:
    """Names the partners that have no contact to be told."""
    if partners:
        session.say(f"No contact is known for: {', '.join(partners)}. To record one: provisioner partner contacts.")


def say_unknown(session: Session, register: Register, *addressees: str | None) -> bool:
    """Names those of these partners (the Caf for None) that have no contact; whether anybody can be told."""
    from provisioner.operations.contacts import known_contacts

    unknown = [one for one in addressees if known_contacts(register, one) is None]
    say_without_contact(session, [one for one in unknown if one is not None])
    if None in unknown:
        session.say(NO_CAF_CONTACT)
    return len(unknown) < len(addressees)
