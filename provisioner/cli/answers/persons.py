"""What `explain` and `person show` answer."""

from __future__ import annotations

from dataclasses import asdict
from itertools import chain

from provisioner.cli.answers.values import day, short
from provisioner.cli.printing import Answer, line, table
from provisioner.domain.access.person_file import Dossier
from provisioner.operations.person_file import Explanation
from provisioner.views.change_json import change_as_json
from provisioner.views.dossier import dossier_tables
from provisioner.views.dossier_json import dossier_as_json
from provisioner.views.explanation import STATES
from provisioner.views.reasons import reason, what


def explained(found: Explanation) -> Answer:
    """`explain`: the steps, then what the next `sync` would do."""
    steps = [(short(one.on), one.fact, one.rule, one.partner) for one in found.steps]
    would = [(short(one.due_on), what(one), f"{reason(one)} ({one.rule})") for one in found.would]
    text = (
        line(f"{_who(found.person)} : {STATES[found.person.state]}", style="bold"),
        *table("Pas à pas", ("Le", "Constat", "Règle", "Partenaire"), steps),
        *table("Ce que ferait la synchronisation", ("Le", "Quoi", "Pourquoi"), would),
    )
    answer = {
        "email": found.person.email,
        "state": found.person.state.value,
        "steps": [{**asdict(one), "on": day(one.on)} for one in found.steps],
        "would": [change_as_json(one) for one in found.would],
    }
    return Answer(answer, text)


def held(person: Dossier) -> Answer:
    """`person show`: everything that is held; the name is in the title."""
    tables = (
        table(one.caption, one.titles, one.rows, empty=f"{one.caption} : rien.")
        for one in dossier_tables(person, but=("last_name", "first_names"))
    )
    return Answer(dossier_as_json(person), (line(_who(person), style="bold"), *chain.from_iterable(tables)))


def _who(person: Dossier) -> str:
    names = [f"{one.person.first_names} {one.person.last_name} " for one in person.accesses[-1:]]
    return f"{''.join(names)}<{person.email}>"
