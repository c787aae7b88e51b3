"""How we prove to Keycloak who we are: a client's secret, or a key whose private half never leaves this machine.

A key proves it by a token that it signs and that works once, for a minute (`private_key_jwt`). Keycloak keeps the
public half alone, so neither its database nor its console holds anything that lets somebody in.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from jwcrypto.jwt import JWT

from provisioner.domain.errors import Refusal, Refused
from provisioner.settings import PREFIX, KeycloakSettings, SettingsError

#: The one kind of key: ECDSA on P-256, short to print and to sign with. The realm's client takes no other.
ALGORITHM = "ES256"
_CURVE = "P-256"

#: Keycloak takes a token made up to 15 s in its future and 60 s in its past. Dated so, clocks may differ by 35 s.
_BACKDATED_SECONDS, _LASTS_SECONDS = 20, 60

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

Json = dict[str, Any]

#: What a request for a token has more, to prove who asks.
Proof = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ClientKey:
    """The private key of a client."""

    _key: JWK

    @classmethod
    def read(cls, file: Path, setting: str) -> ClientKey:
        """The key in a PEM file; `setting` is the variable that names it.

        Raises:
            SettingsError: the file cannot be read, or holds another kind of key or none.
        """
        try:
            key = JWK.from_pem(file.read_bytes())
        except FileNotFoundError as error:
            raise SettingsError((setting, Refused(Refusal.CLIENT_KEY_MISSING, file=str(file)))) from error
        except OSError as error:
            raise SettingsError((setting, Refused(Refusal.FILE_UNREAD, cause=str(error.strerror)))) from error
        except (ValueError, TypeError, JWException) as error:  # what is no key, or one that a password encrypts
            raise SettingsError((setting, Refused(Refusal.CLIENT_KEY_UNFIT))) from error
        if not (key.has_private and key.get("crv") == _CURVE):
            raise SettingsError((setting, Refused(Refusal.CLIENT_KEY_UNFIT)))
        return cls(key)

    @classmethod
    def new(cls) -> ClientKey:
        """A new one."""
        return cls(JWK.generate(kty="EC", crv=_CURVE))

    @property
    def id(self) -> str:
        """What tells it from other keys: made of its public half alone (RFC 7638)."""
        return str(self._key.thumbprint())

    def pem(self) -> bytes:
        """What its file holds. It is not encrypted: the file is for its owner alone."""
        return bytes(self._key.export_to_pem(private_key=True, password=None))

    def public(self) -> Json:
        """Its public half."""
        half: Json = json.loads(self._key.export_public())
        return {name: half[name] for name in ("kty", "crv", "x", "y")} | {
            "kid": self.id,
            "use": "sig",
            "alg": ALGORITHM,
        }

    def proof(self, client_id: str, issuer: str) -> Proof:
        """What a request for a token has in place of a secret. It works once, at that realm alone."""
        now = int(time.time())
        token = JWT(
            header={"alg": ALGORITHM, "kid": self.id, "typ": "JWT"},
            claims={
                "iss": client_id,
                "sub": client_id,
                "aud": issuer,  # Keycloak refuses a token that names two
                "jti": str(uuid.uuid4()),
                "iat": now - _BACKDATED_SECONDS,
                "exp": now - _BACKDATED_SECONDS + _LASTS_SECONDS,
            },
        )
        token.make_signed_token(self._key)
        return {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": token.serialize()}


def service_proofs(settings: KeycloakSettings, issuer: Callable[[], str]) -> Iterator[Proof]:
    """What proves that we are our service account: its key as its file has it now, else each secret that may be in
    force. Until `realm apply` has given Keycloak a secret that was changed, the one from before it is taken; between
    two tries it may give it.

    Raises:
        SettingsError: the key's file cannot be used.
    """
    if settings.client_key_file is not None:
        key = ClientKey.read(settings.client_key_file, f"{PREFIX}KEYCLOAK__CLIENT_KEY_FILE")
        yield key.proof(settings.client_id, issuer())
        return
    secrets = [{"client_secret": secret.get_secret_value()} for secret in settings.secrets()]
    yield from secrets or [{}]  # with none Keycloak says that one is needed
    yield from secrets[:1] if len(secrets) > 1 else ()


def administrator_proofs(settings: KeycloakSettings, issuer: Callable[[], str]) -> Iterator[Proof]:
    """What proves that we are the client of the master realm that administers: its key; until Keycloak has it, the
    secret that it was made with.

    Raises:
        SettingsError: the key's file cannot be used.
    """
    assert settings.admin_key_file is not None
    key = ClientKey.read(settings.admin_key_file, f"{PREFIX}KEYCLOAK__ADMIN_KEY_FILE")
    yield key.proof(settings.admin_client_id, issuer())
    if settings.admin_client_secret is not None:
        yield {"client_secret": settings.admin_client_secret.get_secret_value()}


def key_set(keys: Iterable[ClientKey]) -> str:
    """The public halves, as Keycloak keeps them (a JWK set): a token signed by any of them is taken."""
    return json.dumps({"keys": [key.public() for key in keys]}, separators=(",", ":"))


def next_key_file(file: Path) -> Path:
    """Where the key stands that will take this one's place; the realm takes both while it is there."""
    return file.with_name(f"{file.name}.next")


def file_for_new_key(settings: KeycloakSettings, *, administrator: bool = False) -> tuple[Path, bool]:
    """Where a new key is to be, and whether it is the one that will take another's place.

    Raises:
        SettingsError: the settings name no file.
        Refused: that one and the next are there already.
    """
    name = "ADMIN_KEY_FILE" if administrator else "CLIENT_KEY_FILE"
    file = settings.admin_key_file if administrator else settings.client_key_file
    if file is None:
        raise SettingsError((f"{PREFIX}KEYCLOAK__{name}", Refused(Refusal.KEY_MISSING)))
    if not file.exists():
        return file, False
    coming = next_key_file(file)
    if coming.exists():
        raise Refused(Refusal.CLIENT_KEY_EXISTS, file=str(coming))
    return coming, True


def client_credentials(settings: KeycloakSettings) -> Json:
    """What the realm's client must have, for our service account to be let in: merged into its representation.

    With a key the client takes no secret at all, whatever one it still has.

    Raises:
        SettingsError: neither a key nor a secret is set, or a key's file cannot be used.
    """
    if settings.client_key_file is not None:
        return _of_keys(settings.client_key_file, f"{PREFIX}KEYCLOAK__CLIENT_KEY_FILE")
    if settings.client_secret is None:
        raise SettingsError((f"{PREFIX}KEYCLOAK__CLIENT_SECRET", Refused(Refusal.KEY_MISSING)))
    return {"clientAuthenticatorType": "client-secret", "secret": settings.client_secret.get_secret_value()}


def administrator_credentials(settings: KeycloakSettings) -> Json | None:
    """The same for the client of the master realm that administers; None where no key is set.

    Raises:
        SettingsError: a key's file cannot be used.
    """
    if settings.admin_key_file is None:
        return None
    return _of_keys(settings.admin_key_file, f"{PREFIX}KEYCLOAK__ADMIN_KEY_FILE")


def _of_keys(file: Path, setting: str) -> Json:
    """A client that is let in by the key in the file and by the next one, where that is there."""
    keys = [ClientKey.read(file, setting)]
    if (coming := next_key_file(file)).exists():
        keys.append(ClientKey.read(coming, f"{setting} ({coming.name})"))
    attributes = {
        "use.jwks.url": "false",  # else the keys of whoever answers there
        "use.jwks.string": "true",
        "jwks.string": key_set(keys),
        "token.endpoint.auth.signing.alg": ALGORITHM,
    }
    return {"clientAuthenticatorType": "client-jwt", "attributes": attributes}
