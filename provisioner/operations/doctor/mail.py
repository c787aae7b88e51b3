"""The mail server of our own notices: connected to, greeted, left; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.mail import MailUnavailable, greet
from provisioner.operations.doctor.lines import Line, attention, ok, unreachable, wanting
from provisioner.settings import PREFIX, Settings, is_this_machine


def mail_lines(settings: Settings) -> Iterator[Line]:
    """Whether notices to officers and contacts can leave."""
    smtp = settings.smtp
    if not smtp.is_set:
        lacks = " and ".join(name for name, value in (("HOST", smtp.host), ("FROM", smtp.from_)) if not value)
        todo = f"Set {PREFIX}SMTP__HOST and {PREFIX}SMTP__FROM. What is owed waits meanwhile."
        yield wanting("mail", f"Notices cannot leave: {PREFIX}SMTP__… {lacks} not set.", todo)
        return
    try:
        greet(smtp)
    except MailUnavailable as error:
        yield unreachable("mail", str(error), f"See the mail server and {PREFIX}SMTP__*. What is owed waits.")
    else:
        yield ok("mail", f"{smtp.host}:{smtp.port} answers (TLS: {smtp.tls}). Nothing was sent.")
    if smtp.tls == "off" and not is_this_machine(smtp.host):
        yield attention(
            "mail",
            "E-mails go to the mail server without TLS: links and persons' data go in the clear.",
            f"Set {PREFIX}SMTP__TLS to starttls or implicit, unless that network is yours alone; "
            "then `provisioner realm apply`.",
        )
