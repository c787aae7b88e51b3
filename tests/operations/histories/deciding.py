"""What a person decides who is shown an annexe."""

from __future__ import annotations

from dataclasses import replace

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Severity
from provisioner.domain.annexe.judge_register import WAIVABLE
from provisioner.operations.check import Request
from provisioner.operations.context import Context
from provisioner.operations.prepare import prepare
from tests.operations.histories.forms import ADDRESSES, Answer

_PAIRS = list(zip(ADDRESSES[::2], ADDRESSES[1::2], strict=True))


def decide(context: Context, request: Request, answer: Answer) -> Request:
    """The request with that person's decisions; who waives also takes a changed address for a rename."""
    if answer.closures_only:
        return replace(request, decisions=Decisions(closures_only=True))
    seen = prepare(context, request)
    asked = {row.email for row in seen.check.annexe.of_list(1)}
    named = {row.email for row in seen.check.annexe.rows}
    missing = [habilitation.email for habilitation in seen.undecided]
    errors = [finding for finding in seen.check.findings if finding.severity is Severity.ERROR]
    open_now = seen.before.open_addresses(request.partner)
    renames = {
        old: new
        for pair in _PAIRS
        for old, new in (pair, pair[::-1])
        if answer.waives and old in open_now and old not in named and new in asked
    }
    decisions = Decisions(
        keep_all=answer.absent == "keep",
        close_all=answer.absent == "close",
        keep=frozenset(missing[:1]) if answer.absent == "one" else frozenset(),
        close=frozenset(missing[1:]) if answer.absent == "one" else frozenset(),
        waive={error.row: "essai" for error in errors if error.row and error.code in WAIVABLE}
        if answer.waives
        else {},
        rename=renames,
    )
    return replace(request, decisions=decisions)
