"""`realm export-theme`: the files of the login pages and of Keycloak's e-mails, for a server."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

from provisioner.domain.errors import Refusal, Refused
from provisioner.keycloak.realm_config import THEME, themes_directory
from provisioner.settings import Settings


class ThemeExport(NamedTuple):
    """Where the theme stands; `written`: whether it was put there now, or was there without a difference."""

    folder: Path
    written: bool


def export_theme(settings: Settings, directory: Path, *, replace: bool) -> ThemeExport:
    """Copies our theme into `directory`, which is made where it is missing. Killed at any line, the folder that was
    there is whole, or the new one is, or none has the theme's name; the next run puts it right.

    Raises:
        Refused: a folder of that name is there with other files, and it is not to be replaced.
        OSError: the folder cannot be written.
    """
    theme, folder = themes_directory(settings) / THEME, directory / THEME
    if folder.exists():
        if _files(folder) == _files(theme):
            return ThemeExport(folder, written=False)
        if not replace:
            raise Refused(Refusal.OTHER_THEME, folder=str(folder))
    directory.mkdir(parents=True, exist_ok=True)
    partial, old = directory / f".{THEME}.partial", directory / f".{THEME}.old"
    for leftover in (partial, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(theme, partial)
    if folder.exists():
        folder.rename(old)
    partial.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    return ThemeExport(folder, written=True)


def _files(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
