"""What the use cases count on, asked of the real Keycloak and of the directory in memory that stands in for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import Any

import pytest

from provisioner.domain.access.account import RemoteAccount, RemoteGroup, WantedAccount
from provisioner.domain.password import RealmFault
from provisioner.domain.people import EmailAddress
from provisioner.keycloak.directory import Directory
from provisioner.keycloak.errors import (
    Conflict,
    KeycloakRefused,
    KeycloakUnavailable,
    MailFailed,
    NotFound,
    PlaceTaken,
    RealmUnfit,
)
from provisioner.settings import Settings
from tests.fakes.memory_directory import MemoryDirectory
from tests.fakes.memory_realm import POLICY, HandClock
from tests.keycloak.hands import Hands, KeycloakHands
from tests.shared.mailbox import Mailbox

REDIRECT = "https://ctg.caf.fr/"
AnyDirectory = Directory | MemoryDirectory

NOBODY = "00000000-0000-0000-0000-000000000000"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Provider:
    """A realm as our service account sees it, and everybody else's hands on it."""

    directory: AnyDirectory
    hands: Hands


class _MemoryHands(MemoryDirectory):
    """Its time passes when a test says so."""

    def __init__(self) -> None:
        self.hand_clock = HandClock()
        super().__init__(self.hand_clock)

    def let_pass(self, seconds: float) -> None:
        self.hand_clock.advance(timedelta(seconds=seconds))


@pytest.fixture(scope="module", params=["keycloak", "memory"])
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    """One realm for all these tests: each has its own persons and partners."""
    if request.param == "memory":
        memory = _MemoryHands()
        yield Provider(memory, memory)
        return
    settings: Settings = request.getfixturevalue("shared_realm")
    mailbox: Mailbox = request.getfixturevalue("mailbox")
    directory, hands = Directory(settings.keycloak), KeycloakHands(settings.keycloak, mailbox)
    yield Provider(directory, hands)
    directory.close()
    hands.close()


@pytest.fixture
def directory(provider: Provider) -> AnyDirectory:
    return provider.directory


@pytest.fixture
def hands(provider: Provider) -> Hands:
    return provider.hands


@pytest.fixture
def code() -> str:
    """A partner of one test's own."""
    return f"partenaire-{next(_numbers)}"


def an_account(**other: Any) -> WantedAccount:
    values: dict[str, Any] = {
        "email": EmailAddress(f"contrat-{next(_numbers)}@contrat.example"),
        "last_name": "D'Hondt-Éléonore",
        "first_names": "Anne-Sophie",
        "attributes": {"partenaire": ("agglo-lys",), "fonction": ("Directrice",), "gere_par": ("provisioner",)},
        "enabled": True,
    }
    return WantedAccount(**(values | other))


def seen(directory: AnyDirectory, id: str) -> RemoteAccount:
    account = directory.account(id)
    assert account is not None
    return account


def group_of(directory: AnyDirectory, code: str, known: str | None = None) -> RemoteGroup | None:
    return directory.snapshot({code: known}).groups[code]


def test_an_account_is_created_as_wanted_in_its_groups(directory: AnyDirectory, code: str) -> None:
    groups = [directory.place_group(code), directory.place_group(f"{code}-autre")]
    wanted = an_account()
    id = directory.open_account(wanted, [code, f"{code}-autre"])

    account = RemoteAccount(id, wanted.email, True, wanted.last_name, wanted.first_names, wanted.attributes)
    assert directory.account(id) == account
    assert directory.groups_of(id) == frozenset(groups)
    snapshot = directory.snapshot({code: groups[0], "nulle-part": None})
    assert snapshot.accounts[id] == account
    assert snapshot.groups == {code: RemoteGroup(groups[0], frozenset([id])), "nulle-part": None}
    assert snapshot.password_policy.removesuffix(" and passwordBlacklist(cooperation.txt)") == POLICY
    assert snapshot.realm_id == directory.snapshot({}).realm_id
    assert list(snapshot.accounts) == sorted(snapshot.accounts, key=lambda id: snapshot.accounts[id].email)


@pytest.mark.parametrize(("wanted", "is_enabled"), [(True, True), (False, False), (None, True)])
def test_an_account_is_created_enabled_unless_it_is_wanted_disabled(
    directory: AnyDirectory, wanted: bool | None, is_enabled: bool
) -> None:
    assert seen(directory, directory.open_account(an_account(enabled=wanted), [])).enabled is is_enabled


def test_nobody_gets_the_address_of_another(directory: AnyDirectory) -> None:
    taken, other = an_account(), an_account()
    id = directory.open_account(other, [])
    directory.open_account(taken, [])
    with pytest.raises(Conflict):
        directory.open_account(taken, [])
    with pytest.raises(Conflict):
        directory.open_account(replace(taken, email=EmailAddress(taken.email.upper())), [])
    with pytest.raises(Conflict):
        directory.update_account(id, taken)
    assert seen(directory, id).email == other.email


def test_nothing_is_made_in_a_group_that_is_not_there(directory: AnyDirectory) -> None:
    wanted = an_account()
    with pytest.raises(KeycloakUnavailable, match="unknown_error") as raised:
        directory.open_account(wanted, ["nulle-part"])
    assert raised.value.status == 500
    assert directory.find(wanted.email) is None


def test_an_account_is_found_by_its_whole_address_in_any_case(directory: AnyDirectory) -> None:
    wanted = an_account(email=EmailAddress(f"Contrat-{next(_numbers)}@Contrat.EXAMPLE"))
    id = directory.open_account(wanted, [])
    account = directory.find(EmailAddress(wanted.email.upper()))
    assert account == directory.account(id)
    assert account is not None
    assert account.email == wanted.email.lower()
    assert directory.find(EmailAddress(wanted.email[1:])) is None
    assert directory.find(EmailAddress(wanted.email[:-1])) is None


def test_a_group_that_was_renamed_or_moved_is_seen_by_its_id_and_gets_its_place_back(
    directory: AnyDirectory, hands: Hands, code: str
) -> None:
    group, root = directory.place_group(code), hands.root_group()
    elsewhere = directory.place_group(f"{code}-ailleurs")
    id = directory.open_account(an_account(), [code])
    for name, parent in ((f"{code}-renomme", root), (code, elsewhere), (f"{code}-libre", None)):
        hands.move_group(group, name, parent)
        assert group_of(directory, code, group) == RemoteGroup(group, frozenset([id]), is_moved=True)
        assert group_of(directory, code) is None, "who does not know its id does not find it"
        for _ in range(2):
            assert directory.place_group(code, group, root) == group
        assert hands.group_path(group) == f"/partenaires/{code}"
        assert group_of(directory, code, group) == RemoteGroup(group, frozenset([id]))


def test_a_group_whose_place_was_taken_meanwhile_is_not_put_back(
    directory: AnyDirectory, hands: Hands, code: str
) -> None:
    group, root = directory.place_group(code), hands.root_group()
    hands.move_group(group, f"{code}-renomme", root)
    other = directory.place_group(code)
    with pytest.raises(PlaceTaken):
        directory.place_group(code, group, root)
    assert group_of(directory, code, group) == RemoteGroup(group, frozenset(), is_moved=True)
    assert group_of(directory, code) == RemoteGroup(other, frozenset())


def test_the_group_above_them_all_is_seen_by_its_id_and_gets_its_name_back(
    directory: AnyDirectory, hands: Hands, code: str
) -> None:
    group, root = directory.place_group(code), hands.root_group()
    assert directory.snapshot({}).root_id == root
    hands.move_group(root, "partenaires-anciens", None)
    seen = directory.snapshot({code: group}, root)
    assert (seen.root_id, seen.groups[code]) == (root, RemoteGroup(group, frozenset(), is_moved=True))
    made = directory.place_group(f"{code}-nouveau", None, root)
    assert hands.group_path(made) == f"/partenaires/{code}-nouveau"
    assert (hands.root_group(), hands.group_path(group)) == (root, f"/partenaires/{code}")


@pytest.mark.rule("A8")
def test_an_account_is_found_by_its_user_name_be_its_address_another(directory: AnyDirectory, hands: Hands) -> None:
    wanted = an_account()
    other = EmailAddress(f"autre-{next(_numbers)}@contrat.example")
    id = hands.add_account_named(wanted.email, other)
    assert directory.snapshot({}).accounts[id].email == other
    for account in (directory.account_named(wanted.email), directory.find(wanted.email), directory.find(other)):
        assert account is not None
        assert account.id == id
    assert directory.account_named(EmailAddress(wanted.email[1:])) is None
    with pytest.raises(Conflict):
        directory.open_account(wanted, [])


def test_who_is_gone_is_none(directory: AnyDirectory, hands: Hands, code: str) -> None:
    group = directory.place_group(code)
    wanted = an_account()
    id = directory.open_account(wanted, [code])
    hands.delete_account(id)
    assert directory.account(id) is None
    assert directory.find(wanted.email) is None
    assert group_of(directory, code) == RemoteGroup(group, frozenset())
    assert directory.open_account(wanted, []) != id


def test_an_update_changes_what_is_ours_and_keeps_what_is_not(directory: AnyDirectory, hands: Hands) -> None:
    wanted = an_account()
    id = directory.open_account(wanted, [])
    hands.set_attribute(id, "telephone", ["0321000000"])
    hands.verify_address(id)

    ours = {**wanted.attributes, "fonction": ("Chargée de mission",)}
    directory.update_account(id, replace(wanted, last_name="Martin", attributes=ours, enabled=None))
    account = seen(directory, id)
    assert (account.last_name, account.email, account.enabled) == ("Martin", wanted.email, True)
    assert account.attributes == {**ours, "telephone": ("0321000000",)}
    assert hands.is_verified(id)

    directory.update_account(id, replace(wanted, attributes={"fonction": ()}, enabled=False))
    account = seen(directory, id)
    assert not account.enabled
    assert account.attributes.keys() == {"partenaire", "gere_par", "telephone"}
    directory.update_account(id, replace(wanted, enabled=None))
    assert not seen(directory, id).enabled


def test_what_the_realm_does_not_know_of_an_account_is_dropped_in_silence(directory: AnyDirectory) -> None:
    attributes = {"fonction": ("", "agent"), "surnom": ("Nono",)}
    id = directory.open_account(an_account(attributes=attributes), [])
    assert seen(directory, id).attributes == {"fonction": ("agent",)}


@pytest.mark.parametrize(
    "wrong", [{"last_name": "A<b"}, {"attributes": {"gere_par": ("provisioner", "autre")}}, {"email": ""}]
)
def test_what_keycloak_refuses_changes_nothing(directory: AnyDirectory, wrong: dict[str, Any]) -> None:
    wanted = an_account()
    id = directory.open_account(wanted, [])
    before = directory.account(id)
    with pytest.raises(KeycloakRefused):
        directory.open_account(an_account(**wrong), [])
    if "email" not in wrong:
        with pytest.raises(KeycloakRefused):
            directory.update_account(id, an_account(**wrong))
    assert directory.account(id) == before


@pytest.mark.rule("A7")
def test_a_new_address_is_the_new_user_name_and_is_not_verified(directory: AnyDirectory, hands: Hands) -> None:
    before, after = an_account(), an_account()
    id = directory.open_account(before, [])
    hands.verify_address(id)
    directory.update_account(id, after)
    assert seen(directory, id).email == after.email
    assert directory.find(before.email) is None
    # By the user name too: an account made with the old address meets nobody.
    assert directory.find(after.email) == directory.account(id)
    assert directory.open_account(before, []) != id
    assert not hands.is_verified(id)
    assert hands.required_actions(id) == set()


@pytest.mark.rule("A7")
def test_a_new_address_is_to_be_verified_when_asked_and_stays_so(directory: AnyDirectory, hands: Hands) -> None:
    id = directory.open_account(an_account(), [])
    after = an_account()
    directory.update_account(id, after, verify_address=True)
    assert hands.required_actions(id) == {"VERIFY_EMAIL"}
    directory.update_account(id, after)
    assert hands.required_actions(id) == {"VERIFY_EMAIL"}


@pytest.mark.rule("A8")
def test_values_come_back_in_the_order_written(directory: AnyDirectory) -> None:
    written: list[dict[str, tuple[str, ...]]] = [
        {"partenaire": ("zeta", "alpha"), "fonction": ("agent", "agent")},
        {"partenaire": ("alpha", "zeta"), "fonction": ("agent", "agent")},
        {"partenaire": ("alpha", "zeta", "mu"), "fonction": ("agent", "cadre", "agent")},
        {"partenaire": ("zeta", "mu", "alpha"), "fonction": ("agent", "agent", "cadre")},
    ]
    wanted = an_account(attributes=written[0])
    id = directory.open_account(wanted, [])
    for attributes in written:
        directory.update_account(id, replace(wanted, attributes=attributes))
        assert seen(directory, id).attributes == attributes
        assert directory.snapshot({}).accounts[id].attributes == attributes
        assert directory.find(wanted.email) == directory.account(id)


def test_a_group_is_made_once_and_joined_and_left_any_number_of_times(directory: AnyDirectory, code: str) -> None:
    group = directory.place_group(code)
    assert directory.place_group(code) == group
    id = directory.open_account(an_account(), [])
    for _ in range(2):
        directory.join_group(id, group)
        assert directory.groups_of(id) == {group}
    assert group_of(directory, code, group) == RemoteGroup(group, frozenset([id]))
    for _ in range(2):
        directory.leave_group(id, group)
        assert directory.groups_of(id) == set()
    directory.leave_group(id, NOBODY)
    with pytest.raises(NotFound):
        directory.join_group(id, NOBODY)


def test_a_group_made_again_by_hand_is_found_by_its_path(directory: AnyDirectory, hands: Hands, code: str) -> None:
    old = directory.place_group(code)
    id = directory.open_account(an_account(), [code])
    hands.delete_group(old)
    assert group_of(directory, code, old) is None
    assert directory.groups_of(id) == set()
    new = directory.place_group(code)
    assert new != old
    assert group_of(directory, code, old) == RemoteGroup(new, frozenset())


def test_nobodys_account_is_not_found(directory: AnyDirectory, code: str) -> None:
    group = directory.place_group(code)
    for call in (
        lambda: directory.update_account(NOBODY, an_account()),
        lambda: directory.join_group(NOBODY, group),
        lambda: directory.leave_group(NOBODY, group),
        lambda: directory.leave_group(NOBODY, NOBODY),
        lambda: directory.groups_of(NOBODY),
        lambda: directory.extra_roles(NOBODY),
        lambda: directory.end_sessions(NOBODY),
        lambda: directory.forget_password(NOBODY),
        lambda: directory.has_password(NOBODY),
        lambda: directory.has_session(NOBODY),
        lambda: directory.send_invitation(NOBODY, 3600, REDIRECT),
    ):
        with pytest.raises(NotFound):
            call()
    assert directory.account(NOBODY) is None
    assert directory.invitation_sent_since(NOBODY, directory.server_time()) is None


def test_a_plain_account_has_no_role_beyond_the_defaults(directory: AnyDirectory, hands: Hands, code: str) -> None:
    directory.place_group(code)
    assert directory.extra_roles(directory.open_account(an_account(), [code])) == set()
    assert directory.extra_roles(hands.add_foreign_account(an_account().email)) == set()


def test_a_role_shows_whether_given_to_the_account_to_its_group_or_to_a_parent(
    directory: AnyDirectory, hands: Hands, code: str
) -> None:
    role, group = f"gestion-{code}", directory.place_group(code)
    below = hands.add_subgroup(hands.add_subgroup(group, "service"), "bureau")
    chief = hands.add_foreign_account(an_account().email, [role])
    member, deep_member, other = (directory.open_account(an_account(), []) for _ in range(3))
    directory.join_group(member, group)
    directory.join_group(deep_member, below)
    assert directory.extra_roles(chief) == {role}
    assert directory.extra_roles(deep_member) == set()

    hands.give_group_role(group, f"{role}-du-groupe")
    hands.give_group_role(group, "realm-management/view-users")
    hands.give_group_role(below, "realm-management/manage-users")
    of_group = {f"{role}-du-groupe", "realm-management/view-users"}
    assert directory.extra_roles(member) == of_group
    assert directory.extra_roles(deep_member) == {*of_group, "realm-management/manage-users"}
    assert directory.extra_roles(other) == set()


def test_a_clients_role_given_to_the_account_itself_shows_too(directory: AnyDirectory, hands: Hands) -> None:
    # Its role mappings hide it from who may not view clients, and with that right clients' secrets are read too.
    roles = ["realm-management/manage-users", "realm-management/realm-admin", "auditeur"]
    id = hands.add_foreign_account(an_account().email, roles)
    assert directory.extra_roles(id) == {*roles}


@pytest.mark.rule("P2")
def test_a_link_makes_a_password_and_verifies_the_address_once(directory: AnyDirectory, hands: Hands) -> None:
    wanted = an_account()
    id = directory.open_account(wanted, [])
    assert not directory.has_password(id)
    assert not hands.log_in(wanted.email)
    directory.send_invitation(id, 3600, REDIRECT)
    assert not directory.has_password(id)
    assert hands.set_password_by_link(wanted.email)
    assert directory.has_password(id)
    assert hands.is_verified(id)
    assert not hands.set_password_by_link(wanted.email)
    assert hands.log_in(wanted.email)


@pytest.mark.rule("A7")
def test_a_link_dies_with_the_address_it_was_sent_to(directory: AnyDirectory, hands: Hands) -> None:
    before = an_account()
    id = directory.open_account(before, [])
    directory.send_invitation(id, 3600, REDIRECT)
    directory.update_account(id, an_account())
    assert not hands.set_password_by_link(before.email)
    assert not directory.has_password(id)
    # It lives again with the address.
    directory.update_account(id, before)
    assert hands.set_password_by_link(before.email)


@pytest.mark.rule("A4")
def test_a_link_is_refused_while_the_account_is_disabled_and_lives_again_with_it(
    directory: AnyDirectory, hands: Hands
) -> None:
    wanted = an_account()
    id = directory.open_account(wanted, [])
    directory.send_invitation(id, 3600, REDIRECT)
    directory.update_account(id, replace(wanted, enabled=False))
    directory.end_sessions(id)
    directory.forget_password(id)
    assert not hands.set_password_by_link(wanted.email)
    hands.set_enabled(id, True)
    assert hands.set_password_by_link(wanted.email)


def test_a_link_is_refused_after_its_time_and_after_the_account(directory: AnyDirectory, hands: Hands) -> None:
    late, gone = an_account(), an_account()
    ids = [directory.open_account(account, []) for account in (late, gone)]
    directory.send_invitation(ids[0], 1, REDIRECT)
    directory.send_invitation(ids[1], 3600, REDIRECT)
    hands.let_pass(2.1)
    assert not hands.set_password_by_link(late.email)
    hands.delete_account(ids[1])
    assert not hands.set_password_by_link(gone.email)


def test_a_link_is_not_sent_where_it_cannot_work(directory: AnyDirectory, hands: Hands) -> None:
    id = directory.open_account(an_account(), [])
    before = directory.server_time()
    with pytest.raises(RealmUnfit, match="redirect") as raised:
        directory.send_invitation(id, 3600, "https://ailleurs.example/")
    assert raised.value.fault is RealmFault.REDIRECT_REFUSED
    hands.set_platform_client(False)
    with pytest.raises(RealmUnfit, match="Client is not enabled") as raised:
        directory.send_invitation(id, 3600, REDIRECT)
    assert raised.value.fault is RealmFault.CLIENT_DISABLED
    hands.set_platform_client(True)
    hands.set_enabled(id, False)
    with pytest.raises(MailFailed, match="disabled"):
        directory.send_invitation(id, 3600, REDIRECT)
    assert directory.invitation_sent_since(id, before) is None


def test_what_the_profile_asks_of_everybody_is_no_persons_own_failure(directory: AnyDirectory, hands: Hands) -> None:
    hands.require_attribute("telephone-fixe")
    with pytest.raises(RealmUnfit, match="required") as raised:
        directory.open_account(an_account(), [])
    hands.require_attribute(None)
    assert (raised.value.fault, raised.value.is_for_all) == (RealmFault.PROFILE_ASKS_MORE, True)
    id = directory.open_account(an_account(), [])
    hands.require_attribute("telephone-fixe")
    changed = replace(an_account(), last_name="Dupond")
    for write in (directory.update_account, directory.update_attributes):
        with pytest.raises(RealmUnfit, match="required") as raised:
            write(id, replace(changed, attributes={**changed.attributes, "fonction": ("directrice",)}))
        assert not raised.value.is_for_all, "another account may have it"
    with pytest.raises(KeycloakRefused, match="required"):
        directory.disable(id)
    hands.require_attribute(None)
    with pytest.raises(KeycloakRefused, match="invalid-character") as own:
        directory.open_account(an_account(last_name="<b>"), [])
    assert not isinstance(own.value, RealmUnfit)


@pytest.mark.rule("P1")
def test_a_link_that_can_make_no_password_is_seen_beforehand(directory: AnyDirectory, hands: Hands) -> None:
    wanted = an_account()
    id = directory.open_account(wanted, [])
    assert directory.snapshot({}).link_fault is None
    hands.set_password_form(False)
    try:
        assert directory.snapshot({}).link_fault is RealmFault.NO_PASSWORD_FORM
        directory.send_invitation(id, 3600, REDIRECT)  # Keycloak sends it all the same
        assert not hands.set_password_by_link(wanted.email)
        assert not directory.has_password(id)
    finally:
        hands.set_password_form(True)
    assert not hands.set_password_by_link(wanted.email), "that link is used up"


def test_a_realm_without_a_mail_server_is_seen_beforehand(directory: AnyDirectory, hands: Hands) -> None:
    id = directory.open_account(an_account(), [])
    hands.set_mail_server(False)
    try:
        assert directory.snapshot({}).link_fault is RealmFault.NO_MAIL_SERVER
        with pytest.raises(RealmUnfit) as raised:
            directory.send_invitation(id, 3600, REDIRECT)
    finally:
        hands.set_mail_server(True)
    assert raised.value.fault is RealmFault.SENDER_REFUSED
    assert directory.snapshot({}).link_fault is None


def test_our_own_sendings_are_known_by_the_providers_clock(directory: AnyDirectory, hands: Hands) -> None:
    id = directory.open_account(an_account(), [])
    before = directory.server_time()
    hands.send_link_by_hand(id, 3600)
    assert directory.invitation_sent_since(id, before) is None
    directory.send_invitation(id, 3600, REDIRECT)
    first = directory.invitation_sent_since(id, before)
    assert first is not None
    assert before.replace(microsecond=0) <= first < before + timedelta(seconds=30)
    assert directory.invitation_sent_since(id, first + timedelta(seconds=1)) is None
    # From that second on, since the clock is known to a second.
    assert directory.invitation_sent_since(id, first.replace(microsecond=999_999)) == first

    hands.let_pass(1.1)
    directory.send_invitation(id, 3600, REDIRECT)
    last = directory.invitation_sent_since(id, before)
    assert last is not None
    assert last > first
    hands.delete_account(id)
    assert directory.invitation_sent_since(id, before) == last


def test_a_link_opens_no_session_and_disabling_keeps_those_that_are_open_until_they_are_ended(
    directory: AnyDirectory, hands: Hands
) -> None:
    wanted = an_account()
    id = directory.open_account(wanted, [])
    directory.send_invitation(id, 3600, REDIRECT)
    assert hands.set_password_by_link(wanted.email)
    assert not hands.has_session(id)
    assert not directory.has_session(id)
    assert hands.log_in(wanted.email)

    directory.update_account(id, replace(wanted, enabled=False))
    assert hands.has_session(id)
    assert directory.has_session(id)
    assert not hands.log_in(wanted.email)
    for _ in range(2):
        directory.end_sessions(id)
        assert not hands.has_session(id)
        assert not directory.has_session(id)
    assert directory.has_password(id)
    directory.update_account(id, wanted)
    assert hands.log_in(wanted.email)


@pytest.mark.rule("A4")
def test_a_forgotten_password_opens_nothing_until_a_new_link(directory: AnyDirectory, hands: Hands) -> None:
    wanted = an_account()
    id = directory.open_account(wanted, [])
    directory.send_invitation(id, 3600, REDIRECT)
    assert hands.set_password_by_link(wanted.email)
    assert hands.log_in(wanted.email)
    for _ in range(2):
        directory.forget_password(id)
        assert not directory.has_password(id)
    assert hands.has_session(id)
    assert not hands.log_in(wanted.email)
    directory.send_invitation(id, 3600, REDIRECT)
    assert hands.set_password_by_link(wanted.email)
    assert hands.log_in(wanted.email)


@pytest.mark.rule("A7")
def test_who_must_verify_the_address_cannot_log_in_with_the_password_alone(
    directory: AnyDirectory, hands: Hands
) -> None:
    wanted = an_account()
    id = directory.open_account(wanted, [])
    directory.send_invitation(id, 3600, REDIRECT)
    assert hands.set_password_by_link(wanted.email)
    directory.update_account(id, replace(wanted, email=an_account().email), verify_address=True)
    assert not hands.log_in(seen(directory, id).email)


def test_the_providers_clock_goes_forward(directory: AnyDirectory, hands: Hands) -> None:
    before = directory.server_time()
    assert before.tzinfo is UTC
    hands.let_pass(1.1)
    assert directory.server_time() >= before + timedelta(seconds=1)


def test_a_realm_that_answers_a_plain_question_is_there(directory: AnyDirectory) -> None:
    directory.ping()


@pytest.mark.rule("A3")
def test_an_account_is_disabled_and_nothing_else_is_written(directory: AnyDirectory) -> None:
    wanted = an_account()
    id = directory.open_account(wanted, [])
    before = seen(directory, id)
    directory.disable(id)
    directory.disable(id)
    assert seen(directory, id) == replace(before, enabled=False)
    with pytest.raises(NotFound):
        directory.disable("00000000-0000-4000-8000-0000000000aa")


@pytest.mark.rule("A8")
def test_our_attributes_are_written_without_the_names_and_the_state(directory: AnyDirectory) -> None:
    id = directory.open_account(an_account(), [])
    before = seen(directory, id)
    other = an_account(last_name="Autre", attributes={"partenaire": ("sivom",), "gere_par": ("provisioner",)})
    directory.update_attributes(id, replace(other, enabled=False))
    after = seen(directory, id)
    assert (after.email, after.last_name, after.enabled) == (before.email, before.last_name, True)
    assert after.attributes["partenaire"] == ("sivom",)


def test_a_glance_sees_one_person_alone(directory: AnyDirectory) -> None:
    wanted = an_account()
    id = directory.open_account(wanted, [])
    directory.open_account(an_account(), [])
    seen_now, whole = directory.glance(None, wanted.email), directory.snapshot({})
    assert seen_now.accounts == {id: whole.accounts[id]}
    assert (seen_now.realm_id, seen_now.password_policy) == (whole.realm_id, whole.password_policy)
    assert directory.glance(id, EmailAddress("personne@contrat.example")).accounts.keys() == {id}
    assert directory.glance(None, EmailAddress("personne@contrat.example")).accounts == {}
