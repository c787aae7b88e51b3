"""A command that a sentence names can be pasted as it is printed."""

from __future__ import annotations

import ast
import html
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

import provisioner
import provisioner.views.hints as views_hints
from provisioner.cli.app import app
from provisioner.cli.session import Session
from provisioner.domain.access.invitations import Obstacle
from provisioner.domain.errors import Refusal, Refused
from provisioner.views.refusals import refusal

PACKAGE = Path(provisioner.__file__).parent

#: What a person writes in the place of each word, or a sentence puts in that of a field.
WRITTEN = {
    "NOM": "Anne Roy",
    "MOTIF": "congé",
    "ADRESSE": "zoe@lys.example",
    "CODE": "agglo-lys",
    "DATE": "2026-09-01",
    "NUMÉRO": "3",
    "PLAN": "7f3a9c21",
    "FICHIER": __file__,
    "DOSSIER": "themes",
    "NOMBRE": "60",
    "TÊTE": f"3:{'1' * 64}",
    "TEXTE": "Poste volé",
}

#: What stands for a field of a sentence; of any other, a number.
FIELDS = {
    "email|person|suspended|argument": "zoe@lys.example",
    "plan": "7f3a9c21",
    "day|DAY": "2026-09-01",
    "code|partner|PARTNER": "agglo-lys",
    "kind": "database",
    "APPROVER": "Anne Roy",
    "only|own": "",
    "": "3",
}

ROOT: Any = typer.main.get_command(app)


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the package that a person may read, and where it stands; a field is `{…}` in it."""
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        doc = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in doc | parts:
                yield f"{file.name}:{node.lineno}", node.value
            if isinstance(node, ast.JoinedStr):
                said = (
                    f"{{{ast.unparse(part.value)}}}"
                    if isinstance(part, ast.FormattedValue)
                    else ast.literal_eval(part)
                    for part in node.values
                )
                yield f"{file.name}:{node.lineno}", "".join(said)
    for file in sorted(PACKAGE.glob("views/templates/**/*.html")):
        text = re.sub(r"\{\{ *(.*?) *\}\}", r"{\1}", file.read_text("utf-8"))
        for line in re.findall("<code>(.*?)</code>", text, re.DOTALL):
            yield file.name, html.unescape(line)


def hints() -> Iterator[tuple[str, str]]:
    for place, text in texts():
        for match in re.finditer(r"\bprovisioner (?=[a-z])", text):
            yield place, " ".join(text[match.start() :].split())


#: A word of a command: names of commands come first, then options and their values.
WORD = re.compile(r"""(?:\{[^}]*\}|"[^"]*"|[^\s"{}])+""")


def command_of(text: str) -> list[str]:
    """The words of the command that the text begins with, up to the sentence's own."""
    words: list[str] = []
    command: Any = ROOT
    for word in WORD.findall(text)[1:]:
        bare = re.sub(r"\)[.,;]*$|[,;]$", "", word)
        is_name = bare.rstrip(".") in getattr(command, "commands", ())
        if is_name:
            command = command.commands[bare.rstrip(".")]
        elif not re.match(r'-|\{|"|[A-ZÉÊ]{2,}|caf$|\w[\w-]*\.\w+$', bare) or bare.startswith('""'):
            break
        words.append(bare)
        if bare != word:
            break
    return words


def parse(words: list[str]) -> None:
    """What the command line makes of it, without running it."""
    command: Any = ROOT
    args = list(words)
    while args and args[0] in getattr(command, "commands", ()):
        command = command.commands[args.pop(0)]
    if hasattr(command, "commands") and not command.invoke_without_command:
        raise ValueError(f"{' '.join(words)!r} is a group, or names no command: {args}")
    command.make_context(command.name, args, obj=Session(None, quiet=True))


def as_typed(hint: str) -> list[str]:
    """The hint with all that is to be written in it, as a shell reads it."""
    hint = re.sub(r"\{(_[A-Z]+)\}", lambda field: str(getattr(views_hints, field[1])), hint)
    for name, value in FIELDS.items():
        hint = re.sub(rf"\{{[^}}]*(?:{name})[^}}]*\}}", value, hint)
    for name, value in WRITTEN.items():
        hint = re.sub(rf"(?<![\w-]){name}(?:\.\w+)?\b", value, hint)
    return shlex.split(hint)


def test_a_command_that_a_sentence_names_can_be_pasted() -> None:
    faults = []
    for place, text in hints():
        words = command_of(text)
        try:
            parse(as_typed(" ".join(words)))
        except typer.Exit:  # --help
            pass
        except Exception as fault:
            faults.append(f"{place}: {' '.join(words)}: {getattr(fault, 'message', '') or fault!r}")
    assert not faults, "\n".join(faults)


def test_an_address_with_an_apostrophe_is_quoted() -> None:
    email = "loic.d'arc@lys.example"
    said = refusal(Refused(Refusal.NO_LINK, email=email, why=Obstacle.SUSPENDED))
    assert shlex.split(said.partition("provisioner ")[2])[:3] == ["person", "reopen", email]
