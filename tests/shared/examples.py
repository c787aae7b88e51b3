"""Small builders for the rules' tests: invented persons of an invented partner."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from provisioner.domain.access.account import RemoteAccount, RemoteGroup, Snapshot, wanted_account
from provisioner.domain.access.habilitation import End, Habilitation
from provisioner.domain.annexe.document import Annexe, Row
from provisioner.domain.convention import Partner
from provisioner.domain.people import EmailAddress, Person
from provisioner.domain.records import Account, Attempt, Records

P1 = "length(8) and upperCase(1) and lowerCase(1) and digits(1) and specialChars(1)"
LYS = Partner(
    code="agglo-lys", name="Agglo de la Lys", domains=frozenset({"agglo-lys.example"}), signed_on=date(2026, 1, 15)
)
TODAY = date(2026, 9, 2)
NOW = datetime(2026, 9, 2, 8, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=60)


def email(name: str) -> EmailAddress:
    return EmailAddress(f"{name}@agglo-lys.example")


def person(name: str, function: str = "agent") -> Person:
    return Person(name.capitalize(), "Alex", function, email(name))


def place(at: datetime | None) -> int | None:
    """Which of the register's writes was made then, where no clock stepped back."""
    return None if at is None else int(at.timestamp())


def link(habilitation: int, attempt: int, at: datetime, lifespan: timedelta, **facts: Any) -> Attempt:
    """An attempt at the e-mail with the link, begun at that moment; `sent_at` when it left."""
    number = place(at)
    assert number is not None
    given: dict[str, Any] = {"intended_at": at, "keycloak_time": at, "lifespan": lifespan}
    return Attempt(habilitation, attempt, number, **{**given, **facts})


def habilitation(name: str, **facts: Any) -> Habilitation:
    given: dict[str, Any] = {
        "id": None,
        "partner": LYS.code,
        "person": person(name),
        "requested_on": date(2026, 6, 10),
        "transmitted_on": date(2026, 6, 15),
        "link_due_at": facts.get("opened_at"),
    }
    all_facts = {**given, **facts}
    numbers = {f"{fact}_number": place(all_facts.get(f"{fact}_at")) for fact in ("opened", "link_due")}
    return Habilitation(**{**numbers, **all_facts})


def end(on: date, rule: str = "A3", recorded_on: date = TODAY) -> End:
    return End(on=on, rule=rule, transmitted_on=date(2026, 9, 1), recorded_on=recorded_on)


def records(*habilitations: Habilitation, partners: tuple[Partner, ...] = (LYS,), **more: Any) -> Records:
    """The register with these habilitations; an account that was ever opened has a Keycloak id `id-<address>`."""
    accounts = {h.email: Account(h.email, f"id-{h.email}" if h.opened_at else None, None) for h in habilitations}
    for h in habilitations:
        if h.opened_at:
            accounts[h.email] = Account(h.email, f"id-{h.email}", None)
    given = {
        "partners": {partner.code: partner for partner in partners},
        "accounts": accounts,
        "habilitations": habilitations,
    }
    return Records(**{**given, **more})


def remote(h: Habilitation, *, enabled: bool = True) -> RemoteAccount:
    """The Keycloak user that this habilitation wants."""
    wanted = wanted_account([h], enabled=enabled)
    return RemoteAccount(
        f"id-{h.email}",
        h.email,
        enabled,
        wanted.last_name,
        wanted.first_names,
        wanted.attributes,
    )


def snapshot(*accounts: RemoteAccount, policy: str = P1, realm: str = "realm-1", group: bool = True) -> Snapshot:
    members = RemoteGroup("group-1", frozenset(account.id for account in accounts)) if group else None
    return Snapshot(realm, policy, {account.id: account for account in accounts}, {LYS.code: members})


def annexe(asked: dict[str, date], ended: dict[str, date] | None = None, on: date = date(2026, 9, 1)) -> Annexe:
    """An annexe that names these persons, with their dates."""
    lists = ((1, asked), (2, ended or {}))
    rows = tuple(
        Row(number, row, name.capitalize(), "Alex", "agent", email(name), day)
        for number, persons in lists
        for row, (name, day) in enumerate(persons.items(), start=1)
    )
    return Annexe(on, rows, ())
