"""Writes docs/rules.md: each rule of the convention with the tests that show it, from their markers."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "rules.md"

#: The rules of the convention, by chapter.
RULES = [
    *(f"C{n}" for n in range(1, 6)),
    *(f"A{n}" for n in range(1, 12)),
    *(f"P{n}" for n in range(1, 7)),
    *(f"D{n}" for n in range(1, 9)),
    *(f"V{n}" for n in range(1, 5)),
    *(f"L{n}" for n in range(1, 3)),
    *(f"N{n}" for n in range(1, 4)),
]

#: Rules that no released version serves yet; one that has a test must leave this list.
_BUILT = {"D1", "D2", "D5", "D6", "D8", "V3", "N1", "N2", "N3"}
NOT_BUILT = {"C5", *(rule for rule in RULES if rule[0] in "DVLN")} - _BUILT


def tests_by_rule() -> dict[str, list[str]]:
    """For each rule, the tests that cite it, as sentences with their file."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                sentence = node.name.removeprefix("test_").replace("_", " ")
                for rule in _rules_of(node):
                    found.setdefault(rule, []).append(f"{sentence} (`{path.relative_to(ROOT)}`)")
    return found


def _rules_of(function: ast.FunctionDef) -> list[str]:
    return [
        str(mark.args[0].value)
        for mark in function.decorator_list
        if isinstance(mark, ast.Call)
        and ast.unparse(mark.func) == "pytest.mark.rule"
        and isinstance(mark.args[0], ast.Constant)
    ]


def page() -> str:
    """The page's text.

    Raises:
        ValueError: a rule has neither a test nor a place in NOT_BUILT, has both, or is not the convention's.
    """
    tests = tests_by_rule()
    wrong = [rule for rule in RULES if (rule in tests) == (rule in NOT_BUILT)] + sorted(tests.keys() - set(RULES))
    if wrong:
        raise ValueError(f"rules without a test, or listed as not built though they have one: {', '.join(wrong)}")
    lines = [
        "# The rules and their tests",
        "",
        "Made by `scripts/rules.py` from the tests' markers; do not edit.",
        "",
    ]
    for rule in RULES:
        if rule in tests:
            lines += [f"## {rule}", "", *(f"- {test}" for test in sorted(set(tests[rule]))), ""]
    lines += ["## Not built yet", "", ", ".join(rule for rule in RULES if rule in NOT_BUILT) + ".", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)} written\n")
