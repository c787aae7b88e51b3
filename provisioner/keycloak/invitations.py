"""The e-mail with the link, which cannot be unsent, and what Keycloak's events tell of those that left."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from keycloak import KeycloakAdmin

from provisioner.domain.password import RealmFault
from provisioner.keycloak.accounts import Json
from provisioner.keycloak.errors import KeycloakError, KeycloakUnavailable, MailFailed, OutcomeUnknown, RealmUnfit
from provisioner.keycloak.snapshot import PASSWORD_ACTION

#: What Keycloak says when a link is refused for a reason that is the realm's.
_REALM_WIDE = {
    "Client id missing": RealmFault.CLIENT_MISSING,
    "Client doesn't exist": RealmFault.CLIENT_MISSING,
    "Client is not enabled": RealmFault.CLIENT_DISABLED,
    "Invalid redirect uri": RealmFault.REDIRECT_REFUSED,
    "invalid required actions": RealmFault.NO_PASSWORD_FORM,
    "Invalid sender address": RealmFault.SENDER_REFUSED,
}

#: The platform's client, which the link of the e-mail leads to.
PLATFORM_CLIENT = "cooperation"
#: What a link asks for, the address first.
LINK_ACTIONS = ("VERIFY_EMAIL", PASSWORD_ACTION)


def send_invitation(admin: KeycloakAdmin, id: str, lifespan_seconds: int, redirect_uri: str) -> None:
    """Has Keycloak send it, once. What an error means for the e-mail: `Directory.send_invitation`."""
    try:
        admin.send_update_account(id, [*LINK_ACTIONS], PLATFORM_CLIENT, lifespan_seconds, redirect_uri)
    except KeycloakError as error:
        fault = _realm_fault(error)
        raise RealmUnfit(fault, error) if fault else _mail_failure(error) from error


def invitation_sent_since(admin: KeycloakAdmin, our_id: str, id: str, since: datetime) -> datetime | None:
    """When `our_id` last had one sent to the account, from that second of Keycloak's clock on."""
    first = int(since.timestamp()) * 1000
    resource = f"users/{id}/execute-actions-email"
    events = admin.get_admin_events(
        {"operationTypes": "ACTION", "resourcePath": resource, "dateFrom": first, "max": -1}
    )
    times = [event["time"] for event in events if event["authDetails"]["userId"] == our_id and event["time"] >= first]
    return datetime.fromtimestamp(max(times) / 1000, UTC) if times else None


def keeps_events(admin: KeycloakAdmin) -> bool:
    """Whether the realm keeps its admin events from now on."""
    return admin.get_realm(admin.connection.realm_name or "").get("adminEventsEnabled") is True


def events_tell_since(admin: KeycloakAdmin, since: datetime) -> bool:
    """Whether all admin events since then are there: kept now, not cleared, not expired, never turned off."""
    begin = int(since.timestamp() * 1000)
    if not keeps_events(admin) or not admin.get_admin_events({"dateTo": begin + 1000, "max": 1}):
        return False
    first = begin - begin % 1000
    updates = {"operationTypes": "UPDATE", "resourceTypes": "REALM", "dateFrom": first, "max": -1}
    return not any(_may_stop_events(update) for update in admin.get_admin_events(updates))


def _may_stop_events(update: Json) -> bool:
    """Whether this admin event, an update of the realm, may be the one that turned the admin events off.

    What was written stands in it only where the realm keeps the events' details.
    """
    try:
        written = json.loads(update.get("representation") or "")
    except ValueError:
        return True
    return not isinstance(written, dict) or written.get("adminEventsEnabled") is False


def _realm_fault(error: KeycloakError) -> RealmFault | None:
    if error.status not in (400, 500):
        return None
    return next((fault for said, fault in _REALM_WIDE.items() if said in str(error)), None)


def _mail_failure(error: KeycloakError) -> KeycloakError:
    """What became of the e-mail: refused with 400 or 500 it was not sent; without an answer nobody knows."""
    if error.status == 400 or (error.status == 500 and isinstance(error, KeycloakUnavailable)):
        return MailFailed(str(error), error.status)
    return OutcomeUnknown(str(error), error.status) if isinstance(error, KeycloakUnavailable) else error
