"""What waits and how things are, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from provisioner.cli.as_text import new_console, new_table, plain
from provisioner.domain.days import day_of
from provisioner.domain.hold import Hold, HoldKind
from provisioner.texts.dates import french_date
from provisioner.texts.holds import hold_reason

if TYPE_CHECKING:
    from provisioner.operations.holding import Standing

_KINDS = {
    HoldKind.LIMIT: "limite",
    HoldKind.PAUSE: "pause",
    HoldKind.QUARANTINE: "mise à l'écart",
    HoldKind.SUSPENSION: "suspension",
}


def holds(found: Sequence[Hold], now: datetime) -> None:
    """Each hold with its age, then every change that it keeps waiting."""
    console = new_console()
    if not found:
        console.print("Rien n'est en suspens.")
        return
    table = new_table("En suspens", "Plan", "Quoi", "Qui", "Depuis", "Pourquoi")
    for one in found:
        whose = one.email or one.partner or "tous les partenaires"
        since = f"{french_date(day_of(one.since))} ({(now - one.since).days} j)"
        table.add_row(*plain(one.plan_id, _KINDS[one.kind], whose, since, hold_reason(one)))
    console.print(table)
    for one in found:
        if one.changes:
            what = f"retient le plan {one.plan_id}" if one.plan_id else f"est mis à l'écart ({one.partner})"
            waiting = new_table(f"Ce que {what}", "Qui", "Pourquoi")
            for change in one.changes:
                waiting.add_row(*plain(change["email"] or change["partner"], change["reason"]))
            console.print(waiting)


def standing(found: Standing, now: datetime) -> None:
    """One line a fact."""
    console = new_console()
    last = found.last_good_sync
    ago = f"{french_date(day_of(last))}, il y a {_ago(last, now)}" if last else "jamais"
    console.print(*plain(f"Dernière synchronisation sans échec : {ago}."))
    console.print(*plain(f"Partenaires : {found.partners} ; accès ouverts : {found.open}."))
    for one in found.waiting:
        transmitted = f", transmise le {french_date(one.transmitted_on)}" if one.transmitted_on else ""
        console.print(*plain(f"Annexe {one.id} ({one.partner}{transmitted}) : à traiter ({one.status})."))
    aside = len(found.quarantines)
    held = f"En suspens : {len(found.holds) - aside}. Mis à l'écart, réessayés d'eux-mêmes : {aside}."
    console.print(*plain(f"{held} Courriels d'activation dus : {found.invitations_owed}."))


def _ago(moment: datetime, now: datetime) -> str:
    hours = int((now - moment).total_seconds() // 3600)
    return f"{hours} h" if hours < 48 else f"{hours // 24} jours"
