"""`realm export-theme`: the theme's files for a server, never over others unasked."""

from __future__ import annotations

from pathlib import Path

from tests.offline.conftest import Office

SHIPPED = Path(__file__).parents[2] / "realm-config" / "themes" / "cooperation"


def files(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_theme_is_written_for_a_server_and_a_second_time_changes_nothing(office: Office, tmp_path: Path) -> None:
    themes = tmp_path / "serveur" / "themes"

    first = office.run("realm", "export-theme", str(themes))
    written = (themes / "cooperation").stat().st_mtime_ns
    second = office.run("realm", "export-theme", str(themes))

    assert first.exit_code == 0, first.stderr
    assert "Thème écrit" in first.stderr
    assert "realm apply" in first.stderr  # what is to be done next
    assert files(themes / "cooperation") == files(SHIPPED)
    assert second.exit_code == 0
    assert "sans différence" in second.stderr
    assert (themes / "cooperation").stat().st_mtime_ns == written
    assert [folder.name for folder in themes.iterdir()] == ["cooperation"]


def test_a_different_theme_of_that_name_is_replaced_only_when_asked(office: Office, tmp_path: Path) -> None:
    own = tmp_path / "cooperation" / "login" / "logo-de-la-caf.svg"
    own.parent.mkdir(parents=True)
    own.write_text("<svg/>")

    refused = office.run("realm", "export-theme", str(tmp_path))

    assert refused.exit_code == 1
    assert "--replace" in refused.stderr
    assert files(tmp_path / "cooperation") == {Path("login/logo-de-la-caf.svg"): b"<svg/>"}

    replaced = office.run("realm", "export-theme", str(tmp_path), "--replace")

    assert replaced.exit_code == 0, replaced.stderr
    assert files(tmp_path / "cooperation") == files(SHIPPED)
    assert not list(tmp_path.glob(".cooperation*"))


def test_a_folder_that_cannot_be_written_is_wrong_usage(office: Office, tmp_path: Path) -> None:
    (tmp_path / "fichier").write_text("")

    done = office.run("realm", "export-theme", str(tmp_path / "fichier" / "themes"))

    assert done.exit_code == 2


def test_a_copy_of_the_realm_files_brings_its_own_theme(office: Office, tmp_path: Path) -> None:
    own = tmp_path / "realm" / "themes" / "cooperation" / "email"
    own.mkdir(parents=True)
    (own / "theme.properties").write_text("parent=base\n")

    config = tmp_path / "provisioner.toml"
    config.write_text(f'realm_config = "{tmp_path / "realm"}"\n')

    done = office.run("--config", config, "realm", "export-theme", tmp_path / "serveur")

    assert done.exit_code == 0, done.stderr
    assert files(tmp_path / "serveur" / "cooperation") == files(own.parent)
