"""The templates of the pages and notices: a value that lacks is an error, a date and the spaces of
punctuation are written as French people do."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from provisioner.views.dates import french_date
from provisioner.views.hints import argument
from provisioner.views.sentences import of_name

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup

#: The spaces where no line ends: those of French punctuation, and before a number (« annexe 1 », « n° 12 »).
_UNBROKEN = re.compile(r" (?=[:;?!»])|(?<=«) |(?<=annexe) (?=\d)|(?<=liste) (?=\d)|(?<=n°) (?=\d)")


@cache
def template(name: str) -> Template:
    """The template of that name in `views/templates`; what it shows is escaped."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("provisioner.views"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_in_french,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["mailto"] = _mailto
    environment.filters["de"] = of_name
    environment.filters["arg"] = argument
    return environment


def _in_french(value: object) -> object:
    if type(value) is str:  # no markup: what a macro has made has its values done already
        return unbroken(value)
    return french_date(value) if isinstance(value, date) else value


def unbroken(text: str) -> str:
    """The text with spaces at which no line ends where French asks for them."""
    return _UNBROKEN.sub("\N{NO-BREAK SPACE}", text)


def _mailto(email: str) -> Markup:
    """A link to write to that address."""
    from markupsafe import Markup

    return Markup('<a href="mailto:{0}">{0}</a>').format(email)
