"""The package as it is installed: the wheel in an environment of its own, with the locked dependencies alone."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner import __version__

ROOT = Path(__file__).parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree without the network."""
    directory = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(directory)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return next(directory.glob("*.whl"))


@pytest.fixture(scope="module")
def run(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a program of an environment that holds the wheel and what requirements.txt locks, nothing else."""
    home = tmp_path_factory.mktemp("installed")
    environment = home / "environment"
    uv = str(Path(sys.executable).with_name("uv"))
    python = ["--python", str(environment)]
    for command in (
        [uv, "venv", "--python", sys.executable, str(environment)],
        [uv, "pip", "sync", *python, "--require-hashes", str(ROOT / "requirements.txt")],
        [uv, "pip", "install", *python, "--no-deps", str(wheel)],
    ):
        subprocess.run([*command, "--quiet"], check=True, cwd=home)

    def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [environment / "bin" / program, *arguments],
            cwd=home,
            env={
                "PROVISIONER_KEYCLOAK__CLIENT_SECRET": "invented",
                "PROVISIONER_SMTP__HOST": "127.0.0.1",
                "PROVISIONER_SMTP__PORT": "9",  # nobody listens there: notices wait
                "PROVISIONER_SMTP__FROM": "ne-pas-repondre@caf.example",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_wheel_holds_every_file_of_the_package_and_the_realm(wheel: Path) -> None:
    package = {path.relative_to(ROOT) for path in (ROOT / "provisioner").rglob("*") if path.is_file()}
    wanted = {str(path) for path in package if "__pycache__" not in path.parts}
    realm = {f"provisioner/{path.relative_to(ROOT)}" for path in (ROOT / "realm-config").rglob("*") if path.is_file()}

    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert held == wanted | realm


def test_installed_it_says_its_version(run: Run) -> None:
    done = run("provisioner", "--version")

    assert (done.returncode, done.stdout) == (0, f"provisioner {__version__}\n"), done.stderr


def test_installed_it_has_the_realm_that_realm_apply_puts(run: Run) -> None:
    code = (
        "from provisioner.keycloak.realm_config import load_realm_config\n"
        "from provisioner.settings import load_settings\n"
        "found = load_realm_config(load_settings())\n"
        "print(found.realm['realm'], *sorted(client['clientId'] for client in found.clients))"
    )

    done = run("python", "-I", "-c", code)

    clients = "account account-console admin-cli broker cooperation provisioner security-admin-console"
    assert (done.returncode, done.stdout) == (0, f"cooperation {clients}\n"), done.stderr


def test_installed_it_has_the_theme_that_it_writes_for_a_server(run: Run, tmp_path: Path) -> None:
    done = run("provisioner", "realm", "export-theme", str(tmp_path))

    assert done.returncode == 0, done.stderr
    for kind in ("login", "email", "account"):
        assert (tmp_path / "cooperation" / kind / "theme.properties").is_file()


def test_installed_it_writes_the_form_and_reads_it_back(run: Run, tmp_path: Path) -> None:
    form = tmp_path / "annexe1.docx"

    written = run("provisioner", "annexe", "form", "--output", str(form))
    read = run("provisioner", "check", str(form), "--format", "html")

    assert written.returncode == 0, written.stderr
    assert "date de transmission" in read.stdout.lower(), read.stderr  # left blank: a finding on a page of ours


def test_installed_it_makes_its_register_and_the_letter_of_an_annexe_3(run: Run) -> None:
    contact = "Claire Martin <claire.martin@caf.example>"
    both = ["--on", "2026-02-01", "--habilitations", contact, "--securite", contact]
    done = [
        run("provisioner", "partner", "add", "essai", "--name", "Essai", "--domain", "essai.example"),
        run("provisioner", "partner", "contacts", "essai", *both),
        run("provisioner", "caf", "contacts", *both, "--technique", contact),
    ]

    assert [process.returncode for process in done] == [0, 0, 0], [process.stderr for process in done]
    assert "Avis en attente d'envoi : 1." in done[-1].stderr  # with the letter as a PDF
