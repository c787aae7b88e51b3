"""What the whole journal's check asks of the database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine.interfaces import CacheStats

from provisioner.operations import journal as checks
from provisioner.operations.partners import Given, add_partner
from provisioner.settings import load_settings
from tests.register.conftest import NewDatabase
from tests.register.writers import opened


def test_no_question_is_made_amid_what_is_read_where_it_would_keep_that_memory(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment, made, asked = new_database(), list[str](), list[str]()

    def note(_connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool) -> None:
        asked.append(statement)
        if context.cache_hit is CacheStats.CACHE_MISS:
            made.append(statement)

    with opened(environment) as register:
        limits = load_settings(environment=environment).documents
        add_partner(register, "agglo-lys", Given(name="Agglo", domains=["agglo-lys.example"]), limits, "essai")
        event.listen(register.engine, "before_cursor_execute", note)
        ask_first = checks._ask_first

        def asked_first(of: Any) -> None:
            of.engine.clear_compiled_cache()
            ask_first(of)
            assert made, "each is made here"
            made.clear()
            asked.clear()

        monkeypatch.setattr(checks, "_ask_first", asked_first)
        assert checks.verify_journal(register).bad is None
    assert len(asked) > 10
    assert not [statement for statement in made if "NOT (EXISTS" not in statement], "but what the end is asked alone"
