"""The one oracle that every fault test ends with: all that can be read must tell the same story."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from provisioner.clock import Clock
from provisioner.domain.access.habilitation import State
from provisioner.domain.people import EmailAddress
from provisioner.register import open_register
from provisioner.settings import load_settings
from tests.shared.office import PARTNER, Office


@dataclass(frozen=True)
class Story:
    """What must be true in the end: who is open, closed or suspended, and how many e-mails each person got.

    `partners` are theirs, whose addresses' domain is `<code>.example`.
    """

    open: frozenset[str]
    closed: frozenset[str]
    mails: dict[str, int]
    partners: tuple[str, ...] = (PARTNER,)
    suspended: frozenset[str] = frozenset()

    @property
    def everybody(self) -> frozenset[str]:
        return self.open | self.closed | self.suspended


def tells(office: Office, story: Story, *, today: str) -> None:
    """Fails unless the register, Keycloak, the mailbox, the journal and the next plan all tell this story."""
    _register(office, story)
    _keycloak(office, story)
    received = Counter(mail.to for mail in office.mails())
    assert received == Counter(story.mails), received
    plan = office.plan(today=today)
    assert (plan["changes"], plan["drift"], plan["blocked_by"]) == ([], [], []), plan


def _register(office: Office, story: Story) -> None:
    register = open_register(load_settings(environment=office.environment), Clock())
    records = register.records()
    assert {habilitation.email: records.state_of(habilitation) for habilitation in records.habilitations} == {
        **dict.fromkeys(story.open, State.OPEN),
        **dict.fromkeys(story.closed, State.CLOSED),
        **dict.fromkeys(story.suspended, State.SUSPENDED),
    }
    assert len(records.habilitations) == len(story.everybody)
    emails = {habilitation.id: habilitation.email for habilitation in records.habilitations}
    sent = Counter(emails[attempt.habilitation] for attempt in records.attempts if attempt.sent_at is not None)
    assert sent == Counter(story.mails)
    assert not any(attempt.is_unsettled for attempt in records.attempts)
    register.close()
    verified = office.run("journal", "verify")
    assert verified.status == 0, verified


def _keycloak(office: Office, story: Story) -> None:
    directory = office.directory()
    snapshot = directory.snapshot(dict.fromkeys(story.partners))
    accounts = {account.email: account for account in snapshot.accounts.values()}
    assert accounts.keys() == {EmailAddress(email) for email in story.everybody}
    assert len(accounts) == len(snapshot.accounts)
    assert {email for email, account in accounts.items() if account.enabled} == story.open
    for partner, group in snapshot.groups.items():
        assert group is not None
        members = {account.id for email, account in accounts.items() if str(email).endswith(f"@{partner}.example")}
        assert group.members == members
    assert all(account.is_marked for account in accounts.values())
    directory.close()
