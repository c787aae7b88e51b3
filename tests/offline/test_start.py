"""What a command loads before it works: what only others need would be waited for each time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.offline.conftest import Office
from tests.shared.pace import PATIENCE

FORM = Path(__file__).parents[1] / "data" / "samples" / "01-premiere-demande.docx"

KEYCLOAK = {"keycloak", "requests", "httpx", "jwcrypto", "cryptography", "stamina"}
REGISTER = {"sqlalchemy", "alembic", "psycopg"}
DOCUMENTS = {"lxml", "pdfplumber", "xlrd", "typst", "pyhanko", "pyzipper", "pyrage"}
CHECK = {"email_validator", "rapidfuzz"}
SERVICE = {"apscheduler", "prometheus_client", "http.server"}
PAGES = {"jinja2"}


def loaded(office: Office, *arguments: str, status: int = 0) -> set[str]:
    """The names of all modules that the command loads."""
    names = started(office, "-m", "provisioner", *arguments, status=status)
    assert "typer" in names
    return names


def started(office: Office, *arguments: str, status: int = 0) -> set[str]:
    """The names of all modules that Python loads with these arguments."""
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        env={**os.environ, **office.variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == status, ended.stderr[-500:]
    lines = [line for line in ended.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def test_the_help_loads_the_command_line_alone(office: Office) -> None:
    names = loaded(office, "--help")
    assert not {"pydantic", "structlog"} & names
    assert not (KEYCLOAK | REGISTER | DOCUMENTS | CHECK | SERVICE | PAGES) & names
    assert {name.split(".")[1] for name in names if name.startswith("provisioner.")} == {"cli", "domain", "views"}
    domain = {name for name in names if name.startswith("provisioner.domain.")}
    assert domain == {f"provisioner.domain.{name}" for name in ("calendar", "errors", "people")}


@pytest.mark.parametrize(
    "arguments",
    [
        ("partner", "list"),
        ("status",),
        ("held", "list"),
        ("access", "list"),
        ("journal", "verify"),
        ("review", "list"),
    ],
    ids=" ".join,
)
def test_a_command_on_the_register_loads_neither_keycloak_nor_documents(
    office: Office, arguments: tuple[str, ...]
) -> None:
    assert office.run("partner", "list").exit_code == 0, "the register is made"
    names = loaded(office, *arguments)
    assert "sqlalchemy" in names
    assert not (KEYCLOAK | DOCUMENTS | CHECK | SERVICE | PAGES | {"alembic", "psycopg"}) & names
    groups = {"partner", "caf", "annexe", "person", "incident", "attestation", "connections"} - {*arguments}
    assert not {f"provisioner.cli.{group}" for group in groups} & names


def test_a_command_on_keycloak_loads_no_documents(office: Office) -> None:
    assert office.run("partner", "list").exit_code == 0, "the register is made"
    names = loaded(office, "sync", status=3)  # nobody answers; everything was loaded before
    assert "keycloak" in names
    assert not (DOCUMENTS | CHECK | SERVICE | PAGES | {"alembic", "psycopg"}) & names


def test_a_look_at_one_person_loads_no_pass(office: Office) -> None:
    assert office.run("partner", "list").exit_code == 0, "the register is made"
    names = loaded(office, "person", "show", "leroy@agglo-lys.example", status=3)
    assert "keycloak" in names
    operations = {name for name in names if name.startswith("provisioner.operations.")}
    assert operations == {f"provisioner.operations.{name}" for name in ("context", "errors", "look", "person_file")}


def test_what_repeats_a_call_is_loaded_once_a_call_has_failed(office: Office) -> None:
    names = started(office, "-c", "import provisioner.keycloak.directory")
    assert "keycloak" in names
    assert not {"stamina", "tenacity"} & names


def test_at_the_end_python_takes_nothing_apart(office: Office) -> None:
    last = "import atexit, gc; atexit.register(lambda: print(gc.get_freeze_count() > len(gc.get_objects())))"
    command = f"{last}; import sys; sys.argv[1:] = ['--help']; from provisioner.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert ended.stdout.splitlines()[-1] == "True"


def test_a_check_without_a_partner_opens_no_database_and_calls_nobody(office: Office) -> None:
    names = loaded(office, "check", str(FORM), "--as-of", "2026-06-16")
    assert "provisioner.documents.bounded" in names, "the check was made"
    assert not (KEYCLOAK | REGISTER | SERVICE | PAGES) & names
