"""Writes docs/settings.md from the settings themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from provisioner.settings import PREFIX, Settings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

HEAD = """# Settings

Made by `scripts/settings.py` from the settings themselves; do not edit.

The first source that speaks wins: the environment, the secrets directory (`PROVISIONER_SECRETS_DIR`, one file a
setting, named as its variable), the TOML file of `--config` (`[keycloak]`, `[smtp]` …), the default. An unknown
variable or secret's file that begins with `PROVISIONER_`, and an unknown key of the TOML file, are errors. Secrets
are never arguments and never printed.

| variable | default | what it is |
|---|---|---|
"""


def page() -> str:
    """The page's text."""
    return HEAD + "".join(f"{line}\n" for line in _lines())


def _lines() -> Iterator[str]:
    single = {
        name: field for name, field in Settings.model_fields.items() if not isinstance(field.default, BaseModel)
    }
    for name, field in sorted(single.items()):
        yield _line(name, field)
    for section, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            for name, inner in type(field.default).model_fields.items():
                yield _line(f"{section}__{inner.alias or name}", inner)


def _line(name: str, field: FieldInfo) -> str:
    default = "" if field.default in (None, PydanticUndefined) else f"`{field.default}`"  # undefined: a factory's
    return f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"docs/{PAGE.name} written\n")
