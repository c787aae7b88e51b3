"""The realm as code: its files, with the settings in place of their placeholders."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from provisioner.domain.errors import Refusal, Refused
from provisioner.settings import PREFIX, Settings, SettingsError, SmtpSettings

Json = dict[str, Any]

#: The client whose roles administer the realm.
ADMIN_CLIENT = "realm-management"

#: The roles of that client that the service account has, and no other.
SERVICE_ROLES = frozenset({"manage-users", "view-events", "view-realm"})

_PLACEHOLDER = re.compile(r"\$\{([A-Z_]+)\}")


class RealmConfigError(SettingsError):
    """The realm's files cannot be used as they are; nothing was sent."""


@dataclass(frozen=True, slots=True)
class RealmConfig:
    """What a realm must be: its settings, users' profile, clients and French texts."""

    realm: Json
    user_profile: Json
    clients: list[Json]
    texts: dict[str, str]


def load_realm_config(settings: Settings) -> RealmConfig:
    """The files of `settings.realm_config`, or those of the package, filled in.

    The mail server's password and the client's secret stand in no file: they come from the settings here.

    Raises:
        RealmConfigError: a file cannot be read, or a placeholder's setting is not set.
    """
    directory = settings.realm_config or _shipped()
    realm, user_profile, clients, texts = (
        _filled(_read(directory / name), settings)
        for name in ("realm.json", "user-profile.json", "clients.json", "texts-fr.json")
    )
    if settings.keycloak.client_secret is None:
        raise RealmConfigError((f"{PREFIX}KEYCLOAK__CLIENT_SECRET", Refused(Refusal.KEY_MISSING)))
    for client in clients:
        if client["clientId"] == settings.keycloak.client_id:
            client["secret"] = settings.keycloak.client_secret.get_secret_value()
    realm["realm"] = settings.keycloak.realm
    realm["smtpServer"] |= _mail_server(settings.smtp)
    return RealmConfig(realm, user_profile, clients, texts)


def load_user_profile(settings: Settings) -> Json:
    """The user profile alone, as our accounts need it.

    Raises:
        RealmConfigError: its file cannot be read.
    """
    profile: Json = _read((settings.realm_config or _shipped()) / "user-profile.json")
    return profile


def load_realm_settings(settings: Settings) -> Json:
    """The realm's own settings alone, to compare with; its mail server where the settings name one.

    Raises:
        RealmConfigError: the file cannot be read.
    """
    realm: Json = _read((settings.realm_config or _shipped()) / "realm.json")
    smtp = settings.smtp
    server = {"host": smtp.host, "from": smtp.from_, **_encryption(smtp)} if smtp.is_set else {}
    return {**realm, "smtpServer": server}


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


def _filled(value: Any, settings: Settings) -> Any:
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda placeholder: _setting(placeholder.group(1), settings), value)
    if isinstance(value, list):
        return [_filled(item, settings) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, settings) for key, item in value.items()}
    return value


#: What the files may ask for, by the name of the setting's variable without its prefix.
_SETTINGS: dict[str, Callable[[Settings], object]] = {
    "KEYCLOAK__CLIENT_ID": lambda settings: settings.keycloak.client_id,
    "PLATFORM__URL": lambda settings: settings.platform.url,
    "PLATFORM__ORIGIN": lambda settings: "{0.scheme}://{0.netloc}".format(urlsplit(settings.platform.url)),
    "SMTP__HOST": lambda settings: settings.smtp.host,
    "SMTP__PORT": lambda settings: settings.smtp.port,
    "SMTP__FROM": lambda settings: settings.smtp.from_,
    "SMTP__TLS": lambda settings: settings.smtp.tls,  # in copies of version 0.2: `_mail_server` has the last word
}


def _setting(name: str, settings: Settings) -> str:
    if name not in _SETTINGS:
        raise RealmConfigError((f"${{{name}}}", Refused(Refusal.NO_SUCH_SETTING)))
    value = _SETTINGS[name](settings)
    if value is None:
        raise RealmConfigError((f"{PREFIX}{name}", Refused(Refusal.KEY_MISSING)))
    return str(value)
