"""The technical log names nobody: a whole story, and not one name, address, link or secret in it."""

from __future__ import annotations

import json
from typing import Any

from provisioner.sandbox.process import free_ports
from tests.shared import approvals
from tests.shared.office import DOMAIN, PARTNER, Office, annexe_csv

FIRST_DAY, SECOND_DAY, LAST_DAY = "2026-06-16", "2026-06-18", "2026-06-21"
PEOPLE = ("carpentier", "leroy", "vasseur", "lejeune")


class Told:
    """Commands with their log, its lines kept; what else they say to the person is not the log's."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.lines: list[dict[str, Any]] = []
        office.environment |= {"PROVISIONER_LOG__LEVEL": "INFO", "PROVISIONER_LOG__FORMAT": "json"}

    def run(self, *arguments: Any, today: str, status: int = 0, **environment: Any) -> list[dict[str, Any]]:
        answer = self.office.run(*arguments, today=today, **environment)
        assert answer.status == status, (answer.status, answer.out, answer.err)
        lines = [json.loads(line) for line in answer.err.splitlines() if line.startswith("{")]
        self.lines += lines
        return lines

    def serve(self, today: str, status: int = 0, **environment: Any) -> list[dict[str, Any]]:
        """Every job that is due, once; each line of a job bears its name and its run."""
        lines = self.run("serve", "--once", today=today, status=status, **environment)
        assert all("run" in line and "job" in line for line in lines), lines
        return lines


def test_a_whole_story_names_nobody_in_the_log(office: Office) -> None:
    told, by = Told(office), ("--by", "Claire Martin")
    why = ("--reason", "Départ de Madame Carpentier")
    people = ("--habilitations", f"Hélène Morvan <morvan@{DOMAIN}>", "--securite", f"Hugo Petit <petit@{DOMAIN}>")
    office.add_partner()
    told.run("partner", "contacts", PARTNER, "--on", "2026-01-15", *people, today=FIRST_DAY)

    asked = dict.fromkeys(PEOPLE[:3], "2026-06-10")
    first = annexe_csv(office.home / "carpentier.csv", asked, {}, "2026-06-15")
    wrong = annexe_csv(office.home / "wrong.csv", {"martin": "1er juin"}, {}, "2026-06-15", "gmail.com")
    told.run("annexe", "submit", wrong, "--partner", PARTNER, today=FIRST_DAY, status=1)
    number = approvals.submit(office, first, today=FIRST_DAY)["annexe"]
    plan = approvals.plan_id(office, number, today=FIRST_DAY)
    told.run("annexe", "approve", number, "--plan", plan, *by, today=FIRST_DAY)
    assert {"job.done", "change.done"} <= {line["event"] for line in told.serve(FIRST_DAY)}

    (closed,) = free_ports(1)
    no_mail: dict[str, Any] = {
        "PROVISIONER_SMTP__HOST": "127.0.0.1",
        "PROVISIONER_SMTP__PORT": str(closed),
        "PROVISIONER_SMTP__FROM": "ne-pas-repondre@caf.example",
    }
    told.run("person", "suspend", f"carpentier@{DOMAIN}", *by, *why, today=SECOND_DAY, status=3, **no_mail)
    lines = told.serve(SECOND_DAY, **no_mail)
    assert "notice.failed" in {line["event"] for line in told.lines}
    assert "hold.open" in {line["event"] for line in lines}
    told.run("person", "reopen", f"carpentier@{DOMAIN}", *by, *why, today=SECOND_DAY)

    renamed = {"carpentier": "2026-06-10", "lejeune": "2026-06-10"}
    second = annexe_csv(office.home / "second.csv", renamed, {"vasseur": "2026-06-17"}, "2026-06-18")
    rename = ("--rename", f"leroy@{DOMAIN}=lejeune@{DOMAIN}")
    told.run("apply", second, "--partner", PARTNER, "--approved-by", by[1], "--yes", *rename, today=SECOND_DAY)
    lines = told.serve(LAST_DAY, status=3, PROVISIONER_KEYCLOAK__URL=f"http://127.0.0.1:{closed}")
    assert {line["reason"] for line in lines if line["event"] == "job.failed"} == {"keycloak"}
    lines = told.serve(LAST_DAY)
    assert any(line.get("invite_done") for line in lines), "links were repeated"
    told.run("pause", *by, *why, today=LAST_DAY)
    told.serve(LAST_DAY)

    secret = office.settings.keycloak.client_secret
    assert secret is not None
    links = [link for mail in office.mails() for link in mail.links]
    assert links
    never = [*PEOPLE, "camille", "martin", "claire", "hélène", "morvan", "hugo", "petit", "madame", "@", "eyj"]
    log = "\n".join(json.dumps(line, ensure_ascii=False) for line in told.lines)
    assert len(told.lines) > 20
    leaked = [word for word in [*never, *links, secret.get_secret_value()] if word.lower() in log.lower()]
    assert leaked == [], [line for line in told.lines if any(word in str(line).lower() for word in leaked)]
