"""An annexe submitted, decided upon by name, applied by the next sync, destroyed when its time is over."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.shared.approvals import (
    BY,
    approve,
    database,
    elsewhere,
    errors,
    journal_details,
    plan_id,
    run_sync,
    show,
    standing,
    submit,
)
from tests.shared.office import (
    DOMAIN,
    FIRST_DAY,
    PARTNER,
    PROVISIONER,
    SECOND_DAY,
    Answer,
    Office,
    annexe_csv,
    changes,
)

JUNE = "2026-06-10"


def _at(name: str) -> str:
    return f"{name}@{DOMAIN}"


@pytest.mark.rule("A10")
@pytest.mark.rule("A2")
def test_an_approved_annexe_is_applied_by_the_next_sync_and_the_one_before_is_destroyed(
    office: Office, tmp_path: Path
) -> None:
    office.add_partner()
    only_there = annexe_csv(tmp_path / "1.csv", {"leroy": JUNE, "zwiller": "2027-01-01"}, {}, "2026-06-15")
    office.apply(only_there, today=FIRST_DAY)
    assert b"zwiller" in database(office).read_bytes()
    next_one = annexe_csv(tmp_path / "2.csv", {"leroy": JUNE, "nguyen": "2026-09-01"}, {}, "2026-09-01")

    submitted = submit(office, next_one, today=SECOND_DAY)
    assert (submitted["status"], submitted["check"]["valid"]) == ("checked", True)
    said = office.plan("--annexe", str(submitted["annexe"]), today=SECOND_DAY)
    assert [plan["plan_id"] for plan in said["plans"]] == [submitted["plan_id"]]
    assert changes(office.sync(today=SECOND_DAY), "done") == []

    approve(office, submitted["annexe"], plan=submitted["plan_id"], today=SECOND_DAY)
    shown = show(office, submitted["annexe"], today=SECOND_DAY)
    assert (shown["status"], shown["approved_by"]) == ("approved", BY)
    export = ("annexe", "export", str(submitted["annexe"]), "--output", str(tmp_path / "export.csv"))
    assert [office.run(*export, today=SECOND_DAY).status for _ in (1, 2)] == [0, 2], "never overwritten"
    assert (tmp_path / "export.csv").read_bytes() == next_one.read_bytes()
    assert office.run("annexe", "export", "999", "--output", str(tmp_path / "x"), today=SECOND_DAY).status == 1
    assert len(office.mails()) == 1
    done, _ = run_sync(office, today=SECOND_DAY)
    assert changes(done, "done") == changes(said) == [("open", _at("nguyen")), ("invite", _at("nguyen"))]
    assert standing(office, today=SECOND_DAY) == {submitted["annexe"]: "applied"}
    assert b"zwiller" not in database(office).read_bytes().lower()
    assert changes(office.sync(today=SECOND_DAY), "done") == []


def test_a_refused_annexe_is_kept_and_says_why(office: Office, first: Path, tmp_path: Path) -> None:
    wrong = elsewhere(
        annexe_csv(tmp_path / "2.csv", {"leroy": JUNE, "vasseur": JUNE, "nguyen": "2026-09-01"}, {}, "2026-09-01"),
        "nguyen",
        "ailleurs.example",
    )
    refused = submit(office, wrong, today=SECOND_DAY, status=1)
    assert (refused["status"], refused["plan_id"]) == ("refused", None)
    assert errors(refused["check"]) == [("email-domain", 3)]
    shown = show(office, refused["annexe"], today=SECOND_DAY)
    assert (shown["status"], shown["check"], shown["decisions"]) == ("refused", refused["check"], None)
    nothing = tmp_path / "vide.docx"
    nothing.write_bytes(b"")
    unread = submit(office, nothing, today=SECOND_DAY, status=1)
    assert errors(unread["check"]) == [("unreadable-document", None)]
    assert set(standing(office, today=SECOND_DAY).values()) == {"applied", "refused"}
    assert office.run("annexe", "submit", wrong, "--partner", "inconnu", today=SECOND_DAY).status == 2
    assert office.run("annexe", "submit", tmp_path / "absent.csv", "--partner", PARTNER, today=SECOND_DAY).status == 2
    late = ("--received-on", "2026-09-03")
    assert office.run("annexe", "submit", wrong, "--partner", PARTNER, *late, today=SECOND_DAY).status == 2


@pytest.mark.rule("A7")
def test_a_waiver_by_row_makes_a_refused_annexe_approvable_and_is_not_asked_for_again(
    office: Office, first: Path, tmp_path: Path
) -> None:
    everybody = {"leroy": JUNE, "vasseur": JUNE, "nguyen": "2026-12-01"}
    wrong = elsewhere(annexe_csv(tmp_path / "2.csv", everybody, {}, "2026-09-01"), "nguyen", "ailleurs.example")
    refused = submit(office, wrong, today=SECOND_DAY, status=1)["annexe"]
    waived = ("--waive", "3=Mission jusqu'en juin")
    approve(office, refused, plan="00000000", today=SECOND_DAY, status=1)
    approve(office, refused, *waived, today=SECOND_DAY)
    shown = show(office, refused, today=SECOND_DAY)
    assert (shown["status"], shown["decisions"]["waive"]) == ("approved", {"3": "Mission jusqu'en juin"})
    office.sync(today=SECOND_DAY)

    again = elsewhere(annexe_csv(tmp_path / "3.csv", everybody, {}, "2026-10-01"), "nguyen", "ailleurs.example")
    accepted = submit(office, again, today="2026-10-02")
    assert (accepted["status"], errors(accepted["check"])) == ("checked", [])
    other = elsewhere(
        annexe_csv(tmp_path / "4.csv", {**everybody, "martin": "2026-10-01"}, {}, "2026-10-02"),
        "martin",
        "ailleurs.example",
    )
    other = elsewhere(other, "nguyen", "ailleurs.example")
    assert errors(submit(office, other, today="2026-10-02", status=1)["check"]) == [("email-domain", 4)]


@pytest.mark.rule("A5")
def test_whoever_approves_says_keep_or_close_for_each_absent_person_and_it_is_told(
    office: Office, first: Path, tmp_path: Path
) -> None:
    neither = annexe_csv(tmp_path / "2.csv", {"nguyen": "2026-09-01"}, {}, "2026-09-01")
    undecided = submit(office, neither, today=SECOND_DAY)
    assert (undecided["status"], undecided["plan_id"]) == ("checked", None)
    refused = approve(office, undecided["annexe"], plan="00000000", today=SECOND_DAY, status=1)
    named = [finding["value"] for finding in refused.json["findings"] if finding["code"] == "unaccounted-for"]
    assert named == [_at("leroy"), _at("vasseur")]
    half = approve(
        office, undecided["annexe"], "--keep-absent", _at("leroy"), plan="00000000", today=SECOND_DAY, status=1
    )
    assert _at("vasseur") in half.out
    assert show(office, undecided["annexe"], today=SECOND_DAY)["status"] == "checked"

    decided = ("--keep-absent", _at("leroy"), "--close-absent", "all")
    approve(office, undecided["annexe"], *decided, today=SECOND_DAY)
    decisions = show(office, undecided["annexe"], today=SECOND_DAY)["decisions"]
    assert (decisions["keep"], decisions["close"]) == ([_at("leroy")], ["all"])
    done, _ = run_sync(office, today=SECOND_DAY)
    assert next((change["action"], change["email"], change["rule"], change["due_on"]) for change in done["done"]) == (
        "close",
        _at("vasseur"),
        "A5",
        "2026-09-01",
    )
    assert standing(office, today=SECOND_DAY) == {undecided["annexe"]: "applied"}


@pytest.mark.rule("A10")
def test_another_plan_or_an_unknown_annexe_is_not_approved_and_nothing_is_recorded(
    office: Office, second: Path
) -> None:
    submitted = submit(office, second, today=SECOND_DAY)
    before = database(office).read_bytes()
    approve(office, submitted["annexe"], plan="00000000", today=SECOND_DAY, status=1)
    unknown = office.run("annexe", "approve", "99", "--plan", submitted["plan_id"], "--by", BY, today=SECOND_DAY)
    assert (unknown.status, "annexe list" in unknown.err) == (1, True)
    for command in (("annexe", "show", "99"), ("annexe", "reject", "99", "--by", BY, "--reason", "x")):
        assert office.run(*command, today=SECOND_DAY).status == 1
    assert office.run("plan", "--annexe", "99", today=SECOND_DAY).status == 1
    assert office.run("annexe", "list", "--partner", "inconnu", today=SECOND_DAY).status == 2
    assert database(office).read_bytes() == before
    assert changes(office.sync(today=SECOND_DAY), "done") == []


@pytest.mark.rule("A10")
def test_a_scan_is_kept_beside_what_was_typed_from_it_and_approval_covers_both(
    office: Office, second: Path, tmp_path: Path
) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"an image of the signed page")
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in (second, scan)]
    submitted = submit(office, second, "--source", scan, "--received-on", "2026-09-01", today=SECOND_DAY)
    again = submit(office, second, "--received-on", "2026-09-01", today=SECOND_DAY)
    assert (again["annexe"], again["plan_id"]) == (submitted["annexe"], submitted["plan_id"])
    approve(office, submitted["annexe"], today=SECOND_DAY)
    (told,) = journal_details(office, "annexe.approved")[1:]
    assert [told["annexe_sha256"], told["source_sha256"]] == digests
    shown = office.run("annexe", "show", str(submitted["annexe"]), today=SECOND_DAY).out.replace("\n", "")
    assert f"Saisie d'après le document numérisé scan.pdf, empreinte {digests[1]}" in shown


@pytest.mark.rule("V3")
def test_how_late_a_departure_is_told_counts_from_the_day_of_reception(office: Office, second: Path) -> None:
    late = submit(office, second, "--received-on", "2026-09-01", today="2026-09-10")
    messages = [finding["message"] for finding in late["check"]["findings"] if finding["code"] == "late-departure"]
    assert len(messages) == 1
    assert "1 jour" in messages[0]
    assert show(office, late["annexe"], today="2026-09-10")["received_on"] == "2026-09-01"
    in_time = submit(office, second, "--received-on", "2026-08-31", today="2026-09-10")
    assert [finding for finding in in_time["check"]["findings"] if finding["code"] == "late-departure"] == []


@pytest.mark.rule("A10")
def test_a_plan_that_changed_since_its_approval_sends_the_annexe_back(
    office: Office, first: Path, tmp_path: Path
) -> None:
    soon = annexe_csv(tmp_path / "2.csv", {"leroy": JUNE, "vasseur": JUNE, "nguyen": "2026-09-03"}, {}, "2026-09-01")
    annexe = submit(office, soon, today=SECOND_DAY)["annexe"]
    approve(office, annexe, today=SECOND_DAY)
    answer, said = run_sync(office, today="2026-09-03", status=1)
    assert (answer["done"], f"L'annexe {annexe} ({PARTNER}) n'a pas été appliquée" in said) == ([], True)
    shown = show(office, annexe, today="2026-09-03")
    assert (shown["status"], shown["approved_by"], shown["decisions"]) == ("checked", None, None)
    assert run_sync(office, today="2026-09-03")[0]["done"] == []

    approve(office, annexe, today="2026-09-03")
    assert changes(run_sync(office, today="2026-09-03")[0], "done") == [
        ("open", _at("nguyen")),
        ("invite", _at("nguyen")),
    ]


@pytest.mark.rule("A10")
def test_an_annexe_that_leaves_nothing_to_change_is_approved_and_becomes_the_current_one(
    office: Office, first: Path, tmp_path: Path
) -> None:
    same = annexe_csv(tmp_path / "2.csv", {"leroy": JUNE, "vasseur": JUNE}, {}, "2026-09-01")
    submitted = submit(office, same, today=SECOND_DAY)
    assert plan_id(office, submitted["annexe"], today=SECOND_DAY) == submitted["plan_id"]
    approve(office, submitted["annexe"], today=SECOND_DAY)
    assert run_sync(office, today=SECOND_DAY)[0]["done"] == []
    assert standing(office, today=SECOND_DAY) == {submitted["annexe"]: "applied"}


@pytest.mark.rule("A10")
def test_two_approvals_at_once_end_with_one(office: Office, second: Path) -> None:
    submitted = submit(office, second, today=SECOND_DAY)
    arguments = ("annexe", "approve", str(submitted["annexe"]), "--plan", submitted["plan_id"])

    def decide(by: str) -> Answer:
        return office.run(*arguments, "--by", by, today=SECOND_DAY, program=PROVISIONER)

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(decide, ["Claire Martin", "Hugo Petit"]), key=lambda answer: answer.status)
    assert [answer.status for answer in answers] == [0, 1], answers
    assert len(journal_details(office, "annexe.approved")) == 2  # the first annexe's, and this one


@pytest.mark.rule("A10")
def test_an_installation_may_approve_what_is_without_errors_and_warnings_by_itself(
    office: Office, second: Path, tmp_path: Path
) -> None:
    office.environment["PROVISIONER_APPROVAL__AUTOMATIC"] = "true"
    warned = annexe_csv(
        tmp_path / "3.csv", {"leroy": JUNE, "vasseur": JUNE}, {"inconnue": "2026-08-31"}, "2026-09-01"
    )
    assert submit(office, warned, today=SECOND_DAY)["status"] == "checked"
    submitted = submit(office, second, today=SECOND_DAY)
    shown = show(office, submitted["annexe"], today=SECOND_DAY)
    assert (submitted["status"], shown["approved_by"]) == ("approved", "automatic")
    assert ("close", _at("vasseur")) in changes(run_sync(office, today=SECOND_DAY)[0], "done")
    assert show(office, submitted["annexe"], today=SECOND_DAY)["approved_by"] == "automatic"


@pytest.mark.rule("A11")
def test_who_sent_an_annexe_is_kept_and_another_sender_than_annexe_2_s_is_never_approved_without_a_person(
    office: Office, second: Path
) -> None:
    named = "camille@agglo-lys.example"
    office.environment["PROVISIONER_APPROVAL__AUTOMATIC"] = "true"
    people = ("--habilitations", f"Camille Martin <{named}>", "--securite", "Luc Roy <luc@agglo-lys.example>")
    assert office.run("partner", "contacts", PARTNER, "--on", "2026-01-15", *people).status == 0

    def sent_by(address: str) -> tuple[str, list[str]]:
        asked = ("annexe", "submit", second, "--partner", PARTNER, "--sent-by", address, "--format", "json")
        submitted = office.run(*asked, today=SECOND_DAY).json
        codes = [finding["code"] for finding in submitted["check"]["findings"] if finding["severity"] != "info"]
        assert show(office, submitted["annexe"], today=SECOND_DAY)["sent_by"] == address.lower()
        return submitted["status"], codes

    assert sent_by("Inconnu@AILLEURS.example") == ("checked", ["sender-unknown"])
    assert sent_by(named) == ("approved", [])


@pytest.mark.rule("A2")
def test_the_same_file_again_keeps_the_day_on_which_it_was_first_received(office: Office, second: Path) -> None:
    annexe = submit(office, second, today=SECOND_DAY)["annexe"]
    again = submit(office, second, today="2026-09-10")["annexe"]
    assert (again, show(office, annexe, today="2026-09-10")["received_on"]) == (annexe, SECOND_DAY)


@pytest.mark.rule("A2")
def test_an_annexe_submitted_weeks_after_its_reception_still_waits_for_a_decision(
    office: Office, second: Path
) -> None:
    late = ("--partner", PARTNER, "--received-on", "2026-09-02")
    answer = office.run("annexe", "submit", second, *late, today="2026-10-20")
    assert "Sans décision d'ici le 27 octobre 2026, elle sera détruite (A2)." in answer.out
    run_sync(office, today="2026-10-20")
    assert list(standing(office, today="2026-10-20").values()) == ["applied", "checked"]
    for today in ("2026-10-27", "2026-10-28"):  # what only grows old waits for a run of an earlier day too
        run_sync(office, today=today)
    assert list(standing(office, today="2026-10-28").values()) == ["applied"]
