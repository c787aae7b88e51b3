"""Writes docs/schemas/answers.schema.json from the models of the answers (`make pages`)."""

from __future__ import annotations

import json
from pathlib import Path

from provisioner.views.answers.schema import schema

PAGE = Path(__file__).parents[1] / "docs" / "schemas" / "answers.schema.json"


def page() -> str:
    """The file as it should be."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
