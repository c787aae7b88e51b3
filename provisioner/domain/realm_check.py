"""What of a realm matters: one line a setting, with the rule that it serves and the risk when it is not so.

`realm_plan.py` compares by this table. A setting of `realm-config/` that has no line is refused by a test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from provisioner.domain.password import is_weaker


class Part(StrEnum):
    """Of what a realm is made, as it is compared. `views/realm.py` has the words of each."""

    REALM_CREATED = "realm-created"
    REALM = "realm"
    PROFILE = "profile"
    ACTION = "action"
    TEXT = "text"
    GROUP = "group"
    CLIENT_CREATED = "client-created"
    CLIENT = "client"
    CLAIM = "claim"
    ROLE_GIVEN = "role-given"
    ROLE_TAKEN = "role-taken"
    FLOW = "flow"

    # What the files do not know: told, and never changed.
    OTHER_CLIENT = "other-client"
    IDENTITY_PROVIDER = "identity-provider"
    FEDERATION = "federation"
    WORKFLOW = "workflow"
    GROUP_ROLE = "group-role"
    DEFAULT_ROLE = "default-role"
    DEFAULT_GROUP = "default-group"

    # Wanted, and for somebody else to bring: told, and not put right.
    THEME = "theme"

    # Of a realm whose files say how one signs in to it (`domain/sign_in.py`).
    STEPS = "steps"
    ACTION_CLOSED = "action-closed"
    ROLE = "role"
    DEFAULT_TAKEN = "default-taken"

    # Wanted where the server has its file, which only a trial tells.
    BLACKLIST = "blacklist"


class Risk(StrEnum):
    """What may come of it. `views/realm.py` has the sentence of each."""

    WEAK_PASSWORDS = "weak-passwords"
    GUESSED_PASSWORDS = "guessed-passwords"
    USUAL_PASSWORDS = "usual-passwords"
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
    OTHER_PAGES = "other-pages"
    OTHER_WORDS = "other-words"
    OTHER_ADDRESS = "other-address"
    PASSWORD_ALONE = "password-alone"  # noqa: S105 - not a password
    CLOSED_TO_ALL = "closed-to-all"
    STOLEN_CODE = "stolen-code"
    FRAMED = "framed"
    TOO_MANY_RIGHTS = "too-many-rights"
    BLOCKED_SERVICE = "blocked-service"
    OTHER_SERVICE = "other-service"
    OTHER_CLAIMS = "other-claims"
    OWN_DATA = "own-data"
    DEAD_LINKS = "dead-links"
    OTHER_DOOR = "other-door"
    OTHER_HAND = "other-hand"
    ADMINISTRATOR_BY_GROUP = "administrator-by-group"
    MAILBOX_ALONE = "mailbox-alone"
    NO_SECOND_FACTOR = "no-second-factor"
    OTHER_ROLES = "other-roles"
    NOT_FILED = "not-filed"


def _is_another(present: Any, wanted: Any) -> bool:
    return bool(present != wanted)


#: The realm's settings that name a theme, and the theme's type by which the server lists it.
THEME_TYPES = {"loginTheme": "login", "emailTheme": "email", "accountTheme": "account"}


#: Whether a client may ask for sessions that outlast the browser's: our own word, Keycloak has a scope for it.
OFFLINE = "offlineAccess"


class Line(NamedTuple):
    """One thing of the realm that matters.

    `name` is Keycloak's (`attributes.x` for an attribute of the part); `*` stands for all of the part that have no
    line. `is_weaker` says of what is present and what is wanted whether the first protects less or is broken; a
    difference that is not weaker is stricter. `usual` is Keycloak's own default, wanted where the files do not name
    it. `stops_logins`: to put it right can keep somebody, or the platform, from logging in as before. `by_hand`: an
    installation may need it so; where the files do not name it, it is told and stays.
    """

    part: Part
    name: str
    rule: str
    risk: Risk
    is_weaker: Callable[[Any, Any], bool] = _is_another
    usual: Any = None
    is_grave: bool = False
    stops_logins: bool = False
    by_hand: bool = False


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


def _is_beyond(present: Any, wanted: Any) -> bool:
    """Nought or less stands for no limit."""
    return not 0 < int(present or 0) <= int(wanted)


def _may_be_framed(present: Any, _wanted: Any) -> bool:
    return "frame-ancestors" not in (present or "")


def _is_not_true(present: Any, wanted: Any) -> bool:
    return bool(wanted == "true" and present != "true")


def _is_true(present: Any, wanted: Any) -> bool:
    return bool(present == "true" and wanted != "true")


def _lacks_events(present: Any, _wanted: Any) -> bool:
    """An empty list stands for all of them."""
    return bool(present) and not set(present) >= _EVENTS


def _has_more(present: Any, wanted: Any) -> bool:
    return bool(set(present or ()) - set(wanted))


def _asks_less_tls(present: Any, wanted: Any) -> bool:
    order = ("none", "external", "all")
    return present in order and order.index(present) < order.index(wanted)


#: The user events that the controls rest on.
_EVENTS = frozenset(
    ["LOGIN", "LOGIN_ERROR", "LOGOUT", "CLIENT_LOGIN", "UPDATE_CREDENTIAL", "IMPERSONATE", "RESET_PASSWORD_ERROR"]
)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def _realm(
    name: str, rule: str, risk: Risk, is_weaker: Callable[[Any, Any], bool] = _is_another, **more: Any
) -> Line:
    return Line(Part.REALM, name, rule, risk, is_weaker, **more)


def _client(
    name: str, rule: str, risk: Risk, is_weaker: Callable[[Any, Any], bool] = _is_another, **more: Any
) -> Line:
    return Line(Part.CLIENT, name, rule, risk, is_weaker, **more)


#: The realm's own settings, its attributes (`attributes.`) and its mail server (`smtpServer.`).
_REALM = (
    _realm("enabled", "P4", Risk.CLOSED_TO_ALL, _is_off, is_grave=True),
    _realm("displayName", "D6", Risk.OTHER_PAGES),
    *(_realm(theme, "D6", Risk.OTHER_PAGES) for theme in THEME_TYPES),
    _realm("passwordPolicy", "P1", Risk.WEAK_PASSWORDS, is_weaker, is_grave=True),
    _realm("bruteForceProtected", "P1", Risk.GUESSED_PASSWORDS, _is_off, is_grave=True),
    _realm("bruteForceStrategy", "P1", Risk.GUESSED_PASSWORDS),
    _realm("failureFactor", "P1", Risk.GUESSED_PASSWORDS, _is_beyond),
    *(
        _realm(name, "P1", Risk.GUESSED_PASSWORDS, _is_lower)
        for name in (
            *("waitIncrementSeconds", "maxFailureWaitSeconds", "maxDeltaTimeSeconds"),
            *("quickLoginCheckMilliSeconds", "minimumQuickLoginWaitSeconds"),
        )
    ),
    _realm("permanentLockout", "P5", Risk.LOCKED_OUT, _is_on),
    _realm("maxTemporaryLockouts", "P5", Risk.LOCKED_OUT, _is_higher),
    _realm("maxSecondaryAuthFailures", "P5", Risk.LOCKED_OUT, _is_higher),
    _realm("registrationAllowed", "A1", Risk.ACCOUNTS_BY_ANYBODY, _is_on, is_grave=True),
    _realm("userManagedAccessAllowed", "A1", Risk.ACCOUNTS_BY_ANYBODY, _is_on, usual=False),
    _realm("duplicateEmailsAllowed", "A7", Risk.IDENTIFIERS, _is_on, is_grave=True),
    _realm("editUsernameAllowed", "A7", Risk.IDENTIFIERS, _is_on, is_grave=True),
    _realm("registrationEmailAsUsername", "A7", Risk.IDENTIFIERS, _is_off),
    _realm("loginWithEmailAllowed", "A7", Risk.IDENTIFIERS, _is_off),
    _realm("verifyEmail", "P2", Risk.DEAD_LINKS),
    _realm("resetPasswordAllowed", "P5", Risk.NO_RESET, _is_off),
    _realm("resetPasswordAllowed", "P6", Risk.MAILBOX_ALONE, _is_on, is_grave=True),
    _realm("rememberMe", "P6", Risk.SHARED_POST, _is_on),
    _realm("internationalizationEnabled", "P2", Risk.OTHER_PAGES),
    _realm("supportedLocales", "P2", Risk.OTHER_PAGES),
    _realm("defaultLocale", "P2", Risk.OTHER_PAGES),
    _realm("eventsEnabled", "L1", Risk.BLIND, _is_off, is_grave=True),
    _realm("adminEventsEnabled", "L1", Risk.BLIND, _is_off, is_grave=True),
    _realm("adminEventsDetailsEnabled", "L1", Risk.BLIND, _is_off),
    _realm("enabledEventTypes", "L1", Risk.BLIND, _lacks_events, usual=[], is_grave=True),
    _realm("eventsExpiration", "L1", Risk.BLIND, _ends_sooner),
    _realm("eventsExpiration", "D1", Risk.KEPT_TOO_LONG, _ends_later),
    _realm("attributes.adminEventsExpiration", "L1", Risk.BLIND, _ends_sooner),
    _realm("attributes.adminEventsExpiration", "D1", Risk.KEPT_TOO_LONG, _ends_later),
    _realm("attributes.actionTokenGeneratedByUserLifespan.reset-credentials", "P5", Risk.LONG_LINKS, _is_higher),
    _realm("actionTokenGeneratedByUserLifespan", "P5", Risk.LONG_LINKS, _is_higher, usual=5 * _MINUTE),
    _realm("actionTokenGeneratedByAdminLifespan", "P2", Risk.LONG_LINKS, _is_higher, usual=12 * _HOUR),
    _realm("accessTokenLifespan", "A3", Risk.LONG_SESSIONS, _is_higher, usual=5 * _MINUTE),
    _realm("ssoSessionIdleTimeout", "A3", Risk.LONG_SESSIONS, _is_higher, usual=30 * _MINUTE, stops_logins=True),
    _realm("ssoSessionMaxLifespan", "A3", Risk.LONG_SESSIONS, _is_higher, usual=10 * _HOUR, stops_logins=True),
    _realm("offlineSessionIdleTimeout", "A3", Risk.LONG_SESSIONS, _is_higher, usual=30 * _DAY, stops_logins=True),
    _realm("offlineSessionMaxLifespanEnabled", "A3", Risk.LONG_SESSIONS, _is_off, stops_logins=True),
    _realm("offlineSessionMaxLifespan", "A3", Risk.LONG_SESSIONS, _is_higher, usual=60 * _DAY, stops_logins=True),
    _realm("refreshTokenMaxReuse", "A3", Risk.LONG_SESSIONS, _is_higher),
    _realm("revokeRefreshToken", "A3", Risk.LONG_SESSIONS, _is_off, stops_logins=True),
    _realm(
        "sslRequired",
        "P3",
        Risk.READ_ON_THE_WAY,
        _asks_less_tls,
        usual="external",
        is_grave=True,
        stops_logins=True,
    ),
    *(
        _realm(f"{flow}Flow", rule, Risk.OTHER_LOGIN, usual=usual, is_grave=True, stops_logins=True)
        for flow, usual, rule in (
            ("browser", "browser", "P1"),
            ("directGrant", "direct grant", "P1"),
            ("resetCredentials", "reset credentials", "P5"),
            ("registration", "registration", "A1"),
            ("clientAuthentication", "clients", "P1"),
            ("firstBrokerLogin", "first broker login", "P1"),
        )
    ),
    *(
        _realm(f"otpPolicy{name}", "P6", Risk.NO_SECOND_FACTOR)
        for name in (
            "Type",
            "Algorithm",
            "Digits",
            "InitialCounter",
            "LookAheadWindow",
            "Period",
            "CodeReusable",
        )
    ),
    _realm("webAuthnPolicyRpEntityName", "D6", Risk.OTHER_PAGES),
    _realm("organizationsEnabled", "P6", Risk.OTHER_DOOR, _is_on, usual=False, by_hand=True),
    _realm("attributes.frontendUrl", "P2", Risk.OTHER_ADDRESS, usual="", is_grave=True, by_hand=True),
    _realm(
        "browserSecurityHeaders.contentSecurityPolicy",
        "P3",
        Risk.FRAMED,
        _may_be_framed,
        usual="frame-src 'self'; frame-ancestors 'self'; object-src 'none';",
    ),
    _realm("smtpServer.host", "P2", Risk.OTHER_MAIL_SERVER, is_grave=True),
    _realm("smtpServer.from", "P2", Risk.OTHER_MAIL_SERVER, is_grave=True),
    _realm("smtpServer.starttls", "P2", Risk.READ_ON_THE_WAY, _is_not_true, usual="false"),
    _realm("smtpServer.ssl", "P2", Risk.READ_ON_THE_WAY, _is_not_true, usual="false"),
    _realm("smtpServer.port", "P2", Risk.OTHER_MAIL_SERVER),
    *(
        _realm(f"smtpServer.{name}", "P2", Risk.DEAD_LINKS)
        for name in ("auth", "user", "password", "fromDisplayName", "connectionTimeout", "timeout", "writeTimeout")
    ),
    _realm("*", "", Risk.NOT_FILED),
)

#: The clients that the files name, ours and Keycloak's own.
_CLIENT = (
    _client("enabled", "P4", Risk.CLOSED_TO_ALL, _is_off, is_grave=True),
    _client("enabled", "P6", Risk.OTHER_DOOR, _is_on, stops_logins=True),
    _client("name", "D6", Risk.OTHER_PAGES),
    _client("baseUrl", "P2", Risk.OTHER_ADDRESS),
    _client("redirectUris", "P3", Risk.OTHER_ADDRESS, is_grave=True, stops_logins=True),
    _client("webOrigins", "P3", Risk.OTHER_ADDRESS, stops_logins=True),
    _client("attributes.post.logout.redirect.uris", "P3", Risk.OTHER_ADDRESS),
    _client("publicClient", "P3", Risk.STOLEN_CODE, is_grave=True, stops_logins=True),
    _client("attributes.pkce.code.challenge.method", "P3", Risk.STOLEN_CODE, is_grave=True, stops_logins=True),
    _client("standardFlowEnabled", "P3", Risk.CLOSED_TO_ALL, _is_off),
    _client("standardFlowEnabled", "P6", Risk.OTHER_DOOR, _is_on, stops_logins=True),
    _client("implicitFlowEnabled", "P3", Risk.STOLEN_CODE, _is_on, is_grave=True, stops_logins=True),
    _client("directAccessGrantsEnabled", "P6", Risk.PASSWORD_ALONE, _is_on, is_grave=True, stops_logins=True),
    _client("serviceAccountsEnabled", "P6", Risk.TOO_MANY_RIGHTS, stops_logins=True),
    _client("fullScopeAllowed", "P6", Risk.TOO_MANY_RIGHTS, stops_logins=True),
    _client("clientAuthenticatorType", "P6", Risk.OTHER_SERVICE, is_grave=True, stops_logins=True),
    _client("secret", "P6", Risk.OTHER_SERVICE, is_grave=True),
    *(
        _client(f"attributes.{name}", "P6", Risk.OTHER_SERVICE, is_grave=True)
        for name in ("use.jwks.url", "use.jwks.string", "jwks.string", "token.endpoint.auth.signing.alg")
    ),
    _client("authenticationFlowBindingOverrides", "P1", Risk.OTHER_LOGIN, usual={}, is_grave=True, stops_logins=True),
    _client("bearerOnly", "P4", Risk.CLOSED_TO_ALL, _is_on, is_grave=True),
    _client("attributes.access.token.lifespan", "A3", Risk.LONG_SESSIONS, _is_beyond, usual="300"),
    _client("consentRequired", "P3", Risk.OTHER_PAGES),
    _client("defaultClientScopes", "P6", Risk.OTHER_CLAIMS, stops_logins=True),
    _client("optionalClientScopes", "A3", Risk.LONG_SESSIONS, _has_more, stops_logins=True),
    _client(OFFLINE, "A3", Risk.LONG_SESSIONS, _is_on, stops_logins=True),
    *(
        _client(f"attributes.{name}.enabled", "P6", Risk.OTHER_DOOR, _is_true, usual="false", stops_logins=True)
        for name in ("oauth2.device.authorization.grant", "oidc.ciba.grant", "standard.token.exchange")
    ),
    _client("*", "", Risk.NOT_FILED),
)

#: The other parts: what is named is an attribute, an action, a text, a role, or what the files do not know.
_OTHERS = (
    Line(Part.REALM_CREATED, "*", "P4", Risk.CLOSED_TO_ALL, is_grave=True),
    Line(Part.PROFILE, "*", "A7", Risk.OWN_DATA, is_grave=True),
    Line(Part.ACTION, "*", "P2", Risk.DEAD_LINKS, is_grave=True),
    Line(Part.TEXT, "*", "P2", Risk.OTHER_WORDS),
    Line(Part.GROUP, "*", "A1", Risk.BLOCKED_SERVICE, is_grave=True),
    Line(Part.CLIENT_CREATED, "*", "P4", Risk.CLOSED_TO_ALL, is_grave=True),
    Line(Part.CLAIM, "*", "A1", Risk.OTHER_CLAIMS),
    Line(Part.ROLE_GIVEN, "*", "A1", Risk.BLOCKED_SERVICE, is_grave=True),
    Line(Part.ROLE_TAKEN, "*", "P6", Risk.TOO_MANY_RIGHTS, is_grave=True),
    Line(Part.OTHER_CLIENT, "*", "P6", Risk.OTHER_DOOR),
    Line(Part.IDENTITY_PROVIDER, "*", "A1", Risk.OTHER_DOOR, is_grave=True),
    Line(Part.FEDERATION, "*", "A1", Risk.OTHER_DOOR, is_grave=True),
    Line(Part.WORKFLOW, "*", "A3", Risk.OTHER_HAND),
    Line(Part.FLOW, "*", "P1", Risk.OTHER_LOGIN, is_grave=True, stops_logins=True),
    Line(Part.FLOW, "browser/forms", "P4", Risk.CLOSED_TO_ALL, is_grave=True),
    Line(Part.FLOW, "clients/client-secret", "A1", Risk.BLOCKED_SERVICE, is_grave=True),
    Line(Part.FLOW, "clients/client-jwt", "A1", Risk.BLOCKED_SERVICE, is_grave=True),
    Line(Part.GROUP_ROLE, "*", "P6", Risk.ADMINISTRATOR_BY_GROUP, is_grave=True),
    Line(Part.DEFAULT_ROLE, "*", "P6", Risk.ADMINISTRATOR_BY_GROUP, is_grave=True),
    Line(Part.DEFAULT_GROUP, "*", "A1", Risk.ACCOUNTS_BY_ANYBODY),
    Line(Part.THEME, "*", "D6", Risk.OTHER_PAGES),
    Line(Part.STEPS, "*", "P6", Risk.NO_SECOND_FACTOR, is_grave=True, stops_logins=True),
    Line(Part.STEPS, "resetCredentialsFlow", "P6", Risk.MAILBOX_ALONE, is_grave=True),
    Line(Part.STEPS, "firstBrokerLoginFlow", "P6", Risk.MAILBOX_ALONE, is_grave=True),
    Line(Part.ACTION_CLOSED, "*", "P6", Risk.NO_SECOND_FACTOR, is_grave=True),
    Line(Part.ROLE, "*", "V4", Risk.OTHER_ROLES),
    Line(Part.DEFAULT_TAKEN, "*", "P6", Risk.TOO_MANY_RIGHTS),
    Line(Part.BLACKLIST, "*", "P1", Risk.USUAL_PASSWORDS),
)

#: What each step of Keycloak's own flows must be, that lets in or hands out a password: a hand in the console can
#: switch one off. A group of steps goes by its name. A step that is not named here is not looked at.
STEPS: Mapping[str, Mapping[str, str]] = {
    "browser": {
        "auth-cookie": "ALTERNATIVE",
        "auth-spnego": "DISABLED",
        "forms": "ALTERNATIVE",
        "auth-username-password-form": "REQUIRED",
    },
    "direct grant": {"direct-grant-validate-username": "REQUIRED", "direct-grant-validate-password": "REQUIRED"},
    "reset credentials": {
        "reset-credentials-choose-user": "REQUIRED",
        "reset-credential-email": "REQUIRED",
        "reset-password": "REQUIRED",
    },
    "clients": {"client-secret": "ALTERNATIVE", "client-jwt": "ALTERNATIVE"},
}

LINES: tuple[Line, ...] = (*_REALM, *_CLIENT, *_OTHERS)


def lines_of(part: Part, name: str) -> list[Line]:
    """The lines of this thing: its own, else that of the rest of its part. `eventsExpiration` has two."""
    own = [line for line in LINES if line.part is part and line.name == name]
    return own or [line for line in LINES if line.part is part and line.name == "*"]
