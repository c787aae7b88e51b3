"""What the journal tells has French words."""

from __future__ import annotations

import ast
from pathlib import Path

from provisioner.domain.journal_check import Bad, Problem
from provisioner.domain.said import Difference
from provisioner.views.journal import ACTIONS, problem_sentence

SOURCES = Path(__file__).parents[2] / "provisioner"


def _told(module: Path) -> set[str]:
    """The actions that a module names where it appends an entry; one that is passed on is named elsewhere."""
    calls = [node for node in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(node, ast.Call)]
    appends = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "journal"]
    named = [node for append in appends for argument in append.args[:1] for node in ast.walk(argument)]
    return {node.value for node in named if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_action_of_the_journal_has_french_words() -> None:
    told = set().union(*map(_told, SOURCES.rglob("*.py")))
    assert "run.begun" in told
    assert told - set(ACTIONS) == set(), "say them in provisioner/views/journal.py"


def test_every_problem_is_said_in_french_with_its_entry() -> None:
    for problem in Problem:
        difference = Difference("habilitation", "7", "ended_on", 42)
        said = problem_sentence(Bad(42, problem, difference))
        assert "entrée 42" in said
        assert ("non conforme" in said) == (problem is not Problem.LEFT_BEHIND), "a restore is no alteration"


def test_what_differs_is_named_as_officers_name_it() -> None:
    def said(*difference: str) -> str:
        table, key, column = difference
        return problem_sentence(Bad(42, Problem.REGISTER_DIFFERS, Difference(table, key, column or None, 42)))

    assert "le partenaire agglo-lys n'est pas ce que dit l'entrée 42" in said("partner", "agglo-lys", "domains")
    assert "la mise en pause de sivom" in said("hold", "sivom", "released_at")
    assert "la mise en pause générale" in said("hold", "", "released_at")
    assert "la mise en suspens n° 7" in said("hold", "7", "released_by")
    assert "l'annexe 3 n'est plus dans le registre" in said("contact", "", "")
