"""Reading in a child process with bounds: a hostile file costs a process, never the service."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import PurePath
from typing import TYPE_CHECKING

from provisioner.documents.answer import NotAnAnswer, from_json
from provisioner.documents.blocks import Unreadable

if TYPE_CHECKING:
    from provisioner.domain.annexe import Annexe
    from provisioner.settings import DocumentSettings

_MIB = 2**20

#: What starts the process that reads.
CHILD = (sys.executable, "-I", "-m", "provisioner.documents.child")


def read_bounded(content: bytes, name: str, limits: DocumentSettings) -> Annexe:
    """The annexe that the file holds, read and understood elsewhere.

    Raises:
        Unreadable: the file is refused, or its reading died or was late.
    """
    if not content:
        raise Unreadable("empty")
    if len(content) > limits.max_mib * _MIB:
        raise Unreadable("too-large")
    bounds = limits.memory_mib * _MIB, math.ceil(limits.seconds), limits.max_unpacked_mib * _MIB, limits.max_rows
    try:
        done = subprocess.run(
            # Only the extension is passed on: the rest of a name is nobody's business, and may hold anything.
            [*CHILD, _extension(name), *map(str, bounds)],
            input=content,
            capture_output=True,
            timeout=limits.seconds,
            check=False,
            env={},  # our environment holds secrets
        )
    except subprocess.TimeoutExpired:
        raise Unreadable("too-long") from None
    if done.returncode:
        raise Unreadable("too-long" if done.returncode < 0 else "failed")  # killed: memory or time
    try:
        answer = json.loads(done.stdout)
        if isinstance(answer, dict):
            raise Unreadable(str(answer["unreadable"]))
        return from_json(answer)
    except (ValueError, KeyError, NotAnAnswer):
        raise Unreadable("failed") from None


def _extension(name: str) -> str:
    suffix = PurePath(name.replace("\0", "")).suffix.lower()
    return f"file{suffix}" if suffix[1:].isascii() and suffix[1:].isalnum() else "file"
