"""Who waits in vain for another run is told whose it is, though that one has only just begun or ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from provisioner.register import LockHeld, lock


def never() -> bool:
    return False


def answers(*given: object) -> Callable[[], object]:
    """One answer after the other, then the last one always."""
    to_come: Iterator[object] = iter(given)
    last: list[object] = []

    def ask() -> object:
        last[:] = [next(to_come, *last)]
        return last[0]

    return ask


def test_a_run_that_has_not_written_its_name_yet_is_asked_again() -> None:
    with pytest.raises(LockHeld, match=r"process 7 \(claire\)"):
        lock._wait(never, 0.0, answers("", None, "process 7 (claire)"))  # type: ignore[arg-type]


def test_a_run_that_has_just_ended_is_followed_at_once() -> None:
    lock._wait(answers(False, True), 0.0, answers(None))  # type: ignore[arg-type]


def test_one_that_never_says_its_name_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_NAMELESS_SECONDS", 0.2)
    with pytest.raises(LockHeld, match=r"holds the lock: \?"):
        lock._wait(never, 0.0, answers(""))  # type: ignore[arg-type]
