"""Every refusal has its French sentence, with the values that it is raised with, and its exit status."""

from __future__ import annotations

import ast
import string
from datetime import date
from pathlib import Path

import pytest

import provisioner
from provisioner.domain.access.invitations import Obstacle
from provisioner.domain.annexe.kept import Status
from provisioner.domain.errors import Exit, FileRefused, ProvisionerError, Refusal, Refused, WrongUsage
from provisioner.domain.password import RealmFault
from provisioner.keycloak.errors import KeycloakUnavailable
from provisioner.operations.errors import FoldersFail, SyncFirst
from provisioner.register import LockHeld, RegisterUnavailable
from provisioner.settings import SettingsError
from provisioner.views import refusals
from provisioner.views.refusals import SENTENCES, failure, refusal


def _is_code(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Refusal"


def _raised() -> tuple[set[str], dict[str, set[frozenset[str]]]]:
    """The codes that the package names outside of the catalogue, and the values that each is given in a call."""
    named: set[str] = set()
    given: dict[str, set[frozenset[str]]] = {}
    for file in Path(provisioner.__file__).parent.rglob("*.py"):
        if file != Path(refusals.__file__):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if _is_code(node):
                    named.add(ast.unparse(node).partition(".")[2])
                if isinstance(node, ast.Call) and any(map(_is_code, node.args)):
                    code = next(ast.unparse(word) for word in node.args if _is_code(word)).partition(".")[2]
                    given.setdefault(code, set()).add(frozenset(word.arg or "**" for word in node.keywords))
    return named, given


def test_every_code_has_its_sentence_and_is_raised_with_its_values() -> None:
    named, given = _raised()
    assert set(SENTENCES) == set(Refusal)
    assert {code.name for code in Refusal} == named
    for code, sentence in SENTENCES.items():
        fields = {field for _, field, _, _ in string.Formatter().parse(sentence) if field}
        assert given.get(code.name, {frozenset(fields)}) == {frozenset(fields)}, code


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            WrongUsage(Refusal.NO_SUCH_PARTNER, partner="agglo\x1b"),
            "Aucun partenaire n'a le code « agglo\N{REPLACEMENT CHARACTER} ». "
            "Ceux qui sont enregistrés : provisioner partner list",
        ),
        (
            Refused(Refusal.END_BEFORE_SIGNATURE, on=date(2026, 8, 31), signed_on=date(2026, 9, 1)),
            "Le 31 août 2026 précède la signature (1er septembre 2026).",
        ),
        (
            Refused(Refusal.NOTHING_TO_REJECT, number=3, status=Status.APPLIED),
            "L'annexe n° 3 est appliquée : il n'y a rien à rejeter.",
        ),
        (
            Refused(Refusal.NO_LINK, email="a@lys.example", why=Obstacle.OWED),
            "a@lys.example : le premier lien n'est pas encore parti. Pour l'envoyer : provisioner sync",
        ),
        (
            FileRefused(("partner[2].code", Refused(Refusal.KEY_MISSING)), ("x", Refused(Refusal.TEXT_EXPECTED))),
            "partner[2].code : à indiquer.\nx : un texte entre guillemets est attendu.",
        ),
    ],
)
def test_a_refusal_in_french(error: Refused, sentence: str) -> None:
    assert refusal(error) == sentence


def test_what_makes_links_useless_is_said_as_everywhere() -> None:
    said = refusal(Refused(Refusal.LINKS_USELESS, why=RealmFault.NO_MAIL_SERVER))
    assert said.startswith("Le royaume n'a pas de serveur de messagerie")


@pytest.mark.parametrize("members", [Obstacle, Status])
def test_each_obstacle_and_status_has_its_words(members: type[Obstacle | Status]) -> None:
    for member in members:
        assert member.value not in refusal(Refused(Refusal.NO_LINK, email="", why=member)).split()


def test_a_refusal_says_no_value_in_the_log() -> None:
    assert str(Refused(Refusal.NO_LINK, email="a@lys.example", why=Obstacle.OWED)) == "no-link: owed"


def test_a_failed_system_is_one_sentence_with_its_address_and_the_quoted_cause() -> None:
    said = failure(KeycloakUnavailable("Keycloak does not answer:\n ConnectTimeout."), "https://sso.example")
    assert said.startswith(
        "Keycloak (https://sso.example) ne fonctionne pas comme attendu : « Keycloak does not answer: "
        "ConnectTimeout »."
    )
    assert "\n" not in said
    held = LockHeld("Another run holds the lock: x.", Refusal.LOCK_HELD, holder="caf-1")
    assert failure(held, None).startswith("Un autre passage est en cours : « caf-1 ».")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refused(Refusal.NOT_PAUSED), Exit.REFUSED),
        (WrongUsage(Refusal.NAME_BLANK), Exit.USAGE),
        (SettingsError(), Exit.USAGE),
        (SyncFirst(), Exit.FAILED),
        (LockHeld("x"), Exit.FAILED),
        (RegisterUnavailable("x"), Exit.FAILED),
        (KeycloakUnavailable("x"), Exit.FAILED),
        (FoldersFail(PermissionError()), Exit.FAILED),
    ],
)
def test_an_error_knows_its_exit_status(error: ProvisionerError, status: Exit) -> None:
    assert error.exit_status is status
