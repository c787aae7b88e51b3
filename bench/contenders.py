"""Three ways to open the same accounts: our operations, a bare load generator, a plain script."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from keycloak import KeycloakAdmin, KeycloakOpenID

from bench.place import Place, Work
from bench.stopwatch import Stopwatch, watch
from provisioner.domain.access.change import Action
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.keycloak.directory import Directory
from provisioner.keycloak.invitations import PLATFORM_CLIENT
from provisioner.operations.check import Request
from provisioner.operations.context import Context, Ending, RunResult
from provisioner.operations.decide import apply_document
from provisioner.settings import Settings

_ACTIONS = ["VERIFY_EMAIL", "UPDATE_PASSWORD"]
_SCRIPT = Path(__file__).with_name("generator.lua")
_LONGEST_SECONDS = 3600


@dataclass(frozen=True)
class Run:
    """How long a contender took, on the wall and of its own process's (and children's) CPU."""

    accounts: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Accounts a second."""
        return self.accounts / self.seconds


@dataclass(frozen=True)
class OurRun(Run):
    """One of ours: also where its time went and how many answers it had from Keycloak."""

    calls: int
    stopwatch: Stopwatch


def ours(place: Place, work: Work, *, changes: bool = True) -> OurRun:
    """The operations as `apply` calls them, from the file on disk to the last entry in the register."""
    file = place.directory / f"{work.partner}.csv"
    file.write_bytes(work.annexe(place.clock.today()))
    mails, cpu = place.mails_received(), _cpu_seconds()
    with watch() as stopwatch:
        register, directory = place.register(), Directory(place.settings.keycloak)
        stopwatch.watch_commits(register)
        context = Context(
            settings=place.settings,
            clock=place.clock,
            register=register,
            directory=directory,
            by="bench",
            read=stopwatch.read,
        )
        request = Request(
            document=Document(name=file.name, content=file.read_bytes()),
            partner=work.partner,
            by="bench",
            decisions=Decisions(),
            received_on=place.clock.today(),
        )
        outcome = apply_document(context, request, lambda _count: nullcontext(lambda: None), None)
        calls = directory.calls
        directory.close()
        register.close()
        seconds = stopwatch.stop()
    spent = _cpu_seconds() - cpu
    _verify_ours(outcome, len(work.people) if changes else 0)
    _verify_mails(place, mails, len(work.people) if changes else 0)
    return OurRun(len(work.people), seconds, spent, calls, stopwatch)


def generator(place: Place, work: Work) -> Run:
    """wrk, with as many connections as we have threads: the two calls for each person and nothing else."""
    settings = place.settings
    bodies = place.directory / f"{work.partner}.jsonl"
    with bodies.open("w", encoding="utf-8") as lines:
        for user in _users(place, work):
            lines.write(json.dumps(user) + "\n")
    query = {
        "lifespan": _lifespan(settings),
        "client_id": PLATFORM_CLIENT,
        "redirect_uri": settings.platform.url,
    }
    variables = {
        "BENCH_TOKEN": _token(settings),
        "BENCH_BODIES": str(bodies),
        "BENCH_USERS_PATH": f"/admin/realms/{settings.keycloak.realm}/users",
        "BENCH_MAIL_QUERY": urlencode(query),
        "BENCH_ACTIONS": json.dumps(_ACTIONS),
    }
    connections = str(settings.keycloak.threads)
    command = ["wrk", "-t", "1", "-c", connections, "-d", f"{_LONGEST_SECONDS}s", "--timeout", "60s"]
    mails, cpu = place.mails_received(), _cpu_seconds()
    done = subprocess.run(
        [*command, "-s", str(_SCRIPT), settings.keycloak.url],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    spent = _cpu_seconds() - cpu
    words = done.stdout.split()
    if done.returncode or words[-2:-1] != ["seconds"]:
        raise RuntimeError(f"wrk failed: {done.stdout}{done.stderr}")
    _verify_mails(place, mails, len(work.people))
    return Run(len(work.people), float(words[-1]), spent)


def script(place: Place, work: Work) -> Run:
    """What one would write in ten lines with python-keycloak: one person after the other, no thread."""
    settings, users = place.settings, _users(place, work)
    mails, cpu, began = place.mails_received(), _cpu_seconds(), time.perf_counter()
    admin = KeycloakAdmin(
        server_url=f"{settings.keycloak.url}/",
        realm_name=settings.keycloak.realm,
        client_id=settings.keycloak.client_id,
        client_secret_key=_secret(settings),
    )
    for user in users:
        id_ = admin.create_user(user)
        admin.send_update_account(id_, _ACTIONS, PLATFORM_CLIENT, _lifespan(settings), settings.platform.url)
    seconds = time.perf_counter() - began
    spent = _cpu_seconds() - cpu
    _verify_mails(place, mails, len(work.people))
    return Run(len(work.people), seconds, spent)


def _users(place: Place, work: Work) -> list[dict[str, object]]:
    return work.users(place.clock.today(), place.settings.keycloak.group_root)


def _lifespan(settings: Settings) -> int:
    return round(settings.invitation.lifespan_hours * 3600)


def _secret(settings: Settings) -> str:
    assert settings.keycloak.client_secret is not None
    return settings.keycloak.client_secret.get_secret_value()


def _token(settings: Settings) -> str:
    service = KeycloakOpenID(
        server_url=f"{settings.keycloak.url}/",
        realm_name=settings.keycloak.realm,
        client_id=settings.keycloak.client_id,
        client_secret_key=_secret(settings),
    )
    return str(service.token(grant_type="client_credentials")["access_token"])


def _cpu_seconds() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _verify_ours(outcome: RunResult, accounts: int) -> None:
    findings = outcome.check.findings if outcome.check else ()
    opened = sum(1 for change in outcome.done if change.action is Action.OPEN)
    if outcome.ending is not Ending.APPLIED or outcome.failed or opened != accounts:
        raise RuntimeError(f"{outcome.ending}: {opened} of {accounts} opened; {outcome.failed[:1]} {findings[:1]}")


def _verify_mails(place: Place, before: int, sent: int) -> None:
    received = place.mails_received() - before
    if received != sent:
        raise RuntimeError(f"{received} e-mails were received instead of {sent}.")
