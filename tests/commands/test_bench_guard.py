"""`make bench-guard` with fewer pairs: for the same accounts we do no more than was recorded."""

from __future__ import annotations

from pathlib import Path

from bench.guard import compared, measured
from bench.place import Servers
from tests.shared.mailbox import Mailbox
from tests.shared.postgres import Postgres
from tests.shared.server import KeycloakServer


def test_no_more_is_done_than_was_recorded(
    keycloak: KeycloakServer, postgres: Postgres, mailbox: Mailbox, tmp_path: Path
) -> None:
    servers = Servers(keycloak, "", postgres, mailbox.port, tmp_path)
    lines, is_well = compared(measured(servers, pairs=3))
    assert is_well, lines
