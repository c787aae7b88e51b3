"""What the register knows, as plain data for the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from provisioner.domain.convention import Partner
from provisioner.domain.habilitation import Habilitation, State
from provisioner.domain.people import EmailAddress


@dataclass(frozen=True, slots=True)
class Account:
    """What the register knows of a Keycloak user.

    `written` is the digest of what we last wrote there, `intended` of what a run that died may have written.
    """

    email: EmailAddress
    keycloak_id: str | None = None
    written: str | None = None
    intended: str | None = None

    def wrote(self, digest: str) -> bool:
        """Whether what Keycloak holds may be our own writing; anything else is another hand's."""
        return self.written is None or digest in (self.written, self.intended)


@dataclass(frozen=True, slots=True)
class Invitation:
    """One attempt at the e-mail with the link (P2).

    `keycloak_time` is Keycloak's own clock when the intention was recorded: only that clock tells whether
    an interrupted sending left. `tries` counts how often this attempt was begun.
    """

    habilitation: int
    attempt: int
    intended_at: datetime
    keycloak_time: datetime
    lifespan: timedelta
    sent_at: datetime | None = None
    failed_at: datetime | None = None
    tries: int = 1

    @property
    def is_unsettled(self) -> bool:
        """Whether nobody knows yet if it left."""
        return self.sent_at is None and self.failed_at is None


@dataclass(frozen=True, slots=True)
class CurrentAnnexe:
    """The newest applied annexe of a partner (A2)."""

    transmitted_on: date
    sha256: str


@dataclass(frozen=True, slots=True)
class Records:
    """The register at one moment."""

    partners: Mapping[str, Partner]
    accounts: Mapping[EmailAddress, Account] = field(default_factory=dict)
    habilitations: tuple[Habilitation, ...] = ()
    invitations: tuple[Invitation, ...] = ()
    current: Mapping[str, CurrentAnnexe] = field(default_factory=dict)
    #: ids of the habilitations whose closure a named person let go beyond a limit
    released: frozenset[int] = frozenset()
    realm_id: str | None = None

    def of_partner(self, code: str) -> tuple[Habilitation, ...]:
        """The partner's habilitations, oldest first."""
        return tuple(one for one in self.habilitations if one.partner == code)

    def by_account(self) -> dict[EmailAddress, list[Habilitation]]:
        """The habilitations of each account, oldest first."""
        found: dict[EmailAddress, list[Habilitation]] = {}
        for one in self.habilitations:
            found.setdefault(one.email, []).append(one)
        return found

    def open_addresses(self, code: str) -> frozenset[EmailAddress]:
        """The addresses open at that partner."""
        return frozenset(one.email for one in self.of_partner(code) if one.state is State.OPEN)

    def with_habilitations(self, habilitations: Iterable[Habilitation]) -> Records:
        """The same with other habilitations, and an account for each address."""
        kept = tuple(habilitations)
        missing = {one.email: Account(one.email) for one in kept if one.email not in self.accounts}
        return replace(self, habilitations=kept, accounts={**self.accounts, **missing})
