"""The sandbox's mail server in a process of its own: `sink.py DIRECTORY` prints its port and ends with its input."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.shared.mailbox import Mailbox

if __name__ == "__main__":
    with Mailbox(Path(sys.argv[1])) as mailbox:
        print(mailbox.port, flush=True)
        sys.stdin.read()
