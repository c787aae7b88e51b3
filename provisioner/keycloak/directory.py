"""The accounts and groups of one realm: what is read, and each effect on one account."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from provisioner.domain.password import RealmFault
from provisioner.domain.people import EmailAddress
from provisioner.domain.snapshot import RemoteAccount, Snapshot, WantedAccount
from provisioner.domain.wanted import OURS
from provisioner.keycloak.accounts import Json, account_of, before_reordering, changed_user, may_stop_events, new_user
from provisioner.keycloak.connection import service_connection
from provisioner.keycloak.errors import (
    Conflict,
    KeycloakError,
    KeycloakRefused,
    KeycloakUnavailable,
    MailFailed,
    NotFound,
    OutcomeUnknown,
    PlaceTaken,
    ReadIncomplete,
    RealmUnfit,
    SessionsRemain,
)
from provisioner.keycloak.reading import (
    PASSWORD_ACTION,
    group_by_id,
    group_by_path,
    read_realm,
    read_snapshot,
    realm_of,
)
from provisioner.settings import KeycloakSettings

#: What Keycloak says when a link is refused for a reason that is the realm's.
_REALM_WIDE = {
    "Client id missing": RealmFault.CLIENT_MISSING,
    "Client doesn't exist": RealmFault.CLIENT_MISSING,
    "Client is not enabled": RealmFault.CLIENT_DISABLED,
    "Invalid redirect uri": RealmFault.REDIRECT_REFUSED,
    "invalid required actions": RealmFault.NO_PASSWORD_FORM,
    "Invalid sender address": RealmFault.SENDER_REFUSED,
}

#: What we write of a new account: a refusal that names another field concerns everybody.
_OUR_FIELDS = frozenset({"username", "email", "firstName", "lastName", *OURS})

#: The platform's client, which the link of the e-mail leads to.
PLATFORM_CLIENT = "cooperation"
#: What a link asks for, the address first.
LINK_ACTIONS = ("VERIFY_EMAIL", PASSWORD_ACTION)


class Directory:
    """One realm of one Keycloak, as our service account. Threads may share it.

    Every method raises KeycloakUnavailable when Keycloak does not answer and KeycloakRefused when it says no.
    With `read_only`, any write raises WriteForbidden before it is sent. Nothing is sent once `guard` raises.
    """

    def __init__(
        self, settings: KeycloakSettings, *, read_only: bool = False, guard: Callable[[], None] = lambda: None
    ) -> None:
        self._connection = service_connection(settings, read_only=read_only, guard=guard)
        self._realm = f"admin/realms/{settings.realm}"
        self._root = settings.group_root

    @property
    def calls(self) -> int:
        """Answers had from Keycloak so far, those with a token included."""
        return self._connection.calls

    def server_time(self) -> datetime:
        """Keycloak's clock (UTC): never ahead of it, and about a second behind at most."""
        return self._connection.server_time()

    def ping(self) -> None:
        """Asks a plain question of the realm: like any other method it raises when there is no answer."""
        self._connection.get(self._realm)

    def realm_id(self) -> str:
        """Keycloak's internal id of the realm: it tells a realm from another of the same name."""
        return str(realm_of(self._connection, self._realm)["id"])

    def snapshot(self, groups: Mapping[str, str | None], root_id: str | None = None) -> Snapshot:
        """The whole realm with these partners' groups (code: the group's id that the register knows, or None).

        `root_id` is the id that the register knows of the group above them.

        Raises:
            ReadIncomplete: the read is not proven to be whole.
        """
        return read_snapshot(self._connection, self._realm, self._root, groups, root_id)

    def glance(self, id: str | None, email: EmailAddress) -> Snapshot:
        """The realm with the accounts alone that have this id or this address; no group."""
        named = self.user_named(email)
        found = [self.account(id) if id is not None else None, self._only_user(email=email), named]
        return replace(
            read_realm(self._connection, self._realm),
            accounts={one.id: one for one in found if one is not None},
            named={} if named is None else {email: named},
        )

    def account(self, id: str) -> RemoteAccount | None:
        """The account with this id; None only when Keycloak says that there is none."""
        try:
            return account_of(self._connection.get(self._user(id)))
        except NotFound:
            return None

    def find(self, email: EmailAddress) -> RemoteAccount | None:
        """The account that has exactly this address, as its user name or as its e-mail."""
        return self.user_named(email) or self._only_user(email=email)

    def user_named(self, email: EmailAddress) -> RemoteAccount | None:
        """The account that has exactly this address as its user name.

        Where e-mails are user names, Keycloak shows the e-mail in place of a user name that was made before: only
        this search finds it.
        """
        return self._only_user(username=email)

    def _only_user(self, **field: str) -> RemoteAccount | None:
        users = self._connection.get(f"{self._realm}/users", **field, exact="true")
        if not isinstance(users, list) or len(users) > 1:
            raise ReadIncomplete("Keycloak's answer to a search by address is not one account.")
        return account_of(users[0]) if users else None

    def groups_of(self, id: str) -> frozenset[str]:
        """The ids of the groups that an account is in, read from the account's side."""
        groups = self._connection.get(self._user(id, "groups"), max=-1, briefRepresentation="true")
        if not isinstance(groups, list):
            raise ReadIncomplete("Keycloak did not answer with the groups of an account.")
        return frozenset(str(group["id"]) for group in groups)

    def create_group(self, code: str, known_id: str | None = None, root_id: str | None = None) -> str:
        """Makes the partner's group unless it is there; its id.

        A group that is known by its id gets its name and place back, the one above it (`root_id`) first.

        Raises:
            PlaceTaken: another group has that name or that place; nobody may be put into it.
        """
        root = self._put_back(root_id, self._root, None) or self._ensure_group(self._root, "groups")
        path = f"{self._root}/{code}"
        return self._put_back(known_id, path, root) or self._ensure_group(path, f"groups/{root}/children")

    def _put_back(self, id: str | None, path: str, parent: str | None) -> str | None:
        """The group with this id, at this path from now on; None when there is none."""
        if id is None:
            return None
        try:
            group = group_by_id(self._connection, self._realm, id)
        except NotFound:
            return None
        if group["path"] == path:
            return id
        name = path.rpartition("/")[2]
        where = f"groups/{parent}/children" if parent else "groups"
        try:
            if group.get("parentId") != parent:
                moved = {"id": id, "name": group["name"]}
                self._connection.request("post", f"{self._realm}/{where}", moved, repeatable=True)
            if group["name"] != name:
                kept = {key: value for key, value in group.items() if key not in {"access", "subGroups"}}
                self._connection.request("put", f"{self._realm}/groups/{id}", {**kept, "name": name})
        except Conflict as error:
            raise PlaceTaken(error) from error
        if group_by_path(self._connection, self._realm, path) != id:
            raise ReadIncomplete(f"The group {path} was put back and cannot be found there.")
        return id

    def _ensure_group(self, path: str, where: str) -> str:
        found = group_by_path(self._connection, self._realm, path)
        if found is None:
            name = path.rpartition("/")[2]
            # A conflict: somebody else was faster.
            with suppress(Conflict):
                self._connection.request("post", f"{self._realm}/{where}", {"name": name})
            found = group_by_path(self._connection, self._realm, path)
        if found is None:
            raise ReadIncomplete(f"The group {path} was made and cannot be found.")
        return found

    def create_account(self, account: WantedAccount, groups: Sequence[str]) -> str:
        """Makes the account, in the groups of these partners, which exist; its id.

        Raises:
            Conflict: an account with this address is there.
            RealmUnfit: the user profile asks for something that is not ours to give.
        """
        user = new_user(account, [f"{self._root}/{code}" for code in groups])
        try:
            answer = self._connection.request("post", f"{self._realm}/users", user)
        except KeycloakRefused as error:
            if error.status == 400 and error.fields - _OUR_FIELDS:
                raise RealmUnfit(RealmFault.PROFILE_ASKS_MORE, error) from error
            raise
        return str(answer.headers["Location"]).rpartition("/")[2]

    def update_account(self, id: str, wanted: WantedAccount, *, verify_address: bool = False) -> None:
        """Writes address, names, our attributes and (unless None) the state; other attributes stay.

        Nothing is written when all is so already: a run that goes on where another stopped leaves no second trace.
        With `verify_address` the person verifies the address at the next login. A changed address kills every
        link that was sent to the old one.

        Raises:
            NotFound: there is no such account.
            Conflict: another account has the address.
        """
        user = self._connection.get(self._user(id))
        self._save(user, changed_user(user, wanted, verify_address=verify_address))

    def update_attributes(self, id: str, wanted: WantedAccount) -> None:
        """Writes our attributes alone: address, names and state stay as they are in Keycloak.

        Raises:
            NotFound: there is no such account.
        """
        user = self._connection.get(self._user(id))
        changed = changed_user(user, replace(wanted, enabled=None))
        kept = ("username", "email", "emailVerified", "firstName", "lastName")
        self._save(user, {name: user[name] if name in kept else changed[name] for name in changed if name in user})

    def _save(self, user: Json, changed: Json) -> None:
        if between := before_reordering(user, changed):
            self._connection.request("put", self._user(user["id"]), between)
        if any(user.get(name) != value for name, value in changed.items()):
            self._connection.request("put", self._user(user["id"]), changed)

    def disable(self, id: str) -> None:
        """Disables the account and writes nothing else: no other field can make Keycloak refuse it.

        Raises:
            NotFound: there is no such account.
        """
        if self._connection.get(self._user(id)).get("enabled") is not False:
            self._connection.request("put", self._user(id), {"enabled": False})

    def extra_roles(self, id: str) -> frozenset[str]:
        """The roles that the account has beyond the realm's defaults, by itself or by its groups; `client/role`
        for a client's.

        A client's role that was given to the account itself stands in its role mappings only for who may view
        clients, hence read their secrets before Keycloak 26.8. The console's own list of the roles that the account
        could still be given tells us: it leaves out those that it has.

        Raises:
            NotFound: there is no such account.
        """
        default = self._connection.get(self._realm).get("defaultRole", {})
        mappings = self._connection.get(self._user(id, "role-mappings"))
        roles = {role["name"] for role in mappings.get("realmMappings", [])} - {default.get("name")}
        roles |= self._not_given(f"roles/{default.get('id')}") - self._not_given(f"users/{id}")
        for group in self._groups_and_parents(id):
            roles |= {*group["realmRoles"]}
            roles |= {f"{client}/{name}" for client, names in group["clientRoles"].items() for name in names}
        return frozenset(roles)

    def _not_given(self, holder: str) -> frozenset[str]:
        """The clients' roles that this user or role has not, as the console lists them."""
        roles = self._connection.get(f"{self._realm}/ui-ext/available-roles/{holder}", first=0, max=-1)
        if not isinstance(roles, list) or not roles:
            raise ReadIncomplete("Keycloak did not answer with the roles of its clients.")
        return frozenset(f"{role['client']}/{role['role']}" for role in roles)

    def _groups_and_parents(self, id: str) -> list[Json]:
        """A member of a group has the roles of its parents too.

        These two reads tell a group's client roles to whoever sees the group; by its id they are left out.
        """
        groups: list[Json] = self._connection.get(self._user(id, "groups"), max=-1, briefRepresentation="false")
        paths = {str(group["path"]) for group in groups}
        parents = {path[:end] for path in paths for end in range(1, len(path)) if path[end] == "/"} - paths
        try:
            return groups + [
                self._connection.get(f"{self._realm}/group-by-path{quote(path)}") for path in sorted(parents)
            ]
        except NotFound as error:
            raise ReadIncomplete("A group that an account is in has a parent that cannot be found.") from error

    def join_group(self, id: str, group_id: str) -> None:
        """Puts the account in a group; done twice, nothing more happens."""
        self._connection.request("put", self._user(id, f"groups/{group_id}"))

    def leave_group(self, id: str, group_id: str) -> None:
        """Takes the account out of a group; done twice, nothing more happens.

        Raises:
            NotFound: there is no such account. A group that is gone has no member left.
        """
        try:
            self._connection.request("delete", self._user(id, f"groups/{group_id}"))
        except NotFound:
            self._connection.get(self._user(id))

    def end_sessions(self, id: str) -> None:
        """Ends every session, offline ones included. Disable the account first, else a new one may slip in.

        Each step is tried, whatever became of the one before.

        Raises:
            SessionsRemain: one is left.
        """
        problems: list[KeycloakError] = []
        with _kept(problems):
            self._connection.request("post", self._user(id, "logout"), repeatable=True)
        for consent in self._connection.get(self._user(id, "consents")):
            # Not found: it went with the sessions.
            with _kept(problems), suppress(NotFound):
                self._connection.request("delete", self._user(id, f"consents/{consent['clientId']}"))
        if problems:
            raise problems[0]
        if self._connection.get(self._user(id, "sessions")) or self._connection.get(self._user(id, "consents")):
            raise SessionsRemain("An account still has a session after all were ended.")

    def forget_password(self, id: str) -> None:
        """Deletes the password, so that a new one must be made with a link."""
        for credential in self._passwords(id):
            # Not found: a first attempt's answer was lost.
            with suppress(NotFound):
                self._connection.request("delete", self._user(id, f"credentials/{credential['id']}"))

    def has_password(self, id: str) -> bool:
        """Whether the person has made a password."""
        return bool(self._passwords(id))

    def _passwords(self, id: str) -> list[Json]:
        credentials = self._connection.get(self._user(id, "credentials"))
        return [credential for credential in credentials if credential["type"] == "password"]

    def send_link(self, id: str, lifespan_seconds: int, redirect_uri: str) -> None:
        """Has Keycloak send the e-mail with the link to make a password. Never repeated by itself.

        Raises:
            MailFailed: it was not sent: the mail server refused, the account is disabled, the address is bad.
            RealmUnfit: it was not sent, nor would anybody's be: the platform's client or the sender is refused.
            OutcomeUnknown: no answer, so it may have left or not.
            NotFound: there is no such account.
        """
        query: dict[str, Any] = {
            "lifespan": lifespan_seconds,
            "client_id": PLATFORM_CLIENT,
            "redirect_uri": redirect_uri,
        }
        path = self._user(id, "execute-actions-email")
        try:
            self._connection.request("put", path, LINK_ACTIONS, query=query, repeatable=False)
        except KeycloakError as error:
            fault = _realm_fault(error)
            if fault is not None:
                raise RealmUnfit(fault, error) from error
            raise _mail_failure(error) from error

    def link_sent_since(self, id: str, since: datetime) -> datetime | None:
        """When our service account last had a link sent to the account, from that second on; None if it had not.

        `since` is an answer of `server_time`: only Keycloak's clock is compared.
        """
        first = int(since.timestamp()) * 1000
        events = self._connection.get(
            f"{self._realm}/admin-events",
            operationTypes="ACTION",
            resourcePath=f"users/{id}/execute-actions-email",
            dateFrom=first,
            max=-1,
        )
        ours = self._connection.own_user_id()
        times = [
            event["time"] for event in events if event["authDetails"]["userId"] == ours and event["time"] >= first
        ]
        return datetime.fromtimestamp(max(times) / 1000, UTC) if times else None

    def keeps_events(self) -> bool:
        """Whether the realm keeps its admin events from now on: only then will they tell whether a link left."""
        return self._connection.get(self._realm).get("adminEventsEnabled") is True

    def events_tell_since(self, since: datetime) -> bool:
        """Whether the admin events since then are all there, so that one which is not there never happened.

        They are kept now, one of before is still there (they were neither cleared nor did they expire since), and
        nobody turned them off meanwhile. `since` is an answer of `server_time`, a second behind Keycloak at most.
        """
        if not self.keeps_events():
            return False
        begin = int(since.timestamp() * 1000)
        events = f"{self._realm}/admin-events"
        if not self._connection.get(events, dateTo=begin + 1000, max=1):
            return False
        changed = self._connection.get(
            events, operationTypes="UPDATE", resourceTypes="REALM", dateFrom=begin - begin % 1000, max=-1
        )
        return not any(may_stop_events(event) for event in changed)

    def close(self) -> None:
        """Gives the sockets back."""
        self._connection.close()

    def _user(self, id: str, rest: str = "") -> str:
        return f"{self._realm}/users/{id}" + (f"/{rest}" if rest else "")


def _realm_fault(error: KeycloakError) -> RealmFault | None:
    if error.status not in (400, 500):
        return None
    return next((fault for said, fault in _REALM_WIDE.items() if said in str(error)), None)


def _mail_failure(error: KeycloakError) -> KeycloakError:
    """What became of the e-mail: refused with 400 or 500 it was not sent; without an answer nobody knows."""
    if error.status == 400 or (error.status == 500 and isinstance(error, KeycloakUnavailable)):
        return MailFailed(str(error), error.status)
    return OutcomeUnknown(str(error), error.status) if isinstance(error, KeycloakUnavailable) else error


@contextmanager
def _kept(problems: list[KeycloakError]) -> Iterator[None]:
    """Keeps what Keycloak refuses for later; that the account is not there is said at once."""
    try:
        yield
    except NotFound:
        raise
    except KeycloakError as error:
        problems.append(error)
