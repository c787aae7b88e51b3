"""The mail server is down, slow or refuses one: accesses are open, the e-mail is owed, and sent once."""

from __future__ import annotations

import pytest

from tests.faults.conftest import STORY, TODAY, Scene, address
from tests.shared.oracle import tells


def _failed(scene: Scene) -> list[tuple[str, str]]:
    answer = scene.apply_second()
    assert answer.status == 3, answer
    return [(failure["action"], failure["email"]) for failure in answer.json["failed"]]


@pytest.mark.rule("P2")
def test_a_mail_server_that_refuses_leaves_the_access_open_and_the_email_owed(scene: Scene) -> None:
    scene.apply_first()
    scene.mailbox.refuses_all = True
    assert _failed(scene) == [("invite", address("nguyen"))]
    scene.mailbox.refuses_all = False
    again = scene.office.sync(today=TODAY)
    assert [(change["action"], change["email"]) for change in again["done"]] == [("invite", address("nguyen"))]
    tells(scene.office, STORY, today=TODAY)


@pytest.mark.rule("P2")
def test_one_refused_recipient_does_not_keep_the_others_waiting(scene: Scene) -> None:
    scene.mailbox.refuses = {address("leroy")}
    answer = scene.office.apply(scene.first, today="2026-06-16", status=1)
    assert [(failure["action"], failure["email"]) for failure in answer["failed"]] == [("invite", address("leroy"))]
    scene.mailbox.refuses = set()
    scene.office.sync(today="2026-06-16")
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)


@pytest.mark.rule("P2")
def test_a_mail_server_that_answers_too_late_is_a_failure_that_the_next_run_mends(scene: Scene) -> None:
    scene.apply_first()
    scene.mailbox.late_by = 12
    assert _failed(scene) == [("invite", address("nguyen"))]
    scene.mailbox.late_by = 0
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)


@pytest.mark.rule("P2")
def test_a_mail_server_that_is_down(scene: Scene) -> None:
    scene.apply_first()
    scene.mailbox.stop()
    assert _failed(scene) == [("invite", address("nguyen"))]
    scene.mailbox.start_again()
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)
