"""A departure never waits for the correction of other rows: list 2 approved alone."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.shared.approvals import (
    BY,
    approve,
    elsewhere,
    errors,
    journal_details,
    plan_id,
    reject,
    run_sync,
    show,
    standing,
    submit,
)
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, SECOND_DAY, Answer, Office, annexe_csv, changes

JUNE = "2026-06-10"
OPEN = ("leroy", "vasseur", "martin", "petit")
CLOSURES_ONLY = "--closures-only"


def _at(name: str) -> str:
    return f"{name}@{DOMAIN}"


def _closed(answer: Any, key: str = "done") -> list[str | None]:
    assert {action for action, _ in changes(answer, key)} <= {"close"}
    return [email for _, email in changes(answer, key)]


@pytest.fixture
def first(office: Office, tmp_path: Path) -> Path:
    office.add_partner()
    file = annexe_csv(tmp_path / "1.csv", dict.fromkeys(OPEN, JUNE), {}, "2026-06-15")
    office.apply(file, today=FIRST_DAY)
    return file


@pytest.fixture
def wrong(first: Path, tmp_path: Path) -> Path:
    """Vasseur leaves; list 1 has an error, and Martin and Petit are in neither list."""
    lists = {"leroy": JUNE, "nguyen": "2026-09-01"}, {"vasseur": "2026-08-31"}
    return elsewhere(annexe_csv(tmp_path / "2.csv", *lists, "2026-09-01"), "nguyen", "ailleurs.example")


def _apply(office: Office, file: Path, *more: str, today: str = SECOND_DAY) -> Answer:
    arguments = ("--partner", PARTNER, "--approved-by", BY, "--yes", "--format", "json", CLOSURES_ONLY)
    return office.run("apply", file, *arguments, *more, today=today)


@pytest.mark.rule("A4")
@pytest.mark.rule("A5")
def test_errors_in_list_1_and_undecided_persons_do_not_keep_a_departure_waiting(office: Office, wrong: Path) -> None:
    said = office.plan(wrong, "--partner", PARTNER, CLOSURES_ONLY, today=SECOND_DAY)
    assert _closed(said, "changes") == [_at("vasseur")]
    assert {finding["list"] for finding in said["findings"]} <= {2}
    did = office.apply(wrong, CLOSURES_ONLY, today=SECOND_DAY)
    assert _closed(did) == [_at("vasseur")]
    assert len(office.mails()) == len(OPEN)
    assert sorted(standing(office, today=SECOND_DAY).values()) == ["applied", "refused"]
    assert office.apply(wrong, CLOSURES_ONLY, today=SECOND_DAY)["done"] == []
    (first, second) = journal_details(office, "annexe.closures_approved")
    assert (first["by"], first["annexe"]) == (BY, second["annexe"])

    full = office.apply(wrong, "--waive", "2=Mission", "--keep-absent", "all", today=SECOND_DAY)
    assert changes(full, "done") == [("open", "nguyen@ailleurs.example"), ("invite", "nguyen@ailleurs.example")]
    assert list(standing(office, today=SECOND_DAY).values()) == ["applied"]


@pytest.mark.rule("A4")
def test_rows_of_list_2_with_an_error_are_left_out_and_named(office: Office, first: Path, tmp_path: Path) -> None:
    file = annexe_csv(
        tmp_path / "2.csv",
        dict.fromkeys(("leroy",), JUNE),
        {"vasseur": "2026-08-31", "martin": "hier", "petit": "2026-08-31"},
        "2026-09-01",
    )
    planned = office.run("plan", file, "--partner", PARTNER, CLOSURES_ONLY, "--format", "json", today=SECOND_DAY)
    done = _apply(office, file)
    for answer, key in ((planned, "changes"), (done, "done")):
        assert answer.status == 1
        assert _closed(answer.json, key) == [_at("petit"), _at("vasseur")]
        assert errors(answer.json) == [("date-invalid", 2)]
        assert "Lignes de la liste 2 laissées de côté : 2." in answer.err


@pytest.mark.rule("A4")
def test_someone_in_both_lists_closes_only_if_the_whole_annexe_would_close_now(
    office: Office, first: Path, tmp_path: Path
) -> None:
    file = annexe_csv(
        tmp_path / "2.csv",
        {"leroy": JUNE, "vasseur": "2026-09-01", "martin": JUNE, "petit": JUNE},
        {"vasseur": "2026-08-20", "martin": "2026-09-30", "petit": "2026-08-20", "leroy": "2026-05-01"},
        "2026-09-01",
    )
    done = _apply(office, file)
    assert _closed(done.json) == [_at("vasseur")]
    assert done.json["later"] == []
    assert errors(done.json) == [("in-both-lists", 3)]
    assert "laissées de côté : 2, 3." in done.err  # a planned end, an error; row 4 tells of a former access
    assert done.status == 1


@pytest.mark.rule("A4")
def test_a_request_still_to_come_of_someone_who_leaves_is_withdrawn(office: Office, tmp_path: Path) -> None:
    office.add_partner()
    planned = annexe_csv(tmp_path / "1.csv", {"leroy": JUNE, "nguyen": "2026-10-01"}, {}, "2026-06-15")
    office.apply(planned, today=FIRST_DAY)
    file = annexe_csv(tmp_path / "2.csv", {"leroy": JUNE}, {"nguyen": "2026-08-31"}, "2026-09-01")
    did = office.apply(file, CLOSURES_ONLY, today=SECOND_DAY)
    assert (did["done"], did["later"]) == ([], [])
    assert office.sync(today="2026-10-02")["done"] == []


@pytest.mark.rule("A4")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        (lambda text: "ceci n'est pas une annexe", "list-missing"),
        (lambda text: text.replace("2026-09-01", ""), "transmission-date-missing"),
        (lambda text: text.replace("transmission :;2026-09-01", "transmission :;2026-06-01"), "stale-annexe"),
        (lambda text: text[: text.index("2 - Liste")], "list-missing"),
    ],
    ids=["unreadable", "no date", "stale", "no list 2"],
)
def test_what_concerns_the_whole_document_refuses(
    office: Office, first: Path, tmp_path: Path, text: Any, code: str
) -> None:
    file = annexe_csv(tmp_path / "2.csv", {"leroy": JUNE}, {"vasseur": "2026-08-31"}, "2026-09-01")
    file.write_text(text(file.read_text("utf-8")), "utf-8")
    answer = _apply(office, file)
    assert (answer.status, answer.json["done"]) == (1, [])
    assert code in [finding["code"] for finding in answer.json["findings"]]
    assert list(standing(office, today=SECOND_DAY).values()) == ["applied"]


def test_no_other_decision_goes_with_it(office: Office, wrong: Path) -> None:
    for more in (("--keep-absent", "all"), ("--waive", "2=x"), ("--rename", f"{_at('martin')}={_at('leroy')}")):
        assert _apply(office, wrong, *more).status == 2
        assert office.run("plan", wrong, "--partner", PARTNER, CLOSURES_ONLY, *more, today=SECOND_DAY).status == 2


@pytest.mark.rule("A4")
@pytest.mark.rule("C3")
@pytest.mark.parametrize(
    "convention",
    [("partner", "end", PARTNER, "--on", "2026-09-03", "--reason", "Manquement"), ("partner", "set", PARTNER)],
    ids=["ended", "not signed"],
)
def test_a_convention_that_is_not_active_does_not_keep_a_departure_waiting(
    office: Office, wrong: Path, convention: tuple[str, ...]
) -> None:
    more = ("--by", BY) if convention[1] == "end" else ("--signed-on", "2026-12-01", "--by", BY)
    ended = office.run(*convention, *more, today="2026-09-03")
    assert ended.status == 0, ended.err
    assert errors(submit(office, wrong, today="2026-09-04", status=1)["check"])[0][0] == "convention-not-active"
    done = _apply(office, wrong, today="2026-09-04")
    assert done.status == 0, (done.err, done.out)
    assert ("close", _at("vasseur")) in changes(done.json, "done")


@pytest.mark.rule("A4")
def test_list_2_of_a_submitted_annexe_is_approved_alone_and_closed_by_the_next_sync(
    office: Office, wrong: Path
) -> None:
    submitted = submit(office, wrong, today=SECOND_DAY, status=1)
    number = submitted["annexe"]
    approve(office, number, CLOSURES_ONLY, plan="00000000", today=SECOND_DAY, status=1)
    approve(office, number, CLOSURES_ONLY, today=SECOND_DAY)
    shown = show(office, number, today=SECOND_DAY)
    assert (shown["status"], shown["approved_by"], shown["check"]) == ("refused", None, submitted["check"])
    assert shown["decisions"]["closures_only"] is True
    assert _closed(run_sync(office, today=SECOND_DAY)[0]) == [_at("vasseur")]
    shown = show(office, number, today=SECOND_DAY)
    assert (shown["status"], shown["decisions"]) == ("refused", None)
    assert run_sync(office, today=SECOND_DAY)[0]["done"] == []
    assert sorted(standing(office, today=SECOND_DAY).values()) == ["applied", "refused"]


@pytest.mark.rule("A4")
def test_a_plan_that_changed_sends_list_2_back_and_the_annexe_stays_as_it_was(office: Office, wrong: Path) -> None:
    submitted = submit(office, wrong, today=SECOND_DAY, status=1)
    approve(office, submitted["annexe"], CLOSURES_ONLY, today=SECOND_DAY)
    suspended = office.run("person", "suspend", _at("vasseur"), "--by", BY, "--reason", "Incident", today=SECOND_DAY)
    assert suspended.status == 0, suspended.err
    # The suspension is done; the closure's plan is the same, and it is made.
    assert _closed(run_sync(office, today=SECOND_DAY)[0]) == [_at("vasseur")]
    again = annexe_csv(wrong.with_name("3.csv"), {}, {"martin": SECOND_DAY}, SECOND_DAY)
    other = submit(office, again, today=SECOND_DAY)
    approve(office, other["annexe"], CLOSURES_ONLY, today=SECOND_DAY)
    _, said = run_sync(office, today="2026-09-03", status=1)
    assert f"L'annexe {other['annexe']}" in said
    shown = show(office, other["annexe"], today="2026-09-03")
    assert (shown["status"], shown["check"], shown["decisions"]) == ("checked", other["check"], None)


@pytest.mark.rule("A4")
def test_the_whole_annexe_may_be_approved_while_its_list_2_waits_alone(office: Office, first: Path) -> None:
    everybody = {"leroy": JUNE, "martin": JUNE, "petit": JUNE, "nguyen": "2026-09-01"}
    file = annexe_csv(first.with_name("2.csv"), everybody, {"vasseur": "2026-08-31"}, "2026-09-01")
    number = submit(office, file, today=SECOND_DAY)["annexe"]
    approve(office, number, CLOSURES_ONLY, today=SECOND_DAY)
    done = office.apply(file, today=SECOND_DAY)
    assert {action for action, _ in changes(done, "done")} == {"close", "open", "invite"}
    assert (show(office, number, today=SECOND_DAY)["status"]) == "applied"


@pytest.fixture
def mass_closure(office: Office, tmp_path: Path) -> Path:
    """Nine of nine accesses to close, more than the limit; and list 1 has an error."""
    office.add_partner()
    nine = {f"agent{number}": JUNE for number in range(9)}
    office.apply(annexe_csv(tmp_path / "1.csv", nine, {}, "2026-06-15"), today=FIRST_DAY)
    file = annexe_csv(tmp_path / "2.csv", {"nguyen": JUNE}, dict.fromkeys(nine, "2026-08-31"), "2026-09-01")
    return elsewhere(file, "nguyen", "ailleurs.example")


@pytest.mark.rule("A4")
def test_a_limit_holds_list_2_and_lets_it_go_by_name(office: Office, mass_closure: Path) -> None:
    held = _apply(office, mass_closure)
    assert (held.status, held.json["done"]) == (1, [])
    (blocked,) = held.json["blocked_by"]
    assert (blocked["limit"], blocked["figure"], blocked["allowed"]) == ("closures", 9, 5)
    assert run_sync(office, today=SECOND_DAY, status=1)[0]["done"] == []
    assert sorted(standing(office, today=SECOND_DAY).values()) == ["applied", "refused"]
    let_go = _apply(office, mass_closure, "--allow", blocked["plan_id"])
    assert (let_go.status, len(_closed(let_go.json))) == (0, 9)
    assert sorted(standing(office, today=SECOND_DAY).values()) == ["applied", "refused"]


@pytest.mark.rule("A4")
def test_an_approval_of_list_2_alone_may_go_beyond_a_limit(office: Office, mass_closure: Path) -> None:
    number = submit(office, mass_closure, today=SECOND_DAY, status=1)["annexe"]
    plan = plan_id(office, number, CLOSURES_ONLY, today=SECOND_DAY)
    approve(office, number, CLOSURES_ONLY, today=SECOND_DAY)
    assert run_sync(office, today=SECOND_DAY, status=1)[0]["done"] == []
    assert reject(office, number, today=SECOND_DAY).status == 0
    assert run_sync(office, today=SECOND_DAY)[0]["done"] == []
    submit(office, mass_closure, today=SECOND_DAY, status=1)
    approve(office, number, CLOSURES_ONLY, "--allow", plan, plan=plan, today=SECOND_DAY)
    assert len(_closed(run_sync(office, today=SECOND_DAY)[0])) == 9


@pytest.mark.rule("A4")
def test_a_departure_does_not_wait_for_an_approved_annexe_that_a_limit_holds(
    office: Office, mass_closure: Path
) -> None:
    held = office.apply(mass_closure, "--waive", "1=Mission", today=SECOND_DAY, status=1)
    assert len(held["blocked_by"]) == 1
    urgent = _apply(office, mass_closure, "--allow", plan_id_of(office, mass_closure))
    assert (urgent.status, len(_closed(urgent.json))) == (0, 9)
    assert sorted(standing(office, today=SECOND_DAY).values()) == ["applied", "approved"]
    _, said = run_sync(office, today=SECOND_DAY, status=1)
    assert "n'a pas été appliquée" in said  # what is left of its plan is another one: it is looked at again
    assert sorted(standing(office, today=SECOND_DAY).values()) == ["applied", "checked"]


def plan_id_of(office: Office, file: Path) -> str:
    (plan,) = office.plan(file, "--partner", PARTNER, CLOSURES_ONLY, today=SECOND_DAY)["plans"]
    return str(plan["plan_id"])


@pytest.mark.rule("A4")
def test_a_refused_annexe_with_a_sound_list_2_offers_the_exact_command_and_keeps_the_trace_of_it(
    office: Office, wrong: Path
) -> None:
    wrong = wrong.rename(wrong.with_name("annexe d'août (2).csv"))
    came = ("--received-on", "2026-09-01", "--sent-by", _at("o'brien"))
    said = office.run("apply", wrong, "--partner", PARTNER, "--approved-by", BY, *came, "--yes", today=SECOND_DAY)
    (offered,) = re.findall(r"provisioner apply .*", said.err)
    again = ["--partner", PARTNER, CLOSURES_ONLY, "--approved-by", BY, *came]
    assert (said.status, shlex.split(offered)) == (1, ["provisioner", "apply", str(wrong), *again])
    submitted = office.run("annexe", "submit", wrong, "--partner", PARTNER, today=SECOND_DAY).out
    (command,) = re.findall(r"annexe approve .*", submitted)
    words = shlex.split(command.replace('"NOM"', shlex.quote(BY)))
    assert office.run(*words, today=SECOND_DAY).status == 0
    assert _closed(run_sync(office, today=SECOND_DAY)[0]) == [_at("vasseur")]
    (number,) = [annexe for annexe, status in standing(office, today=SECOND_DAY).items() if status == "refused"]
    assert show(office, number, today=SECOND_DAY)["list_2"] == {"applied_on": SECOND_DAY, "approved_by": BY}
    told = office.run("annexe", "show", str(number), today=SECOND_DAY).out
    assert "liste 2 appliquée le 2 septembre 2026, validée par Claire Martin" in " ".join(told.split())


@pytest.mark.rule("A7")
def test_a_new_address_that_the_first_name_or_the_function_suggests_is_offered_with_its_command(
    office: Office, first: Path, tmp_path: Path
) -> None:
    moved = annexe_csv(
        tmp_path / "3.csv", dict.fromkeys(("leroy", "vasseur", "martin", "dupuis"), JUNE), {}, "2026-09-01"
    )
    command = f"--rename {_at('petit')}={_at('dupuis')}"
    said = office.run("annexe", "submit", moved, "--partner", PARTNER, today=SECOND_DAY).out
    assert command in said
    (offered,) = re.findall(r"plan --annexe .*--rename .*", said)
    plan = office.run(*offered.split(), "--format", "json", today=SECOND_DAY).json
    assert changes(plan, "changes")[0] == ("rename", _at("petit"))
