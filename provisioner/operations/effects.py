"""Make a plan true: one effect at a time for each person, each recorded, a failure never stopping the others'."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

import structlog
from sqlalchemy import Connection

from provisioner.domain.access.account import Snapshot, digest
from provisioner.domain.access.change import Action, Change, in_turns
from provisioner.domain.access.habilitation import State
from provisioner.domain.hold import Cause, Hold
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records, Scope, cause_of
from provisioner.keycloak.errors import Conflict, KeycloakError
from provisioner.operations.closing import Closing
from provisioner.operations.context import Context, RunResult
from provisioner.operations.pool import Answer, Failure, GivenUp, NotBegun, Overtaken, Pool, Progress
from provisioner.register import RegisterUnavailable, Work, habilitations, holds
from provisioner.register.database import Watch
from provisioner.register.marks import GROUP_ROOT, set_mark, set_realm
from provisioner.register.partners import group_placed, set_group

log = structlog.get_logger()

#: Records what was done, with the id in Keycloak of the account or the group.
Record = Callable[[Work, Change, str | None], None]


class Effects(Pool):
    """Carries out changes, each recorded as soon as it is done.

    `records` and `snapshot` are those of the plan: what is decided since is for the next run, but a suspension.
    """

    def __init__(self, context: Context, records: Records, snapshot: Snapshot) -> None:
        super().__init__(context.directory, context.settings.keycloak.threads, context.stop)
        self.context, self.records, self.snapshot = context, records, snapshot
        #: where accounts can be put; a group that another hand moved is not, until it has its place back
        self.groups = {code: group.id for code, group in snapshot.groups.items() if group and not group.is_moved}
        self.known_groups = {code: partner.group_id for code, partner in records.partners.items()}
        #: whom a named person suspended since the plan was made
        self.suspended_since: Mapping[EmailAddress, Hold] = {}
        self.closing = Closing(context.directory, records.accounts, self.groups, self.known_groups)
        #: by which the register is read just before an effect: where there are many, by a connection of its own
        self._watch: Watch | None = None

    def close(self) -> None:
        """Gives that connection back."""
        if self._watch is not None:
            self._watch.close()

    def begin(self, changes: Sequence[Change]) -> int:
        """Records what is about to be done, before the first effect: none happens without its entry; gives that.

        Keycloak's time goes with it: by that clock the controls tell a write of ours from that of a stolen secret.
        """
        if len(changes) > self.threads:
            self._watch = self.context.register.watch()
        at = self.directory.server_time().isoformat()  # before the register is held: it may be a call
        with self.context.work() as work:
            if self.records.realm_id is None:
                set_realm(work, self.snapshot.realm_id)
            if self.snapshot.root_id is not None and self.snapshot.root_id != self.records.root_id:
                set_mark(work, GROUP_ROOT, self.snapshot.root_id)
            for code, id_ in self.groups.items():
                if self.known_groups.get(code) != id_:
                    set_group(work, code, id_)
            for change in changes:
                if change.wanted is not None and change.action is not Action.INVITE:
                    habilitations.account_intended(work, change.wanted.email, digest(change.wanted))
                if self._may_take_password(change):
                    habilitations.password_forgotten(work, change.subject.email)
                if change.is_suspension:
                    holds.tried(work, self.records.suspended[change.subject.email])
            intended = [[change.action, _id_of(change)] for change in changes]
            return work.journal("run.begun", details={"changes": intended, "keycloak_at": at})

    def _may_take_password(self, change: Change) -> bool:
        """Whether the account may have no password after it, with or without a link that is due. A closure always: it
        waits for no other run, and where the account cannot be disabled its password goes.
        """
        if change.action is Action.CLOSE:
            return True
        account = self.records.accounts.get(change.subject.email) if change.is_opening else None
        return account is not None and account.password_seen_number is not None

    def end(self, begun: int) -> None:
        """Records that the last effect of the run is done: what our account does from now on, that run did not mean.

        Without it a run is taken to last for two hours (`own_account.LASTS`).
        """
        with suppress(KeycloakError):
            at = self.directory.server_time().isoformat()
            with self.context.work() as work:
                work.journal("run.ended", details={"run": begun, "keycloak_at": at})

    def carry_out(self, changes: Sequence[Change], result: RunResult, settled: Progress) -> None:
        """Makes the changes in their order, kind by kind: groups, closures, updates, openings."""
        steps: dict[Action, tuple[Callable[[Change], str | None], Record]] = {
            Action.GROUP: (self._place_group, self._record_group),
            Action.CLOSE: (self.closing.close, self._record_closed),
            Action.UPDATE: (self._update, self._record_updated),
            Action.RENAME: (self._rename, self._record_renamed),
            Action.OPEN: (self._open, self._record_opened),
            Action.REOPEN: (self._reopen, self._record_opened),
        }
        for action, (effect, record) in steps.items():
            of_kind = [change for change in changes if change.action is action]
            for finished in (batch for turn in in_turns(of_kind) for batch in self.each(turn, effect)):
                with self.context.work() as work:
                    for change, answer in finished:
                        self.settle(work, change, answer, record, result)
                    self.learn_suspended(work.connection)
                for change, answer in finished:
                    if self._opened_too_late(change, answer):
                        self._cut_again(change, answer, result)
                    settled()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The register, read just before an effect.

        Raises:
            NotBegun: it cannot be read.
        """
        try:
            with (self._watch or self.context.register).read() as connection:
                yield connection
        except RegisterUnavailable as error:
            raise NotBegun(str(error)) from error

    def learn(self) -> None:
        """Whom a named person suspended meanwhile: that decision waits for no run, and no run opens them again."""
        with self.context.register.read() as connection:
            self.learn_suspended(connection)

    def learn_suspended(self, connection: Connection) -> None:
        """The same, in a read or a unit of work of the caller's."""
        # One that a containment made is the same, and not new, when a named person makes it their own.
        ids_before = {hold.id for hold in self.records.suspended.values()}
        since = holds.suspensions_since(connection, self.records.number or 0)
        new = {email: hold for email, hold in since.items() if hold.id not in ids_before}
        # Threads ask at once: an older answer takes nothing back.
        self.suspended_since = {**self.suspended_since, **new}

    def is_overtaken(self, change: Change) -> bool:
        """Whether the person was suspended since the plan was made; a closure is made all the same."""
        if change.habilitation is None or change.action is Action.CLOSE:
            return False
        return change.habilitation.email in self.suspended_since

    def _opened_too_late(self, change: Change, answer: Answer) -> bool:
        """Whether an effect that opens was tried, whatever its answer, for a person who is suspended by now."""
        return change.is_opening and not isinstance(answer, GivenUp) and self.is_overtaken(change)

    def _cut_again(self, change: Change, opened: Answer, result: RunResult) -> None:
        """The access was opened, or may have been where the answer was lost, while a named person suspended it:
        whoever did that may have found nothing to cut.
        """
        cut = replace(
            change,
            action=Action.CLOSE,
            rule="A4",
            habilitation=replace(change.subject, end=None),
            wanted=replace(change.target, enabled=False),
            owes_link=False,
        )
        answer: Answer
        try:
            id_ = opened if isinstance(opened, str) else self._made(change)
            if id_ is None:
                return
            answer = self.closing.close(replace(cut, keycloak_id=id_))
        except KeycloakError as error:
            answer = error
        with self.context.work() as work:
            self.settle(work, cut, answer, self._record_closed, result)

    def _made(self, change: Change) -> str | None:
        """The account that an opening wrote or made, its answer being lost; None when there is none of ours."""
        if change.keycloak_id is not None:
            return change.keycloak_id
        account = self.directory.find(change.target.email)
        return account.id if account is not None and account.is_marked else None

    def _verify_not_suspended(self, change: Change) -> None:
        """Looks once more just before an effect that enables: what waits for its turn here may wait for long.

        Raises:
            Overtaken: a named person has suspended the person since the plan was made.
            NotBegun: the register cannot be read.
        """
        with self.reading() as connection:
            self.learn_suspended(connection)
        if self.is_overtaken(change):
            raise Overtaken(Cause.OVERTAKEN)

    def settle(self, work: Work, change: Change, answer: Answer, record: Record, result: RunResult) -> None:
        """Records what became of that change: done, failed, or left to a decision that was made meanwhile."""
        if isinstance(answer, Overtaken):
            log.info("change.overtaken", action=change.action, habilitation=_id_of(change))
            return
        if isinstance(answer, KeycloakError):
            log.warning("change.failed", action=change.action, habilitation=_id_of(change), error=str(answer))
            result.failed.append(Failure(change, answer))
            return
        record(work, change, answer)
        log.info("change.done", action=change.action, habilitation=_id_of(change))
        result.done.append(change)

    def _cause(self, change: Change) -> int | None:
        return cause_of(change, self.records)

    def _place_group(self, change: Change) -> str:
        group = self.snapshot.groups.get(change.partner)
        return self.directory.place_group(change.partner, group.id if group else None, self.snapshot.root_id)

    def _record_group(self, work: Work, change: Change, id_: str | None) -> None:
        assert id_ is not None
        self.groups[change.partner] = id_
        group = self.snapshot.groups.get(change.partner)
        if change.by_hand and group is not None and group.id == id_:
            group_placed(work, change.partner, id_)
        else:
            set_group(work, change.partner, id_)

    def _record_closed(self, work: Work, change: Change, id_: str | None) -> None:
        if id_ is not None:
            self._record_written(work, change, id_)
        if change.is_suspension:
            email = change.subject.email
            hold = self.suspended_since.get(email) or self.records.suspended[email]
            if hold.containment is not None and self._was_cut_by_another_hand(change, hold):
                holds.keep_from_release(work, hold)
            holds.suspended(work, change.subject, hold, hold.decision)
        else:
            habilitations.closed(work, change.subject, change.rule, self._cause(change))

    def _was_cut_by_another_hand(self, change: Change, hold: Hold) -> bool:
        """Whether the account was disabled before the first try to cut it. Where Keycloak was away when the partner
        was contained, nobody could know it then.
        """
        account = self.snapshot.accounts.get(change.keycloak_id or "")
        is_off = account is not None and not account.enabled and change.subject.state is State.OPEN
        was_tried = hold.tried_at is not None or hold.effective_at is not None
        return is_off and not was_tried and change.subject.email not in self.suspended_since

    def _update(self, change: Change) -> str:
        id_ = self._join(change)
        self.directory.update_account(id_, change.target)
        return id_

    def _record_updated(self, work: Work, change: Change, id_: str | None) -> None:
        self._record_written(work, change, id_)
        habilitations.updated(work, change.subject, change.rule, self._cause(change))

    def _record_written(self, work: Work, change: Change, id_: str | None) -> None:
        assert id_ is not None
        email = change.target.email
        if id_ in self.closing.unwritten:
            habilitations.account_known(work, email, id_)
        else:
            habilitations.account_written(work, email, id_, digest(change.target))
        if change.settles_rename:
            habilitations.rename_settled(work, self.records.accounts[email])
        if change.settles_reopening:
            habilitations.reopening_settled(work, self.records.accounts[email])
        if change.owes_link:
            habilitations.link_due(work, change.subject, self._cause(change))

    def _rename(self, change: Change) -> str:
        """Who has a password verifies the new address at the next login; who has none gets a new link (A7)."""
        id_ = self._join(change)
        try:
            self.directory.update_account(id_, change.target, verify_address=not change.owes_link)
        except Conflict:
            raise Conflict(Cause.NEW_ADDRESS_TAKEN) from None
        return id_

    def _record_renamed(self, work: Work, change: Change, id_: str | None) -> None:
        self._record_written(work, change, id_)
        habilitations.renamed(work, change.subject, change.rule, self._cause(change))

    def _open(self, change: Change) -> str:
        if change.partner not in self.groups:
            raise GivenUp(Cause.GROUP_MISSING)
        if change.keycloak_id is not None:
            return self._update(change)
        self._verify_not_suspended(change)
        wanted = change.target
        try:
            return self.directory.open_account(wanted, [code for code in change.groups if code in self.groups])
        except Conflict:
            account = self.directory.find(wanted.email)
            is_ours = account is not None and account.email == wanted.email and account.is_marked and account.enabled
            if account is None or not is_ours or self._is_of_another(account.id, wanted.email):
                raise Conflict(Cause.NOT_MANAGED) from None
            return self._update(replace(change, keycloak_id=account.id))

    def _is_of_another(self, id_: str, email: EmailAddress) -> bool:
        """Whether the register knows the account by another address: it was changed in the console."""
        with self.reading() as connection:
            numbers = habilitations.numbers_in(connection, Scope(keycloak_ids=frozenset({id_})))
            return any(address != email for address in habilitations.accounts_of(connection, numbers))

    def _reopen(self, change: Change) -> str:
        """As new: the old password is forgotten before the account is enabled (A4), and nobody stays logged in by it,
        should the closure just before have failed. A suspension that is lifted leaves both.
        """
        assert change.keycloak_id is not None
        if change.owes_link or change.subject.state is not State.OPEN:
            self.directory.forget_password(change.keycloak_id)
            self.directory.end_sessions(change.keycloak_id)
        for code in change.leaves:
            if group := self.groups.get(code) or self.known_groups.get(code):
                self.directory.leave_group(change.keycloak_id, group)
        self._verify_not_suspended(change)
        return self._update(change)

    def _record_opened(self, work: Work, change: Change, id_: str | None) -> None:
        self._record_written(work, change, id_)
        habilitations.opened(work, change.subject, change.action, change.rule, self._cause(change))

    def _join(self, change: Change) -> str:
        """Puts the account in its partners' groups; gives its id."""
        id_ = change.keycloak_id
        assert id_ is not None
        for code in change.groups:
            group = self.snapshot.groups.get(code)
            if code in self.groups and (group is None or id_ not in group.members):
                self.directory.join_group(id_, self.groups[code])
        return id_


def _id_of(change: Change) -> int | None:
    """The habilitation's number: what a log and the journal may say of a person."""
    return change.habilitation.id if change.habilitation else None
