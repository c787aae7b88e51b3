"""A check as JSON, with its French sentences: for scripts, and kept beside the annexe."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from provisioner.domain.annexe.document import Check, Finding
from provisioner.views.answers import as_json
from provisioner.views.answers.checks import CheckAnswer, finding_lines, findings_of

__all__ = ["check_as_json", "findings_as_json", "findings_of"]


def check_as_json(check: Check) -> dict[str, Any]:
    """`check --format json` (docs/schemas)."""
    plain: dict[str, Any] = as_json(CheckAnswer.of(check))
    return plain


def findings_as_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings, each with its sentence."""
    return [as_json(line) for line in finding_lines(findings)]
