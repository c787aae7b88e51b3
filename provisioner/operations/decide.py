"""What a named person decides: no operation takes a blank name or a blank reason, whoever calls it (A10, D8)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from provisioner.domain.annexe.decisions import Decisions, decider_said, reason_said

P = ParamSpec("P")
R = TypeVar("R")


def decided(operation: Callable[P, R]) -> Callable[P, R]:
    """An operation whose `by`, `reason`, `decisions` and `request` are read as a person wrote them, first of all.

    It raises NothingSaid when one of them is blank: nothing is read and nothing recorded.
    """
    signature = inspect.signature(operation)

    @wraps(operation)
    def operation_of_somebody(*arguments: P.args, **named: P.kwargs) -> R:
        given = signature.bind(*arguments, **named)
        for name in given.arguments.keys() & _READ.keys():
            given.arguments[name] = _READ[name](given.arguments[name])
        return operation(*given.args, **given.kwargs)

    return operation_of_somebody


def _by(by: str) -> str:
    return decider_said(by, "The name of who decides")


def _decisions(decisions: Decisions) -> Decisions:
    waived = decisions.waive.items()
    return replace(decisions, waive={row: reason_said(why, f"The waiver of row {row}") for row, why in waived})


def _request(request: Any) -> Any:
    return replace(request, by=_by(request.by), decisions=_decisions(request.decisions))


_READ: Mapping[str, Callable[[Any], Any]] = {
    "by": _by,
    "reason": reason_said,
    "decisions": _decisions,
    "request": _request,
}
