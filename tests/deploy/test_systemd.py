"""The systemd units: without a mistake, and shut in as far as the work allows."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.operations import folders
from provisioner.settings import load_settings

DEPLOY = Path(__file__).parents[2] / "deploy"

#: Ten times what `systemd-analyze security` may say at most: 0 is shut in wholly, 100 not at all.
EXPOSURE = 20


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as they are installed, but for the programs: those of this environment, which are there."""
    for source, name in (
        ("provisioner.service", "provisioner.service"),
        ("provisioner.service", "provisioner-by-timer.service"),
        ("provisioner-once.conf", "provisioner-by-timer.service.d/once.conf"),
        ("provisioner.service", "provisioner-by-key.service"),
        ("provisioner-key.conf", "provisioner-by-key.service.d/key.conf"),
        ("provisioner.timer", "provisioner.timer"),
        ("provisioner-backup.service", "provisioner-backup.service"),
        ("provisioner-backup.timer", "provisioner-backup.timer"),
    ):
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        text = (DEPLOY / source).read_text("utf-8")
        target.write_text(text.replace("/opt/provisioner/bin", str(Path(sys.executable).parent)), "utf-8")
    return tmp_path


def analyze(*arguments: str, units: Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    assert program, "systemd-analyze is needed: make test installs it as root, else apt-get install systemd"
    return subprocess.run(
        [program, *arguments],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"},
        capture_output=True,
        text=True,
        check=False,
    )


UNITS = ("provisioner.service", "provisioner-by-timer.service", "provisioner-by-key.service", "provisioner.timer")
COPIES = ("provisioner-backup.service", "provisioner-backup.timer")


@pytest.mark.parametrize("unit", [*UNITS, *COPIES])
def test_systemd_finds_nothing_to_say_about_a_unit(units: Path, unit: str) -> None:
    done = analyze("verify", str(units / unit), units=units)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_service_is_shut_in(units: Path) -> None:
    done = analyze(
        "security", "--offline=true", f"--threshold={EXPOSURE}", str(units / "provisioner.service"), units=units
    )

    assert done.returncode == 0, done.stdout
    assert "OK" in done.stdout.splitlines()[-1]


def test_the_service_lets_its_work_be_done() -> None:
    """The child that reads a document limits itself (documents/child.py), so @resources must stay; an effect in hand
    is ended within 10 seconds (docs/service.md); partners' folders may be setgid."""
    lines = (DEPLOY / "provisioner.service").read_text("utf-8").splitlines()

    assert [line for line in lines if line.startswith("SystemCallFilter=")] == [
        "SystemCallFilter=@system-service landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp",
        "SystemCallFilter=~@privileged",
    ]
    assert {"TimeoutStopSec=30s", "UMask=0077"} <= set(lines)
    assert not any(line.startswith("RestrictSUIDSGID=") for line in lines)


def test_the_example_of_settings_can_be_used() -> None:
    settings = load_settings(DEPLOY / "provisioner.toml", {"PROVISIONER_SECRETS_DIR": str(DEPLOY)})

    assert settings.keycloak.url.startswith("https://")
    assert settings.smtp.is_set
    assert settings.smtp.tls == "starttls"


def test_a_report_can_be_read_by_its_folders_group_under_the_umask_of_the_unit(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        folders.write(tmp_path / "envoi.docx.rapport.json", b"{}")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "envoi.docx.rapport.json").stat().st_mode) == 0o640
