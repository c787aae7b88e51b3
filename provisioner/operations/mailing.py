"""The e-mails with the link: a pass of its own over what is owed, each sent once (P2; docs/invitations.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from provisioner.domain.change import Change
from provisioner.domain.habilitation import State
from provisioner.domain.records import Invitation, Records
from provisioner.keycloak.errors import KeycloakError, OutcomeUnknown
from provisioner.operations.effects import Done, Effects, Failure, GivenUp, Progress
from provisioner.register import writing
from provisioner.settings import InvitationSettings

#: The number of the first link; each repeat has its own.
FIRST = 1


class Mailing:
    """Sends the links that a plan owes. `records` are those of after the openings.

    An intention that has no outcome (a crash, a lost answer) is judged by Keycloak's own events, once it is
    old enough for no sending to be still under way, before anything is sent again.
    """

    def __init__(self, effects: Effects, records: Records, settings: InvitationSettings, redirect_uri: str) -> None:
        self.effects = effects
        self.register = effects.register
        self.directory = effects.directory
        self.settle_seconds = settings.settle_seconds
        self.lifespan = round(settings.lifespan_hours * 3600)
        self.redirect_uri = redirect_uri
        self.accounts = {email: account.keycloak_id for email, account in records.accounts.items()}
        self.open = {one.id: one for one in records.habilitations if one.state is State.OPEN}
        self.open_now = {(one.partner, one.email): one for one in self.open.values()}
        self.unsettled = {one.habilitation: one for one in records.invitations if one.is_unsettled}

    def carry_out(self, owed: Iterable[Change], outcome: Done, settled: Progress) -> None:
        """Sends each link that is owed to an access that is open."""
        ready = []
        for change in owed:
            if self._key(change) is None:
                outcome.failed.append(Failure(change, "the access could not be opened: no link was sent"))
                settled()
            else:
                ready.append(change)
        self._send([change for change in ready if self._doubt(change) is None], outcome, settled)
        self._judge([change for change in ready if self._doubt(change) is not None], outcome, settled)

    def _key(self, change: Change) -> int | None:
        assert change.email is not None
        one = self.open_now.get((change.partner, change.email))
        return one.id if one else None

    def _doubt(self, change: Change) -> Invitation | None:
        return self.unsettled.get(self._key(change) or 0)

    def _send(self, changes: Sequence[Change], outcome: Done, settled: Progress) -> None:
        for finished in self.effects.each(changes, self._mail, self._intend):
            with self.register.work() as work:
                for change, result in finished:
                    id_ = self._key(change)
                    assert id_ is not None
                    if not isinstance(result, KeycloakError):
                        writing.settle_invitation(work, id_, change.partner, FIRST, work.now)
                        outcome.done.append(change)
                        continue
                    if not isinstance(result, OutcomeUnknown | GivenUp):
                        writing.settle_invitation(work, id_, change.partner, FIRST, None)
                    outcome.failed.append(Failure(change, str(result)))
            for _ in finished:
                settled()

    def _intend(self, changes: Sequence[Change]) -> None:
        with self.register.work() as work:
            for change in changes:
                id_ = self._key(change)
                assert id_ is not None
                at = self.directory.server_time()
                writing.intend_invitation(work, id_, change.partner, FIRST, at, self.lifespan)

    def _mail(self, change: Change) -> None:
        self.directory.send_link(self._account(change), self.lifespan, self.redirect_uri)

    def _account(self, change: Change) -> str:
        id_ = self.accounts[change.email] if change.email else None
        assert id_ is not None
        return id_

    def _judge(self, changes: Sequence[Change], outcome: Done, settled: Progress) -> None:
        """Settles the interrupted sendings that did leave, and sends the others."""
        never_left = []
        for change in changes:
            doubt = self._doubt(change)
            assert doubt is not None
            age = (self.directory.server_time() - doubt.keycloak_time).total_seconds()
            if self.effects.stop.wait(max(0.0, self.settle_seconds - age)):
                outcome.failed.append(Failure(change, str(GivenUp("the run was asked to stop"))))
                continue
            try:
                sent_at = self.directory.link_sent_since(self._account(change), doubt.keycloak_time)
            except KeycloakError as error:
                outcome.failed.append(Failure(change, str(error)))
                continue
            if sent_at is None:
                never_left.append(change)
                continue
            with self.register.work() as work:
                moment = sent_at + (work.clock.moved_by or timedelta(0))
                writing.settle_invitation(work, doubt.habilitation, change.partner, doubt.attempt, moment)
            outcome.done.append(change)
            settled()
        self._send(never_left, outcome, settled)
