"""What Keycloak no longer has, or never kept, is told: holes, lists switched off, lists that were cleared (L1)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from provisioner.domain.connections import record
from tests.serve.serving import until
from tests.shared.console import Console
from tests.shared.office import Office, valid


def _pull(office: Office, *, status: int) -> Any:
    answer = office.run("connections", "pull", "--format", "json")
    assert answer.status == status, (answer.status, answer.err, answer.out)
    return valid(answer.json, "connections_pull")


def _verify(office: Office, *, status: int) -> Any:
    answer = office.run("connections", "verify", "--format", "json")
    assert answer.status == status, (answer.status, answer.err, answer.out)
    return valid(answer.json, "connections_verify")


def _raised(office: Office, code: str) -> list[Any]:
    controls = valid(office.run("controls", "list", "--format", "json").json, "controls")
    return [control for control in controls if control["code"] == code]


@pytest.mark.rule("L1")
def test_a_list_that_was_switched_off_or_had_expired_is_a_hole_and_a_cleared_one_is_found(office: Office) -> None:
    console = Console(office)
    config = console.connection.get(f"{console.realm}/events/config")

    def set_events(**changed: object) -> None:
        console.connection.request("put", f"{console.realm}/events/config", {**config, **changed})

    first = _pull(office, status=0)
    assert (first["events"] >= 1, first["hole"]) == (True, None)

    # off and on again between two readings, told once
    set_events(eventsEnabled=False)
    set_events()
    assert _pull(office, status=1)["hole"] is not None
    assert _pull(office, status=0)["hole"] is None

    # without the logins for a while, and off for a while when no details are kept
    set_events(enabledEventTypes=["LOGOUT"])
    set_events()
    assert _pull(office, status=1)["hole"] is not None
    assert _pull(office, status=0)["hole"] is None
    set_events(adminEventsDetailsEnabled=False)
    office.run("connections", "pull")
    set_events(adminEventsDetailsEnabled=False, eventsEnabled=False)
    set_events()
    assert _pull(office, status=1)["hole"] is not None
    assert _pull(office, status=0)["hole"] is None

    # off, and it stays so: the hole grows, a control is raised, and both end
    set_events(adminEventsEnabled=False)
    first = _pull(office, status=1)["hole"]
    until(lambda: _pull(office, status=1)["hole"]["to"] > first["to"], "a longer hole")
    assert _verify(office, status=1)["switched_off"]
    (off,) = _raised(office, "events-off")
    assert (off["severity"], off["facts"]["setting"]) == ("grave", "adminEventsEnabled")
    text = office.run("connections", "verify").out
    assert "realm apply" in text
    set_events()
    assert _pull(office, status=1)["hole"]["from"] == first["from"]
    assert _pull(office, status=0)["hole"] is None
    assert _raised(office, "events-off") == []

    # expired before it was read: Keycloak keeps them for a second only
    set_events(eventsExpiration=1)
    until(lambda: "manquent" in office.run("connections", "pull").out, "a hole")
    set_events()
    _pull(office, status=0)
    assert _verify(office, status=0)["events"]["gone"] == 0

    # seen by no reading: Keycloak's clock was put back, and nothing read until it had gone on
    with closing(sqlite3.connect(office.home / "data" / "provisioner.sqlite3")) as register, register:
        lost = register.execute("DELETE FROM connection_record").rowcount
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record, "OVERLAP", timedelta(0))
        assert _pull(office, status=0)["events"] < lost
        assert _verify(office, status=0)["events"]["same"] >= lost, "it is read again"

    # cleared: told until it is explained, and again when it is done again
    console.delete("events")
    assert _verify(office, status=1)["events"]["gone"] > 0
    (missing,) = _raised(office, "events-missing")
    assert missing["facts"]["count"] > 0
    assert "effacés" in office.run("connections", "verify").out
    assert len(_raised(office, "events-missing")) == 1
    why = ("--by", "Claire Martin", "--reason", "Effacés pour un essai")
    assert office.run("controls", "settle", str(missing["control"]), *why).status == 0
    _verify(office, status=1)
    assert _raised(office, "events-missing") == []
    console.delete("events")
    _verify(office, status=1)
    assert len(_raised(office, "events-missing")) == 1
    assert office.run("journal", "verify").status == 0

    # our own logins from our own addresses, each minute, are not stored
    ours: dict[str, Any] = {"PROVISIONER_CONNECTIONS__OUR_ADDRESSES": "127.0.0.0/8, ::1"}
    _pull(office, status=0)
    answers = [office.run("connections", "pull", "--format", "json", **ours).json for _ in range(2)]
    assert answers[1]["events"] == 0
    compared = office.run("connections", "verify", "--format", "json", **ours).json["events"]
    assert (compared["lacking"], compared["left_out"] > 0) == (0, True)
    console.connection.close()
