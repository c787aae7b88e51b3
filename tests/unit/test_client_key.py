"""The key by which a client proves who it is: what it signs, what of it is told, and which files are taken."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from jwcrypto.jwk import JWK
from jwcrypto.jwt import JWT

from provisioner.keycloak.credentials import ClientKey, client_credentials, key_set, next_key_file
from provisioner.settings import KeycloakSettings, SettingsError

SETTING = "PROVISIONER_KEYCLOAK__CLIENT_KEY_FILE"


def a_key(file: Path) -> ClientKey:
    key = ClientKey.new()
    file.write_bytes(key.pem())
    return key


def test_the_proof_is_signed_names_one_realm_and_works_for_a_minute_at_most() -> None:
    key = ClientKey.new()
    proof = key.proof("provisioner", "https://sso.caf.example/realms/cooperation")
    assert proof["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    token = JWT(jwt=proof["client_assertion"], key=JWK(**key.public()), algs=["ES256"])
    claims = json.loads(token.claims)
    assert claims["iss"] == claims["sub"] == "provisioner"
    assert claims["aud"] == "https://sso.caf.example/realms/cooperation"
    assert claims["exp"] - claims["iat"] == 60
    assert claims["iat"] <= time.time() < claims["exp"]
    again = key.proof("provisioner", "https://sso.caf.example/realms/cooperation")
    assert json.loads(JWT(jwt=again["client_assertion"], key=JWK(**key.public())).claims)["jti"] != claims["jti"]


def test_what_keycloak_is_given_holds_nothing_private(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    key = a_key(file)
    (public,) = json.loads(key_set([ClientKey.read(file, SETTING)]))["keys"]
    assert set(public) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert public["kid"] == key.id


def test_the_realm_takes_the_next_key_too_while_its_file_is_there(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    old = a_key(file)
    new = a_key(next_key_file(file))
    settings = KeycloakSettings(client_key_file=file)

    def taken() -> list[str]:
        keys = json.loads(client_credentials(settings)["attributes"]["jwks.string"])["keys"]
        return [key["kid"] for key in keys]

    assert taken() == [old.id, new.id]
    next_key_file(file).replace(file)
    assert taken() == [new.id]


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, password: bytes | None = None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"no key", "client-key-unfit"),
        (pem(rsa.generate_private_key(65537, 2048)), "client-key-unfit"),
        (pem(ec.generate_private_key(ec.SECP384R1())), "client-key-unfit"),
        (pem(ec.generate_private_key(ec.SECP256R1()), b"password"), "client-key-unfit"),
        (None, "client-key-missing"),
    ],
    ids=["none", "rsa", "another-curve", "encrypted", "absent"],
)
def test_another_kind_of_file_is_refused_by_the_settings_name(
    tmp_path: Path, content: bytes | None, refusal: str
) -> None:
    file = tmp_path / "key.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=f"^{SETTING}: {refusal}$"):
        ClientKey.read(file, SETTING)


def test_a_key_that_openssl_made_is_taken_in_both_forms(tmp_path: Path) -> None:
    private, file = ec.generate_private_key(ec.SECP256R1()), tmp_path / "key.pem"
    ids = set()
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        file.write_bytes(private.private_bytes(Encoding.PEM, form, NoEncryption()))
        ids.add(ClientKey.read(file, SETTING).id)
    assert len(ids) == 1
