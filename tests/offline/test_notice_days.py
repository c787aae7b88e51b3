"""When notice is to be given before a tacit renewal: recorded from the signed paper, shown, never guessed (C1)."""

from __future__ import annotations

import json

import pytest

from provisioner.operations.doctor.lines import Level
from provisioner.operations.doctor.register import convention_lines
from provisioner.operations.journal import verify_journal
from tests.offline.conftest import TODAY, Office
from tests.shared.examples import LYS

ADD = ("partner", "add", LYS.code, "--name", LYS.name, "--domain", "agglo-lys.example", "--signed-on", "2026-01-15")
SET = ("partner", "set", LYS.code, "--by", "Claire Martin")


def shown(office: Office) -> int | None:
    days = json.loads(office.run("partner", "show", LYS.code, "--format", "json").stdout)["notice_days"]
    assert days is None or isinstance(days, int)
    return days


@pytest.mark.rule("C1")
def test_the_days_of_notice_are_recorded_changed_emptied_and_never_touched_by_another_change(office: Office) -> None:
    assert office.run(*ADD, "--notice-days", "90").exit_code == 0
    assert shown(office) == 90
    assert "reconduction tacite : 90 jours" in office.run("partner", "show", LYS.code).stdout
    assert office.run(*SET, "--name", "Agglo").exit_code == 0
    assert shown(office) == 90
    assert office.run(*SET, "--notice-days", "0").exit_code == 0
    assert shown(office) == 0
    assert office.run(*SET, "--no-notice-days").exit_code == 0
    assert shown(office) is None
    said = [details["notice_days"] for _, details in office.journal("partner.set")]
    assert said == [90, 0, None]
    register = office.register()
    assert verify_journal(register).bad is None
    register.close()


@pytest.mark.parametrize(
    "more", [("--notice-days", "367"), ("--notice-days", "-1"), ("--notice-days", "9", "--no-notice-days")]
)
def test_no_other_number_and_no_two_wishes_at_once(office: Office, more: tuple[str, ...]) -> None:
    office.run(*ADD)
    assert office.run(*SET, *more).exit_code == 2
    assert shown(office) is None


def test_a_file_of_partners_says_them_too(office: Office) -> None:
    text = '[[partner]]\ncode = "agglo-lys"\nname = "Agglo"\ndomains = ["agglo-lys.example"]\nnotice_days = {}\n'
    refused = office.import_(text.format(400))
    assert (refused.exit_code, "partner[1].notice_days" in refused.stderr) == (1, True)
    assert office.import_(text.format(60)).exit_code == 0
    assert shown(office) == 60
    assert office.import_(text.format(60).replace("notice_days = 60\n", "")).exit_code == 0
    assert shown(office) == 60


@pytest.mark.rule("C1")
def test_doctor_names_in_one_line_the_conventions_of_which_the_paper_must_be_read(office: Office) -> None:
    for code, more in ((LYS.code, ()), ("sivom", ()), ("read", ("--notice-days", "90"))):
        office.run("partner", "add", code, *ADD[3:], *more)
    office.run("partner", "add", "not-signed", *ADD[3:-2])
    [line] = convention_lines(office.records(), TODAY)
    assert line.level is Level.ATTENTION
    assert "agglo-lys, sivom." in line.found
    for code in (LYS.code, "sivom"):
        office.run("partner", "set", code, "--notice-days", "30", "--by", "Claire Martin")
    [line] = convention_lines(office.records(), TODAY)
    assert line.level is Level.OK
