"""The realm of the Caf's agents, where the officer's page has an address: whether enough officers can sign in."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.keycloak.administrators import read_as_it_stands
from provisioner.keycloak.errors import RealmMissing
from provisioner.keycloak.officers import Officers
from provisioner.operations.doctor.lines import DoctorLine, attention, judged, wanting
from provisioner.settings import PREFIX, Settings
from provisioner.views.doctor import Found, Todo

#: With one officer alone, a lost telephone stops the work.
_LEAST_OFFICERS = 2


def agents_lines(settings: Settings, administrator: str) -> Iterator[DoctorLine]:
    """Whether enough officers can sign in; nothing where the page has no address. Differences: line `realm-files`.

    `administrator` names the settings of the account that can see it. Raises a `KeycloakError`.
    """
    if settings.web.url is None:
        return
    if settings.web.client_secret is None:
        yield wanting("agents", Found.NO_WEB_SECRET, Todo.SET_WEB_SECRET.of(setting=f"{PREFIX}WEB__CLIENT_SECRET"))
        return
    if settings.keycloak.administrator is None:
        yield attention("agents", Found.AGENTS_UNSEEN, Todo.RUN_AS_ADMINISTRATOR.of(settings=administrator))
        return
    try:
        with Officers(settings.keycloak) as agents:
            ready = read_as_it_stands(lambda: sum(agents.can_sign_in(account) for account in agents.officers()))
    except RealmMissing:
        yield wanting("agents", Found.NO_AGENTS_REALM, Todo.CREATE_REALM)
        return
    found = Found.OFFICERS.of(count=ready)
    yield judged("agents", ready >= _LEAST_OFFICERS, found, found, Todo.ADD_OFFICERS)
