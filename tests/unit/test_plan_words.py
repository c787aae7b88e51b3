"""A plan and what was done of it, as an officer reads them: how much of what, then each person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from provisioner.cli.printing import print_parts
from provisioner.domain.access.change import Change
from provisioner.domain.access.plan import Plan
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.records import Account
from provisioner.views.answers import as_json
from provisioner.views.answers.plans import Documented, PlanAnswer, RunAnswer
from provisioner.views.shown import Line, Table, Tone
from tests.shared.examples import LONG_AGO, LYS, NOW, TODAY, email, end, habilitation, link, records, remote, snapshot
from tests.unit.test_plan import opened, plan, sent

DOCUMENT = Documented()


def _mixed() -> Plan:
    """Two new persons, one who leaves, one with another function, one with another address."""
    leaves, changes = opened("vasseur", id_=3, end=end(TODAY - timedelta(days=1))), opened("leroy", id_=4)
    renamed, old = opened("nouvelle", id_=5), email("ancienne")
    held = replace(opened("nouvelle", id_=5), person=replace(renamed.person, email=old))
    known = records(
        habilitation("alix", id=1),
        habilitation("brune", id=2),
        leaves,
        replace(changes, person=replace(changes.person, function="directrice")),
        renamed,
        attempts=(sent(3), sent(4), sent(5)),
    )
    accounts = {**known.accounts, renamed.email: Account(renamed.email, f"id-{old}", renamed_from=old)}
    seen = snapshot(remote(leaves), remote(changes), remote(held))
    return plan(replace(known, accounts=accounts), replace(seen, with_password=frozenset({f"id-{old}"})))


def _tables(answer: PlanAnswer | RunAnswer) -> dict[str, Table]:
    return {part.title: part for part in answer.shown() if isinstance(part, Table)}


def test_a_plan_says_first_how_much_of_what_it_would_do() -> None:
    first = next(iter(PlanAnswer.of(TODAY, _mixed(), Documented()).plan_shown()))
    assert first == Line("À ouvrir 2 · à clôturer 1 · à modifier 2", Tone.TITLE)


def test_a_plan_is_read_in_infinitives_and_a_new_person_is_one_line() -> None:
    answer = PlanAnswer.of(TODAY, _mixed(), DOCUMENT)
    table = _tables(answer)["À faire maintenant"]
    assert [(row[0], (row[1] or "").split("\n")[1:]) for row in table.rows] == [
        ("clôturer l'accès", [email("vasseur")]),
        ("mettre à jour les données", [email("leroy")]),
        ("changer l'adresse", [email("ancienne"), f"→ {email('nouvelle')}"]),
        ("ouvrir l'accès et envoyer le courriel d'activation", [email("alix")]),
        ("ouvrir l'accès et envoyer le courriel d'activation", [email("brune")]),
    ]
    assert list(table.tones) == [Tone.ERROR, Tone.WARNING, Tone.WARNING, Tone.GOOD, Tone.GOOD]
    actions = [change["action"] for change in as_json(answer)["changes"]]
    assert actions == ["close", "update", "rename", "open", "open", "invite", "invite"], "two changes in the contract"


def test_an_update_shows_what_was_and_what_will_be() -> None:
    rows = list(_tables(PlanAnswer.of(TODAY, _mixed(), DOCUMENT))["À faire maintenant"].rows)
    assert rows[1][2] == ("Fonction : agent → directrice\nDonnées de l'annexe 1 transmise le 15 juin 2026 (A1)")


@pytest.mark.rule("A4")
def test_a_return_says_why_it_waits_until_tomorrow() -> None:
    old = opened("leroy", closed_at=LONG_AGO, end=end(date(2026, 7, 1)))
    back = habilitation("leroy", id=2, requested_on=date(2026, 9, 1))
    alive = link(1, 1, NOW - timedelta(hours=2), timedelta(hours=24), keycloak_time=NOW, sent_at=NOW)
    waiting = plan(records(old, back, attempts=(alive,)), snapshot(remote(old, enabled=False)))
    ((on, to_do, _who, why),) = _tables(PlanAnswer.of(TODAY, waiting, DOCUMENT))["À faire plus tard"].rows
    assert (on, to_do) == ("3 septembre 2026", "rouvrir l'accès")
    assert "L'ancien lien d'activation n'expire que le 3 septembre 2026 à 10 h 00" in (why or "")


def test_what_was_done_and_what_was_not_is_told_in_totals_and_by_person() -> None:
    made = _mixed()
    by_name = {(change.action.value, change.email): change for change in made.changes}
    refused = by_name["update", email("leroy")]
    done = [change for change in made.changes if change is not refused]
    answer = _run(made, done, [(refused, "Réponse de Keycloak : « non ».")])
    assert Line("Ouverts 2 · clôturés 1 · modifiés 1 · non aboutis 1", Tone.WARNING) in list(answer.shown())
    tables = _tables(answer)
    assert [row[0] for row in tables["Ce qui a été fait"].rows] == [
        "accès clôturé",
        "adresse changée",
        "accès ouvert et courriel d'activation envoyé",
        "accès ouvert et courriel d'activation envoyé",
    ]
    ((to_do, who, why),) = tables["Ce qui n'a pas pu être fait"].rows
    assert (to_do, why) == ("mettre à jour les données", "Réponse de Keycloak : « non ».")
    assert email("leroy") in (who or "")


def test_what_a_pause_keeps_waiting_is_counted_and_named() -> None:
    pause = Hold(kind=HoldKind.PAUSE, reason="travaux", since=NOW, partner=LYS.code)
    paused = plan(records(habilitation("alix", id=1), holds=(pause,)), snapshot())
    planned = next(iter(PlanAnswer.of(TODAY, paused, DOCUMENT).plan_shown()))
    assert planned == Line("À ouvrir 1 · tout est en suspens", Tone.TITLE)
    answer = _run(paused, [], [])
    assert Line("En suspens 1", Tone.TITLE) in list(answer.shown())
    ((to_do, who, _why),) = _tables(answer)["Ce qui est en suspens"].rows
    assert to_do == "ouvrir l'accès et envoyer le courriel d'activation"
    assert email("alix") in (who or "")


def test_a_plan_is_a_page_to_circulate_too() -> None:
    page = PlanAnswer.of(TODAY, _mixed(), DOCUMENT).page()
    for said in (
        "<title>Plan au 2 septembre 2026\N{NO-BREAK SPACE}: agglo-lys</title>",
        "À ouvrir 2",
        "Fonction\N{NO-BREAK SPACE}: agent → directrice",
        email("nouvelle"),
    ):
        assert said in page


def test_a_pipe_has_no_colour_and_folds_no_address(capsys: pytest.CaptureFixture[str]) -> None:
    print_parts(PlanAnswer.of(TODAY, _mixed(), DOCUMENT).plan_shown())
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert f"→ {email('nouvelle')}" in said


def _run(made: Plan, done: list[Change], failed: list[tuple[Change, str]]) -> RunAnswer:
    return RunAnswer.of(TODAY, made, DOCUMENT, done=done, failed=failed, kept=(), refusal=None)
