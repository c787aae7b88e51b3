from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from provisioner.cli.app import app
from provisioner.keycloak.realm_config import load_realm_config, load_texts
from provisioner.settings import Settings, SettingsError, load_settings
from provisioner.views.refusals import unusable_settings

REALM_CONFIG = Path(__file__).parents[2] / "realm-config"


def given(**variables: str) -> dict[str, str]:
    return {f"PROVISIONER_{name}": value for name, value in variables.items()}


def secrets(tmp_path: Path, **files: str) -> Path:
    directory = tmp_path / "secrets"
    directory.mkdir()
    for name, value in given(**files).items():
        (directory / name).write_text(value, "utf-8")
    return directory


def toml(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "provisioner.toml"
    file.write_text(text, "utf-8")
    return file


def refusal(file: Path | None, **variables: str) -> list[str]:
    with pytest.raises(SettingsError) as told:
        load_settings(file, given(**variables))
    return str(told.value).splitlines()


@pytest.mark.parametrize(
    "name", ["FOO", "KEYCLOK__URL", "KEYCLOAK__URLL", "KEYCLOAK__URL__X", "DATA_DIR__X", "SMTP__FROM_", "__URL", ""]
)
def test_a_variable_of_ours_that_is_no_setting_is_an_error_that_names_it_and_not_its_value(
    tmp_path: Path, name: str
) -> None:
    sentence = [f"PROVISIONER_{name}: no-such-setting"]
    known = {"KEYCLOAK__URL": "http://127.0.0.1:9", "DATA_DIR": str(tmp_path)}
    assert refusal(None, **{name: "geheim"}) == sentence
    assert refusal(None, **known, **{name: "geheim"}) == sentence
    assert refusal(None, SECRETS_DIR=str(secrets(tmp_path, **{name: "geheim"}))) == sentence


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('foo = "geheim"', "FOO"),
        ('[keyclok]\nurl = "geheim"', "KEYCLOK"),
        ('[keycloak]\nurll = "geheim"', "KEYCLOAK__URLL"),
        ('[KEYCLOAK]\nurl = "geheim"', "KEYCLOAK"),
    ],
)
def test_a_key_of_the_file_that_is_no_setting_is_an_error(tmp_path: Path, text: str, name: str) -> None:
    assert refusal(toml(tmp_path, text)) == [f"PROVISIONER_{name}: no-such-setting"]


def test_every_setting_that_cannot_be_used_is_told_at_once_and_no_value(tmp_path: Path) -> None:
    directory = secrets(tmp_path, SMTP__PORT="geheim", FOO="geheim")
    sentences = refusal(toml(tmp_path, "secrets_dir = 5"), KEYCLOAK="geheim", LIMITS__CLOSURES="-1")
    sentences += refusal(None, SECRETS_DIR=str(directory), SMTP__TLS="geheim")
    assert [sentence.partition(":")[0].removeprefix("PROVISIONER_") for sentence in sentences] == [
        *("KEYCLOAK", "LIMITS__CLOSURES", "SECRETS_DIR"),
        *("SMTP__PORT", "SMTP__TLS", "FOO"),
    ]
    assert "geheim" not in str(sentences)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SMTP__PORT", "geheim", "un nombre entier est attendu."),
        ("SMTP__PORT", "0", "la valeur doit être de 1 au moins."),
        ("SMTP__PORT", "65536", "la valeur doit être de 65535 au plus."),
        ("LOCK_WAIT_SECONDS", "geheim", "un nombre est attendu."),
        ("INVITATION__LIFESPAN_HOURS", "0", "une valeur supérieure à 0 est attendue."),
        ("APPROVAL__AUTOMATIC", "geheim", "true ou false est attendu."),
        ("SMTP__TLS", "geheim", "une de ces valeurs est attendue : 'off', 'starttls', 'implicit'."),
        ("SERVICE__SWEEP_AT", "geheim", "la valeur n'a pas la forme attendue : ^("),
        ("KEYCLOAK", "geheim", "une table est attendue."),
        ("SECRETS_DIR", "/nowhere", "le fichier ne peut pas être lu : « "),
        ("TODAY", "geheim", "une date est attendue, AAAA-MM-JJ ou AAAA-MM-JJTHH:MM."),
    ],
)
def test_what_a_setting_should_be_is_said_in_french(tmp_path: Path, name: str, value: str, says: str) -> None:
    done = CliRunner().invoke(app, ["status"], env=given(**{"DATA_DIR": str(tmp_path), name: value}))
    place = value if name == "SECRETS_DIR" else f"PROVISIONER_{name}"
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Réglage inutilisable, {place} : {says}")
    assert "geheim" not in done.stderr


def test_the_environment_goes_before_the_secrets_and_they_before_the_file(tmp_path: Path) -> None:
    directory = secrets(tmp_path, KEYCLOAK__REALM="secret", KEYCLOAK__CLIENT_ID="secret")
    text = '[keycloak]\nrealm = "file"\nclient_id = "file"\ngroup_root = "/file"'
    file = toml(tmp_path, f'secrets_dir = "{directory}"\n{text}')
    settings = load_settings(file, given(KEYCLOAK__REALM="variable", KEYCLOAK__GROUP_ROOT=""))
    keycloak = settings.keycloak
    assert (keycloak.realm, keycloak.client_id, keycloak.group_root) == ("variable", "secret", "/file")
    assert load_settings(file, given(SECRETS_DIR=str(tmp_path))).keycloak.client_id == "file"


def test_a_secret_is_its_file_without_the_line_end_wherever_a_link_leads(tmp_path: Path) -> None:
    directory = secrets(tmp_path, KEYCLOAK__CLIENT_SECRET=" pass phrase \r\n")
    (tmp_path / "elsewhere").write_text("geheim\n", "utf-8")
    (directory / "PROVISIONER_SMTP__PASSWORD").symlink_to(tmp_path / "elsewhere")
    (directory / "another-service").write_bytes(b"\xff")
    settings = load_settings(environment=given(SECRETS_DIR=str(directory)))
    assert settings.keycloak.client_secret is not None
    assert settings.smtp.password is not None
    assert settings.keycloak.client_secret.get_secret_value() == " pass phrase "
    assert settings.smtp.password.get_secret_value() == "geheim"


def test_a_secret_that_was_replaced_goes_before_the_one_that_was_read_first(tmp_path: Path) -> None:
    directory = secrets(tmp_path, KEYCLOAK__CLIENT_SECRET="first")
    file = directory / "PROVISIONER_KEYCLOAK__CLIENT_SECRET"
    keycloak = load_settings(environment=given(SECRETS_DIR=str(directory))).keycloak

    def tried() -> list[str]:
        return [secret.get_secret_value() for secret in keycloak.secrets()]

    assert tried() == ["first"]
    for before, now in (("first", "second"), ("second", "third")):
        file.write_text(f"{now}\n", "utf-8")
        assert tried() == [now, before]
    file.unlink()
    assert tried() == ["third", "second"]
    from_variable = given(SECRETS_DIR=str(directory), KEYCLOAK__CLIENT_SECRET="variable")
    assert [s.get_secret_value() for s in load_settings(environment=from_variable).keycloak.secrets()] == ["variable"]


@pytest.mark.parametrize("name", ["KEYCLOAK__URL", "PLATFORM__URL", "WEB__URL"])
@pytest.mark.parametrize("before", ["admin:geheim", "admin"])
def test_an_address_that_holds_a_name_or_a_password_is_refused(name: str, before: str) -> None:
    (told,) = refusal(None, **{name: f"https://{before}@sso.exemple.fr/auth"})
    assert "geheim" not in told
    assert load_settings(environment=given(**{name: "https://sso.exemple.fr:8443/a@b/"}))


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    directory = secrets(tmp_path)
    (directory / "PROVISIONER_SMTP__PASSWORD").symlink_to(tmp_path / "nowhere")
    for sentences in (
        refusal(tmp_path / "nowhere.toml"),
        refusal(tmp_path),
        refusal(toml(tmp_path, "[keycloak")),
        refusal(None, SECRETS_DIR=str(tmp_path / "nowhere")),
        refusal(None, SECRETS_DIR=str(tmp_path / "provisioner.toml")),
        refusal(None, SECRETS_DIR=str(directory)),
    ):
        assert [sentence.rpartition(": ")[2] for sentence in sentences] == ["file-unread"]


def test_a_misspelt_variable_is_wrong_usage_of_any_command(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["status"], env=given(KEYCLOK__URL="geheim", DATA_DIR=str(tmp_path)))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "Réglage inutilisable, PROVISIONER_KEYCLOK__URL : ce réglage n'existe pas (docs/settings.md).\n"
    )
    assert "geheim" not in done.stderr


def test_settings_made_by_hand_read_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVISIONER_KEYCLOAK__REALM", "other")
    assert Settings().keycloak.realm == "cooperation"
    assert load_settings().keycloak.realm == "other"


@pytest.mark.parametrize(
    ("host", "tls", "meant"),
    [
        ("smtp.caf.example", None, "starttls"),
        ("smtp.caf.example", "true", "starttls"),
        ("smtp.caf.example", "False", "off"),
        ("smtp.caf.example", "implicit", "implicit"),
        ("127.0.0.1", None, "off"),
        ("LOCALHOST", None, "off"),
        ("localhost", "starttls", "starttls"),
    ],
)
def test_mail_is_encrypted_unless_its_server_is_this_machine_and_keycloaks_too(
    tmp_path: Path, host: str, tls: str | None, meant: str
) -> None:
    variables = given(
        SMTP__HOST=host, SMTP__TLS=tls or "", SMTP__FROM="caf@caf.example", KEYCLOAK__CLIENT_SECRET="geheim"
    )
    copy = tmp_path / "realm-config"  # as version 0.2 shipped it
    shutil.copytree(REALM_CONFIG, copy)
    realm = json.loads((copy / "realm.json").read_text("utf-8"))
    realm["smtpServer"] |= {"starttls": "${SMTP__TLS}", "ssl": "false"}
    (copy / "realm.json").write_text(json.dumps(realm), "utf-8")
    for files in ("", str(copy)):
        settings = load_settings(environment={**variables, **given(REALM_CONFIG=files)})
        assert settings.smtp.tls == meant
        server = load_realm_config(settings).realm["smtpServer"]
        assert (server["starttls"], server["ssl"]) == (
            str(meant == "starttls").lower(),
            str(meant == "implicit").lower(),
        )


def test_in_the_file_true_and_false_are_still_read(tmp_path: Path) -> None:
    for text, meant in (("true", "starttls"), ("false", "off"), ('"implicit"', "implicit")):
        assert load_settings(toml(tmp_path, f"[smtp]\ntls = {text}"), {}).smtp.tls == meant


@pytest.mark.rule("P5")
def test_the_realms_texts_tell_no_lock_say_the_length_that_is_set_and_are_not_broken_by_an_address() -> None:
    variables = {
        "SMTP__FROM": "l'envoi@caf.example",
        "REALM__PASSWORD_LENGTH": "12",
        "PLATFORM__PRIVACY_URL": "https://caf.example/?a=1&b=2",
    }
    settings = load_settings(environment={f"PROVISIONER_{name}": value for name, value in variables.items()})

    texts = load_texts(settings, {"cooperationContact": "o'neil@caf.example"})

    for locked in ("accountTemporarilyDisabledMessage", "accountPermanentlyDisabledMessage"):
        assert texts[locked] == texts["invalidUserMessage"]
    assert "au moins 12 caractères" in texts["resetPasswordMessage"]
    assert "l''envoi@caf.example" in texts["executeActionsBody"]  # as Java's MessageFormat reads an apostrophe
    assert texts["cooperationContact"] == "o''neil@caf.example"
    assert 'href="https://caf.example/?a=1&amp;b=2"' in texts["executeActionsBodyHtml"]


@pytest.mark.parametrize(
    ("name", "value"), [("PLATFORM__REDIRECT_URIS", "ctg.example"), ("CONNECTIONS__OUR_ADDRESSES", "ici")]
)
def test_a_list_of_addresses_that_is_none_is_refused_in_french(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(environment={f"PROVISIONER_{name}": value})
    assert "séparé" in unusable_settings(refused.value.problems)
