"""The service on real parts: it does by itself what is due, ends when asked, and goes on after anything."""

from __future__ import annotations

import signal
import socket
from collections import Counter
from pathlib import Path

import pytest

from provisioner.service.jobs import JOBS
from tests.serve.serving import Serving, until
from tests.shared import approvals
from tests.shared.office import DOMAIN, PARTNER, Office, annexe_csv
from tests.shared.oracle import Story, tells
from tests.shared.pace import PATIENCE, slowness
from tests.shared.proxy import Faults, FaultyProxy, delay, drop_before

TODAY = "2026-09-02"
MANY = [f"{first}{second}" for first in ("martin", "petit", "leroy", "roux", "morel") for second in "abcde"]


def approved(office: Office, names: list[str]) -> Story:
    """An annexe that asks for these persons, submitted and approved; what must be true once it is applied."""
    office.add_partner()
    asked = dict.fromkeys(names, "2026-09-01")
    file = annexe_csv(office.home / "annexe.csv", asked, {}, "2026-09-01")
    number = approvals.submit(office, file, today=TODAY)["annexe"]
    approvals.approve(office, number, today=TODAY)
    people = frozenset(f"{name}@{DOMAIN}" for name in names)
    return Story(open=people, closed=frozenset(), mails=dict.fromkeys(people, 1))


@pytest.mark.parametrize("abstract", [False, True])
def test_an_approved_annexe_is_applied_by_itself_and_the_systems_manager_is_told(
    office: Office, tmp_path: Path, abstract: bool
) -> None:
    name = f"@provisioner-{office.settings.keycloak.realm}-{id(office)}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(name.replace("@", "\0"))
        manager.settimeout(PATIENCE)
        story = approved(office, ["carpentier", "leroy"])
        with Serving(office, {"NOTIFY_SOCKET": name}, today=TODAY) as serving:
            assert manager.recv(100) == b"READY=1"
            office.mailbox.wait_for(office.sent_before + 2)
            until(lambda: serving.metric('provisioner_emails_total{kind="link",outcome="sent"}') == 2, "e-mails")
            assert manager.recv(100) == b"WATCHDOG=1"
            serving.until_ready()
            assert serving.ask("/health/live")[0] == 200
            assert serving.metric('provisioner_changes_total{action="open",outcome="done"}') == 2
            assert serving.metric('provisioner_accounts{state="open"}') is not None
            assert serving.end()[0] == 0
        told: list[bytes] = []
        while not told or told[-1] != b"STOPPING=1":
            told.append(manager.recv(100))
    assert set(told[:-1]) <= {b"WATCHDOG=1"}
    tells(office, story, today=TODAY)
    (begun,) = serving.events("service.started")
    assert begun["jobs"] == [job.name for job in JOBS]


def test_sigterm_in_the_middle_of_a_long_apply_ends_it_and_the_next_start_goes_on(
    office: Office, proxy: FaultyProxy
) -> None:
    story = approved(office, MANY)
    proxy.faults = Faults(r"/users", ("POST", "PUT"), delay(0.2))
    slow = {"PROVISIONER_KEYCLOAK__URL": proxy.url, "PROVISIONER_KEYCLOAK__THREADS": "2"}
    with Serving(office, slow, today=TODAY) as serving:
        until(lambda: proxy.faults.seen > 8, "the apply is under way")
        status, seconds = serving.end()
    assert (status, seconds < 10 * slowness()) == (0, True), (status, seconds)
    assert serving.events("service.stopped")[0]["cut_off"] is False
    assert 0 < len(_accounts(office)) < len(MANY)
    _goes_on(office, story)


@pytest.mark.parametrize("what", [r"/users$", r"execute-actions-email"])
def test_killed_in_the_middle_of_an_apply_the_next_start_goes_on_and_mails_nobody_twice(
    office: Office, proxy: FaultyProxy, what: str
) -> None:
    story = approved(office, MANY[:8])
    proxy.faults = Faults(what, ("POST", "PUT"), delay(0.2))
    with Serving(office, {"PROVISIONER_KEYCLOAK__URL": proxy.url}, today=TODAY) as serving:
        until(lambda: proxy.faults.seen > 3, "the apply is under way")
        assert serving.end(signal.SIGKILL)[0] == -signal.SIGKILL
    _goes_on(office, story)


def test_keycloak_away_is_told_once_and_its_work_is_done_once_when_it_is_back(
    office: Office, proxy: FaultyProxy
) -> None:
    story = approved(office, ["carpentier", "leroy"])
    proxy.faults = Faults(fault=drop_before)
    with Serving(office, {"PROVISIONER_KEYCLOAK__URL": proxy.url}, today=TODAY) as serving:
        until(lambda: (serving.metric('provisioner_job_failures_in_a_row{job="sync"}') or 0) >= 2, "two failures")
        assert not serving.is_ready()
        assert serving.ask("/health/live")[0] == 200
        proxy.faults = Faults()
        serving.until_ready()
        until(lambda: serving.metric('provisioner_changes_total{action="invite",outcome="done"}') == 2, "links")
        proxy.faults = Faults(fault=drop_before)
        serving.until_ready(ready=False)
        proxy.faults = Faults()
        serving.until_ready()
        assert serving.end()[0] == 0
    tells(office, story, today=TODAY)
    told = Counter(event["event"] for event in serving.events() if event.get("job") == "sync")
    assert told["job.failed"] == told["job.recovered"] == 2, told
    assert all(event["reason"] == "keycloak" for event in serving.events("job.failed"))


def _accounts(office: Office) -> set[str]:
    directory = office.directory()
    emails = {account.email for account in directory.snapshot({PARTNER: None}).accounts.values()}
    directory.close()
    return {str(email) for email in emails}


def _goes_on(office: Office, story: Story) -> None:
    with Serving(office, today=TODAY) as serving:
        office.mailbox.wait_for(office.sent_before + len(story.mails))
        until(lambda: serving.metric("provisioner_last_good_sync_age_seconds") is not None, "a good sync")
        assert serving.end()[0] == 0
    tells(office, story, today=TODAY)
