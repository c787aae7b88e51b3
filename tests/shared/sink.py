"""A mail sink that fails on purpose: refuses everybody or one address, or answers late."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from provisioner.settings import Settings
from tests.shared.administrator import Administrator
from tests.shared.mailbox import Mailbox


class FaultyMailbox(Mailbox):
    """Like the real sink until a test says otherwise. What it refuses it does not keep."""

    def __init__(self, directory: Path) -> None:
        self.refuses_all = False
        self.refuses: set[str] = set()
        self.late_by = 0.0
        super().__init__(directory)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.late_by:
            await asyncio.sleep(self.late_by)
        if self.refuses_all or address in self.refuses:
            return "550 refused by a test"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def start_again(self) -> None:
        """Listens again on the same port, once stopped."""
        self._controller = Controller(self, hostname=self.host, port=self.port)
        self._controller.start()


def send_through(settings: Settings, mailbox: Mailbox) -> None:
    """Has the realm send its e-mails there."""
    administrator = Administrator(settings.keycloak)
    path = f"admin/realms/{settings.keycloak.realm}"
    realm = administrator.get(path)
    smtp = {**realm["smtpServer"], "host": mailbox.host, "port": str(mailbox.port)}
    administrator.request("put", path, {"smtpServer": smtp})
    administrator.close()
