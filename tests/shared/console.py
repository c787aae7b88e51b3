"""Other hands than ours: an administrator in the console, a person who makes a password and logs in."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from tests.shared.administrator import Administrator
from tests.shared.login_form import LoginForm
from tests.shared.office import Office

PASSWORD = "Abcdef1!"


class Console:
    """The admin console's own calls, made as the realm's administrator."""

    def __init__(self, office: Office) -> None:
        self.connection: Administrator = Administrator(office.settings.keycloak)
        self._settings = office.settings
        self.realm = f"admin/realms/{office.settings.keycloak.realm}"

    def user(self, email: str) -> dict[str, Any]:
        users: list[dict[str, Any]] = self.connection.get(f"{self.realm}/users", email=email, exact="true")
        return users[0]

    def save(self, who: str, /, **changed: object) -> None:
        user = self.user(who)
        self.connection.request("put", f"{self.realm}/users/{user['id']}", {**user, **changed})

    def delete(self, what: str) -> None:
        self.connection.request("delete", f"{self.realm}/{what}")

    def add(self, email: str, **more: object) -> str:
        """An account that no annexe asked for; its id."""
        user = {"email": email, "enabled": True, "firstName": "Camille", "lastName": "Ancien", **more}
        self.connection.request("post", f"{self.realm}/users", user)
        return str(self.user(email)["id"])

    def add_named(self, user_name: str, email: str) -> str:
        """An account whose user name is an address and whose e-mail is another; its id."""
        realm = self.connection.get(self.realm)
        self.connection.request("put", self.realm, {**realm, "registrationEmailAsUsername": False})
        user = {"username": user_name, "email": email, "enabled": True, "firstName": "Camille", "lastName": "Ancien"}
        self.connection.request("post", f"{self.realm}/users", user)
        self.connection.request("put", self.realm, realm)
        return str(self.user(email)["id"])

    def move_group(self, path: str, *, name: str | None = None, under: str | None = None) -> str:
        """Renames a group, or puts it under another one; its id."""
        group = self.connection.get(f"{self.realm}/group-by-path{path}")
        if under is not None:
            parent = self.connection.get(f"{self.realm}/group-by-path{under}")
            moved = {"id": group["id"], "name": group["name"]}
            self.connection.request("post", f"{self.realm}/groups/{parent['id']}/children", moved)
        if name is not None:
            self.connection.request("put", f"{self.realm}/groups/{group['id']}", {"name": name})
        return str(group["id"])

    def add_group(self, name: str, under: str | None = None) -> None:
        parent = self.connection.get(f"{self.realm}/group-by-path{under}")["id"] if under else None
        where = f"groups/{parent}/children" if parent else "groups"
        self.connection.request("post", f"{self.realm}/{where}", {"name": name})

    def group_paths(self) -> set[str]:
        """The paths of the realm's groups, two levels of them."""
        top = self.connection.get(f"{self.realm}/groups", max=-1)
        below = [self.connection.get(f"{self.realm}/groups/{group['id']}/children", max=-1) for group in top]
        return {child["path"] for group in (top, *below) for child in group}

    def groups(self, email: str) -> set[str]:
        """The paths of the groups that the account is in."""
        return {group["path"] for group in self.connection.get(f"{self.realm}/users/{self.user(email)['id']}/groups")}

    def require_attribute(self, name: str) -> None:
        """The user profile asks everybody, administrators too, for an attribute that no account has."""
        profile = self.connection.get(f"{self.realm}/users/profile")
        rights = {"view": ["admin"], "edit": ["admin"]}
        attribute = {"name": name, "permissions": rights, "required": {"roles": ["admin", "user"]}}
        profile["attributes"].append(attribute)
        self.connection.request("put", f"{self.realm}/users/profile", profile)

    def forget_attribute(self, name: str) -> None:
        """The user profile has no such attribute any more."""
        profile = self.connection.get(f"{self.realm}/users/profile")
        profile["attributes"] = [attribute for attribute in profile["attributes"] if attribute["name"] != name]
        self.connection.request("put", f"{self.realm}/users/profile", profile)

    def set_password(self, email: str) -> None:
        """What the mailed link would do, without a browser: PASSWORD is made."""
        path = f"{self.realm}/users/{self.user(email)['id']}/reset-password"
        self.connection.request("put", path, {"type": "password", "value": PASSWORD, "temporary": False})

    def allow_offline(self) -> None:
        """The platform may have sessions that outlast the browser's, as where PLATFORM__OFFLINE says so."""
        (platform,) = self.connection.get(f"{self.realm}/clients", clientId="cooperation")
        scopes = {scope["name"]: scope["id"] for scope in self.connection.get(f"{self.realm}/client-scopes")}
        path = f"{self.realm}/clients/{platform['id']}/optional-client-scopes/{scopes['offline_access']}"
        self.connection.request("put", path)

    def log_in(self, email: str, *, offline: bool = False) -> str | None:
        """Logs in to the platform with PASSWORD, for a session or (`allow_offline`) for good; the token that renews
        it, None when Keycloak lets nobody in.
        """
        with closing(LoginForm(self._settings, scope="openid offline_access" if offline else "openid")) as form:
            tokens = form.tokens(email, PASSWORD)
        return tokens["refresh_token"] if tokens else None

    def is_logged_in(self, token: str) -> bool:
        """Whether Keycloak still renews that login."""
        with closing(LoginForm(self._settings)) as form:
            return form.renew(token) is not None
