"""`realm apply --first-officer`: the one officer whom no officer can add."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from provisioner.documents.addresses import read_address
from provisioner.documents.text import suspicion, tidy_name
from provisioner.domain.convention import split_contact
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.people import EmailAddress
from provisioner.keycloak.officers import Officers
from provisioner.settings import PREFIX, Settings, SettingsError


class Invitation(StrEnum):
    """What became of it. `views/sentences.py` says it."""

    SENT = "sent"
    STILL_WORKS = "still-works"  #: the link that was sent before may still be followed
    NOT_NEEDED = "not-needed"  #: the account has its password and its second factor


@dataclass(frozen=True, slots=True)
class FirstOfficer:
    """Who is to be the first officer."""

    first_name: str
    last_name: str
    email: EmailAddress


@dataclass(frozen=True, slots=True)
class Invited:
    """Whether a link left, and until when it, or the one before, works."""

    invitation: Invitation
    email: EmailAddress
    until: datetime | None = None


def read_first_officer(settings: Settings, text: str) -> FirstOfficer:
    """From « Claire Martin <claire.martin@caf.example> »: the first word is the first name, the rest the last name.

    Raises:
        SettingsError: the page's address is not set, so there is no realm for agents.
        Refused: it is not written so.
    """
    if settings.web.url is None:
        raise SettingsError((f"{PREFIX}WEB__URL", Refused(Refusal.KEY_MISSING)))
    name, written = split_contact(text) or ("", "")
    first, _, last = tidy_name(name).partition(" ")
    email = read_address(written).email
    if not (first and last and email) or "@" in name or "\n" in text or suspicion(text, formula=False):
        raise Refused(Refusal.OFFICER_MALFORMED)
    return FirstOfficer(first, last, email)


def invite_first_officer(settings: Settings, officer: FirstOfficer) -> Invited:
    """Makes the account, gives it the role and has Keycloak send the link; safe to run again after an interruption.

    No second link leaves while one may still be followed: both would enrol a factor, and the later one would outlive
    the use of the first.

    Raises:
        Refused: the realm has another officer already, or the address is that of an account in use.
        KeycloakError: Keycloak refused or did not answer; run again.
    """
    lifespan = timedelta(hours=settings.invitation.lifespan_hours)
    with Officers(settings.keycloak) as officers:
        known = officers.officers()
        if any(account["email"] != officer.email for account in known):
            raise Refused(Refusal.OFFICER_KNOWN)
        is_officer = bool(known)
        account = officers.account(officer.email)
        if account is None:
            account = officers.create(officer.email, officer.first_name, officer.last_name)
        elif is_officer and officers.can_sign_in(account):
            return Invited(Invitation.NOT_NEEDED, officer.email)
        elif not account["enabled"] or (not is_officer and _is_in_use(officers, account["id"])):
            raise Refused(Refusal.OFFICER_ADDRESS_TAKEN, email=officer.email)
        if not is_officer:
            officers.make_officer(account["id"])
        until = officers.link_works_until(account["id"], lifespan)
        if until is not None:
            return Invited(Invitation.STILL_WORKS, officer.email, until)
        officers.send_link(account["id"], lifespan)
        return Invited(Invitation.SENT, officer.email, officers.connection.server_time() + lifespan)


def _is_in_use(officers: Officers, id: str) -> bool:
    return bool(officers.credentials(id)) or officers.is_brokered(id)
