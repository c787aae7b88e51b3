"""The page of the rules is what the tests' markers say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "rules.py"


def test_every_rule_that_is_built_has_a_test_and_the_page_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("rules", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    rules = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rules)
    assert rules.PAGE.read_text("utf-8") == rules.page(), "run: make rules"
