"""Make a plan true: one effect at a time for each person, each recorded, a failure never stopping the others'."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection

from provisioner.domain.access.account import Snapshot, digest
from provisioner.domain.access.change import Action, Change, in_turns
from provisioner.domain.access.habilitation import State
from provisioner.domain.hold import Hold
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records, cause_of
from provisioner.keycloak.errors import Conflict, KeycloakError
from provisioner.operations.closing import Closing
from provisioner.operations.context import Context, RunResult
from provisioner.operations.pool import Failure, GivenUp, NotBegun, Overtaken, Pool, Progress
from provisioner.register import RegisterUnavailable, Work, habilitations, holds
from provisioner.register.marks import GROUP_ROOT, set_mark, set_realm
from provisioner.register.partners import group_placed, set_group

if TYPE_CHECKING:
    pass

log = structlog.get_logger()


class NotManaged(KeycloakError):
    """The address belongs to a realm account that this software does not manage (A8)."""


class Effects(Pool):
    """Carries out changes, each recorded as soon as it is done."""

    def __init__(self, context: Context, records: Records, snapshot: Snapshot) -> None:
        super().__init__(context.register, context.directory, context.settings.keycloak.threads, context.stop)
        self.settings, self.snapshot = context.settings, snapshot
        found = {code: group for code, group in snapshot.groups.items() if group is not None}
        #: where accounts can be put; a group that another hand moved is not, until it has its place back
        self.groups = {code: group.id for code, group in found.items() if not group.is_moved}
        self.known_groups = {code: partner.group_id for code, partner in records.partners.items()}
        self.realm_id, self.root_id = records.realm_id, records.root_id
        #: the decisions that the plan was made with: what was decided since is for the next run
        self.accounts, self.suspensions = records.accounts, records.suspended
        self.records = records
        #: whom a named person suspended since the plan was made
        self.suspended_since: Mapping[EmailAddress, Hold] = {}
        self.closing = Closing(context.directory, records.accounts, self.groups, self.known_groups)

    def begin(self, changes: Sequence[Change]) -> None:
        """Records what is about to be done, before the first effect: none happens without its entry."""
        with self.register.work() as work:
            if self.realm_id is None:
                set_realm(work, self.snapshot.realm_id)
            if self.snapshot.root_id is not None and self.snapshot.root_id != self.root_id:
                set_mark(work, GROUP_ROOT, self.snapshot.root_id)
            for code, id_ in self.groups.items():
                if self.known_groups.get(code) != id_:
                    set_group(work, code, id_)
            intended = [[one.action, one.habilitation.id if one.habilitation else None] for one in changes]
            for one in changes:
                if one.wanted is not None and one.action is not Action.INVITE:
                    habilitations.account_intended(work, one.wanted.email, digest(one.wanted))
            work.journal("run.begun", details={"changes": intended})

    def carry_out(self, changes: Iterable[Change], outcome: RunResult, settled: Progress) -> None:
        """Makes the changes in their order, kind by kind: groups, closures, updates, openings."""
        steps: dict[Action, tuple[Callable[[Change], str | None], Callable[[Work, Change, str | None], None]]] = {
            Action.GROUP: (self._make_group, self._record_group),
            Action.CLOSE: (self.closing.close, self._record_closed),
            Action.UPDATE: (self._update, self._record_updated),
            Action.RENAME: (self._rename, self._record_renamed),
            Action.OPEN: (self._open, self._record_opened),
            Action.REOPEN: (self._reopen, self._record_opened),
        }
        todo = list(changes)
        for action, (effect, record) in steps.items():
            chosen = [change for change in todo if change.action is action]
            for finished in (each for turn in in_turns(chosen) for each in self.each(turn, effect)):
                with self.register.work() as work:
                    for change, result in finished:
                        self._settle(work, change, result, record, outcome)
                    self._learn_suspended(work.connection)
                for change, result in finished:
                    if self._opened_too_late(change, result):
                        self._cut_again(change, result, outcome)
                    settled()

    def learn(self) -> None:
        """Whom a named person suspended meanwhile: that decision waits for no run, and no run opens them again."""
        with self.register.read() as connection:
            self._learn_suspended(connection)

    def _learn_suspended(self, connection: Connection) -> None:
        found = holds.suspensions(connection).items()
        seen = {hold.id for hold in self.suspensions.values()}
        self.suspended_since = {email: hold for email, hold in found if hold.id not in seen}

    def is_overtaken(self, change: Change) -> bool:
        """Whether the person was suspended since the plan was made; a closure is made all the same."""
        if change.habilitation is None or change.action is Action.CLOSE:
            return False
        return change.habilitation.email in self.suspended_since

    def _opened_too_late(self, change: Change, result: str | KeycloakError | None) -> bool:
        """Whether an effect that opens was tried, whatever its answer, for a person who is suspended by now."""
        return change.is_opening and not isinstance(result, GivenUp) and self.is_overtaken(change)

    def _cut_again(self, change: Change, opened: str | KeycloakError | None, outcome: RunResult) -> None:
        """The access was opened, or may have been where the answer was lost, while a named person suspended it:
        whoever did that may have found nothing to cut.
        """
        assert change.habilitation is not None
        assert change.wanted is not None
        cut = replace(
            change,
            action=Action.CLOSE,
            rule="A4",
            habilitation=replace(change.habilitation, end=None),
            wanted=replace(change.wanted, enabled=False),
            owes_link=False,
        )
        result: str | KeycloakError | None
        try:
            id_ = opened if isinstance(opened, str) else self._made(change)
            if id_ is None:
                return
            result = self.closing.close(replace(cut, keycloak_id=id_))
        except KeycloakError as error:
            result = error
        with self.register.work() as work:
            self._settle(work, cut, result, self._record_closed, outcome)

    def _made(self, change: Change) -> str | None:
        """The account that an opening wrote or made, its answer being lost; None when there is none of ours."""
        assert change.wanted is not None
        if change.keycloak_id is not None:
            return change.keycloak_id
        found = self.directory.find(change.wanted.email)
        return found.id if found is not None and found.is_marked else None

    def _verify_not_suspended(self, change: Change) -> None:
        """Looks once more just before an effect that enables: what waits for its turn here may wait for long.

        Raises:
            Overtaken: a named person has suspended the person since the plan was made.
            NotBegun: the register cannot be read.
        """
        try:
            self.learn()
        except RegisterUnavailable as error:
            raise NotBegun(str(error)) from error
        if self.is_overtaken(change):
            raise Overtaken("the person was suspended meanwhile")

    def _settle(
        self,
        work: Work,
        change: Change,
        result: str | KeycloakError | None,
        record: Callable[[Work, Change, str | None], None],
        outcome: RunResult,
    ) -> None:
        name = change.habilitation.id if change.habilitation else None
        if isinstance(result, Overtaken):
            log.info("change.overtaken", action=change.action, habilitation=name)
            return
        if isinstance(result, KeycloakError):
            log.warning("change.failed", action=change.action, habilitation=name, error=str(result))
            outcome.failed.append(Failure(change, result))
            return
        record(work, change, result)
        log.info("change.done", action=change.action, habilitation=name)
        outcome.done.append(change)

    def _make_group(self, change: Change) -> str:
        known = self.snapshot.groups.get(change.partner)
        return self.directory.place_group(change.partner, known.id if known else None, self.snapshot.root_id)

    def _record_group(self, work: Work, change: Change, result: str | None) -> None:
        assert result is not None
        self.groups[change.partner] = result
        known = self.snapshot.groups.get(change.partner)
        if change.by_hand and known is not None and known.id == result:
            group_placed(work, change.partner, result)
            return
        set_group(work, change.partner, result)

    def _record_closed(self, work: Work, change: Change, result: str | None) -> None:
        assert change.habilitation is not None
        if result is not None:
            self._record_written(work, change, result)
        if change.is_suspension:
            email = change.habilitation.email
            seen = self.suspended_since.get(email) or self.suspensions[email]
            holds.suspended(work, change.habilitation, seen, seen.decision)
        else:
            habilitations.closed(work, change.habilitation, change.rule, self._cause(change))

    def _cause(self, change: Change) -> int | None:
        return cause_of(change, self.records)

    def _update(self, change: Change) -> str:
        assert change.keycloak_id is not None
        assert change.wanted is not None
        self._join(change, change.keycloak_id)
        self.directory.update_account(change.keycloak_id, change.wanted)
        return change.keycloak_id

    def _record_written(self, work: Work, change: Change, result: str | None) -> None:
        assert change.wanted is not None
        assert result is not None
        email = change.wanted.email
        if result in self.closing.unwritten:
            habilitations.account_known(work, email, result)
        else:
            habilitations.account_written(work, email, result, digest(change.wanted))
        if change.settles_rename:
            habilitations.rename_settled(work, self.accounts[email])
        if change.settles_reopening:
            habilitations.reopening_settled(work, self.accounts[email])
        if change.owes_link and change.habilitation is not None:
            habilitations.link_due(work, change.habilitation, self._cause(change))

    def _record_updated(self, work: Work, change: Change, result: str | None) -> None:
        assert change.habilitation is not None
        self._record_written(work, change, result)
        habilitations.updated(work, change.habilitation, change.rule, self._cause(change))

    def _rename(self, change: Change) -> str:
        """Who has a password verifies the new address at the next login; who has none gets a new link (A7)."""
        assert change.keycloak_id is not None
        assert change.wanted is not None
        self._join(change, change.keycloak_id)
        try:
            self.directory.update_account(change.keycloak_id, change.wanted, verify_address=not change.owes_link)
        except Conflict:
            raise NotManaged("the new address belongs to another account") from None
        return change.keycloak_id

    def _record_renamed(self, work: Work, change: Change, result: str | None) -> None:
        assert change.habilitation is not None
        self._record_written(work, change, result)
        habilitations.renamed(work, change.habilitation, change.rule, self._cause(change))

    def _open(self, change: Change) -> str:
        assert change.wanted is not None
        if change.partner not in self.groups:
            raise GivenUp("the partner's group does not exist")
        if change.keycloak_id is not None:
            return self._update(change)
        self._verify_not_suspended(change)
        try:
            return self.directory.open_account(change.wanted, [code for code in change.groups if code in self.groups])
        except Conflict:
            found = self.directory.find(change.wanted.email)
            if found is None or found.email != change.wanted.email or not (found.is_marked and found.enabled):
                raise NotManaged("the address belongs to an account that this software does not manage") from None
            return self._update(replace(change, keycloak_id=found.id))

    def _reopen(self, change: Change) -> str:
        """As new: the old password is forgotten before the account is enabled (A4), and nobody stays logged in by it,
        should the closure just before have failed. A suspension that is lifted leaves both.
        """
        assert change.keycloak_id is not None
        assert change.habilitation is not None
        if change.owes_link or change.habilitation.state is not State.OPEN:
            self.directory.forget_password(change.keycloak_id)
            self.directory.end_sessions(change.keycloak_id)
        for code in change.leaves:
            if group := self.groups.get(code) or self.known_groups.get(code):
                self.directory.leave_group(change.keycloak_id, group)
        self._verify_not_suspended(change)
        return self._update(change)

    def _record_opened(self, work: Work, change: Change, result: str | None) -> None:
        assert change.habilitation is not None
        self._record_written(work, change, result)
        habilitations.opened(work, change.habilitation, change.action, change.rule, self._cause(change))

    def _join(self, change: Change, id_: str) -> None:
        for code in change.groups:
            group = self.snapshot.groups.get(code)
            if code in self.groups and (group is None or id_ not in group.members):
                self.directory.join_group(id_, self.groups[code])
