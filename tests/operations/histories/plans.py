"""Plans as they are told, to compare what was planned with what was done."""

from __future__ import annotations

from collections.abc import Iterable

from provisioner.domain.access.change import Action, Change
from provisioner.domain.gates import Limit
from provisioner.operations.context import RunResult


def told(changes: Iterable[Change]) -> list[tuple[str, ...]]:
    """The changes as a plan tells them."""
    facts = (
        (change.action, change.partner, change.email, change.rule, change.due_on, change.new_email, change.owes_link)
        for change in changes
    )
    return sorted(tuple(str(fact) for fact in of_change) for of_change in facts)


def holds_nothing_back(outcome: RunResult) -> None:
    """What a limit holds is not done: nothing of that partner but a suspension."""
    assert outcome.plan is not None
    for blocked in outcome.plan.blocked:
        mine = [change for change in outcome.done if change.partner == blocked.partner]
        if blocked.limit is Limit.PASSWORD_POLICY:
            assert not [change for change in mine if change.action in (Action.OPEN, Action.REOPEN, Action.INVITE)]
        else:
            assert all(change.is_suspension for change in mine)
