"""The settings: one typed object, made once and passed down.

Sources, the first that speaks wins: the environment (`PROVISIONER_…`, nested with `__`), the secrets
directory (one file a setting, named as its variable), the TOML file of `--config`, the safe default.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from provisioner.domain.errors import Exit, Problem, ProvisionerError, Refusal, Refused

PREFIX = "PROVISIONER_"

#: Our own secret's name among the variables, as the sources have it.
_OUR_SECRET = "keycloak__client_secret"  # noqa: S105 - a name

#: Without a name or a password in it: the address is printed and logged.
_ADDRESS = r"^https?://[^\s/@]+(/|$)"
_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
Tls = Literal["off", "starttls", "implicit"]


class SettingsError(ProvisionerError):
    """Settings are unknown or cannot be used, each by its variable, or its file; a value is never told."""

    exit_status = Exit.USAGE

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(f"{place}: {problem}" for place, problem in problems))
        self.problems = problems


#: What is refused of a value, by the kind of error that pydantic finds in it.
_UNFIT = {
    "missing": Refusal.KEY_MISSING,
    "too_short": Refusal.KEY_MISSING,
    "date_type": Refusal.DATE_EXPECTED,
    "date_from_datetime_inexact": Refusal.DATE_EXPECTED,
    "string_type": Refusal.TEXT_EXPECTED,
    "path_type": Refusal.TEXT_EXPECTED,
    "list_type": Refusal.LIST_EXPECTED,
    "model_type": Refusal.TABLE_EXPECTED,
    "dict_type": Refusal.TABLE_EXPECTED,
    "float_type": Refusal.NUMBER_EXPECTED,
    "float_parsing": Refusal.NUMBER_EXPECTED,
    "int_type": Refusal.WHOLE_NUMBER_EXPECTED,
    "int_parsing": Refusal.WHOLE_NUMBER_EXPECTED,
    "int_from_float": Refusal.WHOLE_NUMBER_EXPECTED,
    "bool_type": Refusal.YES_OR_NO_EXPECTED,
    "bool_parsing": Refusal.YES_OR_NO_EXPECTED,
    "web_addresses": Refusal.WEB_ADDRESSES_EXPECTED,
    "networks": Refusal.NETWORKS_EXPECTED,
}


def unfit(error: ErrorDetails) -> Refused:
    """Why a value cannot be used; a kind of error that is not known here is told in pydantic's words."""
    kind, context = error["type"], error.get("ctx", {})
    match kind:
        case "greater_than":
            return Refused(Refusal.MORE_EXPECTED, bound=plain(context["gt"]))
        case "greater_than_equal":
            return Refused(Refusal.AT_LEAST_EXPECTED, bound=plain(context["ge"]))
        case "less_than_equal":
            return Refused(Refusal.AT_MOST_EXPECTED, bound=plain(context["le"]))
        case "literal_error":
            return Refused(Refusal.CHOICE_EXPECTED, choices=context["expected"].replace(" or ", ", "))
        case "string_pattern_mismatch":
            return _ill_formed(context["pattern"])
    refusal = _UNFIT.get(kind)
    return Refused(refusal) if refusal else Refused(Refusal.VALUE_UNFIT, cause=error["msg"])


def _ill_formed(pattern: str) -> Refused:
    """A value that has not its setting's form: of an address in words, of any other by its pattern."""
    if pattern == _ADDRESS:
        return Refused(Refusal.WEB_ADDRESS_EXPECTED)
    return Refused(Refusal.FORM_EXPECTED, pattern=pattern)


def plain(number: float) -> str:
    """A number as one would set it: 45 and not 45.0."""
    return str(int(number)) if number == int(number) else str(number)


def _no_trailing_slash(value: Any) -> Any:
    return value.rstrip("/") if isinstance(value, str) else value


def is_this_machine(host: str | None) -> bool:
    """Whether that name or address is this machine's own: what is sent there crosses no network."""
    return (host or "").lower() in {"localhost", "127.0.0.1", "::1"}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class KeycloakSettings(_Section):
    """Where Keycloak is and who we are there."""

    url: Annotated[str, BeforeValidator(_no_trailing_slash)] = Field(
        "http://localhost:8080", pattern=_ADDRESS, description="the server's address"
    )
    realm: str = Field("cooperation", description="the realm of the platform")
    client_id: str = Field("provisioner", description="our service account")
    client_secret: SecretStr | None = Field(None, description="its secret")
    client_key_file: Path | None = Field(
        None, description="its private key (EC P-256, PEM), in place of the secret: `realm key` makes one"
    )
    admin_username: str | None = Field(None, description="an administrator of the master realm, for `realm apply`")
    admin_password: SecretStr | None = Field(None, description="that administrator's password")
    admin_client_id: str = Field(
        "provisioner-admin",
        description="a client of the master realm that administers, in that administrator's place",
    )
    admin_key_file: Path | None = Field(None, description="that client's private key (EC P-256, PEM)")
    admin_client_secret: SecretStr | None = Field(
        None, description="that client's first secret, until `realm apply` has put the key in its place"
    )
    group_root: str = Field("/partenaires", pattern=r"^/[A-Za-z0-9_-]+$", description="the partners' group")
    timeout_seconds: float = Field(45, gt=0, description="longest wait for one answer; a mail may take 3 times 10 s")
    threads: int = Field(8, ge=1, le=32, description="calls under way at once, e-mails too; 1 to 32")
    _secret_file: Path | None = PrivateAttr(None)
    _secrets_read: list[SecretStr] = PrivateAttr(default_factory=list)

    @property
    def administrator(self) -> str | None:
        """The user name, in the master realm, of the administrator who is set; None where none is, or not whole.

        A key goes before a password.
        """
        if self.admin_key_file is not None:
            return f"service-account-{self.admin_client_id}".lower()
        return self.admin_username if self.admin_password is not None else None

    def read_secret_from(self, file: Path) -> None:
        """Remembers which file our secret came from."""
        self._secret_file = file

    def secrets(self) -> list[SecretStr]:
        """Our secret as its file has it now, then the one that this process read before it, if there was another."""
        read = self._secrets_read or ([] if self.client_secret is None else [self.client_secret])
        if self._secret_file is not None:
            with suppress(OSError, ValueError):  # it is just being replaced
                now = SecretStr(_secret_in(self._secret_file))
                read = [now, *(secret for secret in read if secret != now)][:2]
        self._secrets_read = read
        return read


class DatabaseSettings(_Section):
    """Where the register is."""

    url: str | None = Field(
        None,
        pattern=r"^(sqlite|postgresql(\+psycopg)?)://",
        description="SQLAlchemy URL; default: a SQLite file in the data directory",
    )
    busy_seconds: float = Field(20, ge=0, description="how long a write waits for another process's (SQLite)")
    lock_lost_seconds: float = Field(
        45, ge=1, description="after how long a frozen instance loses the run's lock to another (PostgreSQL)"
    )


def _of_version_02(tls: Any) -> Any:
    return {"true": "starttls", "false": "off"}.get(str(tls).lower(), tls)


def _usual_tls(smtp: dict[str, Any]) -> Tls:
    return "off" if is_this_machine(smtp.get("host")) else "starttls"


class SmtpSettings(_Section):
    """The mail server: for our own notices, and written into the realm by `realm apply`."""

    host: str | None = Field(None, description="the mail server's name")
    port: int = Field(25, ge=1, le=65535, description="its port")
    from_: str | None = Field(None, alias="from", description="the sender's address")
    username: str | None = Field(None, description="user name, when it asks for one")
    password: SecretStr | None = Field(None, description="password, when it asks for one")
    tls: Annotated[Tls, BeforeValidator(_of_version_02)] = Field(
        default_factory=_usual_tls,
        description="off, starttls or implicit; default: off where the host is this machine, else starttls",
    )

    @property
    def is_set(self) -> bool:
        """Whether we can send: a server, and an address to send from."""
        return bool(self.host and self.from_)


def _with_slash(address: str) -> str:
    """A bare host gets its slash: what begins like « https://ctg.caf.fr » may be anybody's host."""
    parts = urlsplit(address)
    return address if parts.path or parts.query or parts.fragment else f"{address}/"


def _listed(text: str) -> list[str]:
    return [part for part in re.split(r"[,\s]+", text) if part]


def _by_commas(text: str) -> frozenset[str]:
    """What is listed by commas: one of it may hold spaces."""
    return frozenset(part.strip() for part in text.split(",")) - {""}


def _exact_addresses(text: str) -> str:
    if not all(re.match(_ADDRESS, address) and "*" not in address for address in _listed(text)):
        raise PydanticCustomError("web_addresses", "whole addresses by commas, without *")
    return text


class PlatformSettings(_Section):
    """The platform that the accounts open."""

    url: Annotated[str, AfterValidator(_with_slash)] = Field(
        "https://ctg.caf.fr/",
        pattern=_ADDRESS,
        description="where the link leads after the password is set; end it with a slash",
    )
    privacy_url: str | None = Field(
        None,
        pattern=_ADDRESS,
        description="the *mentions d’information* (D6), named in the first e-mail and on the login page",
    )
    terms_url: str | None = Field(None, pattern=_ADDRESS, description="the terms of use, named in the same places")
    redirect_uris: Annotated[str, AfterValidator(_exact_addresses)] = Field(
        "",
        description="the only addresses that a login may lead back to, by commas, beside its `url`; "
        "empty: whatever begins with its `url`",
    )
    offline: bool = Field(
        False, description="the platform may ask for sessions that outlast the browser's (offline_access)"
    )
    revoke_refresh_token: bool = Field(
        False, description="a refresh token serves once: only for a platform that was tried with it (docs/realm.md)"
    )

    @property
    def redirect_list(self) -> list[str]:
        """What Keycloak leads back to after a login or a logout, as its client has it."""
        listed = _listed(self.redirect_uris)
        return list(dict.fromkeys([self.url, *listed])) if listed else [f"{self.url}*"]

    @property
    def origins(self) -> list[str]:
        """The origins of the platform's pages, which may ask Keycloak for tokens."""
        parts = [urlsplit(address) for address in (self.url, *_listed(self.redirect_uris))]
        return list(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts))


class RealmSettings(_Section):
    """What is the installation's own in the realm, beside the files of `realm-config/` (docs/realm.md)."""

    password_length: int = Field(8, ge=8, le=64, description="least length of a password (P1); recommended: 12")
    password_blacklist: str = Field(
        "cooperation.txt",
        pattern=r"^[^/() ]*$",
        description="the list of refused passwords, by its file's name on Keycloak's servers; taken where the "
        "server has it, which then does not start without it (docs/realm.md); `none`: no list",
    )
    known: str = Field(
        "",
        description="what is in the realm beside our files and somebody answers for, separated by commas, as "
        "`realm check` names it: `other-client:…, identity-provider:…`",
    )

    @property
    def answered_for(self) -> frozenset[str]:
        """The things of `known`."""
        return _by_commas(self.known)

    @property
    def blacklist(self) -> str:
        """The list of refused passwords that is wanted; empty where there is to be none."""
        return "" if self.password_blacklist == "none" else self.password_blacklist  # noqa: S105 - no password


class CafSettings(_Section):
    """The Caf itself, as its sheet of processing activities and its information notice name it (docs/registre.md)."""

    name: str = Field("", description="its name, as « Caf du Pas-de-Calais »")
    address: str = Field("", description="its postal address")
    hosting: str = Field("", description="who hosts the accounts and the register, and under which contract")


class LimitSettings(_Section):
    """How much one run may do by itself (docs/safety.md)."""

    closures: int = Field(5, ge=0, description="closures of one partner within 24 hours that never need a look")
    closures_percent: int = Field(20, ge=0, le=100, description="the same, in percent of its open accounts")
    destructions: int = Field(100, ge=0, description="destructions of one day that never need a look (or 2 % of all)")


class ApprovalSettings(_Section):
    """Who approves an annexe."""

    automatic: bool = Field(False, description="approve annexes without errors and warnings without a person (A10)")


class InvitationSettings(_Section):
    """The e-mail with the link to create the password."""

    settle_seconds: float = Field(60, ge=0, description="how old an interrupted sending must be to be judged")
    lifespan_hours: float = Field(24, gt=0, le=24 * 30, description="how long the link works, in hours")


class ServiceSettings(_Section):
    """What `serve` does when, and where it tells how it is (docs/service.md)."""

    listen: str = Field(
        "127.0.0.1:8090",
        pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^\[\]:\s]+):[0-9]{1,5}$",
        description="HOST:PORT of health and metrics",
    )
    sync_minutes: float = Field(15, gt=0, le=24 * 60, description="how often everything due is done, in minutes")
    sweep_at: str = Field("03:00", pattern=_TIME, description="HH:MM in Paris of the daily sync")
    notices_seconds: float = Field(60, gt=0, description="how often notices that wait are sent, in seconds")
    invitations_at: str = Field("08:00", pattern=_TIME, description="HH:MM in Paris at which links are repeated")
    poll_seconds: float = Field(10, gt=0, description="how often the drop folder is looked at, in seconds")


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part, strict=False) for part in _listed(text))
    except ValueError:
        raise PydanticCustomError("networks", "addresses or networks by commas") from None


def _named_networks(text: str) -> str:
    _networks(text)
    return text


class ConnectionSettings(_Section):
    """How the connections are read from Keycloak, and how long their records are kept (docs/connections.md)."""

    keep_days: int = Field(365, ge=1, le=366, description="how long a connection record is kept, in days")
    pull_seconds: float = Field(60, gt=0, description="how often Keycloak's events are read, in seconds")
    our_addresses: Annotated[str, AfterValidator(_named_networks)] = Field(
        "",
        description="the network addresses that our own service account logs in from, by commas (192.0.2.0/28 too)",
    )

    @property
    def our_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks that `our_addresses` names."""
        return _networks(self.our_addresses)


class ControlSettings(_Section):
    """What the connection controls take for odd (docs/connections.md)."""

    never_used_days: int = Field(30, ge=1, description="days after the opening without a login that are told")
    unused_days: int = Field(180, ge=1, description="days without a login that are told")
    failures: int = Field(10, ge=2, description="failed logins of one account in a day that are told")
    shared_minutes: int = Field(15, ge=1, description="minutes between two live sessions from two networks")
    shared_networks: int = Field(
        5, ge=2, description="networks of one account in a day that are odd on two days of 7"
    )


class ReviewSettings(_Section):
    """What partners report and review (docs/reviews.md)."""

    departure_days: int = Field(7, ge=0, description="days after an end within which its departure is told in time")


class IncidentSettings(_Section):
    """Incidents (docs/incidents.md)."""

    proposed_by: str = Field("", description="codes of the controls that propose an incident, by commas")
    keep_years: int = Field(5, ge=1, description="how long an incident is kept once it is closed, in years")

    @property
    def proposing(self) -> frozenset[str]:
        """The codes of `proposed_by`."""
        return _by_commas(self.proposed_by)


class BackupSettings(_Section):
    """Copies of the register that expire (docs/backup.md)."""

    recipients_file: Path | None = Field(
        None, description="age public keys, a line each with its month: copies are encrypted to the month's"
    )
    keep_months: int = Field(
        3, ge=1, le=24, description="how long a month's copies may be readable after it, in months"
    )
    list_file: Path | None = Field(
        None, description="outside the backups and the data directory: what was destroyed, for a restore"
    )


class AttestationSettings(_Section):
    """Certificates of destruction (docs/attestations.md)."""

    certificate_file: Path | None = Field(None, description="the certificate that they are sealed with, as PEM")
    key_file: Path | None = Field(None, description="its private key, as PEM, for its owner alone")
    archives_reference: str = Field("", description="what the archives agreed to (code du patrimoine, L212-2)")
    other_backups_days: int | None = Field(
        None, ge=0, description="how long backups of Keycloak's server and database are kept, in days"
    )


class DocumentSettings(_Section):
    """Limits for reading a document."""

    max_mib: int = Field(20, ge=1, description="largest file, in MiB")
    max_unpacked_mib: int = Field(100, ge=1, description="largest file once unpacked, in MiB")
    max_rows: int = Field(50_000, ge=1, description="most filled rows")
    max_pages: int = Field(100, ge=1, description="most pages of a PDF")
    seconds: float = Field(30, gt=0, description="longest reading, in seconds")
    memory_mib: int = Field(400, ge=64, description="most memory that reading may take, in MiB")
    max_findings: int = Field(200, ge=1, description="most errors shown of a document, and most of one other code")
    more_consumer_domains: str = Field("", description="consumer mail domains beside the shipped list, by commas")
    more_shared_mailboxes: str = Field("", description="shared mailboxes' names beside the shipped list, by commas")


class WebSettings(_Section):
    """The officer's page. Where its address is set, `realm apply` makes the agents' realm (docs/realm.md)."""

    url: Annotated[str, BeforeValidator(_no_trailing_slash)] | None = Field(
        None, pattern=_ADDRESS, description="the page's address as officers see it"
    )
    client_secret: SecretStr | None = Field(None, description="the secret of its client in the agents' realm")


class LogSettings(_Section):
    """The technical log, on stderr."""

    level: str = Field(
        "ERROR",
        pattern=r"^(DEBUG|INFO|WARNING|ERROR)$",
        description="least level written; `serve`: INFO",
    )
    format: str = Field("console", pattern=r"^(console|json)$", description="console or json")


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        frozen=True,
        hide_input_in_errors=True,
        case_sensitive=True,  # the sources below give names as the fields have them
        env_nested_delimiter="__",
        env_nested_max_split=1,
        enable_decoding=False,  # no JSON in a variable
    )

    keycloak: KeycloakSettings = KeycloakSettings()
    database: DatabaseSettings = DatabaseSettings()
    smtp: SmtpSettings = SmtpSettings()
    platform: PlatformSettings = PlatformSettings()
    realm: RealmSettings = RealmSettings()
    caf: CafSettings = CafSettings()
    limits: LimitSettings = LimitSettings()
    approval: ApprovalSettings = ApprovalSettings()
    invitation: InvitationSettings = InvitationSettings()
    documents: DocumentSettings = DocumentSettings()
    service: ServiceSettings = ServiceSettings()
    connections: ConnectionSettings = ConnectionSettings()
    controls: ControlSettings = ControlSettings()
    review: ReviewSettings = ReviewSettings()
    incident: IncidentSettings = IncidentSettings()
    backup: BackupSettings = BackupSettings()
    attestation: AttestationSettings = AttestationSettings()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()
    data_dir: Path = Field(Path("data"), description="holds the database, the lock and the drop folders")
    realm_config: Path | None = Field(None, description="the realm as code; default: the copy in the package")
    secrets_dir: Path | None = Field(None, description="one file a setting, named as its variable")
    today: str | None = Field(None, description="DATE[THH:MM] to take for today, for trials on a loopback Keycloak")
    lock_wait_seconds: float = Field(30, ge=0, description="how long to wait for another run to end")

    @property
    def database_url(self) -> str:
        """The register's SQLAlchemy URL."""
        return self.database.url or f"sqlite:///{(self.data_dir / 'provisioner.sqlite3').absolute()}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Settings made by hand read neither the environment nor a file: `load_settings` alone does."""
        return (init_settings,)


class _Strict(EnvSettingsSource):
    """Also gives what is no setting, for the model to refuse: the stock sources pass over it in silence."""

    def __call__(self) -> dict[str, Any]:
        given = super().__call__()
        for name, value in self.env_vars.items():
            section, *key = name.split("__", 1)  # what is known is there now: a section's as a table, others as text
            if not isinstance(given.get(section), dict if key else str):
                given[name] = value
        return given


class _Environment(_Strict):
    """The process's variables, or those given; an empty one is none."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__(Settings)
        self.env_vars = _by_setting({name: value for name, value in environment.items() if value})


class _SecretsDirectory(_Strict, NestedSecretsSettingsSource):
    """One file a setting, named as its variable.

    The stock source passes over a folder that it may not list and a link that leads out of it, and takes blanks away
    from a password's ends.
    """

    def __init__(self, directory: str) -> None:
        super().__init__(SecretsSettingsSource(Settings, directory), secrets_dir_missing="error")

    @classmethod
    def load_secrets(cls, path: Path) -> dict[str, str]:
        """Each setting's value, without the line's end."""
        paths = [file for file in sorted(path.iterdir()) if file.name.startswith(PREFIX) and not file.is_dir()]
        return _by_setting({file.name: _secret_in(file) for file in paths})


def _secret_in(file: Path) -> str:
    return file.read_text("utf-8").rstrip("\r\n")


def _by_setting(variables: Mapping[str, str]) -> dict[str, str]:
    """Our variables alone, by the setting's name: `PROVISIONER_KEYCLOAK__URL` as `keycloak__url`."""
    return {name.removeprefix(PREFIX).lower(): value for name, value in variables.items() if name.startswith(PREFIX)}


def load_settings(toml_file: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in force; `environment` stands for the process's own.

    Raises:
        SettingsError: a file cannot be read, or a setting is unknown or has no usable value.
    """
    reading: object = toml_file
    try:
        variables = _Environment(os.environ if environment is None else environment)
        # Not TomlConfigSettingsSource: it passes over a file that is not there, and over a pipe.
        toml = InitSettingsSource(Settings, tomllib.loads(toml_file.read_text("utf-8")) if toml_file else {})
        secrets_dir = (toml() | variables()).get("secrets_dir")  # if it is no text, it is refused with the rest
        reading = secrets_dir
        secrets = [_SecretsDirectory(secrets_dir)] if isinstance(secrets_dir, str) else []
        settings = Settings(_build_sources=((variables, *secrets, toml), {}))
        for directory in secrets:
            if _OUR_SECRET in directory.env_vars and _OUR_SECRET not in variables.env_vars:
                settings.keycloak.read_secret_from(Path(str(secrets_dir), f"{PREFIX}{_OUR_SECRET}".upper()))
        return settings
    except ValidationError as error:
        raise SettingsError(*_problems(error)) from None
    except (OSError, ValueError) as error:
        raise SettingsError((str(reading), Refused(Refusal.FILE_UNREAD, cause=str(error)))) from error


def _problems(error: ValidationError) -> Iterator[Problem]:
    for problem in error.errors(include_input=False, include_url=False):
        variable = PREFIX + "__".join(str(part).upper() for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            yield variable, Refused(Refusal.NO_SUCH_SETTING)
        elif problem["type"] != "default_factory_not_called":  # the mail server has another setting that is wrong
            yield variable, unfit(problem)
