"""The questions of `apply` on a terminal: each unaccounted-for person, then the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from provisioner.cli.printing import print_parts
from provisioner.domain.access.habilitation import Habilitation
from provisioner.views.dates import french_date

if TYPE_CHECKING:
    from provisioner.operations.context import Context
    from provisioner.operations.prepare import Prepared, Request


def asking(tools: Context) -> Callable[[Prepared, Request], Request | None]:
    """What shows a prepared plan and gives back the request with the decisions taken, or None."""

    def ask(prepared: Prepared, request: Request) -> Request | None:
        from provisioner.operations.answers import prepared_answer
        from provisioner.operations.prepare import prepare
        from provisioner.views.answers.checks import CheckAnswer

        for one in prepared.undecided:
            request = _decide(request, one)
        if prepared.undecided:
            prepared = prepare(tools, request)
        print_parts(CheckAnswer.of(prepared.check).shown())
        if prepared.plan is not None:
            print_parts(prepared_answer(prepared).plan_shown())
        if not typer.confirm("Appliquer ?", default=False, err=True):
            return None
        return replace(request, expects=prepared.plan.ids if prepared.plan else None)

    return ask


def _decide(request: Request, one: Habilitation) -> Request:
    person = f"{one.person.first_names} {one.person.last_name} ({one.email})"
    typer.echo(
        f"{person}, accès demandé pour le {french_date(one.requested_on)}, ne figure dans aucune des deux listes.",
        err=True,
    )
    keeps = typer.confirm("Conserver cet accès ? (non : il est clôturé)", err=True)
    decisions = request.decisions
    if keeps:
        return replace(request, decisions=replace(decisions, keep=decisions.keep | {one.email}))
    return replace(request, decisions=replace(decisions, close=decisions.close | {one.email}))
