"""Each sentence of `doctor` and of the commands is used, and given the values that stand in it."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import provisioner
from provisioner.keycloak.realm import RealmPart
from provisioner.views.doctor import Found, Todo
from provisioner.views.realm import CHANGED, realm_change
from provisioner.views.sentences import Sentence, Words


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


def test_each_part_of_a_realm_that_is_changed_has_its_sentence() -> None:
    assert CHANGED.keys() == set(RealmPart)
    assert realm_change("client-created", "cooperation", "") == "Client cooperation : créé."
    assert (
        realm_change("claim", "fonction", "cooperation")
        == "Client cooperation, information fonction : mise en ordre."
    )
