"""Look at the register and at Keycloak, and prove that the look is whole before anything is concluded from it.

`look` reads the whole realm, and so does `look_at_unsettled`, which keeps no more than a plan needs; `look_at` reads
no more than what concerns some partners.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from provisioner.domain.access.account import Snapshot
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records, Scope
from provisioner.keycloak.errors import KeycloakError, KeycloakUnavailable, NotFound, ReadIncomplete
from provisioner.operations.errors import UnknownRealm

if TYPE_CHECKING:
    from provisioner.domain.access.settled import Settling
    from provisioner.keycloak.directory import Directory
    from provisioner.operations.context import Context
    from provisioner.register import Register

Asked = TypeVar("Asked")
Told = TypeVar("Told")

#: How many accounts are asked about at once.
_AT_ONCE = 4


def look(records: Records, directory: Directory, partners: Collection[str]) -> Snapshot:
    """Keycloak as it is, with these partners' groups.

    Every account that the register holds open must be found again: one is missing only when a direct look-up
    by its id says so. A group that the register knows is gone only when its accounts say so too, and who should be
    a member of a group is not one only when the account itself says so.

    Raises:
        UnknownRealm: it is another realm than the register is for.
        ReadIncomplete: the read came back short; nothing may be concluded from it.
        KeycloakUnavailable: Keycloak does not answer.
    """
    snapshot = directory.snapshot({code: records.partners[code].group_id for code in partners}, records.root_id)
    if not records.is_for_realm(snapshot.realm_id):
        raise UnknownRealm
    open_now = [h for h in records.habilitations if h.state is State.OPEN]
    _prove(records, snapshot, directory, open_now)
    return learn_passwords(directory, _with_successors(records, snapshot, directory), records)


def look_at_unsettled(context: Context, partners: Collection[str], known: Records) -> tuple[Records, Snapshot]:
    """The register and Keycloak without the accounts that are settled: what a plan about everybody needs.

    The whole realm is read, with these partners' groups, and proven as by `look`. Of an account that the register and
    Keycloak tell alike nothing is kept (`domain.access.settled`). The register is then read for whoever is left over.
    `known` is a read of it of before.

    Raises:
        UnknownRealm, ReadIncomplete, KeycloakUnavailable: as `look`.
    """
    register, directory = context.register, context.directory
    office, settling = register.settling(context.clock.today(), known)
    groups = {code: office.partners[code].group_id for code in partners}
    snapshot = directory.snapshot(groups, office.root_id, settling=settling)
    if not office.is_for_realm(snapshot.realm_id):
        raise UnknownRealm
    records = _unsettled(register, settling, snapshot, office)
    # Who has an address of somebody left over may be settled, and is looked at all the same.
    ids = settling.settled.intersection(account.keycloak_id or "" for account in records.accounts.values())
    snapshot = _with_accounts(directory, snapshot, ids, _AT_ONCE)
    open_before = [h for h in records.habilitations if h.state is State.OPEN and _was_read(h, office)]
    _prove(records, snapshot, directory, open_before)
    snapshot = _with_successors(records, snapshot, directory)
    named = {email: account for email, account in snapshot.named.items() if account.id not in settling.settled}
    snapshot = look_again(directory, replace(snapshot, named=named), office, records)
    return records, learn_passwords(directory, snapshot, records)


def _unsettled(register: Register, settling: Settling, snapshot: Snapshot, office: Records) -> Records:
    """Who is left over: by the register's numbers; whoever has the id or the address of an account that is; and
    whoever has an address that one of them had before a rename.
    """
    scope = Scope(
        emails=frozenset(account.email for account in snapshot.accounts.values()),
        keycloak_ids=frozenset(snapshot.accounts),
        accounts=settling.left(),
        is_of_office=True,
    )
    records = register.records(scope, office)
    old = {account.renamed_from for account in records.accounts.values() if account.renamed_from is not None}
    return records if old <= scope.emails else register.records(replace(scope, emails=scope.emails | old), records)


def _was_read(habilitation: Habilitation, office: Records) -> bool:
    """Whether it was open when the register was read first: another run may have opened it since, and its account may
    not be in the list that was read between.
    """
    number = habilitation.opened_number
    return number is None or office.number is None or number <= office.number


def _prove(records: Records, snapshot: Snapshot, directory: Directory, open_now: Collection[Habilitation]) -> None:
    _prove_accounts(records, snapshot, directory, open_now)
    _prove_groups(records, snapshot, directory, open_now)
    _prove_members(records, snapshot, directory, open_now)


def _with_successors(records: Records, snapshot: Snapshot, directory: Directory) -> Snapshot:
    """The snapshot with who has the addresses of accounts that are gone as a user name."""
    live = {h.email for h in records.habilitations if h.state is not State.CLOSED}
    accounts = [records.accounts[email] for email in live]
    gone = [account for account in accounts if account.is_gone_from(snapshot)]
    addresses = [address for account in gone for address in account.addresses]
    return learn_user_names(directory, snapshot, addresses, _AT_ONCE)


def look_at(context: Context, scope: Scope, records: Records | None = None) -> tuple[Records, Snapshot]:
    """What the register has for that scope, and Keycloak as far as it concerns that.

    The partners' groups are read with the accounts in them, every other account that the register knows by its id,
    and each address for which there is none then by an exact look-up, as e-mail and as user name. An account that was
    found so, and that the register knows under another address, belongs to the scope too. It is proven as by `look`.

    `records` are that part of the register, given by a caller that has just read it.

    Raises:
        UnknownRealm, ReadIncomplete, KeycloakUnavailable: as `look`.
    """
    records, directory = records or context.register.records(scope), context.directory
    groups = {code: records.partners[code].group_id for code in sorted(scope.partners & records.partners.keys())}
    snapshot = directory.snapshot(groups, records.root_id, members_only=True)
    if not records.is_for_realm(snapshot.realm_id):
        raise UnknownRealm
    snapshot = _with_own_accounts(directory, snapshot, records, context.settings.keycloak.threads)
    ids = {account.keycloak_id for account in records.accounts.values()}
    if strangers := snapshot.accounts.keys() - ids:
        known = context.register.records(Scope(keycloak_ids=frozenset(strangers))).accounts.values()
        if known:
            more = {account.keycloak_id for account in known if account.keycloak_id is not None}
            return look_at(context, replace(scope, keycloak_ids=scope.keycloak_ids | more))
    open_now = [h for h in records.habilitations if h.state is State.OPEN]
    _prove_groups(records, snapshot, directory, open_now)
    _prove_members(records, snapshot, directory, open_now)
    return records, learn_passwords(directory, snapshot, records)


def _with_own_accounts(directory: Directory, snapshot: Snapshot, records: Records, threads: int) -> Snapshot:
    """The snapshot with the accounts that are known by their id, and those that have an address which none has then.

    "Missing" is concluded from Keycloak's own answer about the id alone.
    """
    assert records.scope is not None
    known = {account.keycloak_id for account in records.accounts.values() if account.keycloak_id is not None}
    snapshot = _with_accounts(directory, snapshot, known - snapshot.accounts.keys(), threads)
    accounts = dict(snapshot.accounts)
    live = {h.email for h in records.habilitations if h.state is not State.CLOSED}
    without = [
        account
        for account in records.accounts.values()
        if account.keycloak_id not in accounts and (account.keycloak_id is not None or account.email in live)
    ]
    addresses = records.scope.emails.union(address for account in without for address in account.addresses)
    by_mail = _ask(addresses - {a.email for a in accounts.values()}, directory.account_mailed, threads)
    accounts |= {account.id: account for account in by_mail.values() if account is not None}
    gone = (account for account in without if account.keycloak_id is not None and account.email in live)
    asked = records.scope.emails.union(address for account in gone for address in account.addresses)
    snapshot = learn_user_names(directory, replace(snapshot, accounts=accounts), asked, threads)
    return replace(snapshot, accounts={**accounts, **{named.id: named for named in snapshot.named.values()}})


def _prove_accounts(
    records: Records, snapshot: Snapshot, directory: Directory, open_now: Iterable[Habilitation]
) -> None:
    for email in sorted({habilitation.email for habilitation in open_now}):
        id_ = records.accounts[email].keycloak_id
        if id_ is not None and id_ not in snapshot.accounts and directory.account(id_) is not None:
            raise ReadIncomplete("Keycloak's list of accounts leaves out one that exists: nothing was done.")


def _prove_groups(
    records: Records, snapshot: Snapshot, directory: Directory, open_now: Collection[Habilitation]
) -> None:
    for code in (code for code, group in snapshot.groups.items() if group is None):
        known = records.partners[code].group_id
        ids = (records.accounts[h.email].keycloak_id for h in open_now if h.partner == code)
        witness = next((id_ for id_ in ids if id_ in snapshot.accounts), None)
        if known is not None and witness is not None and known in directory.groups_of(witness):
            raise ReadIncomplete("Keycloak hides a group whose accounts are in it: nothing was done.")


def _prove_members(
    records: Records, snapshot: Snapshot, directory: Directory, open_now: Iterable[Habilitation]
) -> None:
    """Every account that should be in a group and is not among its members is asked: an empty list of members would
    make everybody look changed by hand.
    """
    outside = []
    for habilitation in open_now:
        group, id_ = snapshot.groups.get(habilitation.partner), records.accounts[habilitation.email].keycloak_id
        if group is not None and id_ is not None and id_ in snapshot.accounts and id_ not in group.members:
            outside.append((id_, group.id))

    def is_member(account_and_group: tuple[str, str]) -> bool:
        account, group = account_and_group
        return group in directory.groups_of(account)

    if any(_ask(outside, is_member, _AT_ONCE).values()):
        raise ReadIncomplete("Keycloak's list of members leaves out one who is in the group: nothing was done.")


def look_again(directory: Directory, snapshot: Snapshot, before: Records, after: Records) -> Snapshot:
    """The snapshot, taken with `before`, as good for `after`: `person suspend` waits for no run, and may have cut an
    account since it was read. Nothing is concluded from a read that is older than our own writing.

    Raises:
        KeycloakError: Keycloak does not answer.
    """
    was_cut = {hold.id for hold in before.suspended.values() if hold.effective_at is not None}
    accounts = dict(snapshot.accounts)
    for email, hold in after.suspended.items():
        if hold.effective_at is None or hold.id in was_cut:
            continue
        id_ = after.accounts[email].keycloak_id if email in after.accounts else None
        if id_ is not None and id_ in accounts:
            account = directory.account(id_)
            if account is None:
                del accounts[id_]
            else:
                accounts[id_] = account
    return replace(snapshot, accounts=accounts)


def look_at_more(
    directory: Directory, snapshot: Snapshot, records: Records, emails: Collection[EmailAddress]
) -> Snapshot:
    """The snapshot with these persons' accounts too.

    Raises:
        KeycloakError: Keycloak does not answer.
    """
    ids = {records.accounts[email].keycloak_id for email in emails if email in records.accounts}
    asked = {id_ for id_ in ids if id_ is not None} - snapshot.accounts.keys()
    return _with_accounts(directory, snapshot, asked, _AT_ONCE)


def _with_accounts(directory: Directory, snapshot: Snapshot, ids: Collection[str], threads: int) -> Snapshot:
    """The snapshot with the accounts that have these ids, as far as Keycloak knows them."""
    told = _ask(ids, directory.account, threads)
    more = {id_: account for id_, account in told.items() if account is not None}
    return replace(snapshot, accounts={**snapshot.accounts, **more})


@dataclass(frozen=True, slots=True)
class Glance:
    """Some accounts alone, and no group; `unread` are those of which Keycloak would not tell, with its answer."""

    snapshot: Snapshot
    unread: Mapping[EmailAddress, KeycloakError]

    def known(self) -> Snapshot:
        """What was read, where all was.

        Raises:
            KeycloakError: what Keycloak answered about one that was not.
        """
        for error in self.unread.values():
            raise error
        return self.snapshot


def glance_at(directory: Directory, records: Records, emails: Collection[EmailAddress], threads: int) -> Glance:
    """These accounts as they are: by their ids, or where such an account is gone, by their addresses.

    Raises:
        KeycloakError: Keycloak does not answer at all.
    """
    realm = directory.realm()
    silence = threading.Event()

    def glance(email: EmailAddress) -> Snapshot | KeycloakError:
        account = records.accounts[email]
        try:
            if silence.is_set():
                directory.ping()
            snapshot = directory.glance(account.keycloak_id, email, realm)
            if account.renamed_from is not None and account.keycloak_id not in snapshot.accounts:
                before = directory.find(account.renamed_from)
                snapshot = replace(
                    snapshot, named={**snapshot.named, **({account.renamed_from: before} if before else {})}
                )
        except KeycloakUnavailable as error:
            silence.set()
            return error
        except KeycloakError as error:
            return error
        return snapshot

    answers = _ask(emails, glance, threads)
    unread = {email: answer for email, answer in answers.items() if isinstance(answer, KeycloakError)}
    snapshots = [answer for answer in answers.values() if isinstance(answer, Snapshot)]
    if unread and not snapshots:
        raise next(iter(unread.values()))
    accounts = {id_: account for snapshot in snapshots for id_, account in snapshot.accounts.items()}
    named = {email: account for snapshot in snapshots for email, account in snapshot.named.items()}
    return Glance(replace(realm, accounts=accounts, named=named), unread)


def is_known_realm(records: Records, directory: Directory) -> bool:
    """Whether the realm is the one that the register is for; any is, before the first write."""
    return records.is_for_realm(directory.realm_id())


def learn_passwords(directory: Directory, snapshot: Snapshot, records: Records) -> Snapshot:
    """The snapshot with which of the accounts about to be renamed have a password: the others get a new link."""
    renamed = [account.keycloak_id for account in records.accounts.values() if account.renamed_from is not None]
    present = [id_ for id_ in renamed if id_ is not None and id_ in snapshot.accounts]
    return replace(snapshot, with_password=frozenset(filter(directory.has_password, present)))


def learn_user_names(
    directory: Directory, snapshot: Snapshot, emails: Iterable[EmailAddress], threads: int
) -> Snapshot:
    """The snapshot with who has these addresses as a user name, where no account has them as its e-mail.

    Such an account keeps the address from everybody else: it has to be told before an approval, not when the opening
    fails (A8).

    Raises:
        KeycloakError: Keycloak does not answer, or the answer is not one account.
    """
    known = {account.email for account in snapshot.accounts.values()} | snapshot.asked
    told = _ask({*emails} - known, directory.account_named, threads)
    named = {email: account for email, account in told.items() if account is not None}
    return replace(snapshot, named={**snapshot.named, **named}, asked=snapshot.asked | told.keys())


def with_password(directory: Directory, ids: Collection[str], threads: int) -> frozenset[str]:
    """Which of these accounts have a password, a few asked about at once; one that is gone has none.

    Raises:
        KeycloakUnavailable: Keycloak does not answer.
    """

    def has_password(id_: str) -> bool:
        try:
            return directory.has_password(id_)
        except NotFound:
            return False

    return frozenset(id_ for id_, is_there in _ask(ids, has_password, threads).items() if is_there)


def _ask(asked: Collection[Asked], question: Callable[[Asked], Told], threads: int) -> Mapping[Asked, Told]:
    """The answer about each, a few asked at once; the first failure ends it."""
    if not asked:
        return {}
    ordered = sorted(asked)  # type: ignore[type-var]  # texts, or pairs of them
    pool = ThreadPoolExecutor(threads)
    try:
        return dict(zip(ordered, pool.map(question, ordered), strict=True))
    finally:
        pool.shutdown(cancel_futures=True)
