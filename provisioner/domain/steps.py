"""The steps of an explanation: typed facts with their rule, day and values; their words are in `texts`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Fact(StrEnum):
    """What a step tells."""

    OLD_ADDRESS = "old-address"
    NEAREST = "nearest"
    NEVER_LISTED = "never-listed"
    LISTED = "listed"
    LISTED_WAITING = "listed-waiting"
    LISTED_REFUSED = "listed-refused"
    ABSENT = "absent"
    REQUESTED = "requested"
    REQUESTED_AGAIN = "requested-again"
    ADOPTED = "adopted"
    WAIVED = "waived"
    OPENED = "opened"
    LINK_SENT = "link-sent"
    LINK_FAILED = "link-failed"
    LINK_IN_DOUBT = "link-in-doubt"
    LINK_STATE = "link-state"
    END_SAID = "end-said"
    CLOSED = "closed"
    RENAMED = "renamed"
    SUSPENDED = "suspended"
    REOPENED = "reopened"
    KEPT_UNTIL = "kept-until"
    IN_KEYCLOAK = "in-keycloak"
    NOT_IN_KEYCLOAK = "not-in-keycloak"
    NOT_OURS = "not-ours"
    DRIFT = "drift"
    SUSPENDED_NOW = "suspended-now"
    NOT_SIGNED = "not-signed"
    NOT_BEGUN = "not-begun"
    CONVENTION_ENDED = "convention-ended"
    WAITS_FOR_DAY = "waits-for-day"
    WAITS_FOR_LINK = "waits-for-link"
    RENAME_WAITS = "rename-waits"
    HELD = "held"
    NOTHING_TO_DO = "nothing-to-do"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to tell: its rule and partner where it has one, its day, and the values that its words need."""

    fact: Fact
    rule: str | None = None
    partner: str | None = None
    on: date | None = None
    values: Mapping[str, object] = field(default_factory=dict)


def step(
    fact: Fact, rule: str | None = None, partner: str | None = None, on: date | None = None, **values: object
) -> Step:
    """A step, its values as keywords."""
    return Step(fact=fact, rule=rule, partner=partner, on=on, values=values)
