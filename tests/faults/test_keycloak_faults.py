"""Keycloak answers badly, late or not at all: the run ends complete, or the next one does."""

from __future__ import annotations

import itertools
import time

import pytest

from tests.faults.conftest import EFFECTS, STORY, TODAY, Scene, Stage, address
from tests.shared.administrator import Administrator
from tests.shared.oracle import tells
from tests.shared.pace import slowness
from tests.shared.proxy import Fault, Faults, cut_body, delay, drop_after, drop_before, empty_page, status

WRITES = ("POST", "PUT", "DELETE")


def _once(number: int) -> bool:
    return number == 1


@pytest.mark.parametrize(
    ("fault", "methods", "step", "least"),
    [
        (drop_before, WRITES, 3, EFFECTS),
        (drop_after, WRITES, 1, EFFECTS),
        (status(401), WRITES, 3, EFFECTS),
        (status(409), ("POST",), 1, 2),
        (status(500), WRITES, 3, EFFECTS),
        (status(503), WRITES, 3, EFFECTS),
    ],
    ids=["dropped before", "dropped after", "401", "409", "500", "503"],
)
def test_one_call_fails_in_the_middle_of_a_run(
    stage: Stage, fault: Fault, methods: tuple[str, ...], step: int, least: int
) -> None:
    """The N-th one that writes, N = 1, 2, 3 … until a run ends untouched, or each third one; each time for a partner
    of its own.

    Each of all, reads too, all after it failing, and a death there: tests/operations/test_every_call_fails.py.
    """
    for number in itertools.count(1, step):
        stage.next_partner()
        faults = stage.proxy.faults = Faults(r"^/admin/", methods, fault, number.__eq__)
        answer = stage.apply_second(**stage.through_proxy())
        stage.proxy.faults = Faults()
        assert answer.status in (0, 1, 3), answer  # 1: the one person whose call it was is set aside
        assert "Traceback" not in answer.err
        stage.apply_until_done()
        if faults.seen < number:
            assert answer.status == 0
            break
    tells(stage.office, stage.story, today=TODAY)
    assert number > least, "the fault never met some of the calls"


@pytest.mark.parametrize(
    ("run", "pattern", "fault"),
    [
        ("apply", r"/users\?", cut_body),
        ("apply", r"/users\?", status(403)),
        ("apply", r"/users\?", status(404)),
        ("apply", r"/members\?", empty_page),
        ("apply", r"/members\?", cut_body),
        ("apply", r"/members\?", status(403)),
        ("apply", r"^/admin/realms/[^/?]+$", cut_body),
        ("sync", r"/users\?", empty_page),
        ("sync", r"/users\?", cut_body),
        ("sync", r"/members\?", empty_page),
        ("sync", r"/users/count", empty_page),
        ("sync", r"/children\?", cut_body),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_read_that_comes_back_short_fails_the_run_with_nothing_done(
    scene: Scene, run: str, pattern: str, fault: Fault
) -> None:
    """`apply` reads one partner, `sync` everything."""
    scene.apply_first()
    scene.proxy.faults = Faults(pattern, ("GET",), fault)
    answer = scene.apply_second(**scene.through_proxy()) if run == "apply" else scene.sync(**scene.through_proxy())
    assert answer.status == 3, answer
    assert [call for call in scene.proxy.calls if call[0] != "GET" and "/admin/" in call[1]] == []
    scene.proxy.faults = Faults()
    untouched = scene.office.plan("--partner", "agglo-lys", today=TODAY)
    assert untouched["changes"] == []
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)


def test_a_hidden_group_closes_nobody_and_creates_nobody_twice(scene: Scene) -> None:
    scene.apply_first()
    scene.proxy.faults = Faults(r"/(group-by-path|groups)/", ("GET",), status(404))
    answer = scene.apply_second(**scene.through_proxy())
    assert answer.status == 3, answer
    assert [call for call in scene.proxy.calls if call[0] != "GET" and "/admin/" in call[1]] == []
    scene.proxy.faults = Faults()
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)


def test_keycloak_down_is_told_within_a_minute_and_nothing_is_recorded_as_done(scene: Scene) -> None:
    scene.apply_first()
    begun = time.monotonic()
    answer = scene.apply_second(PROVISIONER_KEYCLOAK__URL="http://127.0.0.1:9")
    assert answer.status == 3, answer
    assert time.monotonic() - begun < 60 * slowness()
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)


def test_keycloak_that_goes_down_in_the_middle_is_given_up_on(scene: Scene) -> None:
    scene.apply_first()
    scene.proxy.faults = Faults(r"^/", ("GET", *WRITES), drop_before, lambda number: number > 7)
    begun = time.monotonic()
    answer = scene.apply_second(**scene.through_proxy())
    assert answer.status == 3, answer
    assert time.monotonic() - begun < 60 * slowness()
    scene.proxy.faults = Faults()
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)


def test_a_slow_keycloak_is_waited_for(scene: Scene) -> None:
    scene.apply_first()
    scene.proxy.faults = Faults(r"^/admin/", ("GET", *WRITES), delay(0.5))
    assert scene.apply_second(**scene.through_proxy()).status == 0
    scene.proxy.faults = Faults()
    tells(scene.office, STORY, today=TODAY)


def test_an_answer_that_never_comes_ends_in_a_time_out(scene: Scene) -> None:
    scene.apply_first()
    scene.proxy.faults = Faults(r"/users/[^/]+$", ("PUT",), delay(6), _once)
    answer = scene.apply_second(**scene.through_proxy(PROVISIONER_KEYCLOAK__TIMEOUT_SECONDS="2"))
    assert answer.status in (0, 1, 3), answer  # 1: the one person whose call it was is set aside
    scene.proxy.faults = Faults()
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)


@pytest.mark.rule("P2")
@pytest.mark.parametrize("fault", [drop_before, drop_after, status(503)], ids=["before", "after", "503"])
def test_an_answer_lost_around_the_email_ends_in_one_email(scene: Scene, fault: Fault) -> None:
    scene.apply_first()
    scene.proxy.faults = Faults(r"/execute-actions-email", ("PUT",), fault)
    answer = scene.apply_second(**scene.through_proxy())
    assert answer.status == 3, answer
    assert [failure["action"] for failure in answer.json["failed"]] == ["invite"]
    scene.proxy.faults = Faults()
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)
    assert [mail.to for mail in scene.mailbox.messages()].count(address("nguyen")) == 1


def test_a_token_that_expires_in_the_middle_of_a_run_is_renewed(scene: Scene) -> None:
    scene.apply_first()
    settings = scene.office.settings
    administrator = Administrator(settings.keycloak)
    administrator.request("put", f"admin/realms/{settings.keycloak.realm}", {"accessTokenLifespan": 2})
    scene.proxy.faults = Faults(r"^/admin/", ("GET", *WRITES), delay(0.8))
    assert scene.apply_second(**scene.through_proxy()).status == 0
    assert sum("/protocol/" in path for _, path, _ in scene.proxy.calls) > 1
    scene.proxy.faults = Faults()
    tells(scene.office, STORY, today=TODAY)
    administrator.close()


def test_a_missing_page_fails_the_run_with_nothing_done(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.apply_first()
    monkeypatch.setattr("provisioner.keycloak.snapshot.PAGE", 1)
    scene.proxy.faults = Faults(r"/users\?", ("GET",), empty_page, lambda number: number == 2)
    answer = scene.sync(**scene.through_proxy())
    assert answer.status == 3, answer
    assert [call for call in scene.proxy.calls if call[0] != "GET" and "/admin/" in call[1]] == []
    scene.proxy.faults = Faults()
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)
