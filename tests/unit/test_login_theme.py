"""The files of the login pages, as a browser and Keycloak take them."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest

THEME = Path(__file__).parents[2] / "realm-config" / "themes" / "cooperation" / "login"
RESOURCES = sorted(path for path in (THEME / "resources").rglob("*") if path.is_file())
TEMPLATES = sorted(THEME.glob("*.ftl"))
MESSAGES = (THEME / "messages" / "messages_fr.properties").read_text("utf-8")


def test_a_browser_asks_again_for_a_file_that_has_changed() -> None:
    digest = sha256(b"".join(path.read_bytes() for path in RESOURCES)).hexdigest()[:8]
    assert f"cooperationResources={digest}" in (THEME / "theme.properties").read_text("utf-8").splitlines()


@pytest.mark.parametrize("path", [*TEMPLATES, *RESOURCES], ids=lambda path: path.name)
def test_a_page_loads_nothing_from_elsewhere_and_has_no_script_of_its_own(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"https?://|@import|url\(", text)
    assert not re.search(r"\son[a-z]+=|javascript:|<script(?![^>]*(?: src=|importmap))", text)


def test_each_text_is_said_as_it_stands_and_once() -> None:
    texts = [line.split("=", 1) for line in MESSAGES.splitlines() if "=" in line and not line.startswith("#")]
    assert [text for _, text in texts if "'" in text] == []  # Keycloak takes it for a quotation mark of its own
    keys = [key for key, _ in texts]
    assert len(keys) == len(set(keys))


def test_each_text_that_a_page_names_is_there() -> None:
    named = {key for path in TEMPLATES for key in re.findall(r'"(cooperation[A-Z]\w*)"', path.read_text("utf-8"))}
    missing = {key for key in named if not re.search(rf"^{key}=", MESSAGES, re.MULTILINE)}
    assert missing == set()
