"""Closing an access in Keycloak (A3, A4): each step that protects is tried, whatever became of the one before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, ParamSpec

import structlog

from provisioner.domain.access.account import WantedAccount
from provisioner.domain.access.change import Change
from provisioner.domain.hold import Cause, StillOpen
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Account
from provisioner.keycloak.errors import KeycloakError, KeycloakUnavailable, NotFound, WriteForbidden
from provisioner.operations.pool import AccessStillOpen

if TYPE_CHECKING:
    from provisioner.keycloak.directory import Directory

log = structlog.get_logger()

P = ParamSpec("P")


class Closing:
    """Closes accesses; nothing is recorded here.

    `accounts` are those that the register knows. `groups` are the ids of the partners' groups where accounts can be
    put, `known_groups` those that the register knows. `unwritten` are the accounts that are closed and of which
    Keycloak refused to write the rest.
    """

    def __init__(
        self,
        directory: Directory,
        accounts: Mapping[EmailAddress, Account],
        groups: Mapping[str, str],
        known_groups: Mapping[str, str | None],
    ) -> None:
        self.directory, self.accounts = directory, accounts
        self.groups, self.known_groups = groups, known_groups
        self.unwritten: set[str] = set()

    def close(self, change: Change) -> str | None:
        """A3: from now on nobody logs in by this access. A step that protects never waits for one that only tidies.

        An account that stays open at another partner leaves this partner only. A missing account is closed.
        """
        wanted = change.target
        try:
            if change.keycloak_id is None:
                raise NotFound(Cause.ACCOUNT_MISSING)
            if wanted.enabled is False:
                self._close_account(change, change.keycloak_id, wanted)
                self._leave_group(change, change.keycloak_id)
            else:
                self._leave_partner(change, change.keycloak_id, wanted)
        except NotFound:
            self._verify_gone(change)
            return None
        return change.keycloak_id

    def _close_account(self, change: Change, id_: str, wanted: WantedAccount) -> None:
        """The whole recipe (docs/realm.md): disable alone, log out, consents, verify; then the rest, if it can be.

        Where Keycloak refuses to disable it or gives no answer, the sessions end all the same, before the whole is
        written, which may give the account what it lacks. Where that is refused too, the person has no password any
        more: a new one can be asked for, so each run does it again.
        """
        refusal = self._refusal(self.directory.disable, id_)
        unfinished = self._refusal(self.directory.end_sessions, id_)
        if refusal is not None and self._is_enabled(id_):  # else the answer alone was lost
            if self._refusal(self.directory.update_account, id_, wanted) is not None and self._is_enabled(id_):
                self._refusal(self.directory.forget_password, id_)
                _raise_for_our_rights(refusal, unfinished)
                raise AccessStillOpen(StillOpen.ACCOUNT, str(refusal), refusal.status)
            unfinished = self._refusal(self.directory.end_sessions, id_)  # of a login in between
        if unfinished is not None:
            raise unfinished
        self._tidy(change, id_, wanted)

    def _leave_partner(self, change: Change, id_: str, wanted: WantedAccount) -> None:
        """The group and the attributes give access to this partner; names and address only tidy."""
        unfinished = self._refusal(self._leave_group, change, id_)
        refusal = self._refusal(self.directory.update_attributes, id_, wanted)
        if refusal is not None:
            refusal = self._refusal(self.directory.update_account, id_, wanted)
        if refusal is not None:
            _raise_for_our_rights(refusal, unfinished)
            raise AccessStillOpen(StillOpen.PARTNER, str(refusal), refusal.status)
        if unfinished is not None:
            raise unfinished
        self._tidy(change, id_, wanted)

    def _leave_group(self, change: Change, id_: str) -> None:
        """Takes an account that other partners keep out of this partner's group."""
        group = self.groups.get(change.partner) or self.known_groups.get(change.partner)
        if group is not None and change.groups and change.partner not in change.groups:
            self.directory.leave_group(id_, group)

    def _is_enabled(self, id_: str) -> bool:
        """Whether the account still lets its person in; what could not be read does."""
        try:
            account = self.directory.account(id_)
        except KeycloakError:
            return True
        return account is not None and account.enabled

    def _refusal(self, effect: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> KeycloakError | None:
        """What Keycloak answered when it would not do that, None when it did.

        Without an answer to this one call, while Keycloak answers a plain question, it is that call's alone: the
        other steps are tried.

        Raises:
            NotFound: there is no such account.
            KeycloakError: Keycloak does not answer at all, or does not know us: the next step would be in vain too.
        """
        try:
            effect(*args, **kwargs)
        except (NotFound, WriteForbidden):
            raise
        except KeycloakError as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                raise
            if isinstance(error, KeycloakUnavailable) and error.status != HTTPStatus.INTERNAL_SERVER_ERROR:
                self._verify_answers(error)
            return error
        return None

    def _verify_answers(self, silence: KeycloakError) -> None:
        try:
            self.directory.ping()
        except KeycloakError:
            raise silence from None

    def _tidy(self, change: Change, id_: str, wanted: WantedAccount) -> None:
        """Address, names and attributes of an access that is closed; what is refused stays owed, and is told then."""
        try:
            self.directory.update_account(id_, wanted)
        except NotFound:
            raise
        except KeycloakError as error:
            log.warning("close.unwritten", habilitation=change.subject.id, error=str(error))
            self.unwritten.add(id_)

    def _verify_gone(self, change: Change) -> None:
        """Raises unless nobody logs in with the address any more: another hand may have made the account again."""
        if change.subject.opened_at is None:
            return
        email, *before = self.accounts[change.target.email].addresses
        asked = [email, *(old for old in before if old not in self.accounts)]  # it may be another person's by now
        accounts = [self.directory.find(address) for address in asked]
        if any(account is not None and account.enabled for account in accounts):
            raise AccessStillOpen(StillOpen.MADE_AGAIN, Cause.MADE_AGAIN)


def _raise_for_our_rights(refusal: KeycloakError, other: KeycloakError | None) -> None:
    """Where another step is forbidden too, it is our rights that lack: a failure of the system, not of the access."""
    if other is not None and refusal.status == other.status == HTTPStatus.FORBIDDEN:
        raise refusal
