"""What a plan about a crowd costs beside Keycloak: the register on PostgreSQL, the planner, and a recorded realm.

`python -m bench.recorded --persons 200000` fills a register, records what Keycloak would answer about the same
persons, and plans in a process of its own: its seconds, its processor time and its greatest memory are printed.
Keycloak's own time is in none of them; reading its answers is.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from itertools import islice
from pathlib import Path

from bench.crowd import crowd, fill_register, keycloak_id
from provisioner import COLLECTED_AFTER
from provisioner.clock import Clock
from provisioner.domain.access.account import RemoteAccount, RemoteGroup, Snapshot, wanted_account
from provisioner.domain.access.settled import Settling
from provisioner.keycloak.accounts import id_of, new_user, unsettled
from provisioner.keycloak.directory import Directory
from provisioner.keycloak.snapshot import PAGE
from provisioner.operations.context import Context
from provisioner.operations.run import plan_due
from provisioner.register import open_register
from provisioner.settings import Settings, load_settings
from tests.shared.postgres import start_postgres

#: How many persons a partner has.
EACH = 20

_REALM, _ROOT_ID = "recorded", "root"

#: What an answer about members leaves out of each.
_NOT_BRIEF = frozenset({"groups", "attributes"})


def record(home: Path, persons: int) -> None:
    """Keycloak's answers about the crowd: a line for each page of accounts and for the members of each group."""
    day = Clock().today() - timedelta(days=30)
    rest = {"emailVerified": True, "createdTimestamp": 1_790_000_000_000, "totp": False, "requiredActions": []}
    rest |= {"disableableCredentialTypes": [], "notBefore": 0, "access": {"manage": True, "view": True}}
    users = (
        {"id": keycloak_id(_REALM, number)} | new_user(wanted_account([habilitation], enabled=True), []) | rest
        for number, habilitation in enumerate(crowd(persons // EACH, EACH, day))
    )
    with (
        (home / "pages").open("w", encoding="utf-8") as pages,
        (home / "groups").open("w", encoding="utf-8") as groups,
    ):
        while page := list(islice(users, PAGE)):
            pages.write(json.dumps(page, ensure_ascii=False) + "\n")
            brief = [{name: value for name, value in user.items() if name not in _NOT_BRIEF} for user in page]
            for first in range(0, len(page), EACH):
                groups.write(json.dumps(brief[first : first + EACH], ensure_ascii=False) + "\n")


def group_ids(persons: int) -> list[str]:
    """The ids of the partners' groups."""
    return [str(uuid.uuid5(uuid.NAMESPACE_OID, f"{_REALM} group {number}")) for number in range(persons // EACH)]


class RecordedDirectory(Directory):
    """Reads the recorded answers as those of Keycloak are read."""

    def __init__(self, home: Path, persons: int) -> None:
        self._pages, self._groups, self._ids = home / "pages", home / "groups", group_ids(persons)

    def snapshot(
        self,
        groups: Mapping[str, str | None],
        root_id: str | None = None,
        *,
        members_only: bool = False,
        settling: Settling | None = None,
    ) -> Snapshot:
        assert settling is not None
        assert not members_only
        read: dict[str, RemoteGroup | None] = {}
        with self._groups.open("rb") as lines:
            for code, id_, line in zip(groups, self._ids, lines, strict=True):
                read[code] = group = RemoteGroup(id_, frozenset(map(id_of, json.loads(line))))
                settling.see_members(code, group.members)
        accounts: dict[str, RemoteAccount] = {}
        with self._pages.open("rb") as lines:
            for line in lines:
                accounts |= {account.id: account for account in unsettled(json.loads(line), settling)}
        policy = "length(8) and upperCase(1) and lowerCase(1) and digits(1) and specialChars(1)"
        return Snapshot(_REALM, policy, accounts, read, root_id=root_id)


def plan(home: Path, persons: int) -> dict[str, float]:
    """One plan about everybody, in this process."""
    gc.set_threshold(COLLECTED_AFTER)
    settings, clock = _settings(home), Clock()
    directory = RecordedDirectory(home, persons)
    with closing(open_register(settings, clock)) as register:
        context = Context(settings=settings, clock=clock, register=register, directory=directory, by="bench")
        before, began = os.times(), time.perf_counter()
        due = plan_due(context, []).plan
        seconds, after = time.perf_counter() - began, os.times()
    if due is None or due.changes or due.later or due.drift:
        raise RuntimeError("Nothing was to be due.")
    processor = after.user + after.system - before.user - before.system
    return {
        "seconds": seconds,
        "processor": processor,
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _settings(home: Path) -> Settings:
    variables = json.loads((home / "settings").read_text("utf-8"))
    return load_settings(environment={f"PROVISIONER_{name}": value for name, value in variables.items()})


def main() -> None:
    """Fills, records, plans so many times, and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.here:
        print(json.dumps(plan(chosen.here, chosen.persons)))
        return
    with tempfile.TemporaryDirectory(prefix="provisioner-bench-") as name:
        home = Path(name)
        record(home, chosen.persons)
        with start_postgres(log_file=home / "postgres.log") as postgres:
            address = postgres.new_database().replace("postgresql:", "postgresql+psycopg:", 1)
            variables = {"DATABASE__URL": address, "DATA_DIR": str(home / "data"), "KEYCLOAK__CLIENT_SECRET": "none"}
            (home / "settings").write_text(json.dumps(variables), "utf-8")
            groups = group_ids(chosen.persons)
            with closing(open_register(_settings(home), Clock())) as register:
                fill_register(register, len(groups), EACH, groups, _REALM, _ROOT_ID)
            for _ in range(chosen.times):
                command = [
                    sys.executable,
                    "-m",
                    "bench.recorded",
                    "--persons",
                    str(chosen.persons),
                    "--here",
                    str(home),
                ]
                told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
                print("{seconds:.2f} s, {processor:.2f} s of processor, {mib:.0f} MiB".format(**told), flush=True)


if __name__ == "__main__":
    main()
