"""The templates of the pages and notices: a value that lacks is an error, a date is written as French people do."""

from __future__ import annotations

from datetime import date
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from provisioner.views.dates import french_date


@cache
def template(name: str) -> Template:
    """The template of that name in `views/templates`; what it shows is escaped."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("provisioner.views"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: french_date(value) if isinstance(value, date) else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["mailto"] = _mailto
    return environment


def _mailto(email: str) -> Markup:
    """A link to write to that address."""
    return Markup('<a href="mailto:{0}">{0}</a>').format(email)
