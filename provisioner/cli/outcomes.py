"""How a run ends at the command line: what is printed, what is said beside it, and the exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.exits import Exit
from provisioner.cli.printing import print_answer

if TYPE_CHECKING:
    from provisioner.cli.session import Session
    from provisioner.operations.context import RunResult


def print_outcome(session: Session, outcome: RunResult, format_: str, *, done: bool) -> None:
    """A plan, or what was done of it; what concerns a decision is said beside it, on stderr."""
    from provisioner.operations.answers import plan_answer, run_answer, said_beside

    print_answer(run_answer(outcome) if done else plan_answer(outcome), format_)
    for sentence in said_beside(outcome, session.settings.keycloak.url, done=done):
        session.say(sentence)


def status_of(outcome: RunResult) -> Exit:
    """The exit status of `apply` and `sync`."""
    from provisioner.operations.context import Ending

    of_systems = [failure for failure in outcome.failed if failure not in outcome.set_aside]
    if of_systems or (outcome.notices is not None and outcome.notices.failed):
        return Exit.FAILED
    incomplete = bool(outcome.left_out or outcome.sent_back or outcome.broken or outcome.set_aside)
    refused = incomplete or outcome.journal is not None or outcome.ending not in (None, Ending.APPLIED)
    held = outcome.plan is not None and bool(outcome.plan.blocked)
    return Exit.REFUSED if refused or held else Exit.DONE


def status_of_plan(outcome: RunResult) -> Exit:
    """1 only for what is wrong in the document or with a decision about it."""
    has_error = outcome.check is not None and not outcome.check.is_valid
    return Exit.REFUSED if has_error or outcome.is_refused else Exit.DONE
