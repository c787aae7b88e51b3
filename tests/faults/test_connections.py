"""Hundreds of logins through the login form, read in several runs that are killed while more arrive (L1)."""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from provisioner.settings import Settings
from tests.faults.conftest import FAULTY
from tests.shared.approvals import database
from tests.shared.console import PASSWORD, Console
from tests.shared.login_form import LoginForm
from tests.shared.mailbox import Mailbox
from tests.shared.office import DOMAIN, FIRST_DAY, SECOND_DAY, Answer, Office, annexe_csv, valid

#: `make soak` plays 10,000.
LOGINS = int(os.environ.get("LOGINS", "250"))
_THREADS = 4

#: Keycloak refuses a right password while another login of the same person is under way: each thread has its own.
RIGHT = [f"ouvert{number}" for number in range(_THREADS)]
WRONG = [f"errone{number}" for number in range(3)]
CLOSED = ["parti0", "parti1"]
TYPED = "Mot-de-passe-tape-ici-{}!"
NAME_IN_CONSOLE = "Zorglubovitch"


def _open_and_close(office: Office, tmp_path: Path, console: Console) -> None:
    """Everybody has a password; those of CLOSED left since. A hash is made cheap, for this is no test of hashes."""
    realm = console.connection.get(console.realm)
    cheap = {"passwordPolicy": f"{realm['passwordPolicy']} and hashIterations(1)"}
    console.connection.request("put", console.realm, cheap)
    office.add_partner()
    everybody = dict.fromkeys([*RIGHT, *WRONG, *CLOSED], "2026-06-10")
    office.apply(annexe_csv(tmp_path / "1.csv", everybody, {}, "2026-06-15"), today=FIRST_DAY)
    for name in everybody:
        console.set_password(f"{name}@{DOMAIN}")
    stay = dict.fromkeys([*RIGHT, *WRONG], "2026-06-10")
    gone = dict.fromkeys(CLOSED, "2026-08-31")
    office.apply(annexe_csv(tmp_path / "2.csv", stay, gone, "2026-09-01"), "--allow", "closures", today=SECOND_DAY)


def _log_in_many(office: Office, first: int) -> int:
    """Every `_THREADS`-th login from that one on; how many were let in."""
    form, let_in = LoginForm(office.settings), 0
    for number in range(first, LOGINS, _THREADS):
        who = number % 5
        if who < 2:
            let_in += form.log_in(f"{RIGHT[first]}@{DOMAIN}", PASSWORD)
        elif who == 2:
            assert not form.log_in(f"{WRONG[number % len(WRONG)]}@{DOMAIN}", f"Faux-{number}!")
        elif who == 3:
            password = PASSWORD if number % 2 else f"Faux-{number}!"
            assert not form.log_in(f"{CLOSED[number % len(CLOSED)]}@{DOMAIN}", password)
        else:
            assert not form.log_in(TYPED.format(number), f"Faux-{number}!")
    form.close()
    return let_in


def _pull(office: Office, **environment: str) -> Answer:
    command = ("connections", "pull", "--format", "json")
    return office.run(*command, program=(str(FAULTY),), EVENT_ROWS="60", **environment)


def _in_keycloak(console: Console) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = console.connection.get(f"{console.realm}/events", max=-1, direction="asc")
    return [event for event in events if event["type"] != "CLIENT_LOGIN"]


@pytest.mark.rule("L1")
def test_every_login_is_kept_once_and_in_order_though_each_reading_is_killed_while_more_arrive(
    realm: Settings, mailbox: Mailbox, tmp_path: Path
) -> None:
    office = Office(realm, mailbox, tmp_path)
    console = Console(office)
    _open_and_close(office, tmp_path, console)
    console.add("cliente@ailleurs.example", lastName=NAME_IN_CONSOLE)

    with ThreadPoolExecutor(_THREADS) as pool:
        logins = [pool.submit(_log_in_many, office, first) for first in range(_THREADS)]
        for killed_at in itertools.count(1):
            if all(login.done() for login in logins):
                break
            ended = _pull(office, KILL_AT_COMMIT=str(1 + killed_at % 3))
            assert ended.status in (-signal.SIGKILL, 0), ended.err
        let_in = sum(login.result() for login in logins)
        two = [pool.submit(_pull, office) for _ in range(2)]
        assert [reading.result().status for reading in two] == [0, 0]
    answer = office.run("connections", "pull", "--format", "json")
    assert valid(answer.json, "connections_pull")["hole"] is None

    register = sqlite3.connect(database(office))
    stored = register.execute(
        "SELECT r.id, r.kind, r.outcome, a.email, r.address FROM connection_record r LEFT JOIN account a"
        " ON a.id = r.account WHERE r.kind <> 'client_login' ORDER BY r.at, r.id"
    ).fetchall()
    numbers = [number for (number,) in register.execute("SELECT number FROM connection_record ORDER BY at, number")]
    register.close()
    events = sorted(_in_keycloak(console), key=lambda event: (event["time"], event["id"]))
    assert [row[0] for row in stored] == [event["id"] for event in events]
    assert len(stored) >= LOGINS
    assert len(set(numbers)) > 2, "it took several units of work"

    outcomes = {(kind, outcome) for _, kind, outcome, _, _ in stored}
    wrong = {("login", code) for code in ("invalid_user_credentials", "user_disabled", "user_not_found")}
    assert outcomes >= {("login", None), ("login", "user_temporarily_disabled"), *wrong}
    kinds = Counter((kind, outcome) for _, kind, outcome, _, _ in stored)
    assert (kinds["login", None], let_in) == (LOGINS * 2 // 5, LOGINS * 2 // 5), kinds
    assert all(email == f"{email.partition('@')[0]}@{DOMAIN}" for _, _, _, email, _ in stored if email)
    assert {email is None for _, _, outcome, email, _ in stored if outcome == "user_not_found"} == {True}
    assert all(address for *_, address in stored)

    verified = office.run("connections", "verify", "--format", "json")
    compared = valid(verified.json, "connections_verify")
    assert (verified.status, compared["switched_off"]) == (0, False)
    assert compared["events"]["same"] >= len(stored)
    assert compared["admin_events"]["same"] > 0

    # what was typed and what was written in the console is nowhere
    content = database(office).read_bytes()
    assert TYPED.partition("{")[0].encode() not in content
    assert b"Faux-" not in content
    assert NAME_IN_CONSOLE.encode() not in content
    console.connection.close()
