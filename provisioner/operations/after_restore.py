"""After a copy was put back: what was destroyed since is destroyed again, before the run does anything else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.domain.access.plan import NOTHING
from provisioner.domain.destroyed_since import DestroyAgain, DestroyedSince
from provisioner.operations.destruction_list import note_destroyed
from provisioner.register import habilitations
from provisioner.register.marks import DESTROY_AGAIN, mark, set_mark

if TYPE_CHECKING:
    from provisioner.operations.context import ProgressBar
    from provisioner.operations.run import Pass


def destroy_again(run: Pass, bar: ProgressBar) -> bool:
    """Destroys what the restored copy brought back, and nothing that the run's plan holds of anybody else.

    Nobody is opened again and nobody is mailed: `run.left_alone` are those who stay to be destroyed. What fails, is
    paused or on hold (D7) is tried by the next run, and that alone. Gives whether there was anything to do.
    """
    context = run.context
    with context.register.read() as connection:
        since = DestroyedSince.read(mark(connection, DESTROY_AGAIN))
    if since.is_nothing:
        return False
    run.look_at_everything()
    _record_closed(run, _what_returned(run, since))
    changes = _what_returned(run, since).changes
    run.result.plan = replace(NOTHING, changes=changes, quarantines=run.resting)
    run.carry_out(bar)
    run.records = run.read()
    still = _what_returned(run, since)
    done = {change.keycloak_id for change in run.result.done if change.destruction is not None}
    unknown = [account for account in still.unknown if account.id not in done]
    run.left_alone = still.emails(unknown)
    remaining = still.remaining(unknown)
    if remaining != since:
        with context.work() as work:
            set_mark(work, DESTROY_AGAIN, remaining.written())
    note_destroyed(context.register, context.settings)
    return bool(changes)


def _what_returned(run: Pass, since: DestroyedSince) -> DestroyAgain:
    return DestroyAgain(since, run.records, run.snapshot, run.context.clock.today())


def _record_closed(run: Pass, again: DestroyAgain) -> None:
    """The accesses that the copy holds open, and whose account Keycloak has no more."""
    closed = list(again.closed)
    if closed:
        with run.context.work() as work:
            for habilitation in closed:
                assert habilitation.end is not None
                habilitations.closed(work, habilitation, habilitation.end.rule)
        run.records = run.read()
