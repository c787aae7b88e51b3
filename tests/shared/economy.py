"""What each of our processes makes once, a process of tests makes once too, though it plays hundreds of them."""

from __future__ import annotations

import functools
from typing import Any

import sqlalchemy
import typer.main
import typer.testing
from sqlalchemy import Engine

from provisioner.register import engine as register_engine


def be_economical() -> None:
    """The tree of all commands; how SQLite is told each statement: together, most of what a command takes."""
    typer.testing._get_command = functools.cache(typer.main.get_command)  # type: ignore[attr-defined]
    register_engine.create_engine = _engine  # type: ignore[attr-defined]


@functools.cache
def _first() -> Engine:
    """An engine whose dialect has met its database."""
    first = sqlalchemy.create_engine("sqlite://")
    first.connect().close()
    return first


def _engine(url: Any, **options: Any) -> Engine:
    """An engine that uses the statements that others have compiled: they are kept by dialect."""
    engine = sqlalchemy.create_engine(url, **options)
    if engine.dialect.name == _first().dialect.name:
        engine.dialect = engine.pool._dialect = _first().dialect
        engine._compiled_cache = _first()._compiled_cache
    return engine
