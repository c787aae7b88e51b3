"""How long a report over many connection records takes, and with how much memory, start included.

The records are put into a register of SQLite as they stand once read. `python bench/report.py`.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from statistics import median

from provisioner.clock import Clock
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.connections.record import ConnectionRecord, Stream
from provisioner.domain.people import EmailAddress, Person
from provisioner.operations.partners import Given, add_partner
from provisioner.register import Register, open_register
from provisioner.register.connections import accounts_by_email, set_read_until, store
from provisioner.register.habilitations import save_habilitations
from provisioner.settings import load_settings

HOPED_SECONDS = 5
_PARTNERS, _PERSONS = 20, 1000
_TODAY = date(2027, 3, 1)
_BEGUN = datetime(2026, 4, 1, tzinfo=UTC)
_PERIOD = ("connections", "report", "--from", "2026-04-01", "--to", "2027-02-28")
_FOR = {
    "by person, all partners": ("--for", "caf", "--by", "Claire Martin", "--reason", "mesure"),
    "counts of one partner": ("--for", "partner", "--partner", "partenaire-0"),
}

#: Runs a command and prints its peak memory and its seconds of processor.
#: A process of its own: a child's peak begins with its parent's.
_MEASURING = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, used.ru_utime + used.ru_stime)
"""


def main() -> int:
    """Fills a register, makes each report a few times, prints medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000, help="connection records (default: 100000)")
    parser.add_argument("--runs", type=int, default=3, help="reports of each kind (default: 3)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="provisioner-bench-") as directory:
        ours = {"PROVISIONER_DATA_DIR": directory, "PROVISIONER_KEYCLOAK__URL": "http://127.0.0.1:9"}
        settings = load_settings(environment=ours)
        register = open_register(settings, Clock().as_of(_TODAY))
        for number in range(_PARTNERS):
            given = Given(name=f"Partenaire {number}", domains=frozenset({"bench.example"}), signed_on=_BEGUN.date())
            add_partner(register, f"partenaire-{number}", given, settings.documents, "bench")
        _fill(register, chosen.records)
        register.close()
        print(
            f"{chosen.records} records of {_PERSONS} persons of {_PARTNERS} partners, on {os.cpu_count()} processors"
        )
        for name, arguments in _FOR.items():
            for format_ in ("html", "csv"):
                command = (*_PERIOD, *arguments, "--format", format_)
                runs = [_run(command, ours) for _ in range(chosen.runs)]
                took, busy = (median(run[part] for run in runs) for part in (0, 1))
                used = max(run[2] for run in runs)
                told = f"{took:.2f} s ({busy:.2f} s of processor), {used:.0f} MiB"
                print(f"{name}, {format_}: {told}   hoped for: under {HOPED_SECONDS} s")
    return 0


def _fill(register: Register, records: int) -> None:
    """The same records on every machine."""
    chance = random.Random(1)
    with register.work("bench") as work:
        before = register.records()
        save_habilitations(work, before, before.with_habilitations(map(_habilitation, range(_PERSONS))))
    with register.work("bench") as work:
        accounts = list(accounts_by_email(work.connection).values())
        span = (datetime(2027, 3, 1, tzinfo=UTC) - _BEGUN).total_seconds()
        moments = sorted(_BEGUN + timedelta(seconds=chance.random() * span) for _ in range(records))
        made = [_record(number, at, chance.choice(accounts)) for number, at in enumerate(moments)]
        for first in range(0, records, 5000):
            store(work, made[first : first + 5000])
        set_read_until(work, Stream.CONNECTIONS, datetime(2027, 3, 1, 12, tzinfo=UTC), _BEGUN)


def _habilitation(number: int) -> Habilitation:
    person = Person(f"Nom{number}", "Prénom", "agent", EmailAddress(f"personne-{number}@bench.example"))
    return Habilitation(
        partner=f"partenaire-{number % _PARTNERS}",
        person=person,
        requested_on=_BEGUN.date(),
        transmitted_on=_BEGUN.date(),
        opened_at=_BEGUN,
        opened_number=1,
    )


def _record(number: int, at: datetime, account: int) -> ConnectionRecord:
    outcome = "invalid_user_credentials" if number % 10 == 0 else None
    id_, address = f"event-{number}", f"192.0.2.{number % 250}"
    return ConnectionRecord(id=id_, at=at, kind="login", outcome=outcome, account=account, address=address)


def _run(command: tuple[str, ...], ours: dict[str, str]) -> tuple[float, float, float]:
    """Seconds, those of processor, and MiB of the command in a process of its own."""
    environment = {**os.environ, **ours, "PROVISIONER_TODAY": _TODAY.isoformat()}
    begun = time.perf_counter()
    whole = [sys.executable, "-c", _MEASURING, sys.executable, "-m", "provisioner", *command]
    measured = subprocess.run(whole, env=environment, stdout=subprocess.PIPE, check=True)
    seconds = time.perf_counter() - begun
    kib, of_processor = measured.stdout.split()
    return seconds, float(of_processor), int(kib) / 1024


if __name__ == "__main__":
    sys.exit(main())
