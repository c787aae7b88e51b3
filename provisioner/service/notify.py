"""Telling systemd how we are, by the datagrams of sd_notify(3); silent where nobody listens."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


def notify(state: str, environment: Mapping[str, str] = os.environ) -> None:
    """Sends a state (`READY=1`, `STOPPING=1`, `WATCHDOG=1`) to the socket that NOTIFY_SOCKET names.

    A name that begins with `@` is an abstract socket's. A manager that cannot be told is no reason to fail.
    """
    name = environment.get("NOTIFY_SOCKET", "")
    if not name.startswith(("/", "@")):
        return
    address = "\0" + name[1:] if name.startswith("@") else name
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager:
        manager.setblocking(False)
        manager.sendto(state.encode(), address)
