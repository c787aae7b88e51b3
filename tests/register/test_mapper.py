"""Rows of the register as plain data."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass

from sqlalchemy import Column, Integer, MetaData, String, Table

from provisioner.register.mapper import Mapper

ROWS, MOST_BYTES = 100_000, 100_000


@dataclass
class _Person:
    id: int
    name: str


def test_of_many_rows_nothing_is_kept_once_nobody_needs_them() -> None:
    mapper = Mapper(_Person, Table("person", MetaData(), Column("id", Integer), Column("name", String)))
    tracemalloc.start()
    people = [mapper.of((number, f"Durand-{number}")) for number in range(ROWS)]
    assert people[-1].name == f"Durand-{ROWS - 1}"
    del people
    bytes_kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert bytes_kept < MOST_BYTES
