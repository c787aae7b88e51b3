"""How long the first reading of many events takes, and their judging, and how much memory: `connections pull`.

`python bench/events.py --events 100000 --persons 400`: so many events, a tenth of the console, and open accesses.
The events are no real ones: rows put into Keycloak's own tables, for 100,000 logins would take Keycloak hours; and
the register is told that the accesses were opened 60 days ago. Reading through Keycloak, storing, judging and the
proof that none is missing are real.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import update

from bench.contenders import ours
from bench.place import Place, open_servers
from provisioner.keycloak.directory import Directory
from provisioner.logs import configure_logging
from provisioner.register.connections import accounts_by_keycloak_id
from provisioner.register.tables import habilitation

_DAYS, _PARTNERS = 20, 4
_HOPED_SECONDS, _HOPED_MIB = 60, 250
_FAILURES = ("invalid_user_credentials", "user_disabled", "user_temporarily_disabled")

_USER_EVENT = (
    "INSERT INTO event_entity (id, client_id, details_json, error, ip_address, realm_id, session_id, event_time,"
    " type, user_id) VALUES (%s, 'cooperation', %s, %s, %s, %s, %s, %s, %s, %s)"
)
_ADMIN_EVENT = (
    "INSERT INTO admin_event_entity (id, admin_event_time, realm_id, operation_type, auth_realm_id, auth_client_id,"
    " auth_user_id, ip_address, resource_path, representation, resource_type)"
    " VALUES (%s, %s, %s, 'UPDATE', %s, %s, %s, '198.51.100.9', %s, %s, 'USER')"
)


def main() -> int:
    """Runs everything; 0 unless something failed, whatever the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--persons", type=int, default=400)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="provisioner-bench-") as home, open_servers(Path(home)) as servers:
        place = servers.new_place()
        configure_logging(place.settings.log)
        for _ in range(_PARTNERS):
            ours(place, place.new_work(chosen.persons // _PARTNERS))
        with psycopg.connect(servers.keycloak_database) as connection, connection.cursor() as cursor:
            _put_events(cursor, place, chosen.events)
        print(f"\nEVENTS: {chosen.events} rows put into Keycloak's own tables (PostgreSQL), {chosen.persons} persons")
        print(f"  hoped for: {_HOPED_SECONDS} s, {_HOPED_MIB} MiB")
        _measure("pull", place, "first reading, judged")
        _measure("pull", place, "next reading, judged")
        _measure("verify", place, "every id compared")
    return 0


def _put_events(cursor: psycopg.Cursor[Any], place: Place, count: int) -> None:
    """Spread over the last days, hundreds of them in one millisecond."""
    directory, register = Directory(place.settings.keycloak), place.register()
    realm = directory.realm_id()
    with register.work("bench") as work:
        users = sorted(accounts_by_keycloak_id(work.connection))
        work.connection.execute(update(habilitation).values(opened_at=work.now - timedelta(days=60)))
    register.close()
    directory.close()
    rng, of_console = random.Random(1), count // 10
    cursor.executemany(_USER_EVENT, _user_events(rng, realm, users, count - of_console))
    cursor.executemany(_ADMIN_EVENT, _admin_events(rng, realm, users, of_console))


def _moments(rng: random.Random, count: int) -> Iterator[int]:
    now = int(time.time() * 1000)
    for number in range(count):
        # A twentieth of them at one moment.
        yield now - (3_600_000 if number % 20 == 0 else rng.randrange(3_600_000, _DAYS * 86_400_000))


def _user_events(rng: random.Random, realm: str, users: list[str], count: int) -> Iterator[tuple[object, ...]]:
    for at in _moments(rng, count):
        number = rng.randrange(len(users))
        error = rng.choice(_FAILURES) if rng.random() < 0.1 else None
        address = f"203.0.113.{number % 250}" if rng.random() < 0.9 else f"198.51.{number % 250}.7"
        details = '{"username": "saisi", "auth_method": "openid-connect"}'
        kind = "LOGIN_ERROR" if error else rng.choice(("LOGIN", "LOGIN", "CODE_TO_TOKEN", "LOGOUT"))
        yield str(uuid.UUID(int=rng.getrandbits(128))), details, error, address, realm, None, at, kind, users[number]


def _admin_events(rng: random.Random, realm: str, users: list[str], count: int) -> Iterator[tuple[object, ...]]:
    written = '{"firstName": "Camille", "lastName": "Ancien", "attributes": {}}'
    for at in _moments(rng, count):
        who, user = str(uuid.UUID(int=rng.randrange(3))), rng.choice(users)
        id_ = str(uuid.UUID(int=rng.getrandbits(128)))
        yield id_, at, realm, "master", "admin-cli", who, f"users/{user}", written


def _measure(command: str, place: Place, what: str) -> None:
    """Runs the command in a process of its own; prints its seconds and its most memory."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "provisioner", "connections", command, "--format", "json"],
        env={**os.environ, **place.environment, "PROVISIONER_LOG__LEVEL": "ERROR"},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    answer = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    seconds, mib = time.monotonic() - begun, usage.ru_maxrss / 1024
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"connections {command} failed: {answer}")
    spent = usage.ru_utime + usage.ru_stime
    figures = f"{seconds:6.1f} s ({spent:.1f} s of our processor)   {mib:4.0f} MiB"
    print(f"  {what:<22} {figures}   {' '.join(answer.split())}")


if __name__ == "__main__":
    raise SystemExit(main())
