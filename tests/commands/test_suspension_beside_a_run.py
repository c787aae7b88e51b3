"""`person suspend` waits for no run, reads nobody else, and no run opens the person again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.people import EmailAddress
from tests.shared.console import Console
from tests.shared.office import DOMAIN, PARTNER, PROVISIONER, Office, annexe_csv, changes, valid
from tests.shared.pace import PATIENCE
from tests.shared.proxy import Answer, Call, FaultyProxy

LEROY, NGUYEN = f"leroy@{DOMAIN}", EmailAddress(f"nguyen@{DOMAIN}")
TODAY = "2026-09-02"
BY = ("--by", "Claire Martin", "--reason", "Téléphone volé")


class Gate:
    """A fault that keeps a call waiting until it is opened, before Keycloak has it or before its answer is back."""

    def __init__(self, *, after: bool = False) -> None:
        self.after = after
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, call: Call) -> Answer:
        answer = call.forward() if self.after else None
        self.reached.set()
        assert self.opened.wait(PATIENCE)
        return answer or call.forward()


@contextmanager
def applying(office: Office, proxy: FaultyProxy, gate: Gate, file: Path) -> Iterator[dict[str, Any]]:
    """`apply` in a process of its own, held at the call that the gate is for; what it answers, once it has ended."""
    said: dict[str, Any] = {}

    def run() -> None:
        options = ("--partner", PARTNER, "--approved-by", "Claire Martin", "--yes", "--format", "json")
        answer = office.run(
            "apply",
            file,
            *options,
            today=TODAY,
            program=PROVISIONER,
            PROVISIONER_KEYCLOAK__URL=proxy.url,
            PROVISIONER_KEYCLOAK__TIMEOUT_SECONDS="120",
        )
        said.update(valid(answer.json, "outcome"), status=answer.status)

    run_beside = threading.Thread(target=run)
    run_beside.start()
    assert gate.reached.wait(PATIENCE)
    try:
        yield said
        assert run_beside.is_alive(), "the run is still held"
    finally:
        gate.opened.set()
        run_beside.join(120)


def suspend(office: Office, email: str, url: str | None = None) -> Any:
    at = url or office.settings.keycloak.url
    command = ("person", "suspend", email, *BY, "--format", "json")
    answer = office.run(*command, today=TODAY, PROVISIONER_KEYCLOAK__URL=at)
    assert answer.status == 0, (answer.status, answer.err)
    return valid(answer.json, "outcome")


@pytest.mark.rule("V3")
def test_a_suspension_waits_for_no_run_and_reads_nobody_else(
    office: Office, first: Path, second: Path, proxy: FaultyProxy
) -> None:
    gate = Gate()
    proxy.faults.pattern, proxy.faults.methods, proxy.faults.fault = r"/users$", ("POST",), gate
    console = Console(office)
    console.set_password(LEROY)
    login = console.log_in(LEROY)
    assert login is not None
    with applying(office, proxy, gate, second) as said:
        before = len(proxy.calls)
        done = suspend(office, LEROY, proxy.url)
        assert changes(done, "done") == [("close", LEROY)]
        assert not console.is_logged_in(login)
        read = [path for method, path, _ in proxy.calls[before:] if method == "GET"]
        assert not any("first=" in path or "/members" in path or "/users/count" in path for path in read)
        assert len(proxy.calls) - before < 25
    assert said["status"] == 0
    assert console.user(LEROY)["enabled"] is False
    assert office.sync(today=TODAY)["done"] == []


@pytest.mark.rule("V3")
@pytest.mark.parametrize("after", [False, True], ids=["before-it-is-made", "once-it-is-made"])
def test_a_person_whom_a_run_is_opening_is_cut_by_whichever_comes_last(
    office: Office, first: Path, second: Path, proxy: FaultyProxy, after: bool
) -> None:
    gate = Gate(after=after)
    proxy.faults.pattern, proxy.faults.methods, proxy.faults.fault = r"/users$", ("POST",), gate
    console = Console(office)
    with applying(office, proxy, gate, second) as said:
        done = suspend(office, NGUYEN)
        assert changes(done, "done") == ([("close", NGUYEN)] if after else [])
    assert said["status"] == 0
    assert [change for change in changes(said, "done") if change[1] == NGUYEN] == [
        ("open", NGUYEN),
        ("close", NGUYEN),
    ]
    assert console.user(NGUYEN)["enabled"] is False
    assert not [mail for mail in office.mails() if mail.to == NGUYEN], "no link to somebody who is suspended"
    settled = office.sync(today=TODAY)
    assert (settled["done"], settled["drift"]) == ([], [])
    reopened = office.run("person", "reopen", NGUYEN, *BY, "--format", "json", today=TODAY).json
    assert changes(reopened, "done") == [("reopen", NGUYEN), ("invite", NGUYEN)]


@pytest.mark.rule("V3")
def test_what_a_run_had_not_begun_for_a_person_who_is_suspended_is_not_done(
    office: Office, first: Path, tmp_path: Path, proxy: FaultyProxy
) -> None:
    """The closure comes first and is held: the opening of the person is planned, and not begun."""
    gate = Gate()
    proxy.faults.pattern, proxy.faults.methods, proxy.faults.fault = r"/logout", ("POST",), gate
    file = annexe_csv(
        tmp_path / "2.csv", {"leroy": "2026-06-10", "nguyen": "2026-09-01"}, {"vasseur": "2026-08-31"}, "2026-09-01"
    )
    with applying(office, proxy, gate, file) as said:
        assert suspend(office, NGUYEN)["done"] == []
    assert (said["status"], said["failed"]) == (0, [])
    assert [change for change in changes(said, "done") if change[1] == NGUYEN] == []
    assert office.directory().find(NGUYEN) is None


@pytest.mark.rule("V3")
def test_a_write_that_was_under_way_does_not_enable_the_account_again(
    office: Office, first: Path, tmp_path: Path, proxy: FaultyProxy
) -> None:
    """The run has read the account as enabled, and is held before it writes the new function."""
    gate = Gate()
    proxy.faults.pattern, proxy.faults.methods, proxy.faults.fault = r"/users/[0-9a-f-]{36}$", ("PUT",), gate
    file = annexe_csv(tmp_path / "2.csv", {"leroy": "2026-06-11", "vasseur": "2026-06-10"}, {}, "2026-09-01")
    console = Console(office)
    with applying(office, proxy, gate, file) as said:
        assert changes(suspend(office, LEROY), "done") == [("close", LEROY)]
    assert changes(said, "done") == [("update", LEROY)]
    assert console.user(LEROY)["enabled"] is False
