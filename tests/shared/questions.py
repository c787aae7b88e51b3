"""What a database is asked, statement by statement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event

#: A statement and its values.
Question = tuple[str, tuple[object, ...]]


@contextmanager
def asked(engine: Engine | type[Engine]) -> Iterator[list[Question]]:
    """What that database is asked meanwhile, or, of the class, any that this process has."""
    questions: list[Question] = []

    def note(_connection: object, _cursor: object, question: str, values: tuple[object, ...], *_: object) -> None:
        questions.append((question, values))

    event.listen(engine, "before_cursor_execute", note)
    yield questions
    event.remove(engine, "before_cursor_execute", note)
