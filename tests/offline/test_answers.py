"""An answer that cannot be shown, a file that cannot be written: what was done stays done, and is told as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from provisioner.cli.app import app
from provisioner.keycloak.connection import Connection
from provisioner.keycloak.errors import KeycloakUnavailable
from provisioner.register import RegisterUnavailable
from provisioner.settings import KeycloakSettings, SettingsError, load_settings
from provisioner.views.refusals import unusable_settings
from tests.offline.conftest import Office
from tests.shared.desk import Desk
from tests.shared.mailbox import Mailbox
from tests.shared.office import PROVISIONER

#: The command where no file may grow beyond 1,000 bytes, as on a full disk.
FULL_DISK = (
    "-c",
    "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); "
    "from provisioner.cli import main; main()",
)
FILE = """
[[partner]]
code = "un"
name = "Mairie d'Évian"
domains = ["evian.example"]
"""


@pytest.fixture
def desk(mailbox: Mailbox, tmp_path: Path) -> Desk:
    return Desk(mailbox, tmp_path)


def test_a_terminal_without_accents_gets_signs_in_their_place_and_the_status_of_what_was_done(desk: Desk) -> None:
    (desk.home / "partners.toml").write_text(FILE, "utf-8")
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    done = desk.run("partner", "import", "partners.toml", program=PROVISIONER, **ascii_only)
    assert (done.status, done.err) == (0, "")
    shown = desk.run("partner", "show", "un", program=PROVISIONER, **ascii_only)
    assert (shown.status, "Mairie d'?vian" in shown.out) == (0, True)
    told = desk.run("partner", "show", "un", "--format", "json", program=PROVISIONER, **ascii_only)
    assert told.json["name"] == "Mairie d'Évian"


@pytest.mark.parametrize("output", ["/dev/full", "closed pipe"])
def test_where_the_answer_cannot_be_written_the_status_is_that_of_what_was_done(desk: Desk, output: str) -> None:
    (desk.home / "partners.toml").write_text(FILE, "utf-8")
    command = [sys.executable, *PROVISIONER, "partner", "import", "partners.toml"]
    started = subprocess.Popen(
        ["sh", "-c", '"$@" >/dev/full' if output == "/dev/full" else 'exec "$@"', "sh", *command],
        env=desk.environment,
        cwd=desk.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stderr is not None
    started.stdout.close()
    with started.stderr:
        err = started.stderr.read()
    assert started.wait() == 0, err
    lost = "La réponse n'a pas pu être écrite : « No space left on device ».\n"
    assert err == (lost if output == "/dev/full" else "")
    assert [partner["code"] for partner in desk.run("partner", "list", "--format", "json").json] == ["un"]


@pytest.mark.parametrize(
    ("closed", "command", "status"),
    [
        ("<&-", ("apply", "partners.toml", "--partner", "un", "--approved-by", "Claire"), 2),
        (">&-", ("partner", "import", "partners.toml"), 0),
        ("2>&-", ("partner", "show", "nul"), 2),
    ],
)
def test_a_stream_that_the_caller_closed_is_an_empty_one(
    desk: Desk, closed: str, command: tuple[str, ...], status: int
) -> None:
    (desk.home / "partners.toml").write_text(FILE, "utf-8")
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, *PROVISIONER, *command]
    ended = subprocess.run(shell, env=desk.environment, cwd=desk.home, capture_output=True, text=True, check=False)
    assert (ended.returncode, "Traceback" in ended.stderr) == (status, False)


def test_a_form_that_the_disk_has_no_room_for_leaves_no_file(desk: Desk) -> None:
    answer = desk.run("annexe", "form", "--output", "annexe1.docx", program=FULL_DISK)
    assert answer.status == 3
    assert "n'a pas pu être écrit : « File too large »" in answer.err
    assert not (desk.home / "annexe1.docx").exists()


def test_a_register_of_a_newer_version_is_left_alone_and_told_in_a_sentence(desk: Desk) -> None:
    desk.add_partner()
    before = desk.database.read_bytes()
    with create_engine(f"sqlite:///{desk.database}").begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    answer = desk.run("partner", "list")
    assert answer.status == 3
    assert "créé par une version plus récente du logiciel" in answer.err
    with create_engine(f"sqlite:///{desk.database}").begin() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    assert len(desk.database.read_bytes()) == len(before)


def test_a_failed_file_of_other_work_is_not_the_register_s_failure(desk: Desk) -> None:
    desk.add_partner()
    with desk.register() as register:
        with pytest.raises(FileNotFoundError), register.work("test"):
            (desk.home / "nowhere" / "file").read_bytes()
        with pytest.raises(FileNotFoundError), register.read():
            (desk.home / "nowhere" / "file").read_bytes()
        assert not issubclass(FileNotFoundError, RegisterUnavailable)


def test_a_keycloak_that_is_away_is_told_with_the_cause() -> None:
    nobody_listens = KeycloakSettings(url="http://127.0.0.1:9")
    with pytest.raises(KeycloakUnavailable, match="does not answer: NewConnectionError"):
        Connection(nobody_listens, client_id="provisioner").get_token()


def test_a_keycloak_that_is_away_is_one_french_sentence_and_no_line_of_the_log(office: Office) -> None:
    away = office.run("plan")
    assert away.exit_code == 3
    assert away.stdout == ""
    _today, *said = away.stderr.splitlines()
    assert len(said) == 1, said
    assert said[0].startswith("Keycloak (http://127.0.0.1:9) ne répond pas (connexion refusée) : « ")
    assert "Rien n'a été modifié dans Keycloak." in said[0]


@pytest.mark.parametrize("url", ["keycloak.example", "htp://keycloak.example"])
def test_an_address_that_is_none_is_told_in_words(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(environment={"PROVISIONER_KEYCLOAK__URL": url})
    assert "commence par https://" in unusable_settings(refused.value.problems)


def test_the_help_says_of_a_flag_that_it_takes_nothing() -> None:
    for command in (("apply",), ("sync",), ()):
        said = CliRunner().invoke(app, [*command, "--help"]).stdout
        assert "--help" in said
        assert "<bool>" not in said


def test_the_help_says_what_every_command_does_and_what_every_option_is_for() -> None:
    groups = [typer.main.get_command(app)]
    while groups:
        group = groups.pop()
        for command in getattr(group, "commands", {}).values():
            assert (command.help or "").strip(), command.name
            assert [param.name for param in command.params if not (param.help or "").strip()] == [], command.name
            groups.append(command)


def test_a_shell_completes_what_is_typed() -> None:
    typed = """
        eval "$(_PROVISIONER_COMPLETE=source_bash provisioner)"
        for last in rem "show --"; do
            COMP_WORDS=(provisioner partner $last) COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
            _provisioner_completion provisioner
            echo "${COMPREPLY[@]}"
        done
    """
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    completed = subprocess.run(
        ["bash", "-c", typed], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert completed.stdout.splitlines() == ["remove", "--format --help"], completed.stderr
