"""How long destructions take (D1, D2, C4).

`python bench/destroy.py --accounts 2000`: so many accounts of one partner on a real Keycloak, the register in SQLite.
The run of D1 is killed when half of them are destroyed, and begun again; then the run of D2.
`python bench/destroy.py --partners 200 --persons 100`: the day on which C4 and D2 fall for every partner, Keycloak in
memory.

The past is played in memory: who is open, closed, announced. Say the machine's load with the figures.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import structlog
from keycloak import KeycloakAdmin

from bench.place import Place, open_servers, person_name
from provisioner.domain.annexe.document import Annexe, Document, Row
from provisioner.domain.people import EmailAddress
from provisioner.keycloak.connection import administrator_connection
from provisioner.keycloak.directory import Directory
from provisioner.settings import DocumentSettings
from tests.fakes.memory_office import MemoryOffice

_ASKED, _CLOSED = date(2026, 2, 2), date(2026, 3, 2)
_D1, _D2, _CTG_END = date(2026, 9, 3), date(2028, 3, 2), date(2030, 12, 31)
_DAY = timedelta(days=1)

#: How many users one import makes.
_IMPORTED_AT_ONCE = 500


def main() -> int:
    """Runs what was chosen; 0 unless something failed, whatever the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, help="of one partner, on a real Keycloak")
    parser.add_argument("--partners", type=int, help="that all end on one day, in memory")
    parser.add_argument("--persons", type=int, default=100, help="of each of those partners")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(prefix="provisioner-bench-") as home:
        if chosen.partners:
            every_convention(Path(home), chosen.partners, chosen.persons)
        if chosen.accounts:
            with open_servers(Path(home)) as servers:
                on_keycloak(servers.new_place(), Path(home) / "office", chosen.accounts)
    return 0


def _annexe(content: bytes, _name: str, _limits: DocumentSettings) -> Annexe:
    """The annexe that `PARTNER FIRST LAST LIST` stands for: those persons, all in that list."""
    partner, first, last, list_ = content.decode().split()
    on = _ASKED if list_ == "1" else _CLOSED
    persons = [(person_name(number).capitalize(), number) for number in range(int(first), int(last))]
    rows = [
        Row(int(list_), at, name, "Camille", "agent", EmailAddress(f"{name.lower()}@{partner}.example"), on)
        for at, (name, _) in enumerate(persons, 1)
    ]
    return Annexe(on if list_ == "1" else on + _DAY, tuple(rows), ())


def _office(home: Path, partners: int, persons: int) -> MemoryOffice:
    """Everybody's access is open."""
    office = MemoryOffice(home, read=_annexe, closures=partners * persons)
    office.settings.limits.__dict__["destructions"] = 2 * partners * persons
    for number in range(partners):
        code, first = f"partner-{number}", number * persons
        office.on(_ASKED)
        office.add_partner(code, f"{code}.example")
        content = f"{code} {first} {first + persons} 1".encode()
        office.apply(Document(name="1.csv", content=content), code)
    return office


def every_convention(home: Path, partners: int, persons: int) -> None:
    """Prints how long the run takes on the day after two years from the CTG's end."""
    office = _office(home, partners, persons)
    for day in (_CTG_END + _DAY, date(2031, 7, 1), date(2031, 7, 2), date(2032, 12, 31)):
        office.on(day)
        print(f"  {day}   {_timed(office.sync)}", flush=True)
    office.on(date(2033, 1, 1))
    spent = _timed(office.sync)
    left = office.context.register.records().habilitations
    print(f"ONE DAY of {partners} conventions, {partners * persons} habilitations: {spent}; {len(left)} left")
    office.close()


def on_keycloak(place: Place, home: Path, accounts: int) -> None:
    """Prints how long D1 takes, killed in the middle, and D2."""
    office = _office(home, 1, accounts)
    office.on(_CLOSED + _DAY)
    office.apply(Document(name="2.csv", content=f"partner-0 0 {accounts} 2".encode()), "partner-0")
    _move_to_keycloak(office, place)
    office.close()
    register = home / "provisioner.sqlite3"
    environment = {name: value for name, value in place.environment.items() if "DATABASE" not in name}
    environment |= {"PROVISIONER_DATA_DIR": str(home), "PROVISIONER_LIMITS__DESTRUCTIONS": str(2 * accounts)}
    for rule, day in (("D1", _D1 + _DAY), ("D2", _D2 + _DAY)):
        _run(environment, day - _DAY).wait()
        begun, cpu = time.perf_counter(), _cpu_of_runs()
        run, killed = _run(environment, day), ""
        while rule == "D1" and run.poll() is None:
            if _destroyed(register) > accounts / 2:
                run.send_signal(signal.SIGKILL)
                run.wait()
                killed = f", killed at {_destroyed(register)} and begun again"
                run = _run(environment, day)
                break
            time.sleep(0.2)
        status = run.wait()
        seconds = time.perf_counter() - begun
        cpu, busy = _cpu_of_runs() - cpu, os.getloadavg()[0]
        print(f"{rule} of {accounts}: {seconds:.1f} s, {cpu:.1f} s of our processor, load {busy:.1f}{killed};")
        print(f"  exit {status}, {_destroyed(register)} accounts destroyed, {_left(register)} habilitations left")


def _move_to_keycloak(office: MemoryOffice, place: Place) -> None:
    """The same accounts, by the same ids, on the real server; the register is told its realm and its group."""
    register, directory = office.context.register, Directory(place.settings.keycloak)
    group, realm = directory.place_group("partner-0"), directory.realm_id()
    directory.close()
    path = f"{place.settings.keycloak.group_root}/partner-0"
    users = [
        {
            "id": account.id,
            "username": account.email,
            "email": account.email,
            "enabled": account.enabled,
            "firstName": account.first_names,
            "lastName": account.last_name,
            "attributes": {name: list(values) for name, values in account.attributes.items()},
            "groups": [path],
        }
        for account in office.directory.accounts.values()
    ]
    connection = administrator_connection(place.settings.keycloak)
    admin = KeycloakAdmin(connection=connection)
    for at in range(0, len(users), _IMPORTED_AT_ONCE):
        part = {"ifResourceExists": "FAIL", "users": users[at : at + _IMPORTED_AT_ONCE]}
        admin.partial_import_realm(place.settings.keycloak.realm, part)
    connection.close()
    with register.engine.begin() as database:
        database.exec_driver_sql("UPDATE mark SET value = ? WHERE name = 'realm_id'", (realm,))
        database.exec_driver_sql("DELETE FROM mark WHERE name = 'group_root'")
        database.exec_driver_sql("UPDATE partner SET group_id = ?", (group,))


def _run(environment: dict[str, str], day: date) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "provisioner", "retention", "run"]
    moved = {"PROVISIONER_TODAY": f"{day}T10:00"}
    return subprocess.Popen(
        command, env={**os.environ, **environment, **moved}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _destroyed(register: Path) -> int:
    with closing(sqlite3.connect(register)) as database:
        return int(database.execute("SELECT count(*) FROM destroyed_account").fetchone()[0])


def _left(register: Path) -> int:
    with closing(sqlite3.connect(register)) as database:
        return int(database.execute("SELECT count(*) FROM habilitation").fetchone()[0])


def _cpu_of_runs() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _timed(action: Callable[[], object]) -> str:
    begun, cpu = time.perf_counter(), time.process_time()
    action()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return f"{seconds:.1f} s, {cpu:.1f} s of our processor, load {os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    sys.exit(main())
