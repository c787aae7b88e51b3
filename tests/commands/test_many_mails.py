"""120 e-mails sent at once: one recipient and one link in each, and nothing of anybody else (P2, P6)."""

from __future__ import annotations

import base64
import email
import email.policy
import html
import json
import re
import string
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.shared.mailbox import Mail
from tests.shared.office import DOMAIN, PARTNER, Office, annexe_csv

PERSONS, THREADS = 120, 16

#: Marks of equal length, so that none is a part of another; no word of a mail begins so.
_LETTERS = string.ascii_lowercase[:10]
MARKS = [f"zqx{''.join(letters)}" for letters in product(_LETTERS, repeat=3)][:PERSONS]
_MARK = re.compile("zqx[a-j]{3}", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")  # a token's own letters may spell a mark
_HREF = re.compile(r'href="(https?://[^"]+)"')


def token_of(link: str) -> dict[str, Any]:
    """What the link's token says."""
    (key,) = parse_qs(urlsplit(link).query)["key"]
    payload = key.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return said


def activating_links(mail: Mail) -> set[str]:
    """Those of both parts that make a password; the others lead to the platform and to the information notice."""
    in_page = {html.unescape(link) for link in _HREF.findall(mail.html)}
    return {link for link in {*mail.links, *in_page} if "/action-token?" in link}


def marks_in(mail: Mail) -> set[str]:
    """Every mark that the message has anywhere once decoded: envelope, headers, both parts, the links' tokens."""
    message = email.message_from_bytes(mail.file.read_bytes(), policy=email.policy.default)
    headers = "\n".join(f"{name}: {value}" for name, value in message.items())
    said = [headers, _ADDRESS.sub("", mail.text), _ADDRESS.sub("", mail.html)]
    said += [json.dumps(token_of(link)) for link in activating_links(mail)]
    return {mark.lower() for mark in _MARK.findall("\n".join(said))}


@pytest.mark.rule("P2")
@pytest.mark.rule("P6")
def test_of_120_e_mails_sent_at_once_each_is_one_person_s_and_nobody_else_s(office: Office, tmp_path: Path) -> None:
    office.environment["PROVISIONER_KEYCLOAK__THREADS"] = str(THREADS)
    office.add_partner()
    annexe = annexe_csv(tmp_path / "annexe.csv", dict.fromkeys(MARKS, "2026-06-10"), {}, "2026-06-15")
    answer = office.apply(annexe, today="2026-06-16")
    assert (len(answer["done"]), answer["failed"]) == (1 + 2 * PERSONS, [])
    directory = office.directory()
    accounts = {account.email: account for account in directory.snapshot({PARTNER: None}).accounts.values()}
    directory.close()
    mails = office.mails()
    assert sorted(mail.to for mail in mails) == sorted(f"{mark}@{DOMAIN}" for mark in MARKS)
    links = set()
    for mail in mails:
        mark = mail.to.partition("@")[0]
        message = email.message_from_bytes(mail.file.read_bytes(), policy=email.policy.default)
        assert [message[name] for name in ("X-Envelope-To", "To", "Cc", "Bcc")] == [mail.to, mail.to, None, None]
        assert marks_in(mail) == {mark}
        (link,) = activating_links(mail)
        token = token_of(link)
        assert (token["sub"], token["eml"]) == (accounts[mail.to].id, mail.to)  # type: ignore[index]
        links.add(link)
    assert len(links) == PERSONS
