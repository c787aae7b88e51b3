"""A register of partners for tests; nothing here needs a server."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from provisioner.cli.app import app
from provisioner.clock import Clock
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.convention import Contacts
from provisioner.domain.records import Records
from provisioner.register import Register, open_register, tables
from provisioner.register.habilitations import save_habilitations
from provisioner.register.partners import contacts_of
from provisioner.settings import load_settings

TODAY = date(2026, 9, 2)


@dataclass(frozen=True)
class Office:
    """The commands, on a register of their own."""

    home: Path

    @property
    def variables(self) -> dict[str, str]:
        return {"PROVISIONER_DATA_DIR": str(self.home / "data"), "PROVISIONER_KEYCLOAK__URL": "http://127.0.0.1:9"}

    def run(self, *arguments: str | Path, today: date = TODAY) -> Result:
        """One command, as a user types it, on that day."""
        ours = {name: None for name in os.environ if name.startswith("PROVISIONER_")}
        moved = {"PROVISIONER_TODAY": today.isoformat()}
        result = CliRunner().invoke(app, list(map(str, arguments)), env={**ours, **self.variables, **moved})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def import_(self, text: str | bytes, *more: str, today: date = TODAY) -> Result:
        """`partner import` of a file with that text."""
        file = self.home / "partners.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self.run("partner", "import", file, *more, today=today)

    def register(self, today: date = TODAY) -> Register:
        return open_register(load_settings(environment=self.variables), Clock().as_of(today))

    def records(self) -> Records:
        opened = self.register()
        records = opened.records()
        opened.close()
        return records

    def enter(self, *habilitations: Habilitation) -> None:
        """Puts habilitations in the register; those with `opened_at` or `closed_at` are open or closed there."""
        opened = self.register()
        with opened.work("test") as work:
            before = opened.records()
            save_habilitations(work, before, before.with_habilitations([*before.habilitations, *habilitations]))
        opened.close()

    def contacts(self, code: str) -> Contacts | None:
        opened = self.register()
        with opened.read() as connection:
            contacts = contacts_of(connection, code)
        opened.close()
        return contacts

    def end_reason(self, code: str) -> str | None:
        opened = self.register()
        with opened.read() as connection:
            reasons = connection.execute(select(tables.partner.c.end_reason).where(tables.partner.c.code == code))
            reason: str | None = reasons.scalar_one()
        opened.close()
        return reason

    def journal(self, action: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """The entries of that action with who acted, each with the details beside it."""
        opened = self.register()
        entry, detail, actor = tables.journal_entry, tables.journal_detail, tables.journal_actor
        with opened.read() as connection:
            rows = connection.execute(
                select(entry.c.body, detail.c.data, actor.c.data.label("actor"))
                .outerjoin(detail, detail.c.entry == entry.c.entry)
                .join(actor, actor.c.entry == entry.c.entry)
                .order_by(entry.c.entry)
            )
            entries = [(json.loads(row.body) | json.loads(row.actor), json.loads(row.data or "{}")) for row in rows]
        opened.close()
        return [(body, details) for body, details in entries if body["action"] == action]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def opened(habilitation: Habilitation) -> Habilitation:
    """The same, open since the summer."""
    return replace(habilitation, opened_at=datetime(2026, 7, 1, 8, 0, tzinfo=UTC), opened_number=1)
