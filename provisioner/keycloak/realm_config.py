"""The realm as code: its files, with the settings in place of their placeholders."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.realm_check import STEPS
from provisioner.domain.realm_model import RealmConfig
from provisioner.domain.sign_in import Flow, SignIn
from provisioner.keycloak.credentials import client_credentials
from provisioner.keycloak.invitations import LINK_ACTIONS
from provisioner.settings import PREFIX, Settings, SettingsError, SmtpSettings

Json = dict[str, Any]

#: The client whose roles administer the realm.
ADMIN_CLIENT = "realm-management"

#: The roles of that client that the service account has, and no other.
SERVICE_ROLES = frozenset({"manage-users", "view-events", "view-realm"})

#: The client of the officer's page, in the agents' realm.
AGENTS_CLIENT = "provisioner-web"

#: The folder of the agents' realm beside the realm's files.
_AGENTS = "agents"

#: Our own theme, and the folder that it stands in beside the realm's files.
THEME = "cooperation"
_THEMES = "themes"

_PLACEHOLDER = re.compile(r"\$\{([A-Z_]+)\}")


class RealmConfigError(SettingsError):
    """The realm's files cannot be used as they are; nothing was sent."""


def load_realm_config(settings: Settings, of_register: Mapping[str, str] | None = None) -> RealmConfig:
    """The files of `settings.realm_config`, or those of the package, filled in.

    The mail server's password and the client's secret or key stand in no file: they come from the settings here.

    `of_register` are the texts that come from the register; None where it cannot be read: the realm's own stay.

    Raises:
        SettingsError: a file cannot be read, or a placeholder's setting is not set.
    """
    directory = settings.realm_config or _shipped()
    realm, user_profile, clients = (
        _filled(_read(directory / name), settings) for name in ("realm.json", "user-profile.json", "clients.json")
    )
    texts = load_texts(settings, of_register)
    ours = client_credentials(settings.keycloak)
    for client in clients:
        if client["clientId"] == settings.keycloak.client_id:
            attributes = client.get("attributes", {}) | ours.get("attributes", {})
            client |= {**ours, **({"attributes": attributes} if attributes else {})}
    realm["realm"] = settings.keycloak.realm
    realm["smtpServer"] |= _mail_server(settings.smtp)
    return RealmConfig(
        realm, user_profile, clients, texts, blacklist=settings.realm.blacklist, **_of_installation(settings)
    )


def agents_realm(realm: str) -> str:
    """The name of the realm in which officers and viewers have their accounts."""
    return f"{realm}-agents"


def load_agents_config(settings: Settings) -> RealmConfig | None:
    """What the agents' realm must be; None where the officer's page has no address, and so no such realm.

    Raises:
        SettingsError: a file cannot be read, or a setting that it needs is not set.
    """
    if settings.web.url is None:
        return None
    directory = (settings.realm_config or _shipped()) / _AGENTS
    realm, clients, sign_in = (
        _filled(_read(directory / name), settings) for name in ("realm.json", "clients.json", "sign-in.json")
    )
    if settings.web.client_secret is None:
        raise RealmConfigError((f"{PREFIX}WEB__CLIENT_SECRET", Refused(Refusal.KEY_MISSING)))
    for client in clients:
        if client["clientId"] == AGENTS_CLIENT:
            client["secret"] = settings.web.client_secret.get_secret_value()
    realm["realm"] = agents_realm(settings.keycloak.realm)
    realm["smtpServer"] |= _mail_server(settings.smtp)
    profile = load_user_profile(settings)["attributes"]
    actions: dict[str, bool] = sign_in["requiredActions"]
    return RealmConfig(
        realm,
        {"attributes": [attribute for attribute in profile if "group" not in attribute]},  # what partners have not
        clients,
        _read(directory / "texts-fr.json") | _addresses(settings, settings.web.url),
        required_actions=tuple(alias for alias, is_on in actions.items() if is_on),
        blacklist=settings.realm.blacklist,
        known=settings.realm.answered_for,
        sign_in=SignIn(
            flows={setting: Flow.read(flow) for setting, flow in sign_in["flows"].items()},
            closed_actions=frozenset(alias for alias, is_on in actions.items() if not is_on),
            roles={role["name"]: role["description"] for role in sign_in["roles"]},
            told_to=AGENTS_CLIENT,
        ),
    )


def load_texts(settings: Settings, of_register: Mapping[str, str] | None = None) -> dict[str, str]:
    """The realm's French texts: what the theme's pages and e-mails lead to, the partners' names, and those of its
    file, which have the last word.

    Anybody can read a realm's texts (Keycloak gives them to whoever asks). `of_register` as for `load_realm_config`.

    Raises:
        RealmConfigError: the file cannot be read, or a placeholder's setting is not set.
    """
    texts = _read((settings.realm_config or _shipped()) / "texts-fr.json")
    said = {
        key: _filled(text, settings, _in_html if key.endswith("Html") else _in_message) for key, text in texts.items()
    }
    return _addresses(settings, settings.platform.url, of_register) | said


def _addresses(settings: Settings, home: str, of_register: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the theme's pages and e-mails lead to, `home` in the first place, and what the register adds."""
    addresses = {
        "cooperationPlatformUrl": home,
        "cooperationPrivacyUrl": settings.platform.privacy_url or "",
        "cooperationTermsUrl": settings.platform.terms_url or "",
        "cooperationSender": settings.smtp.from_ or "",
    }
    return {key: _in_message(text) for key, text in {**addresses, **(of_register or {})}.items()}


def load_user_profile(settings: Settings) -> Json:
    """The user profile alone, as our accounts need it.

    Raises:
        RealmConfigError: its file cannot be read.
    """
    profile: Json = _read((settings.realm_config or _shipped()) / "user-profile.json")
    return profile


def load_visible_config(settings: Settings, of_register: Mapping[str, str] | None = None) -> RealmConfig:
    """What of it our service account can compare with: all but the clients. Needs neither our secret nor a mail
    server: the realm's, and the texts that name our sender, are compared where the settings have one.

    Raises:
        RealmConfigError: a file cannot be read.
    """
    realm: Json = _read((settings.realm_config or _shipped()) / "realm.json")
    server = realm.pop("smtpServer", {})
    if settings.smtp.is_set:
        realm["smtpServer"] = {**_filled(server, settings), **_mail_server(settings.smtp)}
    return RealmConfig(
        {**_filled(realm, settings), "realm": settings.keycloak.realm},
        load_user_profile(settings),
        texts=load_texts(settings, of_register) if settings.smtp.is_set else {},
        # Whether a server has the list, only `realm apply` tries.
        blacklist=None if settings.realm.blacklist else "",
        **_of_installation(settings),
    )


def _of_installation(settings: Settings) -> dict[str, Any]:
    """What stands in no file."""
    return {
        "required_actions": LINK_ACTIONS,
        "steps": STEPS,
        "group_root": settings.keycloak.group_root,
        "service_client": settings.keycloak.client_id,
        "service_roles": frozenset(f"{ADMIN_CLIENT}/{name}" for name in SERVICE_ROLES),
        "known": settings.realm.answered_for,
    }


def themes_directory(settings: Settings | None = None) -> Path:
    """The folder of themes for a server: that of `settings.realm_config` where it holds one, else the shipped one."""
    own = settings.realm_config / _THEMES if settings is not None and settings.realm_config is not None else None
    return own if own is not None and own.is_dir() else _shipped() / _THEMES


def blacklists_directory() -> Path:
    """The folder of lists of refused passwords for a server."""
    return _shipped() / "password-blacklists"


def _encryption(smtp: SmtpSettings) -> dict[str, str]:
    """Whatever a copy of the realm's files says: one of version 0.2 knows no implicit TLS."""
    return {"starttls": str(smtp.tls == "starttls").lower(), "ssl": str(smtp.tls == "implicit").lower()}


def _mail_server(smtp: SmtpSettings) -> dict[str, str]:
    """Encryption and user."""
    server = {**_encryption(smtp), "auth": str(smtp.username is not None).lower()}
    if smtp.username is None:
        return server
    if smtp.password is None:
        raise RealmConfigError((f"{PREFIX}SMTP__PASSWORD", Refused(Refusal.KEY_MISSING)))
    return {**server, "user": smtp.username, "password": smtp.password.get_secret_value()}


def _shipped() -> Path:
    package = Path(__file__).parents[1]
    in_wheel = package / "realm-config"
    return in_wheel if in_wheel.is_dir() else package.parent / "realm-config"


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RealmConfigError((path.name, Refused(Refusal.FILE_UNREAD, cause=str(error)))) from error


def _filled(value: Any, settings: Settings, written: Callable[[str], str] = str) -> Any:
    """A text that is one placeholder becomes the setting's value, a number or a list say."""
    if isinstance(value, str):
        whole = _PLACEHOLDER.fullmatch(value)
        if whole and not isinstance(setting := _setting(whole.group(1), settings), str):
            return setting
        return _PLACEHOLDER.sub(lambda placeholder: written(str(_setting(placeholder.group(1), settings))), value)
    if isinstance(value, list):
        return [_filled(item, settings) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, settings) for key, item in value.items()}
    return value


def _in_message(value: str) -> str:
    """As it has to be written in a text of Keycloak's, which is a pattern of Java's MessageFormat."""
    return value.replace("'", "''").replace("{", "'{'")


def _in_html(value: str) -> str:
    return _in_message(html.escape(value))


#: What the files may ask for, by the name of the setting's variable without its prefix.
_SETTINGS: dict[str, Callable[[Settings], object]] = {
    "KEYCLOAK__CLIENT_ID": lambda settings: settings.keycloak.client_id,
    "PLATFORM__URL": lambda settings: settings.platform.url,
    "PLATFORM__PRIVACY_URL": lambda settings: settings.platform.privacy_url or settings.platform.url,
    "WEB__URL": lambda settings: settings.web.url,
    "PLATFORM__ORIGIN": lambda settings: settings.platform.origins[0],  # in copies of before version 0.4
    "PLATFORM__ORIGINS": lambda settings: settings.platform.origins,
    "PLATFORM__REDIRECT_URIS": lambda settings: settings.platform.redirect_list,
    "PLATFORM__OFFLINE": lambda settings: settings.platform.offline,
    "PLATFORM__REVOKE_REFRESH_TOKEN": lambda settings: settings.platform.revoke_refresh_token,
    "REALM__PASSWORD_LENGTH": lambda settings: settings.realm.password_length,
    "SMTP__HOST": lambda settings: settings.smtp.host,
    "SMTP__PORT": lambda settings: str(settings.smtp.port),
    "SMTP__FROM": lambda settings: settings.smtp.from_,
    "SMTP__TLS": lambda settings: settings.smtp.tls,  # in copies of version 0.2: `_mail_server` has the last word
}


def _setting(name: str, settings: Settings) -> object:
    if name not in _SETTINGS:
        raise RealmConfigError((f"${{{name}}}", Refused(Refusal.NO_SUCH_SETTING)))
    value = _SETTINGS[name](settings)
    if value is None:
        raise RealmConfigError((f"{PREFIX}{name}", Refused(Refusal.KEY_MISSING)))
    return value
