"""What a command says beside its answer, and asks, in French."""

from __future__ import annotations


def answer_lost(why: str | None) -> str:
    """The answer found no room; what was done stays done."""
    return f"La réponse n'a pas pu être écrite : {why}."
