"""Each sentence of `doctor` and of the commands is used, and given the values that stand in it."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import provisioner
from provisioner.domain.realm_check import LINES, Part, Risk
from provisioner.domain.realm_model import Difference, RealmConfig, RealmState
from provisioner.domain.realm_plan import differences
from provisioner.domain.sign_in import SignIn
from provisioner.views.answers.realm import DifferenceAnswer
from provisioner.views.doctor import Found, Todo
from provisioner.views.realm import PARTS, RISKS, difference_words, put_right
from provisioner.views.sentences import Named, Sentence, Words, of_name
from provisioner.views.shown import Line


def _name(node: ast.AST, words: type[Words]) -> str | None:
    """The member that a node names: `Found.DISK`."""
    is_member = isinstance(node, ast.Attribute) and ast.unparse(node.value) == words.__name__
    return node.attr if is_member and isinstance(node, ast.Attribute) else None


def _used(words: type[Words]) -> dict[str, set[frozenset[str]]]:
    """Each member that the package names, with the values that each call of its `of` gives."""
    used: dict[str, set[frozenset[str]]] = {}
    for file in Path(provisioner.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if name := _name(node, words):
                used.setdefault(name, set())
            match node:
                case ast.Call(func=ast.Attribute(value=member, attr="of")) if name := _name(member, words):
                    used.setdefault(name, set()).add(frozenset(word.arg or "**" for word in node.keywords))
    return used


@pytest.mark.parametrize("words", [Found, Todo, Sentence])
def test_each_sentence_is_used_and_given_its_values(words: type[Words]) -> None:
    used = _used(words)
    assert {member.name for member in words} == used.keys()
    for member in words:
        fields = frozenset(field for _, field, _, _ in string.Formatter().parse(member.value) if field)
        assert all(given in ({fields}, set()) for given in [used[member.name]]), member.name


def test_each_part_of_a_realm_and_each_risk_has_its_words() -> None:
    assert PARTS.keys() == set(Part)
    assert RISKS.keys() == set(Risk)
    assert {line.part for line in LINES if line.name == "*"} == set(Part), "each part has a line for what has none"
    told = [(line.part, line.name, line.rule, line.risk) for line in LINES]
    assert len(told) == len(set(told)), "no line stands twice"
    claim = Difference(Part.CLAIM, "fonction", "", "", "A1", Risk.OTHER_CLAIMS, client="cooperation")
    assert put_right(claim) == "Client cooperation, information fonction : mise en ordre."


def test_what_is_there_or_not_is_told_in_words_and_not_as_a_value() -> None:
    """« Liste des mots de passe refusés cooperation.txt : rien au lieu de rien » tells an officer nothing."""
    present = RealmState(
        {"passwordPolicy": "length(8)"}, sign_in=SignIn(roles={}, default_roles=frozenset({"manage-account"}))
    )
    wanted = RealmConfig(
        {}, blacklist="cooperation.txt", sign_in=SignIn(roles={"officer": ""}, closed_actions=frozenset({"X"}))
    )
    told = [DifferenceAnswer.of(difference) for difference in differences(present, wanted)]
    words = {difference.part: difference_words(difference) for difference in told}
    assert {Part.BLACKLIST, Part.ACTION_CLOSED, Part.ROLE, Part.DEFAULT_TAKEN} <= words.keys()
    assert words[Part.BLACKLIST] == "Liste des mots de passe refusés cooperation.txt : n'est pas en service"
    assert not [said for part, said in words.items() if part != Part.REALM and "au lieu de" in said]
    (listed,) = (difference for difference in told if difference.part == Part.BLACKLIST)
    (line,) = listed.shown()
    assert isinstance(line, Line)
    assert "PROVISIONER_REALM__PASSWORD_BLACKLIST=none" in (line.note or ""), "what to do where the server lacks it"


def test_an_address_that_no_setting_gives_is_as_good_absent_from_the_realm_as_empty_in_it() -> None:
    wanted = RealmConfig({}, texts={"cooperationPrivacyUrl": "", "cooperationTermsUrl": "https://caf.example/"})
    for texts in ({}, {"cooperationPrivacyUrl": ""}):
        told = [difference.name for difference in differences(RealmState({}, texts=texts), wanted)]
        assert told == ["cooperationTermsUrl"]


def test_a_mail_server_that_was_taken_away_is_not_called_stricter() -> None:
    mail = {"host": "127.0.0.1", "starttls": "false", "ssl": "false"}
    gone = differences(RealmState({"smtpServer": {}}), RealmConfig({"smtpServer": mail}))
    assert "smtpServer.host" in {difference.name for difference in gone}
    assert not [difference.name for difference in gone if difference.is_stricter]
    encrypted = {**mail, "starttls": "true"}
    (clear,) = (
        d
        for d in differences(RealmState({"smtpServer": mail}), RealmConfig({"smtpServer": encrypted}))
        if d.name == "smtpServer.starttls"
    )
    assert not clear.is_stricter


def test_two_long_values_that_begin_alike_are_shown_where_they_differ() -> None:
    policy = "length(8) and maxLength(64) and upperCase(1) and lowerCase(1) and digits(1) and specialChars({}) and x"
    weak = Difference(Part.REALM, "passwordPolicy", policy.format(1), policy.format(2), "P1", Risk.WEAK_PASSWORDS)
    present, wanted = difference_words(weak).split(" au lieu de ")
    assert "specialChars(1)" in present
    assert "specialChars(2)" in wanted
    assert present.split("« ")[1].startswith("…")
    short = Difference(Part.REALM, "failureFactor", "10", "5", "P1", Risk.GUESSED_PASSWORDS)
    assert difference_words(short) == "Royaume, réglage failureFactor : « 10 » au lieu de « 5 »"


@pytest.mark.parametrize(
    ("name", "joined"),
    [
        ("Agglo de la Lys", "d'Agglo de la Lys"),
        ("Étaples", "d'Étaples"),
        ("Œuf-en-Ternois", "d'Œuf-en-Ternois"),
        ("Le Touquet", "du Touquet"),
        ("Les Attaques", "des Attaques"),
        ("Lens", "de Lens"),
        ("Hesdin", "d'Hesdin"),
        ("Hélène Roy", "d'Hélène Roy"),
        ("Habitat du Ternois", "d'Habitat du Ternois"),
        ("Harnes", "de Harnes"),
        ("Hauts-Prés", "de Hauts-Prés"),
        ("Yves Roy", "d'Yves Roy"),
        ("Youssef Roy", "de Youssef Roy"),
        ("", "de "),
    ],
)
def test_a_name_is_joined_to_de_as_french_people_do(name: str, joined: str) -> None:
    assert of_name(name) == joined
    assert f"{Named(name):de}" == joined
