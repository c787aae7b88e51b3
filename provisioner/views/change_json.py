"""A change as JSON, kept beside what a limit holds."""

from __future__ import annotations

from typing import Any

from provisioner.domain.access.change import Change
from provisioner.views.answers import as_json
from provisioner.views.answers.plans import ChangeLine


def change_as_json(change: Change) -> dict[str, Any]:
    """A line of `changes`, `later`, `done` (docs/schemas)."""
    plain: dict[str, Any] = as_json(ChangeLine.of(change))
    return plain
