"""What `held list` and `status` answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.console import RenderableType

from provisioner.cli.answers.annexes import annexe_as_json
from provisioner.cli.answers.values import moment
from provisioner.cli.printing import Answer, line, table
from provisioner.domain.access.change import suspension_of
from provisioner.domain.access.habilitation import State
from provisioner.domain.calendar import day_of
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.records import Records
from provisioner.operations.holds import ServiceStatus
from provisioner.views.annexes import STATUSES
from provisioner.views.change_json import change_as_json
from provisioner.views.dates import french_date
from provisioner.views.holds import KINDS, hold_reason
from provisioner.views.journal import not_whole


def held(records: Records, now: datetime) -> Answer:
    """`held list`: what waits until somebody decides, or is tried again by itself."""
    found = records.holds_on(day_of(now))
    return Answer([_json(one, records) for one in found], _held_lines(found, now))


def _held_lines(found: Sequence[Hold], now: datetime) -> Iterator[RenderableType]:
    """Each hold with its age, then every change that it keeps waiting."""
    columns = ("Plan", "Quoi", "Qui", "Depuis", "Pourquoi")
    rows = (_row(one, now) for one in found)
    yield from table("En suspens", columns, rows, empty="Rien n'est en suspens.")
    for one in found:
        what = f"retient le plan {one.plan_id}" if one.plan_id else f"est mis à l'écart ({one.partner})"
        changes = ((change["email"] or change["partner"], change["reason"]) for change in one.changes)
        yield from table(f"Ce que {what}", ("Qui", "Pourquoi"), changes)


def _row(one: Hold, now: datetime) -> tuple[str | None, ...]:
    whose = one.email or one.partner or "tous les partenaires"
    since = f"{french_date(day_of(one.since))} ({(now - one.since).days} j)"
    return one.plan_id, KINDS[one.kind], whose, since, hold_reason(one)


def _json(one: Hold, records: Records) -> dict[str, Any]:
    """A suspension's changes are the accesses that it cuts."""
    mine = [each for each in records.habilitations if each.email == one.email and each.state is not State.CLOSED]
    cut = mine if one.kind is HoldKind.SUSPENSION else []
    return {
        "plan_id": one.plan_id,
        "partner": one.partner or next((each.partner for each in cut), None),
        "kind": one.kind.value,
        "since": moment(one.since),
        "reason": hold_reason(one),
        "changes": [*one.changes, *(change_as_json(suspension_of(each)) for each in cut)],
    }


def standing(found: ServiceStatus, now: datetime) -> Answer:
    """`status`: how things are."""
    aside = len(found.quarantines)
    json = {
        "last_good_sync": moment(found.last_good_sync),
        "partners": found.partners,
        "open": found.open,
        "waiting": [annexe_as_json(one) for one in found.waiting],
        "held": len(found.holds) - aside,
        "quarantined": aside,
        "invitations_owed": found.invitations_owed,
        "invitations_uncertain": found.invitations_uncertain,
        "journal": found.journal,
    }
    return Answer(json, _standing_lines(found, now))


def _standing_lines(found: ServiceStatus, now: datetime) -> Iterator[RenderableType]:
    """A line a fact."""
    if found.journal is not None:
        yield line(not_whole(found.journal), style="bold red")
    last, aside = found.last_good_sync, len(found.quarantines)
    ago = f"{french_date(day_of(last))}, il y a {_age(last, now)}" if last else "jamais"
    yield line(f"Dernière synchronisation sans échec : {ago}.")
    yield line(f"Partenaires : {found.partners} ; accès ouverts : {found.open}.")
    for one in found.waiting:
        transmitted = f", transmise le {french_date(one.transmitted_on)}" if one.transmitted_on else ""
        yield line(f"Annexe {one.id} ({one.partner}{transmitted}) : à traiter ({STATUSES[one.status]}).")
    held = f"En suspens : {len(found.holds) - aside}. Mis à l'écart, avec de nouveaux essais automatiques : {aside}."
    yield line(f"{held} Courriels d'activation dus : {found.invitations_owed}.")
    if found.invitations_uncertain:
        yield line(
            f"Courriels d'activation dont nul ne peut dire s'ils sont partis : {found.invitations_uncertain}. "
            "Pour savoir lesquels : invitation list ; pour renvoyer le lien : invitation repeat ADRESSE."
        )


def _age(moment: datetime, now: datetime) -> str:
    hours = int((now - moment).total_seconds() // 3600)
    return f"{hours} h" if hours < 48 else f"{hours // 24} jours"
