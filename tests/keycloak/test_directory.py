"""What the directory promises, on a real Keycloak."""

from __future__ import annotations

import gc
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from keycloak import KeycloakAdmin

from provisioner.domain.access.account import RemoteGroup, WantedAccount
from provisioner.domain.people import EmailAddress
from provisioner.keycloak.directory import Directory
from provisioner.keycloak.errors import (
    Conflict,
    KeycloakRefused,
    KeycloakUnavailable,
    MailFailed,
    NotFound,
    OutcomeUnknown,
    ReadIncomplete,
    WriteForbidden,
)
from provisioner.settings import KeycloakSettings, Settings
from tests.shared.administrator import Administrator
from tests.shared.mailbox import Mailbox
from tests.shared.pace import PATIENCE, slowness

REDIRECT = "https://ctg.caf.fr/"
NOBODY = "00000000-0000-0000-0000-000000000000"
_numbers = itertools.count(1)


@pytest.fixture
def settings(shared_realm: Settings) -> KeycloakSettings:
    return shared_realm.keycloak


@pytest.fixture
def directory(settings: KeycloakSettings) -> Iterator[Directory]:
    directory = Directory(settings)
    yield directory
    directory.close()


def an_account(**other: Any) -> WantedAccount:
    values: dict[str, Any] = {
        "email": EmailAddress(f"personne-{next(_numbers)}@agglo-lys.example"),
        "last_name": "D'Hondt-Éléonore",
        "first_names": "Anne-Sophie",
        "attributes": {"partenaire": ("agglo-lys",), "fonction": ("Directrice",), "gere_par": ("provisioner",)},
        "enabled": True,
    }
    return WantedAccount(**(values | other))


def test_an_account_is_created_in_its_group_and_read_back(directory: Directory) -> None:
    group = directory.place_group("agglo-lys")
    wanted = an_account()
    id_ = directory.open_account(wanted, ["agglo-lys"])

    account = directory.account(id_)

    assert account is not None
    assert (account.email, account.last_name, account.first_names) == (
        wanted.email,
        wanted.last_name,
        wanted.first_names,
    )
    assert account.attributes == wanted.attributes
    assert account.enabled
    assert account.is_marked
    assert directory.find(wanted.email) == account
    snapshot = directory.snapshot({"agglo-lys": group, "nowhere": None})
    assert snapshot.accounts[id_] == account
    assert snapshot.groups["nowhere"] is None
    members = snapshot.groups["agglo-lys"]
    assert members is not None
    assert id_ in members.members
    assert "upperCase(1)" in snapshot.password_policy


def test_a_second_account_with_the_same_address_is_a_conflict(directory: Directory) -> None:
    wanted = an_account()
    directory.open_account(wanted, [])
    with pytest.raises(Conflict):
        directory.open_account(wanted, [])


def test_who_is_not_there_is_none(directory: Directory) -> None:
    assert directory.account(NOBODY) is None
    assert directory.find(EmailAddress("nobody@agglo-lys.example")) is None


def test_a_missing_realm_is_not_a_missing_account(settings: KeycloakSettings) -> None:
    directory = Directory(settings.model_copy(update={"realm": "nowhere"}))
    with pytest.raises(KeycloakRefused, match="Realm"):
        directory.account(NOBODY)
    directory.close()


def test_a_group_is_made_once_even_by_many_at_once(directory: Directory) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: directory.place_group("plusieurs"), range(8)))
    assert len(ids) == 1


def test_a_group_made_again_by_hand_is_found_by_its_path(directory: Directory) -> None:
    id_ = directory.place_group("refait")
    group = directory.snapshot({"refait": NOBODY}).groups["refait"]
    assert group is not None
    assert group.id == id_


def test_an_update_keeps_what_is_not_ours(
    directory: Directory, admin: Administrator, settings: KeycloakSettings
) -> None:
    path = f"admin/realms/{settings.realm}"
    profile = admin.get(f"{path}/users/profile")
    if "telephone" not in {attribute["name"] for attribute in profile["attributes"]}:
        profile["attributes"].append({"name": "telephone", "permissions": {"view": ["admin"], "edit": ["admin"]}})
        admin.request("put", f"{path}/users/profile", profile)
    wanted = an_account()
    id_ = directory.open_account(wanted, [])
    user = admin.get(f"{path}/users/{id_}")
    user["attributes"]["telephone"] = ["0321000000"]
    admin.request("put", f"{path}/users/{id_}", user | {"emailVerified": True})

    attributes = {**wanted.attributes, "fonction": ("Chargée de mission",)}
    directory.update_account(
        id_, an_account(email=wanted.email, last_name="Martin", attributes=attributes, enabled=None)
    )

    user = admin.get(f"{path}/users/{id_}")
    assert user["lastName"] == "Martin"
    assert user["email"] == wanted.email
    assert user["emailVerified"]
    assert user["enabled"]
    assert user["attributes"]["telephone"] == ["0321000000"]
    assert user["attributes"]["fonction"] == ["Chargée de mission"]


def test_an_update_of_nobody_says_so(directory: Directory) -> None:
    with pytest.raises(NotFound):
        directory.update_account(NOBODY, an_account())


def test_joining_and_leaving_a_group_can_be_repeated(directory: Directory) -> None:
    group = directory.place_group("va-et-vient")
    id_ = directory.open_account(an_account(), [])
    for _ in range(2):
        directory.join_group(id_, group)
    assert directory.snapshot({"va-et-vient": group}).groups["va-et-vient"] == RemoteGroup(group, frozenset([id_]))
    for _ in range(2):
        directory.leave_group(id_, group)
    directory.leave_group(id_, NOBODY)
    assert directory.snapshot({"va-et-vient": group}).groups["va-et-vient"] == RemoteGroup(group, frozenset())
    with pytest.raises(NotFound):
        directory.leave_group(NOBODY, group)


def test_a_closed_account_has_no_session_left(
    directory: Directory, admin: Administrator, settings: KeycloakSettings
) -> None:
    path = f"admin/realms/{settings.realm}"
    direct = {"clientId": "direct", "publicClient": True, "directAccessGrantsEnabled": True}
    admin.request("post", f"{path}/clients", direct)
    wanted = an_account()
    id_ = directory.open_account(wanted, [])
    admin.request("put", f"{path}/users/{id_}/reset-password", {"type": "password", "value": "Abcdef1!"})
    login = {"grant_type": "password", "client_id": "direct", "username": wanted.email, "password": "Abcdef1!"}
    token = f"{settings.url}/realms/{settings.realm}/protocol/openid-connect/token"
    online = requests.post(token, {**login, "scope": "openid"}, timeout=PATIENCE).json()
    offline = requests.post(token, {**login, "scope": "openid offline_access"}, timeout=PATIENCE).json()
    assert admin.get(f"{path}/users/{id_}/sessions")
    assert admin.get(f"{path}/users/{id_}/consents")

    directory.update_account(id_, an_account(email=wanted.email, enabled=False))
    directory.end_sessions(id_)
    directory.end_sessions(id_)

    assert not admin.get(f"{path}/users/{id_}/sessions")
    assert not admin.get(f"{path}/users/{id_}/consents")
    directory.update_account(id_, an_account(email=wanted.email, enabled=True))
    for old in (online, offline):
        renewal = {"grant_type": "refresh_token", "client_id": "direct", "refresh_token": old["refresh_token"]}
        assert requests.post(token, renewal, timeout=PATIENCE).status_code == 400


@pytest.mark.rule("P3")
def test_a_password_is_forgotten_and_never_set(
    directory: Directory, admin: Administrator, settings: KeycloakSettings
) -> None:
    id_ = directory.open_account(an_account(), [])
    assert not directory.has_password(id_)
    path = f"admin/realms/{settings.realm}/users/{id_}/reset-password"
    admin.request("put", path, {"type": "password", "value": "Abcdef1!"})
    assert directory.has_password(id_)
    for _ in range(2):
        directory.forget_password(id_)
    assert not directory.has_password(id_)


@pytest.mark.rule("P2")
@pytest.mark.rule("D6")
def test_the_link_arrives_in_french(directory: Directory, mailbox: Mailbox) -> None:
    wanted = an_account()
    id_ = directory.open_account(wanted, [])
    before = directory.server_time()
    assert directory.invitation_sent_since(id_, before) is None

    directory.send_invitation(id_, 86_400, REDIRECT)

    (mail,) = mailbox.wait_for(1, wanted.email)
    assert mail.subject == "Plateforme Coopération : créez votre mot de passe"
    for part in (mail.text, mail.html):
        assert "Ce lien fonctionne pendant 1 jour et ne sert qu’une fois." in part
        assert "https://ctg.caf.fr" in part
        assert "mentions d’information" in part
        assert "''" not in part
        assert "{" not in part
    assert "login-actions/action-token" in mail.html
    assert "login-actions/action-token" in mail.links[0]
    sent = directory.invitation_sent_since(id_, before)
    assert sent is not None
    assert before <= sent < before + timedelta(seconds=30)
    assert directory.invitation_sent_since(id_, sent + timedelta(seconds=1)) is None
    assert directory.invitation_sent_since(NOBODY, before) is None


def test_a_link_sent_by_somebody_else_is_not_ours(
    directory: Directory, admin: Administrator, settings: KeycloakSettings, mailbox: Mailbox
) -> None:
    wanted = an_account()
    id_ = directory.open_account(wanted, [])
    before = directory.server_time()
    path = f"admin/realms/{settings.realm}/users/{id_}/execute-actions-email"
    admin.request("put", path, ["UPDATE_PASSWORD"])
    mailbox.wait_for(1, wanted.email)
    assert directory.invitation_sent_since(id_, before) is None


@pytest.mark.rule("P2")
def test_events_that_were_off_or_cleared_prove_nothing_of_a_link(
    directory: Directory, admin: Administrator, settings: KeycloakSettings
) -> None:
    realm = f"admin/realms/{settings.realm}"

    def keep_events(on: bool, how: str) -> None:
        if how == "events":
            config = admin.get(f"{realm}/events/config")
            admin.request("put", f"{realm}/events/config", {**config, "adminEventsEnabled": on})
        else:
            admin.request("put", realm, {"adminEventsEnabled": on})

    directory.open_account(an_account(), [])
    since = directory.server_time()
    assert directory.keeps_events()
    assert directory.events_tell_since(since)
    assert not directory.events_tell_since(since - timedelta(days=400))  # longer than they are kept
    admin.request("put", realm, {"displayName": admin.get(realm)["displayName"]})
    assert directory.events_tell_since(since)  # another change of the realm takes nothing away
    for how in ("events", "realm"):
        directory.open_account(an_account(), [])
        before = directory.server_time()
        keep_events(False, how)
        assert not directory.keeps_events()
        assert not directory.events_tell_since(before)
        keep_events(True, how)
        assert directory.keeps_events()
        assert not directory.events_tell_since(before)
        wait_past(directory, directory.server_time())
        directory.open_account(an_account(), [])
        assert directory.events_tell_since(directory.server_time())
    before = directory.server_time()
    admin.request("delete", f"{realm}/admin-events")
    assert directory.keeps_events()
    assert not directory.events_tell_since(before)


def wait_past(directory: Directory, moment: datetime) -> None:
    """Until Keycloak's clock is more than two seconds further: what is older is told from what follows."""
    while directory.server_time() - moment < timedelta(seconds=2.5):
        time.sleep(0.1)


def test_a_link_to_a_disabled_account_is_not_sent(directory: Directory) -> None:
    id_ = directory.open_account(an_account(enabled=False), [])
    with pytest.raises(MailFailed, match="disabled"):
        directory.send_invitation(id_, 3600, REDIRECT)


def test_a_mail_server_that_refuses_is_said(
    directory: Directory, admin: Administrator, settings: KeycloakSettings, mailbox: Mailbox
) -> None:
    id_ = directory.open_account(an_account(), [])
    path = f"admin/realms/{settings.realm}"
    smtp = admin.get(path)["smtpServer"]
    admin.request("put", path, {"smtpServer": smtp | {"port": "9"}})
    try:
        with pytest.raises(MailFailed, match="500"):
            directory.send_invitation(id_, 3600, REDIRECT)
    finally:
        admin.request("put", path, {"smtpServer": smtp})


def test_a_link_whose_answer_is_lost_is_in_doubt_and_not_sent_again(settings: KeycloakSettings) -> None:
    with _Silent() as silent:
        directory = Directory(settings.model_copy(update={"url": silent.url, "timeout_seconds": 2}))
        with pytest.raises(OutcomeUnknown):
            directory.send_invitation(NOBODY, 3600, REDIRECT)
        directory.close()
    assert silent.requests.count(b"PUT") == 1


def test_reads_are_tried_again_and_then_given_up(settings: KeycloakSettings) -> None:
    with _Silent() as silent:
        directory = Directory(settings.model_copy(update={"url": silent.url}))
        with pytest.raises(KeycloakUnavailable):
            directory.account(NOBODY)
        directory.close()
    assert silent.requests.count(b"GET") == 4


def test_a_wrong_secret_is_refused(settings: KeycloakSettings) -> None:
    wrong = KeycloakSettings.model_validate(settings.model_dump() | {"client_secret": "wrong"})
    directory = Directory(wrong)
    with pytest.raises(KeycloakRefused, match="401"):
        directory.account(NOBODY)
    directory.close()


def test_a_directory_that_only_looks_never_writes(settings: KeycloakSettings, directory: Directory) -> None:
    id_ = directory.open_account(an_account(), [])
    looking = Directory(settings, read_only=True)
    for write in (
        lambda: looking.open_account(an_account(), []),
        lambda: looking.update_account(id_, an_account(enabled=False)),
        lambda: looking.place_group("jamais"),
        lambda: looking.end_sessions(id_),
        lambda: looking.send_invitation(id_, 3600, REDIRECT),
    ):
        with pytest.raises(WriteForbidden):
            write()
    assert directory.account(id_) == looking.account(id_)
    looking.close()


def test_a_snapshot_costs_one_call_a_partner_and_one_a_page(realm: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioner.keycloak.snapshot.PAGE", 3)
    directory = Directory(realm.keycloak)
    codes = ("agglo-lys", "sivom", "ville")
    groups = {code: directory.place_group(code) for code in codes}
    for _ in range(6):
        directory.open_account(an_account(), ["agglo-lys"])
    directory.close()

    fresh = Directory(realm.keycloak)
    snapshot = fresh.snapshot(groups)

    assert len(snapshot.accounts) == 6
    assert {code: group.id for code, group in snapshot.groups.items() if group} == groups
    # Token, realm, required actions, group above, count, 2 pages, groups below; members of 3 partners.
    assert fresh.calls == 11
    fresh.close()


@pytest.mark.parametrize("fault", ["count", "short", "twice", "not a list"])
def test_a_read_that_is_not_proven_whole_is_no_read(
    directory: Directory, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    directory.open_account(an_account(), [])
    get_users, users_count = KeycloakAdmin.get_users, KeycloakAdmin.users_count

    def faulty_page(admin: KeycloakAdmin, query: dict[str, Any]) -> object:
        page = get_users(admin, query)
        return {"short": page[1:], "twice": [*page[1:], page[-1]], "not a list": 5}.get(fault, page)

    monkeypatch.setattr(KeycloakAdmin, "get_users", faulty_page)
    if fault == "count":
        monkeypatch.setattr(KeycloakAdmin, "users_count", lambda admin: users_count(admin) + 1)
    with pytest.raises(ReadIncomplete):
        directory.snapshot({})


def test_a_read_amid_which_accounts_are_made_is_whole(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    account = directory.open_account(an_account(), [])
    users_count, made = KeycloakAdmin.users_count, iter([-1, 1])
    monkeypatch.setattr(KeycloakAdmin, "users_count", lambda admin: users_count(admin) + next(made))
    assert account in directory.snapshot({}).accounts


def test_an_account_added_during_the_read_is_no_fault(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    users_count, more = KeycloakAdmin.users_count, iter([-1, 0])
    id_ = directory.open_account(an_account(), [])
    monkeypatch.setattr(KeycloakAdmin, "users_count", lambda admin: users_count(admin) + next(more))
    assert id_ in directory.snapshot({}).accounts


def test_the_clock_is_keycloaks(directory: Directory) -> None:
    now = directory.server_time()
    assert now.tzinfo is UTC
    # The same machine here: never ahead, and not far behind.
    assert timedelta(0) <= datetime.now(UTC) - now < timedelta(seconds=5) * slowness()


def test_a_process_that_lost_its_lock_just_before_the_bytes_leave_sends_none(settings: KeycloakSettings) -> None:
    class Lost(Exception):
        pass

    answers = iter([None, Lost()])  # still ours when the call begins; no more when it is about to leave

    def guard() -> None:
        if (error := next(answers)) is not None:
            raise error

    with _Silent() as silent:
        directory = Directory(settings.model_copy(update={"url": silent.url}), guard=guard)
        with pytest.raises(Lost):
            directory.account(NOBODY)
        directory.close()
    assert silent.requests == [b"POST"], "the token alone"


def test_a_page_of_a_proxy_is_no_answer(settings: KeycloakSettings) -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<p>En maintenance</p>"
    for gives_token, error in ((True, ReadIncomplete), (False, KeycloakUnavailable)):
        with _Silent(page, gives_token=gives_token) as proxy:
            directory = Directory(settings.model_copy(update={"url": proxy.url}))
            with pytest.raises(error):
                directory.account(NOBODY)
            directory.close()


def test_threads_share_one_token(settings: KeycloakSettings) -> None:
    directory = Directory(settings)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(directory.account, [NOBODY] * 8))
    assert directory.calls == 1 + 8
    directory.close()


class _Silent:
    """A server that gives a token and then closes every connection without an answer, or with always the same."""

    def __init__(self, answer: bytes = b"", *, gives_token: bool = True) -> None:
        self._answer, self._gives_token = answer, gives_token

    def __enter__(self) -> _Silent:
        self.requests: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        token = b'{"access_token": "a.b.c", "expires_in": 300}'
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                method = connection.recv(65536).split(b" ")[0]
                self.requests.append(method)
                gives_token = method == b"POST" and self._gives_token
                connection.sendall(head % len(token) + token if gives_token else self._answer)


def test_every_socket_is_given_back_at_once(settings: KeycloakSettings) -> None:
    def sockets() -> set[str]:
        names = (str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.is_symlink())
        return {name for name in names if name.startswith("socket:")}

    directory = Directory(settings)
    before = sockets()
    gc.disable()
    try:
        directory.ping()
        assert sockets() - before
        directory.close()
        assert not sockets() - before
    finally:
        gc.enable()
