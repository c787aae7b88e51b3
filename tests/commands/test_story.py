"""Four years of one convention, as its officers live them: each due date, the day before and the day after."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.access.change import Action
from provisioner.domain.people import EmailAddress
from tests.shared.office import DOMAIN, PARTNER, Office, annexe_csv, changes, valid

OTHER = "ville-bois"


class Story:
    """One office from day to day: nothing is left to do after any `sync`."""

    def __init__(self, office: Office, home: Path) -> None:
        self.office, self.home = office, home

    def day(self, today: str) -> list[tuple[str, str | None]]:
        """What that day's `sync` does; the plan after it is empty."""
        done = changes(self.office.sync(today=today), "done")
        assert self.office.plan(today=today)["changes"] == []
        order = {action.value: place for place, action in enumerate(Action)}
        named = [(action, email and email.partition("@")[0]) for action, email in done]
        return sorted(named, key=lambda change: (order[change[0]], change[1] or ""))

    def receive(
        self, today: str, asked: dict[str, str], ended: dict[str, str], *decisions: str, partner: str = PARTNER
    ) -> None:
        """An annexe transmitted that day is submitted, then approved as its plan was shown."""
        file = annexe_csv(self.home / f"{partner}-{today}.csv", asked, ended, today)
        number = self.office.run(
            "annexe", "submit", file, "--partner", partner, "--format", "json", today=today
        ).json["annexe"]
        planned = self.office.plan("--annexe", str(number), *decisions, today=today)
        plan = planned["plans"][0]["plan_id"]
        approval = ("--plan", plan, "--by", "Claire Martin", *decisions)
        answer = self.office.run("annexe", "approve", str(number), *approval, today=today)
        assert answer.status == 0, answer.err + answer.out

    def purge(self, today: str, *gone: tuple[str, str | None], of: str) -> None:
        """What that day destroys, after a day that left all of it: whose, and under which rule (`of`), as it was
        said the day before. The journal is whole after it.
        """
        before = (date.fromisoformat(today) - timedelta(days=1)).isoformat()
        self.quiet(before)
        said = self.office.run("retention", "due", "--format", "json", today=before).json
        of_today = {(line["rule"], line["habilitation"]) for line in said if line["due_on"] == before}
        answer = self.office.sync(today=today)
        done = [(change["rule"], change["habilitation"]) for change in answer["done"]]
        assert set(done) == of_today
        assert sorted(changes(answer, "done"), key=str) == sorted(
            [("destroy", name and f"{name}@{DOMAIN}") for _, name in gone], key=str
        )
        assert {rule for rule, _ in gone} == set(of.split()) == {rule for rule, _ in done}
        assert self.office.plan(today=today)["changes"] == []
        assert self.office.run("journal", "verify", today=today).status == 0

    def quiet(self, *days: str) -> None:
        """Days on which nothing is due."""
        for today in days:
            assert self.day(today) == [], today

    def account(self, name: str) -> Any:
        directory = self.office.directory()
        account = directory.find(EmailAddress(f"{name}@{DOMAIN}"))
        directory.close()
        return account

    def habilitations(self, today: str, partner: str = PARTNER) -> dict[str, list[tuple[str | None, ...]]]:
        """For each person: state, requested on, ended on, closed on."""
        shown = self.office.run("partner", "show", partner, "--format", "json", today=today).json
        facts_of: dict[str, list[tuple[str | None, ...]]] = {}
        for habilitation in shown["habilitations"]:
            facts = (
                habilitation["state"],
                habilitation["requested_on"],
                habilitation["ended_on"],
                habilitation["closed_on"],
            )
            facts_of.setdefault(habilitation["email"].partition("@")[0], []).append(facts)
        return facts_of


@pytest.fixture
def story(office: Office, tmp_path: Path) -> Story:
    return Story(office, tmp_path)


@pytest.mark.rule("A6")
@pytest.mark.rule("C2")
@pytest.mark.rule("C3")
@pytest.mark.rule("C4")
@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
@pytest.mark.rule("D3")
@pytest.mark.usefixtures("watched")
def test_four_years_of_a_convention_go_as_its_documents_say(story: Story, office: Office) -> None:
    _signature_and_first_annexe(story, office)
    _additions_and_a_planned_departure(story)
    _a_suspension_made_a_departure_by_the_next_annexe(story, office)
    _a_certificate_is_asked_for(story, office)
    _a_return(story)
    _a_changed_address(story)
    _a_second_partner(story, office)
    _an_account_goes_and_a_return_stays(story)
    _the_certificate(story, office)
    _the_end_of_the_convention(story, office)
    _the_ends(story)
    _what_is_kept_goes(story, office)
    journal = office.run("partner", "list", "--format", "json", today="2030-06-02")
    assert {partner["code"]: partner["open"] for partner in journal.json} == {PARTNER: 0, OTHER: 1}
    addressed = sorted(mail.to.partition("@")[0] for mail in office.mails())
    assert addressed == ["dupont", "leroy", "martin", "martin", "petit", "petit-durand"]


def _signature_and_first_annexe(story: Story, office: Office) -> None:
    added = ("--name", "Agglo de la Lys", "--domain", DOMAIN)
    assert office.run("partner", "add", PARTNER, *added, today="2026-06-01").status == 0
    asked = {"dupont": "2026-06-10", "martin": "2026-06-10", "leroy": "2026-07-01"}
    early = annexe_csv(story.home / "early.csv", asked, {}, "2026-06-02")
    refused = office.run("annexe", "submit", early, "--partner", PARTNER, "--format", "json", today="2026-06-02")
    assert (refused.status, refused.json["status"]) == (1, "refused")
    assert [finding["code"] for finding in refused.json["check"]["findings"] if finding["severity"] == "error"] == [
        "convention-not-active"
    ]
    story.quiet("2026-06-14")
    signed = ("--signed-on", "2026-06-15", "--by", "Claire Martin")
    assert office.run("partner", "set", PARTNER, *signed, today="2026-06-15").status == 0
    story.receive("2026-06-16", asked, {})
    assert story.day("2026-06-16") == [
        ("group", None),
        ("open", "dupont"),
        ("open", "martin"),
        ("invite", "dupont"),
        ("invite", "martin"),
    ]
    story.quiet("2026-06-17", "2026-06-30")
    assert story.day("2026-07-01") == [("open", "leroy"), ("invite", "leroy")]
    story.quiet("2026-07-02")


def _additions_and_a_planned_departure(story: Story) -> None:
    asked = {"dupont": "2026-06-10", "leroy": "2026-07-01", "petit": "2026-09-02"}
    story.receive("2026-09-02", asked, {"martin": "2026-09-30"})
    assert story.day("2026-09-02") == [("update", "martin"), ("open", "petit"), ("invite", "petit")]
    story.quiet("2026-09-03", "2026-09-29", "2026-09-30")
    assert story.account("martin").enabled
    assert story.day("2026-10-01") == [("close", "martin")]
    assert not story.account("martin").enabled
    story.quiet("2026-10-02")


def _a_suspension_made_a_departure_by_the_next_annexe(story: Story, office: Office) -> None:
    why = ("--by", "Claire Martin", "--reason", "Départ annoncé par téléphone")
    answer = office.run("person", "suspend", f"leroy@{DOMAIN}", *why, today="2026-11-05")
    assert answer.status == 0, answer.err
    assert not story.account("leroy").enabled
    story.quiet("2026-11-05", "2026-11-06")
    assert story.habilitations("2026-11-06")["leroy"] == [("suspended", "2026-07-01", None, None)]
    asked = {"dupont": "2026-06-10", "petit": "2026-09-02"}
    story.receive("2026-11-10", asked, {"martin": "2026-09-30", "leroy": "2026-11-05"})
    assert story.day("2026-11-10") == [("close", "leroy")]
    story.quiet("2026-11-11")


def _a_certificate_is_asked_for(story: Story, office: Office) -> None:
    """D3: for martin and leroy, whose accesses are closed; it cannot be issued yet."""
    for name in ("KEY_FILE", "CERTIFICATE_FILE"):
        office.environment[f"PROVISIONER_ATTESTATION__{name}"] = str(story.home / name)
    assert office.run("attestation", "key", "new", today="2026-11-12").status == 0
    asked = office.run("attestation", "request", "--partner", PARTNER, "--format", "json", today="2026-11-12")
    assert asked.json == {"attestation": 1, "count": 2}
    early = office.run("attestation", "issue", "1", "--output", story.home / "1.pdf", today="2026-11-12")
    assert (early.status, (story.home / "1.pdf").exists()) == (1, False)
    assert "11 mai 2027" in early.err


def _a_return(story: Story) -> None:
    asked = {"dupont": "2026-06-10", "petit": "2026-09-02", "martin": "2027-01-15"}
    story.receive("2027-01-10", asked, {"martin": "2026-09-30", "leroy": "2026-11-05"})
    story.quiet("2027-01-10", "2027-01-14")
    assert story.day("2027-01-15") == [("reopen", "martin"), ("invite", "martin")]
    assert story.account("martin").enabled
    story.quiet("2027-01-16")


def _a_changed_address(story: Story) -> None:
    before = story.account("petit")
    asked = {"dupont": "2026-06-10", "petit-durand": "2027-03-01", "martin": "2027-01-15"}
    renamed = ("--rename", f"petit@{DOMAIN}=petit-durand@{DOMAIN}")
    story.receive("2027-03-01", asked, {"martin": "2026-09-30", "leroy": "2026-11-05"}, *renamed)
    assert story.day("2027-03-01") == [("rename", "petit"), ("invite", "petit-durand")]
    assert story.account("petit") is None
    assert story.account("petit-durand").id == before.id
    story.quiet("2027-03-02")


def _a_second_partner(story: Story, office: Office) -> None:
    office.add_partner(OTHER, "ville-bois.example", "--signed-on", "2027-04-15")
    waived = ("--waive", "1=Mise à disposition à mi-temps")
    story.receive("2027-05-03", {"dupont": "2027-05-03"}, {}, *waived, partner=OTHER)
    assert story.day("2027-05-03") == [("group", None), ("open", "dupont")]
    both = story.account("dupont").attributes
    assert sorted(both["partenaire"]) == [PARTNER, OTHER]
    story.quiet("2027-05-04")


def _an_account_goes_and_a_return_stays(story: Story) -> None:
    """D1: 6 months after the real closure, 10 November; who came back meanwhile stays."""
    story.purge("2027-05-11", ("D1", "leroy"), of="D1")
    assert story.account("leroy") is None
    assert story.account("martin").enabled


def _the_certificate(story: Story, office: Office) -> None:
    """D3: leroy's account is destroyed; martin came back, and left the request."""
    file = story.home / "1.pdf"
    issued = office.run("attestation", "issue", "1", "--output", file, "--format", "json", today="2027-05-11")
    assert issued.status == 0, issued.err
    facts = valid(issued.json, "attestation_issued")
    assert (facts["count"], facts["kept"], facts["returned"], facts["rest"]) == (1, 0, 1, None)
    assert office.run("attestation", "verify", file, today="2027-05-11").status == 0
    assert office.run("journal", "verify", today="2027-05-11").status == 0


def _the_end_of_the_convention(story: Story, office: Office) -> None:
    ended = ("--on", "2028-05-31", "--reason", "Dénonciation", "--by", "Claire Martin")
    assert office.run("partner", "end", PARTNER, *ended, today="2028-03-01").status == 0
    later = office.plan(today="2028-03-01")["later"]
    assert {(change["action"], change["rule"], change["due_on"]) for change in later} == {
        ("close", "C3", "2028-06-01")
    }
    story.quiet("2028-03-01", "2028-05-30", "2028-05-31")
    assert story.day("2028-06-01") == [("close", "dupont"), ("close", "martin"), ("close", "petit-durand")]
    assert story.account("dupont").enabled
    assert story.account("dupont").attributes["partenaire"] == (OTHER,)
    assert not story.account("martin").enabled
    story.quiet("2028-06-02")


def _the_ends(story: Story) -> None:
    """The convention's table of ends: what each gave as `ended_on` and `closed_on`."""
    assert story.habilitations("2028-06-02") == {
        "dupont": [("closed", "2026-06-10", "2028-05-31", "2028-06-01")],
        "martin": [
            ("closed", "2026-06-10", "2026-09-30", "2026-10-01"),
            ("closed", "2027-01-15", "2028-05-31", "2028-06-01"),
        ],
        "leroy": [("closed", "2026-07-01", "2026-11-05", "2026-11-10")],
        "petit-durand": [("closed", "2026-09-02", "2028-05-31", "2028-06-01")],
    }
    assert date.fromisoformat("2028-06-01").toordinal() - date.fromisoformat("2026-06-16").toordinal() > 700


def _what_is_kept_goes(story: Story, office: Office) -> None:
    """D1, D2 and C4, each on its own day; dupont's account serves the other partner and stays. What martin had first
    ended on 30 September 2026, and waits for the account.
    """
    story.quiet("2028-10-01")
    story.purge("2028-11-06", ("D2", "leroy"), of="D2")
    story.purge("2028-12-02", ("D1", "martin"), ("D1", "petit-durand"), ("D2", "martin"), of="D1 D2")
    assert (story.account("martin"), story.account("petit-durand")) == (None, None)
    assert story.account("dupont").enabled
    office.controls()  # what our runs did is judged within minutes: here, before the habilitations go
    ended = (("D2", "dupont"), ("D2", "martin"), ("D2", "petit-durand"), ("C4", None))
    story.purge("2030-06-01", *ended, of="D2 C4")
    assert story.habilitations("2030-06-01") == {}
    assert office.run("annexe", "list", "--partner", PARTNER, "--format", "json", today="2030-06-01").json == []
    assert story.account("dupont").attributes["partenaire"] == (OTHER,)
    story.quiet("2030-06-02")
