"""What administrators and persons do, for a suite that runs on the real server and on the one in memory."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import quote, urljoin

import requests

from provisioner.domain.people import EmailAddress
from provisioner.settings import KeycloakSettings
from tests.shared.administrator import Administrator
from tests.shared.mailbox import Mailbox
from tests.shared.pace import PATIENCE

PASSWORD = "Abcdef1!"


class Hands(Protocol):
    """Anybody's but ours. Ids are Keycloak's; a link is the last one that came to an address."""

    def set_enabled(self, id: str, enabled: bool) -> None: ...
    def set_attribute(self, id: str, name: str, values: Sequence[str]) -> None: ...
    def verify_address(self, id: str) -> None: ...
    def set_password_form(self, on: bool) -> None: ...
    def set_mail_server(self, on: bool) -> None: ...
    def set_platform_client(self, on: bool) -> None: ...
    def require_attribute(self, name: str | None) -> None: ...
    def delete_account(self, id: str) -> None: ...
    def delete_group(self, group_id: str) -> None: ...
    def move_group(self, group_id: str, name: str, parent_id: str | None) -> None: ...
    def group_path(self, group_id: str) -> str: ...
    def root_group(self) -> str: ...
    def add_foreign_account(self, email: str, roles: Sequence[str] = ()) -> str: ...
    def add_account_named(self, user_name: str, email: str) -> str: ...
    def give_group_role(self, group_id: str, role: str) -> None: ...
    def add_subgroup(self, group_id: str, name: str) -> str: ...
    def send_link_by_hand(self, id: str, lifespan_seconds: int) -> None: ...
    def set_password_by_link(self, email: EmailAddress) -> bool: ...
    def log_in(self, email: EmailAddress) -> bool: ...
    def has_session(self, id: str) -> bool: ...
    def is_verified(self, id: str) -> bool: ...
    def required_actions(self, id: str) -> set[str]: ...
    def let_pass(self, seconds: float) -> None: ...


class KeycloakHands:
    """An administrator of the server, and a person's browser without its window."""

    def __init__(self, settings: KeycloakSettings, mailbox: Mailbox) -> None:
        self.settings, self.mailbox = settings, mailbox
        self.admin = Administrator(settings)
        self.realm = f"admin/realms/{settings.realm}"
        self._mail_server: dict[str, str] = {}
        self._profile: dict[str, Any] = {}

    def close(self) -> None:
        self.admin.close()

    def set_enabled(self, id: str, enabled: bool) -> None:
        self.admin.request("put", self._user(id), {"enabled": enabled})

    def set_attribute(self, id: str, name: str, values: Sequence[str]) -> None:
        """Declares it before, since Keycloak drops what its profile does not know."""
        profile = self.admin.get(f"{self.realm}/users/profile")
        if name not in {attribute["name"] for attribute in profile["attributes"]}:
            profile["attributes"].append({"name": name, "permissions": {"view": ["admin"], "edit": ["admin"]}})
            self.admin.request("put", f"{self.realm}/users/profile", profile)
        user = self.admin.get(self._user(id))
        attributes = {**user.get("attributes", {}), name: list(values)}
        self.admin.request("put", self._user(id), {**user, "attributes": attributes})

    def verify_address(self, id: str) -> None:
        self.admin.request("put", self._user(id), {"emailVerified": True})

    def set_password_form(self, on: bool) -> None:
        path = f"{self.realm}/authentication/required-actions/UPDATE_PASSWORD"
        self.admin.request("put", path, {**self.admin.get(path), "enabled": on})

    def set_platform_client(self, on: bool) -> None:
        (client,) = self.admin.get(f"{self.realm}/clients", clientId="cooperation")
        self.admin.request("put", f"{self.realm}/clients/{client['id']}", {**client, "enabled": on})

    def require_attribute(self, name: str | None) -> None:
        profile = self.admin.get(f"{self.realm}/users/profile")
        self._profile = self._profile or profile
        who = {"view": ["admin"], "edit": ["admin"]}
        required = [{"name": name, "permissions": who, "required": {"roles": ["admin"]}}] if name else []
        wanted = {**self._profile, "attributes": [*self._profile["attributes"], *required]}
        self.admin.request("put", f"{self.realm}/users/profile", wanted)

    def set_mail_server(self, on: bool) -> None:
        realm = self.admin.get(self.realm)
        self._mail_server = realm["smtpServer"] or self._mail_server
        self.admin.request("put", self.realm, {**realm, "smtpServer": self._mail_server if on else {}})

    def delete_account(self, id: str) -> None:
        self.admin.request("delete", self._user(id))

    def move_group(self, group_id: str, name: str, parent_id: str | None) -> None:
        where = f"groups/{parent_id}/children" if parent_id else "groups"
        old = self.admin.get(f"{self.realm}/groups/{group_id}")["name"]
        self.admin.request("post", f"{self.realm}/{where}", {"id": group_id, "name": old})
        self.admin.request("put", f"{self.realm}/groups/{group_id}", {"name": name})

    def group_path(self, group_id: str) -> str:
        return str(self.admin.get(f"{self.realm}/groups/{group_id}")["path"])

    def root_group(self) -> str:
        return str(self.admin.get(f"{self.realm}/group-by-path/partenaires")["id"])

    def delete_group(self, group_id: str) -> None:
        self.admin.request("delete", f"{self.realm}/groups/{group_id}")

    def add_foreign_account(self, email: str, roles: Sequence[str] = ()) -> str:
        user = {"username": email, "email": email, "enabled": True}
        id = self._made(self.admin.request("post", f"{self.realm}/users", user).headers["Location"])
        for role in roles:
            self._give(self._user(id), role)
        return id

    def add_account_named(self, user_name: str, email: str) -> str:
        """Made while e-mails were not user names, as in a realm that is older than its settings."""
        realm = self.admin.get(self.realm)
        self.admin.request("put", self.realm, {**realm, "registrationEmailAsUsername": False})
        user = {"username": user_name, "email": email, "enabled": True}
        made = self.admin.request("post", f"{self.realm}/users", user).headers["Location"]
        self.admin.request("put", self.realm, realm)
        return self._made(made)

    def give_group_role(self, group_id: str, role: str) -> None:
        self._give(f"{self.realm}/groups/{group_id}", role)

    def _give(self, holder: str, role: str) -> None:
        """A realm role, made when it is not there, or a client's as `client/role`."""
        client, _, name = role.rpartition("/")
        if client:
            (owner,) = self.admin.get(f"{self.realm}/clients", clientId=client)
            wanted = self.admin.get(f"{self.realm}/clients/{owner['id']}/roles/{name}")
            self.admin.request("post", f"{holder}/role-mappings/clients/{owner['id']}", [wanted])
            return
        if role not in {known["name"] for known in self.admin.get(f"{self.realm}/roles")}:
            self.admin.request("post", f"{self.realm}/roles", {"name": role})
        wanted = self.admin.get(f"{self.realm}/roles/{quote(role)}")
        self.admin.request("post", f"{holder}/role-mappings/realm", [wanted])

    def add_subgroup(self, group_id: str, name: str) -> str:
        answer = self.admin.request("post", f"{self.realm}/groups/{group_id}/children", {"name": name})
        return str(answer.json()["id"])

    def send_link_by_hand(self, id: str, lifespan_seconds: int) -> None:
        path = self._user(id) + "/execute-actions-email"
        actions = ["VERIFY_EMAIL", "UPDATE_PASSWORD"]
        self.admin.request("put", path, actions, query={"lifespan": lifespan_seconds})

    def set_password_by_link(self, email: EmailAddress) -> bool:
        """Opens the newest link, goes on to the form and sends it; False when an error page comes instead."""
        link = self.mailbox.wait_for(1, email)[-1].links[0]
        with requests.Session() as browser:
            page = browser.get(link, timeout=PATIENCE)
            onward = re.search(r'href="([^"]*login-actions[^"]*)"', page.text)
            if not page.ok or onward is None:
                return False
            _send_everywhere(browser)
            page = browser.get(urljoin(page.url, html.unescape(onward[1])), timeout=PATIENCE)
            form = re.search(r'<form[^>]*action="([^"]*)"', page.text)
            if not page.ok or form is None:
                return False
            _send_everywhere(browser)
            fields = {"password-new": PASSWORD, "password-confirm": PASSWORD}
            page = browser.post(html.unescape(form[1]), data=fields, timeout=PATIENCE, allow_redirects=False)
            return page.ok

    def log_in(self, email: EmailAddress) -> bool:
        """At a client that only takes a name and a password."""
        client = {"clientId": "direct", "publicClient": True, "directAccessGrantsEnabled": True}
        if not self.admin.get(f"{self.realm}/clients", clientId="direct"):
            self.admin.request("post", f"{self.realm}/clients", client)
        login = {"grant_type": "password", "client_id": "direct", "username": email, "password": PASSWORD}
        token = f"{self.settings.url}/realms/{self.settings.realm}/protocol/openid-connect/token"
        return requests.post(token, {**login, "scope": "openid"}, timeout=PATIENCE).ok

    def has_session(self, id: str) -> bool:
        return bool(self.admin.get(self._user(id) + "/sessions"))

    def is_verified(self, id: str) -> bool:
        return bool(self.admin.get(self._user(id))["emailVerified"])

    def required_actions(self, id: str) -> set[str]:
        return set(self.admin.get(self._user(id))["requiredActions"])

    def let_pass(self, seconds: float) -> None:
        time.sleep(seconds)

    def _user(self, id: str) -> str:
        return f"{self.realm}/users/{id}"

    @staticmethod
    def _made(location: str) -> str:
        return location.rpartition("/")[2]


def _send_everywhere(browser: requests.Session) -> None:
    """Browsers send secure cookies to this machine even without TLS; requests does not."""
    for cookie in browser.cookies:
        cookie.secure = False
