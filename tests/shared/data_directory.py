"""What lies in a data directory is in the one list of where personal data stand."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from provisioner.register.personal_data import FILES

_PATTERNS = [pattern for place in FILES for pattern in place.where]


def unlisted(data_directory: Path) -> list[str]:
    """The files there of a kind that the list does not know: nobody said what ends them."""
    names = [path.relative_to(data_directory).as_posix() for path in data_directory.rglob("*") if path.is_file()]
    return [name for name in names if not any(fnmatchcase(name, pattern) for pattern in _PATTERNS)]
