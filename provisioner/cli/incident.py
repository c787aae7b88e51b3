"""`incident …`: security incidents, declared, completed, closed (L2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from provisioner.cli.asking import progress_bar
from provisioner.cli.containment import confirm_containment
from provisioner.cli.exits import Exit
from provisioner.cli.options import DAY, EMAIL, NUMBER, TEXT, By, Format, ListFormat, Second, reason
from provisioner.cli.printing import print_answer
from provisioner.cli.run import status_of
from provisioner.cli.session import Session, session_of
from provisioner.domain.connections.incident import Incident, Origin, moment_of
from provisioner.domain.people import EmailAddress
from provisioner.views.sentences import Sentence

if TYPE_CHECKING:
    from provisioner.operations.incidents import Declaration, Recorded
    from provisioner.register import Register

app = typer.Typer()

Number = Annotated[int, typer.Argument(help="The incident's number, as `incident list` prints it.", **NUMBER)]
Partners = Annotated[
    list[str] | None, typer.Option("--partner", help="A partner concerned; may be repeated.", metavar="CODE")
]
Emails = Annotated[
    list[EmailAddress] | None, typer.Option("--email", help="A person concerned; may be repeated.", **EMAIL)
]


_TEXT: dict[str, Any] = {"metavar": "TEXT", "parser": reason}
_DAY_OR_REASON = {**_TEXT, "metavar": "DATE|REASON"}


def _moment(text: str) -> datetime:
    try:
        return moment_of(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no moment: YYYY-MM-DD or YYYY-MM-DDTHH:MM is expected.") from None


@app.command()
def declare(
    ctx: typer.Context,
    origin: Annotated[Origin, typer.Option(help="Which side tells of it.")],
    aware_since: Annotated[
        datetime,
        typer.Option(
            help="Since when one knows, in Paris: GDPR 33 counts 72 hours from it.",
            metavar="DATE[THH:MM]",
            parser=_moment,
        ),
    ],
    what: Annotated[str, typer.Option(help="What is known. The partners are told it, so: no names.", **TEXT)],
    by: By,
    partner: Partners = None,
    email: Emails = None,
    contain: Annotated[
        bool, typer.Option("--contain", help="Also cut every access of these partners; without one, these persons'.")
    ] = False,
    second: Second = None,
    format_: Format = "text",
) -> None:
    """Record an incident and tell both sides' security contacts and the data-protection officer at once.

    Without --contain it needs no Keycloak. The same declaration again is the same incident: what is left is cut.
    """
    from provisioner.operations.incidents import Declaration
    from provisioner.views.answers.incidents import DeclaredAnswer

    if contain and not (partner or email):
        raise typer.BadParameter("nobody to cut: --contain needs --partner or --email")
    codes, emails = sorted(set(partner or ())), frozenset(email or ())
    said = Declaration(origin=origin, aware_since=aware_since, what=what, partners=frozenset(codes), emails=emails)
    session = session_of(ctx)
    if contain:
        raise typer.Exit(_declare_and_contain(session, said, codes, by, second, format_))
    with session.register() as register:
        incident = _declare(session, register, said, by)
    print_answer(DeclaredAnswer.of(incident, session.clock.now()), format_)


def _declare_and_contain(
    session: Session, said: Declaration, codes: Sequence[str], by: str, second: str | None, format_: Format
) -> Exit:
    """The incident is recorded and told first; whatever fails then, the next `sync` goes on."""
    from provisioner.operations import containment
    from provisioner.views.answers.incidents import DeclaredAnswer

    with session.context(by, *codes) as context:
        containment.refuse_without_second(context, codes, by, second, said.emails)
        if codes:
            confirm_containment(session, context, codes, asks=format_ == "text")
        incident = _declare(session, context.register, said, by)
        status, cut = Exit.FAILED, None
        try:
            cut = containment.contain_for(context, incident, codes, by, second, progress_bar(session.quiet))
            status = status_of(cut.result)
        finally:
            print_answer(DeclaredAnswer.of(incident, session.clock.now(), cut), format_)
            if status is not Exit.DONE:
                session.say(Sentence.DECISION_RECORDED)
        return status


def _declare(session: Session, register: Register, said: Declaration, by: str) -> Incident:
    from provisioner.operations import incidents

    recorded = incidents.declare(register, session.settings, said, by)
    _say_told(session, recorded)
    session.deliver_now(register, by)
    return recorded.incident


def _say_told(session: Session, recorded: Recorded) -> None:
    """Who could not be told, and that names were taken out of what the partners are told."""
    session.say_without_contact([code for code in recorded.unknown if code is not None])
    if None in recorded.unknown:
        session.say(Sentence.NO_CAF_CONTACT)
    if recorded.has_names:
        session.say(Sentence.NAMES_TAKEN_OUT)


@app.command("list")
def list_(ctx: typer.Context, format_: ListFormat = "text") -> None:
    """Every incident, with the 72 hours of GDPR 33."""
    from provisioner.operations.incidents import known_incidents
    from provisioner.views.answers.incidents import IncidentsAnswer

    session = session_of(ctx)
    with session.register() as register:
        incidents = known_incidents(register)
    print_answer(IncidentsAnswer.of(incidents, session.clock.now()), format_)


@app.command()
def show(ctx: typer.Context, number: Number, format_: Format = "text") -> None:
    """One incident: what is recorded of it, what is still to be, what is kept for it."""
    from provisioner.operations.incidents import known_incident
    from provisioner.views.answers.incidents import IncidentAnswer

    session = session_of(ctx)
    with session.register() as register:
        incident, kept = known_incident(register, number)
    print_answer(IncidentAnswer.of(incident, kept, session.clock.now()), format_)


@app.command()
def update(
    ctx: typer.Context,
    number: Number,
    by: By,
    nature: Annotated[str | None, typer.Option(help="What kind of breach it is.", **_TEXT)] = None,
    categories: Annotated[str | None, typer.Option(help="Which kinds of persons and data.", **_TEXT)] = None,
    numbers: Annotated[str | None, typer.Option(help="How many persons and records, about.", **_TEXT)] = None,
    effects: Annotated[str | None, typer.Option(help="What is likely to follow from it.", **_TEXT)] = None,
    measures: Annotated[str | None, typer.Option(help="What was done or will be.", **_TEXT)] = None,
    cnil_notified: Annotated[
        str | None, typer.Option(help="The day of the notification, or why there is none.", **_DAY_OR_REASON)
    ] = None,
    persons_told: Annotated[date | None, typer.Option(help="The day on which the persons were told.", **DAY)] = None,
    partner: Partners = None,
    email: Emails = None,
) -> None:
    """Record what is known by now: what GDPR 33 and 34 ask for; partners named here are told at once."""
    from provisioner.operations import incidents

    told_on = persons_told.isoformat() if persons_told else None
    given = {
        "nature": nature,
        "categories": categories,
        "numbers": numbers,
        "effects": effects,
        "measures": measures,
        "cnil_notified": cnil_notified,
        "persons_told": told_on,
    }
    items = {item: text for item, text in given.items() if text is not None}
    if not (items or partner or email):
        raise typer.BadParameter("nothing to record: give one of the options")
    session = session_of(ctx)
    with session.register() as register:
        recorded = incidents.complete(register, session.settings, number, items, by, partner or (), email or ())
        session.say(Sentence.INCIDENT_UPDATED.of(number=number))
        _say_lacking(session, recorded)
        _say_told(session, recorded)
        session.deliver_now(register, by)


@app.command()
def close(
    ctx: typer.Context,
    number: Number,
    by: By,
    text: Annotated[str, typer.Option(help="How it ended. The partners are told it, so: no names.", **TEXT)],
) -> None:
    """Close an incident: both sides are told; what was kept for it is kept no longer."""
    from provisioner.operations import incidents

    session = session_of(ctx)
    with session.register() as register:
        recorded = incidents.close(register, session.settings, number, by, text)
        session.say(Sentence.INCIDENT_CLOSED.of(number=number))
        _say_lacking(session, recorded)
        _say_told(session, recorded)
        session.deliver_now(register, by)


def _say_lacking(session: Session, recorded: Recorded) -> None:
    from provisioner.views.incidents import lacking_words

    if recorded.incident.lacking:
        session.say(Sentence.INCIDENT_LACKS.of(items=lacking_words(recorded.incident)))
