"""Writes build/textes.html: every French text that a person may meet, on one page, for a native reader.

The catalogue's sentences stand in the order of its files, a value as its name between braces; then the notices, pages
and letters, and the texts of the realm and of its theme.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

from lxml import html

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "build" / "textes.html"

#: A text for a person has two words or more, and neither path, pattern nor key.
_IS_TEXT = re.compile(r"[A-Za-zÀ-ÿ«{].*[ \u00a0].*", re.DOTALL)

_HEAD = """<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>Textes</title>
<style>body { max-width: 60rem; margin: 2rem auto; font: 16px/1.5 sans-serif; } li { margin: .4rem 0; }</style></head>
<body><h1>Textes français du logiciel, à relire</h1>
"""


def page() -> str:
    """The page's HTML."""
    parts = [_HEAD]
    for title, texts in _sections():
        items = "\n".join(f"<li>{escape(text)}</li>" for text in dict.fromkeys(texts))
        parts.append(f"<h2>{escape(title)}</h2>\n<ul>\n{items}\n</ul>\n" if items else "")
    return "".join([*parts, "</body></html>\n"])


def _sections() -> Iterator[tuple[str, list[str]]]:
    views = ROOT / "provisioner" / "views"
    for file in sorted(views.rglob("*.py")):
        yield str(file.relative_to(views)), list(_of_code(ast.parse(file.read_text("utf-8"))))
    for file in sorted((views / "templates").rglob("*.html")):
        yield str(file.relative_to(views)), list(_of_template(file.read_text("utf-8")))
    realm = ROOT / "realm-config"
    texts = json.loads((realm / "texts-fr.json").read_text("utf-8"))
    yield "realm-config/texts-fr.json", [str(text) for text in texts.values()]
    for file in sorted(realm.rglob("messages_fr.properties")):
        lines = (line.partition("=")[2].strip() for line in file.read_text("utf-8").splitlines() if "=" in line)
        yield str(file.relative_to(ROOT)), [line for line in lines if line]


def _of_code(tree: ast.Module) -> Iterator[str]:
    """Its texts, less docstrings; of one with values, these by their expressions between braces."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(
                part.value if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}"
                for part in node.values
                if isinstance(part, ast.FormattedValue) or isinstance(part.value, str)
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside | docstrings:
            text = node.value
        else:
            continue
        if _IS_TEXT.fullmatch(text):
            yield " ".join(text.split())


def _of_template(text: str) -> Iterator[str]:
    """Its paragraphs; what Jinja puts in stands between braces."""
    text = re.sub(r"\{% block style %\}.*?\{% endblock %\}|<style>.*?</style>", " ", text, flags=re.DOTALL)
    text = re.sub(r"\{%.*?%\}|\{#.*?#\}", " ", text.replace("{% endblock %}", "</p>"), flags=re.DOTALL)
    text = re.sub(
        r"\{\{(.*?)\}\}", lambda match: "{" + escape(" ".join(match[1].split())) + "}", text, flags=re.DOTALL
    )
    for block in re.split(r"</(?:p|li|h1|h2|td|th|dt|dd|title|caption)>", text):
        said = " ".join(html.fromstring(f"<div>{block}</div>").text_content().split())
        if said:
            yield said


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)} written\n")
