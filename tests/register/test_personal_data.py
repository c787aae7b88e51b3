"""The one list of where personal data stand says every text of the register, and nothing that is not there."""

from __future__ import annotations

import importlib
from collections import Counter

import pytest
from sqlalchemy import Column, LargeBinary, String, TypeDecorator

from provisioner.register.columns import Choice, Moment
from provisioner.register.personal_data import COLUMNS, FILES, NOBODYS, Place
from provisioner.register.tables import metadata


def _holds_text(column: Column[object]) -> bool:
    """Whether anything can be written there: a moment and one word of a list cannot name anybody."""
    type_ = column.type
    if isinstance(type_, Choice | Moment):
        return False
    return isinstance(type_.impl if isinstance(type_, TypeDecorator) else type_, String | LargeBinary)


def test_every_text_of_the_register_is_told_whose_it_is_and_what_ends_it() -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if _holds_text(column)
    }
    told = Counter(where for place in COLUMNS for where in place.where)
    told.update(f"{table}.{column}" for table, columns in NOBODYS.items() for column in columns)
    assert sorted(told) == sorted(columns)
    assert set(told.values()) == {1}


@pytest.mark.parametrize("place", [*COLUMNS, *FILES], ids=lambda place: place.where[0])
def test_what_ends_it_is_a_function_of_ours(place: Place) -> None:
    module, _, name = place.ended_by.partition(".")[2].partition(".")
    owner: object = importlib.import_module(f"provisioner.{place.ended_by.partition('.')[0]}.{module}")
    for part in name.split("."):
        owner = getattr(owner, part)
    assert callable(owner)
