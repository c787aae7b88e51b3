"""The process of a command: how it begins, and how it ends."""

from __future__ import annotations

import atexit
import gc
import io
import os
import sys
from pathlib import Path

from provisioner import COLLECTED_AFTER


def main() -> None:
    """The entry point of the command `provisioner`."""
    gc.set_threshold(COLLECTED_AFTER)
    # At the end Python would look for what to free in all that we hold, and take it apart: a quarter of a short
    # command's processor, for memory that the system takes back anyhow.
    atexit.register(gc.freeze)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # who called us closed it
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a letter gets a sign in its place
            stream.reconfigure(errors="replace")
    from provisioner.cli.app import app

    app()
