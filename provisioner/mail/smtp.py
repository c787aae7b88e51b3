"""One message given to the mail server, with time-outs; errors are sentences without a name or an address."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator

from provisioner.domain.errors import System, SystemFailed
from provisioner.mail.message import ascii_address
from provisioner.settings import SmtpSettings

#: Longest wait for the connection, then for each answer. A server may check a message at length before it takes it,
#: and one that is given up then may have been taken: the second is long.
CONNECT_SECONDS = 10
ANSWER_SECONDS = 60

#: An answer from here on is final (RFC 5321, 4.2.1); one below may become another later.
_FOR_GOOD = 500


class MailUnavailable(SystemFailed):
    """The mail server cannot be used now, for any message; nothing is lost, it is to be tried again later."""

    system = System.MAIL


class MailRefused(MailUnavailable):
    """The mail server does not take this message now; it may take others.

    `is_for_good`: it is the recipient that it refuses, by a 5xx: there is no such mailbox, most often.
    """

    def __init__(self, message: str, *, is_for_good: bool = False) -> None:
        super().__init__(message)
        self.is_for_good = is_for_good


def send(settings: SmtpSettings, recipient: str, content: bytes) -> None:
    """Gives one message, as `compose` made it, to the mail server; when this returns, the server has taken it.

    The sender's address of the settings is put before it as its From header; `recipient` is in ASCII.

    Raises:
        MailRefused: the server does not take this one.
        MailUnavailable: it is out of reach, refuses us, or does not answer in time.
    """
    with _connected(settings) as (server, sender):
        server.sendmail(sender, [recipient], f"From: {sender}\r\n".encode("ascii") + content)


def greet(settings: SmtpSettings) -> None:
    """Connects as for a message, encryption and user name included, and leaves: nothing is sent.

    Raises:
        MailUnavailable: it is out of reach, refuses us, or does not answer in time.
    """
    with _connected(settings) as (server, _sender):
        server.ehlo_or_helo_if_needed()
        server.noop()


@contextlib.contextmanager
def _connected(settings: SmtpSettings) -> Iterator[tuple[smtplib.SMTP, str]]:
    """A server that is ready for a message, and the sender's address in ASCII."""
    where = f"{settings.host}:{settings.port}"
    server = None
    try:
        sender = ascii_address(settings.from_ or "")
        server = _connect(settings)
        _begin(server, settings)
        yield server, sender
        _end(server)
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _ in error.recipients.values()})
        refusal = f"The mail server {where} refuses the recipient ({', '.join(map(str, codes))})."
        raise MailRefused(refusal, is_for_good=codes[0] >= _FOR_GOOD) from None
    except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
        raise MailRefused(f"The mail server {where} refuses the message ({error.smtp_code}).") from None
    except smtplib.SMTPResponseException as error:
        raise MailUnavailable(f"The mail server {where} refuses the connection ({error.smtp_code}).") from None
    except smtplib.SMTPNotSupportedError as error:  # in smtplib's own words: no STARTTLS, no user names
        raise MailUnavailable(f"The mail server {where} cannot be used: {error}") from None
    except smtplib.SMTPException as error:
        raise MailUnavailable(f"The mail server {where} cannot be used ({type(error).__name__}).") from None
    except OSError as error:
        raise MailUnavailable(f"The mail server {where} cannot be reached: {error}.") from None
    except ValueError:  # a sender, user name or password that cannot be sent as it is
        raise MailUnavailable("PROVISIONER_SMTP__FROM, __USERNAME or __PASSWORD cannot be used.") from None
    finally:
        if server is not None:
            server.close()


def _connect(settings: SmtpSettings) -> smtplib.SMTP:
    host = settings.host or ""
    if settings.tls == "implicit":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, settings.port, timeout=CONNECT_SECONDS, context=context)
    return smtplib.SMTP(host, settings.port, timeout=CONNECT_SECONDS)


def _begin(server: smtplib.SMTP, settings: SmtpSettings) -> None:
    assert server.sock is not None
    server.sock.settimeout(ANSWER_SECONDS)
    if settings.tls == "starttls":
        server.starttls(context=ssl.create_default_context())  # refused by the server, or not offered: an error
    if settings.username:
        server.login(settings.username, settings.password.get_secret_value() if settings.password else "")


def _end(server: smtplib.SMTP) -> None:
    """Says good-bye; whatever the server answers, it has taken the message."""
    with contextlib.suppress(smtplib.SMTPException, OSError):
        if server.sock is not None:
            server.sock.settimeout(CONNECT_SECONDS)
        server.quit()
