"""The templates of the pages and letters: a value that lacks is an error, a date is written as French people do."""

from __future__ import annotations

from datetime import date
from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from provisioner.views.dates import french_date


@cache
def template(name: str) -> Template:
    """The template of that name, in `views/templates` or its `notices`; what HTML shows is escaped."""
    return _environment().get_template(name)


@cache
def inline(source: str) -> Template:
    """A template of one line of plain text."""
    return _environment().from_string(source)


@cache
def _environment() -> Environment:
    return Environment(
        loader=ChoiceLoader([PackageLoader("provisioner.views", f"templates{one}") for one in ("", "/notices")]),
        autoescape=select_autoescape(["html"], default=False, default_for_string=False),
        undefined=StrictUndefined,
        finalize=lambda value: french_date(value) if isinstance(value, date) else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
