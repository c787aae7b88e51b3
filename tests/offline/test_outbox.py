"""Notices in a world where mail servers refuse, stop and hang up, and processes die: none lost, none in double."""

from __future__ import annotations

import email
import email.policy
import json
import os
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from provisioner.domain.convention import Role
from provisioner.domain.notice import Side
from provisioner.mail import MailUnavailable, Message, compose, new_message_id, send
from provisioner.operations.doctor.register import waiting_lines
from provisioner.operations.notice_delivery import Delivered, deliver_now
from provisioner.register import notices, run_lock
from provisioner.register.tables import notice as table
from provisioner.settings import SmtpSettings
from tests.faults.conftest import FAULTY
from tests.faults.test_kill import KILLED
from tests.shared.desk import TODAY, Desk, message
from tests.shared.mailbox import Mailbox
from tests.shared.office import valid
from tests.shared.sink import FaultyMailbox

LATER = "2026-09-03"
TO = notices.Addressee(Side.CAF, Role.SECURITE)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[FaultyMailbox]:
    mailbox = FaultyMailbox(tmp_path / "mail")
    yield mailbox
    mailbox.stop()


@pytest.fixture
def desk(sink: FaultyMailbox, tmp_path: Path) -> Desk:
    return Desk(sink, tmp_path)


def _owed(desk: Desk) -> list[Any]:
    with desk.register() as register, register.read() as connection:
        return list(connection.execute(select(table).where(table.c.sent_at.is_(None)).order_by(table.c.id)))


def _message_ids(desk: Desk, to: str) -> list[str]:
    return [message(mail)["Message-ID"] for mail in desk.received(to)]


@pytest.mark.rule("N3")
def test_what_a_mail_server_refuses_waits_and_leaves_later_as_the_same_message(
    desk: Desk, sink: FaultyMailbox
) -> None:
    addresses = {code: desk.partner_with_contact(code) for code in ("un", "deux", "trois")}
    sink.refuses_all = True
    answer = desk.annexe_3()
    assert answer.status == 0
    assert "Avis en attente d'envoi : 3" in answer.err
    assert "prochaine synchronisation (provisioner sync)" in answer.err
    owed = _owed(desk)
    assert [row.tries for row in owed] == [1, 1, 1]
    assert not any(address in row.error for row in owed for address in addresses.values())
    with desk.register() as register:
        line = list(waiting_lines(register, register.clock.now()))[-1]
    cause = owed[0].error.rstrip(".")
    assert line.found == f"Avis en attente d'envoi : 3, le plus ancien depuis le 2 septembre 2026 : « {cause} »."
    sink.refuses_all = False
    answer = desk.annexe_3()
    assert "Avis envoyés aux contacts : 3" in answer.err
    of_partner = {row.partner: [row.message_id] for row in owed}
    assert {code: _message_ids(desk, address) for code, address in addresses.items()} == of_partner
    assert _owed(desk) == []


@pytest.mark.rule("N3")
def test_one_refused_contact_does_not_keep_the_others_waiting(desk: Desk, sink: FaultyMailbox) -> None:
    addresses = [desk.partner_with_contact(code) for code in ("un", "deux", "trois")]
    sink.refuses = {addresses[0]}
    desk.annexe_3()
    assert [len(desk.received(address)) for address in addresses] == [0, 1, 1]
    assert [row.partner for row in _owed(desk)] == ["un"]


@pytest.mark.rule("N3")
def test_with_the_mail_server_down_everything_waits_and_only_one_try_is_lost(desk: Desk, sink: FaultyMailbox) -> None:
    addresses = [desk.partner_with_contact(code) for code in ("un", "deux")]
    sink.stop()
    answer = desk.annexe_3()
    assert answer.status == 0
    assert "[warning" not in answer.err, "no line of the technical log amid an answer"
    assert f"Le serveur de messagerie ne les a pas pris : « The mail server {sink.host}:{sink.port}" in answer.err
    assert [row.tries for row in _owed(desk)] == [1, 0]
    sink.start_again()
    assert desk.annexe_3(today=LATER).status == 0
    assert [len(desk.received(address)) for address in addresses] == [1, 1]


@pytest.mark.rule("N3")
def test_without_a_mail_server_nothing_is_tried_and_what_waits_is_told(desk: Desk) -> None:
    address = desk.partner_with_contact("un")
    answer = desk.annexe_3(environment={"PROVISIONER_SMTP__HOST": "", "PROVISIONER_SMTP__FROM": ""})
    assert answer.status == 0
    assert "Avis en attente d'envoi : 1" in answer.err
    assert "PROVISIONER_SMTP__HOST" in answer.err
    assert [row.tries for row in _owed(desk)] == [0]
    desk.annexe_3()
    assert len(desk.received(address)) == 1


@pytest.mark.rule("N3")
def test_while_another_run_holds_the_lock_the_annexe_is_recorded_and_its_messages_wait(desk: Desk) -> None:
    address = desk.partner_with_contact("un")
    with desk.register() as register, run_lock(register, desk.settings_on(TODAY), "test"):
        answer = desk.annexe_3()
    assert answer.status == 0
    assert "Avis en attente d'envoi : 1" in answer.err
    assert desk.received(address) == []
    desk.annexe_3()
    assert len(desk.received(address)) == 1


@pytest.mark.rule("L1")
def test_what_is_urgent_leaves_once_while_a_long_run_holds_the_lock(desk: Desk) -> None:
    urgent = Message(
        to="securite@caf.example", to_name=None, reply_to=None, subject="Objet", text="Bonjour", html="<p>Bonjour</p>"
    )
    settings = desk.settings_on(TODAY)
    with desk.register() as register, run_lock(register, settings, "test"):
        with register.work("test") as work:
            content = compose(urgent, "<1@caf.example>", NOON)
            notices.put(work, "control-secret", None, "<1@caf.example>", notices.Envelope(urgent.to, content), TO)
            notices.put(work, "held", None, "<2@caf.example>", notices.Envelope("autre@caf.example", content), TO)
        at_once = settings.model_copy(update={"lock_wait_seconds": 0})
        assert deliver_now(register, at_once, "test").waiting == 1
        assert deliver_now(register, at_once, "test").sent == 0
        assert len(desk.received(urgent.to)) == 1
        with register.work("test") as work:
            notices.put(work, "control-secret", None, "<3@caf.example>", notices.Envelope(urgent.to, content), TO)
            seen_by_both = notices.urgent(work.connection, work.now)[0]
            assert notices.begin(work, seen_by_both) is not None
            assert notices.begin(work, seen_by_both) is None, "another pass has it in hand"


@pytest.mark.rule("L2")
def test_what_is_urgent_and_was_refused_leaves_with_the_next_command_as_everything_does(
    desk: Desk, sink: FaultyMailbox
) -> None:
    urgent, settings = replace(MESSAGE, to="securite@caf.example"), desk.settings_on(TODAY)
    with desk.register() as register:
        with register.work("test") as work:
            content = compose(urgent, "<1@caf.example>", NOON)
            notices.put(work, "incident", None, "<1@caf.example>", notices.Envelope(urgent.to, content), TO)

        def command_after(minutes: int) -> Delivered:
            register.clock = replace(register.clock, moved_by=register.clock.moved_by + timedelta(minutes=minutes))
            return deliver_now(register, settings, "test")

        sink.refuses_all = True
        assert [command_after(minutes).failed for minutes in (0, 2, 10, 60)] == [1, 1, 1, 1]
        sink.refuses_all = False
        assert command_after(0).sent == 0, "the last try may be that of another pass"
        assert command_after(2).sent == 1, "its next try by itself is two hours away"


@pytest.mark.rule("N3")
@pytest.mark.parametrize(("at", "before"), [(1, 0), (2, 0), (3, 1), (4, 1)])
def test_killed_at_any_commit_a_notice_leaves_once_or_once_more_as_the_same_message(
    desk: Desk, at: int, before: int
) -> None:
    """Commits: the annexe with its message, the intention to send it, that it was sent; there is no fourth."""
    address = desk.partner_with_contact("un")
    answer = desk.annexe_3(program=(str(FAULTY),), environment={"KILL_AT_COMMIT": str(at)})
    assert answer.status == (KILLED if at < 4 else 0), answer.err
    assert len(desk.received(address)) == before
    assert desk.annexe_3().status == 0
    ids = _message_ids(desk, address)
    assert len(ids) == (2 if at == 3 else 1)
    assert len(set(ids)) == 1
    desk.annexe_3(today=LATER)
    assert _message_ids(desk, address) == ids


@pytest.mark.rule("N3")
def test_an_annexe_3_that_was_not_sent_yet_is_not_sent_after_the_one_that_replaces_it(
    desk: Desk, sink: FaultyMailbox
) -> None:
    address = desk.partner_with_contact("un")
    sink.refuses_all = True
    desk.annexe_3("2026-08-01")
    sink.refuses_all = False
    desk.annexe_3("2026-09-01", today=LATER)
    (mail,) = desk.received(address)
    assert "1er septembre 2026" in mail.text


@pytest.mark.rule("N3")
def test_once_sent_nothing_of_a_message_is_left_in_the_register_s_file(desk: Desk, sink: FaultyMailbox) -> None:
    address = desk.partner_with_contact("un")
    marks = (b"Auto-Submitted", b"JVBERi0", b"Cordialement")  # a header, the PDF's first bytes, the end of the text
    sink.refuses_all = True
    desk.annexe_3()
    message_id = _owed(desk)[0].message_id
    assert all(mark in desk.database.read_bytes() for mark in marks)
    sink.refuses_all = False
    desk.annexe_3()
    assert _message_ids(desk, address) == [message_id]
    content = desk.database.read_bytes()
    assert not any(mark in content for mark in marks)
    assert message_id.encode() in content, "that it was sent stays known"


@pytest.mark.rule("N3")
def test_the_ledger_tells_who_was_told_what_and_whom_the_mail_server_refuses(desk: Desk, sink: FaultyMailbox) -> None:
    addresses = {code: desk.partner_with_contact(code) for code in ("un", "deux")}
    sink.refuses = {addresses["un"]}
    desk.annexe_3()

    def ledger(*options: str) -> list[dict[str, Any]]:
        answer = desk.run("notice", "list", "--format", "json", *options, today=TODAY)
        assert answer.status == 0, answer.err
        return list(valid(json.loads(answer.out), "notices"))

    first, second = sorted(ledger(), key=lambda line: addresses["un"] != line["recipient"])
    assert {
        key: first[key] for key in ("kind", "partner", "to", "role", "recipient", "sent_at", "tries", "state")
    } == {
        "kind": "annexe-3",
        "partner": "un",
        "to": "un",
        "role": "habilitations",
        "recipient": addresses["un"],
        "sent_at": None,
        "tries": 1,
        "state": "refused",
    }
    assert (second["recipient"], second["state"]) == (addresses["deux"], "sent")
    assert second["sent_at"].startswith(TODAY)
    assert ledger("--partner", "un") == [first]
    assert len(ledger("--since", TODAY, "--until", TODAY, "--kind", "annexe-3")) == 2
    assert ledger("--since", LATER) == ledger("--until", "2026-09-01") == ledger("--kind", "held") == []
    text = desk.run("notice", "list", "--partner", "deux", today=TODAY).out
    for words in ("Nouvelle annexe 3", "Responsable des habilitations", addresses["deux"], "envoyé"):
        assert words in text
    sink.refuses = set()
    desk.annexe_3()
    assert [line["state"] for line in ledger("--partner", "un")] == ["sent"]
    assert desk.run("notice", "list", "--since", LATER, "--until", TODAY, today=TODAY).status == 2


def test_tries_are_further_and_further_apart_and_never_end(desk: Desk) -> None:
    desk.partner_with_contact("un")
    desk.annexe_3(environment={"PROVISIONER_SMTP__HOST": ""})
    waits = []
    with desk.register() as register:
        for _ in range(8):
            with register.work("test") as work:
                (notice,) = notices.due(work.connection, None)
                assert notices.begin(work, notice) is not None
            row = _owed(desk)[0]
            waits.append(row.next_try_at - row.begun_at)
            with register.read() as connection:
                assert notices.due(connection, row.next_try_at - timedelta(seconds=1)) == []
                assert [notice.id for notice in notices.due(connection, row.next_try_at)] == [notice.id]
    minute, hour, day = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
    assert waits == [minute, 5 * minute, 30 * minute, 2 * hour, 6 * hour, day, day, day]


MESSAGE = Message(
    to="camille@un.example",
    to_name="Camille",
    reply_to=None,
    subject="Objet",
    text="Bonjour",
    html="<p>Bonjour</p>",
)
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("field", ["to_name", "subject"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\n\r\n", "\x0b", "\x85", "\u2028"])
def test_no_value_of_a_header_can_add_another(field: str, end: str) -> None:
    hostile: dict[str, Any] = {field: f"Camille{end}Bcc: tous@ailleurs.example"}
    plain, made = (
        email.message_from_bytes(compose(written, new_message_id(None), NOON), policy=email.policy.default)
        for written in (MESSAGE, replace(MESSAGE, **hostile))
    )
    assert made.keys() == plain.keys()
    assert len(made["To"].addresses) == 1


@pytest.mark.parametrize("to", ["camille@un.example\r\nBcc: tous@ailleurs.example", "camille", "@un.example", ""])
def test_what_is_not_an_address_is_no_recipient(to: str) -> None:
    with pytest.raises(ValueError, match="address"):
        compose(replace(MESSAGE, to=to), new_message_id(None), NOON)


def test_an_address_with_accents_in_its_domain_is_sent_as_every_server_takes_it(desk: Desk) -> None:
    desk.add_partner("un", "évian.example")
    desk.annexe_2("un", "Camille Martin <camille@évian.example>")
    desk.annexe_3()
    assert len(desk.received("camille@xn--vian-9oa.example")) == 1


@pytest.mark.parametrize(("tls", "why"), [("starttls", "STARTTLS"), ("implicit", "SSL")])
def test_where_encryption_is_asked_for_nothing_is_sent_without_it(sink: FaultyMailbox, tls: str, why: str) -> None:
    settings = SmtpSettings.model_validate(
        {"host": sink.host, "port": sink.port, "from": "caf@caf.example", "tls": tls}
    )
    with pytest.raises(MailUnavailable, match=why):
        send(settings, "camille@un.example", compose(MESSAGE, new_message_id(None), NOON))
    assert sink.messages() == []


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_an_encrypted_message_leaves_to_a_server_whose_certificate_is_trusted_and_to_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: str
) -> None:
    certificate, context = _certificate(tmp_path)
    mailbox = Mailbox(tmp_path / "mail")
    mailbox.stop()
    encrypted = {"ssl_context": context} if tls == "implicit" else {"tls_context": context, "require_starttls": True}
    server = Controller(mailbox, hostname=mailbox.host, port=mailbox.port, **encrypted)
    settings = SmtpSettings.model_validate(
        {"host": mailbox.host, "port": mailbox.port, "from": "caf@caf.example", "tls": tls}
    )
    content = compose(MESSAGE, new_message_id(None), NOON)
    with monkeypatch.context() as trusting:
        trusting.setenv("SSL_CERT_FILE", str(certificate))
        server.start()  # it greets itself once, as a client
        try:
            send(settings, "camille@un.example", content)
            assert len(mailbox.messages()) == 1
            trusting.setenv("SSL_CERT_FILE", os.devnull)
            with pytest.raises(MailUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
                send(settings, "camille@un.example", content)
        finally:
            server.stop()
    assert len(mailbox.messages()) == 1


def _certificate(directory: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of 127.0.0.1 that signs itself, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = directory / "certificate.pem", directory / "key.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return certificate, context


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")  # of a server on this machine
def test_a_mail_server_that_asks_for_a_password_gets_it_and_an_error_never_tells_it(tmp_path: Path) -> None:
    def knows(_server: object, _session: object, _envelope: object, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data == LoginPassword(b"caf", b"secret-3141"), handled=False)

    mailbox = Mailbox(tmp_path / "mail")
    mailbox.stop()
    server = Controller(
        mailbox,
        hostname=mailbox.host,
        port=mailbox.port,
        authenticator=knows,
        auth_required=True,
        auth_require_tls=False,
    )
    server.start()
    try:
        given = {"host": mailbox.host, "port": mailbox.port, "from": "caf@caf.example", "username": "caf"}
        content = compose(MESSAGE, new_message_id(None), NOON)
        send(SmtpSettings.model_validate({**given, "password": "secret-3141"}), "camille@un.example", content)
        assert len(mailbox.messages()) == 1
        for wrong in ("secret-2718", "très-secret"):
            with pytest.raises(MailUnavailable) as told:
                send(SmtpSettings.model_validate({**given, "password": wrong}), "camille@un.example", content)
            assert "secret" not in str(told.value)
    finally:
        server.stop()
    assert len(mailbox.messages()) == 1
