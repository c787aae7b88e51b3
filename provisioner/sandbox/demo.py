"""The trial run: the commands that an officer would type, on a real Keycloak that ends with us."""

from __future__ import annotations

import email
import email.policy
import os
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from email.message import EmailMessage
from html import escape
from importlib.resources import files
from pathlib import Path

import pyrage
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from provisioner.sandbox.keycloak import Keycloak, start_keycloak
from provisioner.sandbox.process import free_ports
from provisioner.views.dates import french_date

PARTNER = "agglo-lys"
REALM = "cooperation"
APPROVER = "Claire Martin"

#: The day on which docs/gestionnaire.md begins; the second of the shipped documents is of the day before.
GUIDE_DAY = date(2026, 9, 2)
_SECOND_DAY = date(2026, 9, 1)
_ADDRESS_CHANGE = "annexe-1-changement-d-adresse.csv"

#: Day 0 of a spreadsheet's serial dates.
_EPOCH = date(1899, 12, 30)

#: The long part of a link, of no use to who reads the demo's output.
_TOKEN = re.compile(r"(key=[\w-]{20})[\w.-]+")


def run_demo(*, keep: bool) -> int:
    """Runs it and returns the exit status of its last command; with `keep`, leaves it up until interrupted.

    Raises:
        SandboxError: a Keycloak cannot be had.
    """
    console = Console(highlight=False)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended like Ctrl+C: everything stops and goes
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="provisioner-demo-")))
        mailbox = Mailbox(home / "mail")
        stack.callback(mailbox.stop)
        console.print("Démarrage d'un vrai Keycloak (la première fois, il est téléchargé)…")
        keycloak = stack.enter_context(start_keycloak(log_file=home / "keycloak.log"))
        console.print(f"Keycloak est prêt ({keycloak.how}).")
        demo = Demo(console, home, keycloak, mailbox)
        status = story(demo)
        if status == 0 and not keep:
            console.print("Pour regarder de plus près : make demo KEEP=1")
        elif status == 0:
            guide = _guide(demo, keycloak)
            _where_to_look(demo, keycloak, guide)
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
        return status


class Mailbox:
    """A mail server that accepts everything for everybody, sends nothing on, and keeps each message as a file."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.messages = directory, list[EmailMessage]()
        directory.mkdir()
        (self.port,) = free_ports(1)
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd for each message."""
        content = envelope.content
        assert isinstance(content, bytes)
        self.messages.append(email.message_from_bytes(content, policy=email.policy.default))
        name = f"{len(self.messages):06}"
        (self.directory / f"{name}.eml").write_bytes(content)
        (self.directory / f"{name}.html").write_text(message_page(self.messages[-1]), "utf-8")
        self.index.write_text(_mailbox_page(self.messages), "utf-8")
        return "250 OK"

    @property
    def index(self) -> Path:
        """The page that lists the messages, for a browser."""
        return self.directory / "index.html"

    def stop(self) -> None:
        """Ends it; the messages stay."""
        self._controller.stop()


class Demo:
    """The commands run one after the other, shown as they are typed."""

    def __init__(self, console: Console, home: Path, keycloak: Keycloak, mailbox: Mailbox) -> None:
        self.console, self.home, self.mailbox = console, home, mailbox
        self.settings = {
            "PROVISIONER_KEYCLOAK__URL": keycloak.url,
            "PROVISIONER_KEYCLOAK__REALM": REALM,
            "PROVISIONER_KEYCLOAK__CLIENT_SECRET": secrets.token_urlsafe(24),
            "PROVISIONER_KEYCLOAK__ADMIN_USERNAME": keycloak.admin_username,
            "PROVISIONER_KEYCLOAK__ADMIN_PASSWORD": keycloak.admin_password,
            "PROVISIONER_SMTP__HOST": "127.0.0.1",
            "PROVISIONER_SMTP__PORT": str(mailbox.port),
            "PROVISIONER_SMTP__FROM": "ne-pas-repondre@caf.example",
            "PROVISIONER_PLATFORM__URL": f"{keycloak.url}/realms/{REALM}/account/",
            "PROVISIONER_DATA_DIR": str(home / "data"),
        }
        elsewhere = {name: value for name, value in os.environ.items() if not name.startswith("PROVISIONER_")}
        self.environment = {**elsewhere, **self.settings}

    def run(self, *arguments: str) -> int:
        """One command, as it would be typed."""
        shown = " ".join(f'"{word}"' if " " in word else word for word in arguments)
        self.console.print(Text(f"\n$ provisioner {shown}", style="bold cyan"), soft_wrap=True)
        command = [sys.executable, "-m", "provisioner", *arguments]
        return subprocess.run(command, cwd=self.home, env=self.environment, check=False).returncode


def story(demo: Demo) -> int:
    today = date.today()  # noqa: DTZ011 - the day that the person who tries it reads on their calendar
    first, second = write_examples(demo.home, today)
    signed = (today - timedelta(days=100)).isoformat()
    partner = ("partner", "add", PARTNER, "--name", "Agglo de la Lys", "--domain", "agglo-lys.example")
    approved = ("--partner", PARTNER, "--approved-by", APPROVER, "--yes")
    steps: list[tuple[str, tuple[str, ...]]] = [
        (
            "Un partenaire a signé la convention",
            (*partner, "--signed-on", signed, "--ctg-end", f"{today.year + 4}-12-31"),
        ),
        ("Le royaume Keycloak, d'après realm-config/", ("realm", "apply")),
        ("Il envoie sa première annexe 1 : elle est contrôlée…", ("check", first.name, "--partner", PARTNER)),
        ("… puis validée et appliquée", ("apply", first.name, *approved)),
        ("Une seconde annexe arrive : ce qu'elle changerait", ("plan", second.name, "--partner", PARTNER)),
        ("… puis validée et appliquée", ("apply", second.name, *approved)),
        ("Ce que le registre en dit", ("partner", "show", PARTNER)),
    ]
    for title, command in steps:
        demo.console.rule(Text(title))
        status = demo.run(*command)
        if status != 0:
            return status
    _mails(demo, today)
    return 0


def _mails(demo: Demo, today: date) -> None:
    mails = demo.mailbox.messages
    demo.console.rule(Text("Les courriels envoyés"))
    for mail in mails:
        demo.console.print(Text(f"  {mail['To']} : {mail['Subject']}"), soft_wrap=True)
    if mails and (body := mails[0].get_body(("plain",))):
        shown = _TOKEN.sub(r"\1…", body.get_content().strip())
        demo.console.print(Panel(Text(shown), title=f"Le premier, le {french_date(today)}"))
    demo.console.print(
        "Personne n'a choisi ni vu de mot de passe : chaque personne crée le sien avec le lien reçu.", soft_wrap=True
    )


def _guide(demo: Demo, keycloak: Keycloak) -> Path:
    """A second realm and an empty register, for a reader to follow the guide from its first line; its settings."""
    directory = demo.home / "guide"
    settings = demo.settings | {
        "PROVISIONER_KEYCLOAK__REALM": "guide",
        "PROVISIONER_PLATFORM__URL": f"{keycloak.url}/realms/guide/account/",
        "PROVISIONER_DATA_DIR": str(directory / "data"),
        **write_guide(directory),
    }
    apply = [sys.executable, "-m", "provisioner", "--quiet", "realm", "apply"]
    subprocess.run(apply, env=demo.environment | settings, stdout=subprocess.DEVNULL, check=True)
    settings_file = demo.home / "guide.env"
    write_settings(settings_file, settings, directory)
    return settings_file


def _where_to_look(demo: Demo, keycloak: Keycloak, guide: Path) -> None:
    demo.console.rule(Text("Où regarder"))
    settings_file = demo.home / "demo.env"
    write_settings(settings_file, demo.settings)
    lines = {
        "Console d'administration": f"{keycloak.url}/admin/master/console/#/{REALM}/users",
        "  identifiant": keycloak.admin_username,
        "  mot de passe": keycloak.admin_password,
        "Page de connexion": f"{keycloak.url}/realms/{REALM}/account",
        "Courriels, dans un navigateur": demo.mailbox.index.as_uri(),
        "Registre": str(demo.home / "data"),
    }
    for name, value in lines.items():
        demo.console.print(Text(f"  {name} : {value}"), soft_wrap=True)
    demo.console.print("\nPour essayer soi-même, dans un autre terminal :")
    person = f"alice.carpentier@{PARTNER}.example"
    commands = (
        f"source {shlex.quote(str(settings_file))}",
        f"provisioner explain {person}",
        f'provisioner person suspend {person} --by "{APPROVER}" --reason "Essai"',
        f"provisioner annexe form --partner {PARTNER} --output annexe-1.xlsx",
    )
    for command in commands:
        demo.console.print(Text(f"  {command}"), soft_wrap=True)
    demo.console.print("\nPour suivre docs/gestionnaire.md depuis sa première ligne :")
    demo.console.print(Text(f"  source {shlex.quote(str(guide))}"), soft_wrap=True)
    demo.console.print("\nTout s'arrête et s'efface avec Ctrl+C.")


_PAGE = """<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
body {{ margin: 1rem auto; max-width: 60rem; padding: 0 1rem; font: 16px/1.5 sans-serif; }}
iframe {{ width: 100%; height: 70vh; border: 1px solid; }} pre {{ white-space: pre-wrap; }}</style></head>
<body><h1>{title}</h1>
{body}
</body></html>
"""


def message_page(message: EmailMessage) -> str:
    """An e-mail as a page: who sent it to whom, and what it says, as a mail program shows it."""
    body = message.get_body(("html", "plain"))
    text = "" if body is None else body.get_content()
    if body is not None and body.get_content_subtype() == "html":  # a link leaves the frame: Keycloak allows none
        shown = f'<iframe title="Le message" srcdoc="{escape(f"""<base target="_top">{text}""")}"></iframe>'
    else:
        shown = f"<pre>{escape(text)}</pre>"
    heads = "<br>".join(f"{name} : {escape(str(message[key]))}" for name, key in (("De", "From"), ("À", "To")))
    return _PAGE.format(title=escape(str(message["Subject"])), body=f"<p>{heads}</p>\n{shown}")


def _mailbox_page(messages: Sequence[EmailMessage]) -> str:
    rows = "\n".join(
        f'<li><a href="{number:06}.html">{escape(str(message["Subject"]))}</a>, à {escape(str(message["To"]))}</li>'
        for number, message in enumerate(messages, 1)
    )
    return _PAGE.format(title="Courriels envoyés", body=f"<ol>\n{rows}\n</ol>")


def write_settings(file: Path, settings: Mapping[str, str], directory: Path | None = None) -> None:
    """Writes a file for a shell to read in: afterwards `provisioner …` is ours and works on these servers, in that
    directory.
    """
    exports = [f"export {name}={shlex.quote(value)}\n" for name, value in settings.items()]
    if directory is not None:
        exports.append(f"cd {shlex.quote(str(directory))}\n")
    file.touch(mode=0o600)
    file.write_text(f'export PATH={shlex.quote(sysconfig.get_path("scripts"))}:"$PATH"\n{"".join(exports)}')


def write_guide(directory: Path) -> dict[str, str]:
    """What docs/gestionnaire.md and the five tasks of docs/production.md use, dated as there: three annexes and a key
    for backups. Returns the settings for them.
    """
    (directory / "coffre").mkdir(parents=True)
    write_examples(directory, _SECOND_DAY)
    shutil.copyfile(str(files("provisioner.sandbox") / "examples" / _ADDRESS_CHANGE), directory / _ADDRESS_CHANGE)
    key, month = pyrage.x25519.Identity.generate(), f"{GUIDE_DAY:%Y-%m}"
    (directory / "coffre" / f"{month}.key").write_text(f"{key}\n")
    (directory / "keys.txt").write_text(f"{month} {key.to_public()}\n")
    return {
        "PROVISIONER_TODAY": GUIDE_DAY.isoformat(),
        "PROVISIONER_BACKUP__RECIPIENTS_FILE": str(directory / "keys.txt"),
        "PROVISIONER_BACKUP__LIST_FILE": str(directory / "destroyed.jsonl"),
    }


def write_examples(directory: Path, today: date) -> tuple[Path, Path]:
    """Two annexes of one partner: a first list as .docx, then additions and a closure as .xlsx.

    The dates in the shipped documents are moved so that the second one is dated `today`.
    """
    moved_by = today - _SECOND_DAY
    requested, first, ended = (day + moved_by for day in (date(2026, 6, 10), date(2026, 6, 15), date(2026, 8, 31)))
    short = f"{requested.day}/{requested.month}/{requested:%y}"
    in_text = {
        "15/06/2026": f"{first:%d/%m/%Y}",
        "1er 10/6/26": f"1er {short}",
        "10/06/2026": f"{requested:%d/%m/%Y}",
        "10 juin 2026": f"{requested:%d/%m/%Y}",
    }
    in_cells = {date(2026, 6, 10): requested, date(2026, 9, 1): today, date(2026, 8, 31): ended}
    serials = {f"<v>{_serial(old)}</v>": f"<v>{_serial(new)}</v>" for old, new in in_cells.items()}
    return (
        _copy("annexe-1-premiere-demande.docx", directory, "word/document.xml", in_text),
        _copy("annexe-1-ajouts-et-cloture.xlsx", directory, "xl/worksheets/sheet1.xml", serials),
    )


def _serial(day: date) -> int:
    return (day - _EPOCH) // timedelta(days=1)


def _copy(name: str, directory: Path, part: str, words: Mapping[str, str]) -> Path:
    target = directory / name
    with (
        (files("provisioner.sandbox") / "examples" / name).open("rb") as source,
        zipfile.ZipFile(source) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.namelist():
            content = old.read(member)
            new.writestr(member, _replaced(content.decode(), words) if member == part else content)
    return target


def _replaced(text: str, words: Mapping[str, str]) -> str:
    """All at once, so that a word put in is never replaced again."""
    return re.sub("|".join(map(re.escape, words)), lambda word: words[word[0]], text)
