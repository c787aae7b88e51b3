"""The e-mail with the link, which cannot be unsent, and what Keycloak's events tell of those that left."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from provisioner.domain.password import RealmFault
from provisioner.keycloak.accounts import may_stop_events
from provisioner.keycloak.connection import Connection
from provisioner.keycloak.errors import KeycloakError, KeycloakUnavailable, MailFailed, OutcomeUnknown, RealmUnfit
from provisioner.keycloak.reading import PASSWORD_ACTION

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


def send_link(connection: Connection, realm_path: str, id: str, lifespan_seconds: int, redirect_uri: str) -> None:
    """Has Keycloak send it, once. What an error means for the e-mail: `Directory.send_link`."""
    query: dict[str, Any] = {
        "lifespan": lifespan_seconds,
        "client_id": PLATFORM_CLIENT,
        "redirect_uri": redirect_uri,
    }
    path = f"{realm_path}/users/{id}/execute-actions-email"
    try:
        connection.request("put", path, LINK_ACTIONS, query=query, repeatable=False)
    except KeycloakError as error:
        fault = _realm_fault(error)
        if fault is not None:
            raise RealmUnfit(fault, error) from error
        raise _mail_failure(error) from error


def link_sent_since(connection: Connection, realm_path: str, id: str, since: datetime) -> datetime | None:
    """When our service account last had one sent to the account, from that second of Keycloak's clock on."""
    first = int(since.timestamp()) * 1000
    events = connection.get(
        f"{realm_path}/admin-events",
        operationTypes="ACTION",
        resourcePath=f"users/{id}/execute-actions-email",
        dateFrom=first,
        max=-1,
    )
    ours = connection.own_user_id()
    times = [event["time"] for event in events if event["authDetails"]["userId"] == ours and event["time"] >= first]
    return datetime.fromtimestamp(max(times) / 1000, UTC) if times else None


def keeps_events(connection: Connection, realm_path: str) -> bool:
    """Whether the realm keeps its admin events from now on."""
    return connection.get(realm_path).get("adminEventsEnabled") is True


def events_tell_since(connection: Connection, realm_path: str, since: datetime) -> bool:
    """Whether all admin events since then are there: kept now, not cleared, not expired, never turned off."""
    if not keeps_events(connection, realm_path):
        return False
    begin = int(since.timestamp() * 1000)
    events = f"{realm_path}/admin-events"
    if not connection.get(events, dateTo=begin + 1000, max=1):
        return False
    changed = connection.get(
        events, operationTypes="UPDATE", resourceTypes="REALM", dateFrom=begin - begin % 1000, max=-1
    )
    return not any(may_stop_events(event) for event in changed)


def _realm_fault(error: KeycloakError) -> RealmFault | None:
    if error.status not in (400, 500):
        return None
    return next((fault for said, fault in _REALM_WIDE.items() if said in str(error)), None)


def _mail_failure(error: KeycloakError) -> KeycloakError:
    """What became of the e-mail: refused with 400 or 500 it was not sent; without an answer nobody knows."""
    if error.status == 400 or (error.status == 500 and isinstance(error, KeycloakUnavailable)):
        return MailFailed(str(error), error.status)
    return OutcomeUnknown(str(error), error.status) if isinstance(error, KeycloakUnavailable) else error
