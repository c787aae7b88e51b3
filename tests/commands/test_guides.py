"""The guides, command by command in the order of the page, on a real Keycloak: what they quote is what is answered.

The whole story, each answer in full, is written to build/recit.txt.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from provisioner.sandbox.demo import write_guide
from provisioner.settings import Settings
from tests.shared.mailbox import Mailbox
from tests.shared.office import ROOT, Answer, Office

_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ELLIPSIS = "…"

#: What differs from one run to the next: digests.
_VARIABLE = re.compile(r"\b[0-9a-f]{9,}\b")


class Story:
    """One office, and what was typed and answered so far."""

    def __init__(self, office: Office) -> None:
        self.office, self.told = office, list[str]()

    def type(self, line: str) -> Answer:
        """One command of a page, as it stands there."""
        command, _, file = line.partition(" > ")
        program, *arguments = shlex.split(command)
        assert program == "provisioner", line
        answer = self.office.run(*arguments)
        if file:
            Path(file).write_text(answer.out, "utf-8")
        shown = "" if file else answer.out
        self.told.append(f"$ {line}\n{shown}{answer.err}[{answer.status}]\n")
        return answer

    def read(self, page: str) -> list[str]:
        """Types every command of a page, and returns the quoted lines that were not answered.

        Where no exit status is quoted, it is 0.
        """
        missing = []
        for block in _BLOCK.findall((ROOT / "docs" / page).read_text("utf-8")):
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, *quoted = part.splitlines()
                answer = self.type(command)
                if not any(line.startswith("[") for line in quoted):
                    quoted.append("[0]")
                said = f"{answer.out}{answer.err}\n[{answer.status}]"
                missing += [f"{command}\n    {line}\nnot in:\n{said}" for line in not_answered(quoted, said)]
        return missing


def not_answered(quoted: list[str], answer: str) -> list[str]:
    """The quoted lines that do not stand in the answer, in their order; `…` stands for anything left out."""
    rest, missing = _plain(answer), []
    for line in quoted:
        pattern = ".*".join(re.escape(piece.strip()) for piece in _plain(line).split(_ELLIPSIS))
        match = re.search(f"^{pattern}", rest, re.MULTILINE)
        if match is None:
            missing.append(line)
        else:
            rest = rest[match.end() :]
    return missing


def _plain(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return _VARIABLE.sub("#", "\n".join(lines))


@pytest.fixture
def story(realm: Settings, mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    office = Office(realm, mailbox, tmp_path)
    office.sends_notices()
    office.environment |= {
        **office.administrator,
        "PROVISIONER_PLATFORM__URL": "https://ctg.caf.fr/",
        **write_guide(tmp_path / "guide"),
    }
    monkeypatch.chdir(tmp_path / "guide")
    return Story(office)


def test_what_the_guides_quote_is_what_is_answered(story: Story) -> None:
    missing = story.read("gestionnaire.md") + story.read("production.md")
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    (build / "recit.txt").write_text("\n".join(story.told), "utf-8")
    assert missing == []
    assert len(story.told) > 30
