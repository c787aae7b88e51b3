"""Writes docs/regles.md: each rule of the convention, in French, with the files and the tests that hold it.

The rules' text is scripts/regles.toml; a file holds a rule when it cites its id; a test shows it by its marker.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "regles.md"
SOURCE: dict[str, Any] = tomllib.loads((ROOT / "scripts" / "regles.toml").read_text("utf-8"))

#: Rules that no released version serves yet; one that has a test must leave this list.
NOT_BUILT: set[str] = set()


def page() -> str:
    """The page's text.

    Raises:
        ValueError: a rule has neither a test nor a place in NOT_BUILT, has both, or is not the convention's.
    """
    rules = {rule["id"]: rule for chapter in SOURCE["chapitres"] for rule in chapter["regles"]}
    tests, files = _tests_by_rule(), _files_by_rule(list(rules))
    wrong = [rule for rule in rules if (rule in tests) == (rule in NOT_BUILT)] + sorted(tests.keys() - rules.keys())
    if wrong:
        raise ValueError(f"rules without a test, or listed as not built though they have one: {', '.join(wrong)}")
    lines = [SOURCE["debut"]]
    for chapter in SOURCE["chapitres"]:
        lines.append(f"## {chapter['titre']}\n")
        for rule in chapter["regles"]:
            lines += _section(rule, files.get(rule["id"], []), tests.get(rule["id"], {}))
    return "\n".join(lines)


def _section(rule: dict[str, str], files: list[str], tests: dict[str, list[str]]) -> list[str]:
    lines = [f"### {rule['id']}{' (' + rule['article'] + ')' if 'article' in rule else ''}\n"]
    if "texte" in rule:
        lines.append(f"{rule['texte']}\n")
    if "lecture" in rule:
        lines.append(f"*Notre lecture.* {rule['lecture']}\n")
    if rule["id"] in NOT_BUILT:
        lines.append("Pas encore construite.\n")
    if files:
        lines.append(f"Dans le code : {', '.join(f'`{name}`' for name in files)}.\n")
    if tests:
        lines.append("Tests :\n")
        lines += [f"- `{path}` : {' ; '.join(sentences)}" for path, sentences in tests.items()]
        lines.append("")
    return lines


def _tests_by_rule() -> dict[str, dict[str, list[str]]]:
    """For each rule, the tests that cite it: their names as sentences, by file."""
    tests: dict[str, dict[str, list[str]]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                sentence = node.name.removeprefix("test_").replace("_", " ")
                for rule in _marked(node):
                    tests.setdefault(rule, {}).setdefault(path.relative_to(ROOT).as_posix(), []).append(sentence)
    return tests


def _marked(function: ast.FunctionDef) -> list[str]:
    return [
        str(mark.args[0].value)
        for mark in function.decorator_list
        if isinstance(mark, ast.Call)
        and ast.unparse(mark.func) == "pytest.mark.rule"
        and isinstance(mark.args[0], ast.Constant)
    ]


def _files_by_rule(rules: list[str]) -> dict[str, list[str]]:
    """For each rule, the files of the package that cite it, migrations left out."""
    files: dict[str, list[str]] = {}
    package = ROOT / "provisioner"
    for path in sorted(package.rglob("*.py")):
        if "migrations" not in path.parts:
            cited = set(re.findall(r"(?<!%)\b[ACDLNPV]\d{1,2}\b(?!%)", path.read_text("utf-8")))
            for rule in cited.intersection(rules):
                files.setdefault(rule, []).append(path.relative_to(package).as_posix())
    return files


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)} written\n")
