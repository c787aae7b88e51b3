"""What a partner declares of its mail: domains of its own, or exact addresses (A7)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.shared.desk import Desk
from tests.shared.mailbox import Mailbox
from tests.shared.office import valid

ORANGE = ("--address", "Zoé <zoe.martin@orange.fr>", "--address", "max.leroy@orange.fr")


@pytest.fixture
def desk(mailbox: Mailbox, tmp_path: Path) -> Desk:
    return Desk(mailbox, tmp_path)


def add(desk: Desk, *declared: str, name: str = "Mairie de Petit-Bourg") -> tuple[int, str]:
    answer = desk.run("partner", "add", "petit-bourg", "--name", name, *declared, "--signed-on", "2026-01-15")
    return answer.status, answer.err


@pytest.mark.rule("A7")
@pytest.mark.parametrize(
    "domain",
    [
        "orange.fr",
        "@GMAIL.com",
        "https://petit.example",
        "petit.example/mairie",
        "petit.example:25",
        "petit",
        "a b.example",
    ],
)
def test_a_consumer_domain_a_scheme_and_a_path_are_no_domain_of_a_partner(desk: Desk, domain: str) -> None:
    status, err = add(desk, "--domain", domain)
    assert status == 1
    assert "domain" in err
    assert desk.run("partner", "list", "--format", "json").json == []


@pytest.mark.rule("A7")
def test_a_partner_without_a_domain_declares_exact_addresses(desk: Desk, tmp_path: Path) -> None:
    assert add(desk, *ORANGE)[0] == 0
    shown = valid(desk.run("partner", "show", "petit-bourg", "--format", "json").json, "partner")
    assert (shown["domains"], shown["addresses"]) == ([], ["max.leroy@orange.fr", "zoe.martin@orange.fr"])
    assert "zoe.martin@orange.fr" in desk.run("partner", "show", "petit-bourg").out

    file = tmp_path / "annexe.csv"
    people = [("Martin", "zoe.martin@orange.fr"), ("Autre", "un.autre@orange.fr")]
    rows = "".join(f"{name};Zoé;agent;{email};10/06/2026\n" for name, email in people)
    file.write_text(
        "ANNEXE 1\nDate de transmission : 15/06/2026\nListe 1 - Accès à ouvrir\n"
        f"Nom;Prénom(s);Fonction/qualité;Adresse électronique;Date de demande d'habilitation\n{rows}"
        "Liste 2 - Accès à clôturer\n"
        "Nom;Prénom(s);Fonction/qualité;Adresse électronique;Date de fin d'habilitation\nNéant\n",
        "utf-8",
    )
    check = desk.run("check", file, "--partner", "petit-bourg", "--format", "json", "--as-of", "2026-06-16").json
    told = [
        (finding["code"], finding["severity"], finding["row"])
        for finding in check["findings"]
        if finding["column"] == "email"
    ]
    assert told == [("email-consumer", "warning", 1), ("email-consumer", "error", 2)]


@pytest.mark.rule("A7")
def test_punycode_and_accents_are_one_domain(desk: Desk) -> None:
    assert add(desk, "--domain", "xn--mairie-vian-hbb.example", "--domain", "Mairie-Évian.example.")[0] == 0
    shown = desk.run("partner", "show", "petit-bourg", "--format", "json").json
    assert shown["domains"] == ["mairie-évian.example"]


def test_a_partners_name_stands_on_one_line(desk: Desk) -> None:
    status, err = add(desk, "--domain", "petit.example", name="Mairie\nBcc: tous@petit.example")
    assert (status, "une seule ligne" in err) == (1, True)


def test_one_kind_of_declaration_must_remain(desk: Desk) -> None:
    assert add(desk, *ORANGE)[0] == 0
    assert desk.run("partner", "set", "petit-bourg", "--no-address", "--by", "Claire Martin").status == 1
    moved = desk.run(
        "partner", "set", "petit-bourg", "--no-address", "--domain", "petit.example", "--by", "Claire Martin"
    )
    assert moved.status == 0
    shown = desk.run("partner", "show", "petit-bourg", "--format", "json").json
    assert (shown["domains"], shown["addresses"]) == (["petit.example"], [])


@pytest.mark.rule("A7")
def test_a_consumer_domain_that_a_register_of_0_2_holds_is_wanting_with_the_command_to_type(desk: Desk) -> None:
    assert add(desk, "--domain", "petit.example")[0] == 0
    with create_engine(f"sqlite:///{desk.database}").begin() as connection:
        connection.execute(text("INSERT INTO partner_domain VALUES ('petit-bourg', 'orange.fr')"))
    answer = desk.run("doctor", "--format", "json")
    (line,) = [line for line in answer.json["lines"] if line["check"] == "declared-domains"]
    assert line["verdict"] == "wanting"
    assert 'provisioner partner set petit-bourg --domain petit.example --address ADRESSE --by "NOM"' in line["todo"]
