"""What the journal tells has French words."""

from __future__ import annotations

import ast
from pathlib import Path

from provisioner.domain.journal_check import Bad, Problem
from provisioner.domain.ledger import Difference
from provisioner.texts.journal import ACTIONS, problem_sentence

SOURCES = Path(__file__).parents[2] / "provisioner"


def _told(module: Path) -> set[str]:
    """The actions that a module names where it appends an entry; one that is passed on is named elsewhere."""
    calls = [node for node in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(node, ast.Call)]
    appends = [one for one in calls if isinstance(one.func, ast.Attribute) and one.func.attr == "journal"]
    named = [node for one in appends for argument in one.args[:1] for node in ast.walk(argument)]
    return {node.value for node in named if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_action_of_the_journal_has_french_words() -> None:
    told = set().union(*map(_told, SOURCES.rglob("*.py")))
    assert "run.begun" in told
    assert told - set(ACTIONS) == set(), "say them in provisioner/texts/journal.py"


def test_every_problem_is_said_in_french_with_its_entry() -> None:
    for problem in Problem:
        difference = Difference("habilitation", "7", "ended_on", 42)
        assert "entrée 42" in problem_sentence(Bad(42, problem, difference))
