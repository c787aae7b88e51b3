"""What makes a realm weaker than its files say: `realm-weakened` tells it, and `realm check` will."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from provisioner.domain.password import is_weaker


class Risk(StrEnum):
    """What may come of it. `views/realm_check.py` has the sentence of each."""

    WEAK_PASSWORDS = "weak-passwords"
    GUESSED_PASSWORDS = "guessed-passwords"
    LOCKED_OUT = "locked-out"
    ACCOUNTS_BY_ANYBODY = "accounts-by-anybody"
    IDENTIFIERS = "identifiers"
    NO_RESET = "no-reset"
    SHARED_POST = "shared-post"
    BLIND = "blind"
    KEPT_TOO_LONG = "kept-too-long"
    LONG_LINKS = "long-links"
    LONG_SESSIONS = "long-sessions"
    READ_ON_THE_WAY = "read-on-the-way"
    OTHER_LOGIN = "other-login"
    OTHER_MAIL_SERVER = "other-mail-server"


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that is weaker than wanted: what it is, what it should be, the rule and the risk."""

    setting: str
    wanted: str
    present: str
    rule: str
    risk: Risk
    is_grave: bool


class _Setting(NamedTuple):
    """One setting of the realm, by its name (`attributes.x` for an attribute), and when it `is_weaker`: given what
    is present and what is wanted. `usual` is Keycloak's own default, wanted where the files do not name it.
    """

    name: str
    rule: str
    risk: Risk
    is_weaker: Callable[[Any, Any], bool]
    usual: Any = None
    is_grave: bool = False


def _is_on(present: Any, wanted: Any) -> bool:
    return bool(present) and not wanted


def _is_off(present: Any, wanted: Any) -> bool:
    return not present and bool(wanted)


def _is_higher(present: Any, wanted: Any) -> bool:
    return int(present or 0) > int(wanted)


def _is_lower(present: Any, wanted: Any) -> bool:
    return int(present or 0) < int(wanted)


def _ends_sooner(present: Any, wanted: Any) -> bool:
    """Keycloak takes nought for no end."""
    return 0 < int(present or 0) < int(wanted)


def _ends_later(present: Any, wanted: Any) -> bool:
    return int(present or 0) == 0 or int(present) > int(wanted)


def _has_more_tries(present: Any, wanted: Any) -> bool:
    return not 0 < int(present or 0) <= int(wanted)


def _is_not_true(present: Any, wanted: Any) -> bool:
    return bool(wanted == "true" and present != "true")


def _is_another(present: Any, wanted: Any) -> bool:
    return bool(present != wanted)


def _lacks_events(present: Any, _wanted: Any) -> bool:
    """An empty list stands for all of them."""
    return bool(present) and not set(present) >= _EVENTS


def _asks_less_tls(present: Any, wanted: Any) -> bool:
    order = ("none", "external", "all")
    return present in order and order.index(present) < order.index(wanted)


#: The user events that the controls rest on.
_EVENTS = frozenset(
    ["LOGIN", "LOGIN_ERROR", "LOGOUT", "CLIENT_LOGIN", "UPDATE_CREDENTIAL", "IMPERSONATE", "RESET_PASSWORD_ERROR"]
)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400

_SETTINGS = (
    _Setting("passwordPolicy", "P1", Risk.WEAK_PASSWORDS, is_weaker, is_grave=True),
    _Setting("bruteForceProtected", "P1", Risk.GUESSED_PASSWORDS, _is_off, is_grave=True),
    _Setting("failureFactor", "P1", Risk.GUESSED_PASSWORDS, _has_more_tries),
    _Setting("waitIncrementSeconds", "P1", Risk.GUESSED_PASSWORDS, _is_lower),
    _Setting("maxFailureWaitSeconds", "P1", Risk.GUESSED_PASSWORDS, _is_lower),
    _Setting("permanentLockout", "P5", Risk.LOCKED_OUT, _is_on),
    _Setting("maxSecondaryAuthFailures", "P5", Risk.LOCKED_OUT, _is_higher),
    _Setting("registrationAllowed", "A1", Risk.ACCOUNTS_BY_ANYBODY, _is_on, is_grave=True),
    _Setting("userManagedAccessAllowed", "A1", Risk.ACCOUNTS_BY_ANYBODY, _is_on, usual=False),
    _Setting("duplicateEmailsAllowed", "A7", Risk.IDENTIFIERS, _is_on, is_grave=True),
    _Setting("editUsernameAllowed", "A7", Risk.IDENTIFIERS, _is_on, is_grave=True),
    _Setting("registrationEmailAsUsername", "A7", Risk.IDENTIFIERS, _is_off),
    _Setting("resetPasswordAllowed", "P5", Risk.NO_RESET, _is_off),
    _Setting("rememberMe", "P6", Risk.SHARED_POST, _is_on),
    _Setting("eventsEnabled", "L1", Risk.BLIND, _is_off, is_grave=True),
    _Setting("adminEventsEnabled", "L1", Risk.BLIND, _is_off, is_grave=True),
    _Setting("adminEventsDetailsEnabled", "L1", Risk.BLIND, _is_off),
    _Setting("enabledEventTypes", "L1", Risk.BLIND, _lacks_events, usual=[], is_grave=True),
    _Setting("eventsExpiration", "L1", Risk.BLIND, _ends_sooner),
    _Setting("eventsExpiration", "D1", Risk.KEPT_TOO_LONG, _ends_later),
    _Setting("attributes.adminEventsExpiration", "L1", Risk.BLIND, _ends_sooner),
    _Setting("attributes.adminEventsExpiration", "D1", Risk.KEPT_TOO_LONG, _ends_later),
    _Setting("attributes.actionTokenGeneratedByUserLifespan.reset-credentials", "P5", Risk.LONG_LINKS, _is_higher),
    _Setting("actionTokenGeneratedByUserLifespan", "P5", Risk.LONG_LINKS, _is_higher, usual=5 * _MINUTE),
    _Setting("actionTokenGeneratedByAdminLifespan", "P2", Risk.LONG_LINKS, _is_higher, usual=12 * _HOUR),
    _Setting("accessTokenLifespan", "A3", Risk.LONG_SESSIONS, _is_higher, usual=5 * _MINUTE),
    _Setting("ssoSessionIdleTimeout", "A3", Risk.LONG_SESSIONS, _is_higher, usual=30 * _MINUTE),
    _Setting("ssoSessionMaxLifespan", "A3", Risk.LONG_SESSIONS, _is_higher, usual=10 * _HOUR),
    _Setting("offlineSessionIdleTimeout", "A3", Risk.LONG_SESSIONS, _is_higher, usual=30 * _DAY),
    _Setting("offlineSessionMaxLifespanEnabled", "A3", Risk.LONG_SESSIONS, _is_off, usual=False),
    _Setting("revokeRefreshToken", "A3", Risk.LONG_SESSIONS, _is_off, usual=False),
    _Setting("sslRequired", "P3", Risk.READ_ON_THE_WAY, _asks_less_tls, usual="external", is_grave=True),
    _Setting("browserFlow", "P1", Risk.OTHER_LOGIN, _is_another, usual="browser", is_grave=True),
    _Setting("directGrantFlow", "P1", Risk.OTHER_LOGIN, _is_another, usual="direct grant", is_grave=True),
    _Setting("resetCredentialsFlow", "P5", Risk.OTHER_LOGIN, _is_another, usual="reset credentials", is_grave=True),
    _Setting("registrationFlow", "A1", Risk.OTHER_LOGIN, _is_another, usual="registration", is_grave=True),
    _Setting("clientAuthenticationFlow", "P1", Risk.OTHER_LOGIN, _is_another, usual="clients", is_grave=True),
    _Setting("firstBrokerLoginFlow", "P1", Risk.OTHER_LOGIN, _is_another, usual="first broker login", is_grave=True),
    _Setting("smtpServer.host", "P2", Risk.OTHER_MAIL_SERVER, _is_another, is_grave=True),
    _Setting("smtpServer.from", "P2", Risk.OTHER_MAIL_SERVER, _is_another, is_grave=True),
    _Setting("smtpServer.starttls", "P2", Risk.READ_ON_THE_WAY, _is_not_true),
    _Setting("smtpServer.ssl", "P2", Risk.READ_ON_THE_WAY, _is_not_true),
)


def weaker(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[Difference]:
    """Each setting of a realm that is weaker than its files want it; one that is stricter is not told.

    `present` is the realm as Keycloak shows it to who may see it, `wanted` what the files say.
    """
    for setting in _SETTINGS:
        asked = _value(wanted, setting.name)
        asked = setting.usual if asked is None else asked
        stands = _value(present, setting.name)
        stands = setting.usual if stands is None else stands
        if asked is not None and setting.is_weaker(stands, asked):
            yield Difference(
                setting.name, _shown(asked), _shown(stands), setting.rule, setting.risk, setting.is_grave
            )


def risk_of(setting: str, rule: str) -> Risk | None:
    """What may come of that setting's weakness, which is told under that rule; None of a newer version's."""
    return next((known.risk for known in _SETTINGS if (known.name, known.rule) == (setting, rule)), None)


def _value(realm: Mapping[str, Any], name: str) -> Any:
    """`attributes.a.b` is the attribute `a.b`: its name has dots."""
    section, _, key = name.partition(".")
    value = realm.get(section)
    return (value or {}).get(key) if key else value


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else ", ".join(sorted(map(str, value))) if isinstance(value, list) else str(value)
