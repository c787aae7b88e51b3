"""The drop folder of a real service: from a file in `inbox/` to an account, and its report in `outbox/`."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.serve.serving import Serving, until
from tests.shared import approvals
from tests.shared.office import DOMAIN, PARTNER, Office, annexe_csv, valid
from tests.shared.oracle import Story, tells
from tests.shared.proxy import Faults, FaultyProxy, delay

TODAY = "2026-09-02"
EVERY_LOOK = {"PROVISIONER_SERVICE__POLL_SECONDS": "0.2"}
AUTOMATIC = {"PROVISIONER_APPROVAL__AUTOMATIC": "true", **EVERY_LOOK}
STORY = Story(open=frozenset({f"leroy@{DOMAIN}"}), closed=frozenset(), mails={f"leroy@{DOMAIN}": 1})


def drop(office: Office, name: str = "envoi.csv") -> Path:
    """Copies an annexe 1 that asks for Leroy into the partner's folder, once the service has made it."""
    folder = office.home / "data" / "inbox" / PARTNER
    until(folder.is_dir, "the partner's folder")
    file = annexe_csv(office.home / name, {"leroy": "2026-09-01"}, {}, "2026-09-01")
    return Path(shutil.copy2(file, folder))


def report(office: Office, name: str = "envoi.csv") -> Any:
    """The report as JSON, None while there is none."""
    path = office.home / "data" / "outbox" / PARTNER / f"{name}.rapport.json"
    return valid(json.loads(path.read_text("utf-8")), "report") if path.exists() else None


def status(office: Office) -> Any:
    return (report(office) or {}).get("status")


@pytest.mark.rule("A10")
def test_a_dropped_file_is_approved_by_itself_where_that_is_set_and_opens_an_account(office: Office) -> None:
    office.add_partner()
    with Serving(office, AUTOMATIC, today=TODAY) as serving:
        file = drop(office)
        until(lambda: status(office) == "applied", "the outcome")
        until(lambda: serving.metric('provisioner_emails_total{kind="link",outcome="sent"}') == 1, "the e-mail")
        assert not file.exists()
        assert serving.end()[0] == 0
    told = report(office)
    assert (told["approved_by"], told["received_on"], told["valid"]) == ("automatic", TODAY, True)
    assert approvals.show(office, told["annexe"], today=TODAY)["approved_by"] == "automatic"
    tells(office, STORY, today=TODAY)


def test_a_file_waits_for_keycloak_and_for_a_person_and_their_decision_is_told(
    office: Office, proxy: FaultyProxy
) -> None:
    office.add_partner()
    proxy.stop()
    with Serving(office, {**EVERY_LOOK, "PROVISIONER_KEYCLOAK__URL": proxy.url}, today="2026-09-01") as serving:
        file = drop(office)
        until(lambda: serving.metric('provisioner_job_failures_in_a_row{job="inbox"}'), "a failure")
        assert serving.end()[0] == 0
        assert {event["reason"] for event in serving.events("job.failed")} == {"keycloak"}
    assert file.exists()
    with Serving(office, EVERY_LOOK, today=TODAY) as serving:
        until(lambda: status(office) == "checked", "the report")
        told = report(office)
        assert told["received_on"] == "2026-09-01"
        assert approvals.reject(office, told["annexe"], today=TODAY).status == 0
        until(lambda: status(office) == "rejected", "the outcome")
        assert serving.end()[0] == 0
    assert "leroy" not in serving.log_file.read_text("utf-8")


def test_killed_while_it_takes_a_file_the_next_start_takes_it_once(office: Office, proxy: FaultyProxy) -> None:
    office.add_partner()
    alone = {"PROVISIONER_KEYCLOAK__URL": proxy.url, "PROVISIONER_SERVICE__SYNC_MINUTES": "60"}
    last = 'provisioner_job_last_success_timestamp_seconds{job="invitations"}'
    with Serving(office, {**AUTOMATIC, **alone}, today=TODAY) as serving:
        until(lambda: serving.metric(last), "no other job asks Keycloak for anything")
        proxy.faults = Faults(r"/users", ("GET",), delay(0.5))
        drop(office)
        until(lambda: proxy.faults.seen > 0, "the file is being taken")
        assert serving.end(signal.SIGKILL)[0] == -signal.SIGKILL
    with Serving(office, AUTOMATIC, today=TODAY) as serving:
        until(lambda: status(office) == "applied", "the outcome")
        until(lambda: serving.metric('provisioner_emails_total{kind="link",outcome="sent"}') == 1, "the e-mail")
        assert serving.end()[0] == 0
    assert approvals.standing(office, today=TODAY) == {report(office)["annexe"]: "applied"}
    assert len(list((office.home / "data" / "outbox" / PARTNER).iterdir())) == 2
    tells(office, STORY, today=TODAY)
