"""An e-mail in words, from its two templates: plain text and HTML."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


@dataclass(frozen=True, slots=True)
class Notice:
    """An e-mail in words. The subject never names a person."""

    subject: str
    text: str
    html: str


def write_notice(template: str, subject: str, **values: object) -> Notice:
    """The notice of that name in `templates/notices`, with these values."""
    text, html = (
        _environment().get_template(f"{template}.{kind}").render(subject=subject, **values)
        for kind in ("txt", "html")
    )
    return Notice(subject, text, html)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("provisioner.texts", "templates/notices"),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
