"""`review lag`, `review report`: how late partners tell of departures (V3), all that the Caf controls (V2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Self

from provisioner.domain.connections.usage import UsageState
from provisioner.domain.review_report import DESTRUCTION_DAYS, ControlReport, DepartureLag, PartnerControl
from provisioner.views.answers import Answer, Code, Count, Day, ListAnswer, RowAnswer, beside
from provisioner.views.dates import french_date, short
from provisioner.views.shown import Chart, Line, Part, Table, Tone, as_csv
from provisioner.views.template import template

#: How many partners a chart shows, those with the most.
_SHOWN = 10


class LagLine(RowAnswer):
    """A partner's departures of a year: how many, how many told within the days allowed
    (`PROVISIONER_REVIEW__DEPARTURE_DAYS`), their share from 0 to 1, the median and the longest lag in days.
    """

    partner: Code
    year: Count
    departures: Count
    on_time: Count
    share: float
    median_days: float
    longest_days: Count

    def cells(self) -> tuple[str, ...]:
        counts = (str(self.year), str(self.departures), str(self.on_time), percent(self.share))
        return self.partner, *counts, f"{self.median_days:g}".replace(".", ","), str(self.longest_days)


def percent(share: float) -> str:
    """« 75 % »."""
    return f"{round(share * 100)} %"


class LagsAnswer(ListAnswer[LagLine]):
    """`review lag`: a partner and a year a row."""

    TITLE = "Départs signalés en liste 2 (V3)"
    COLUMNS = ("Partenaire", "Année", "Départs", "", "Part", "Délai médian (j)", "Délai le plus long (j)")
    EMPTY = "Aucun départ signalé."
    _allowed: int = 0

    @classmethod
    def within(cls, allowed: int, lags: Iterable[DepartureLag]) -> Self:
        """The lags, with the days allowed."""
        answer = cls.of(lags)
        answer._allowed = allowed
        return answer

    def table(self) -> Table:
        columns = [title or f"Signalés en {self._allowed} j au plus" for title in self.COLUMNS]
        return replace(super().table(), columns=columns)

    def shown(self) -> Iterator[Part]:
        yield self.table()
        if self.rows:
            yield Line(
                "Un départ n'est plus compté une fois les données de l'habilitation détruites, 2 ans après sa fin.",
                Tone.FAINT,
            )


class ControlledPartner(Answer):
    """A partner in figures. `in_force`: whether its convention is. `departures` are those of the last 12 months,
    `on_time` those told within the days allowed, `longest_days` the longest lag. `never_used`, `unused` (for 6
    months) and `unknown` are open accesses. `controls` stand as raised, `grave` are those of them that are.
    `destructions` are due within 30 days, those `on_hold` not among them (D7).
    """

    partner: Code
    name: str
    in_force: bool
    open: Count
    last_review_on: Day | None
    review_due_on: Day | None
    days_late: Count
    departures: Count
    on_time: Count
    longest_days: Count | None
    never_used: Count
    unused: Count
    unknown: Count
    controls: Count
    grave: Count
    destructions: Count
    on_hold: Count

    @classmethod
    def of(cls, control: PartnerControl) -> Self:
        return cls.read(
            control,
            control.review,
            in_force=control.is_in_force,
            last_review_on=control.review.last_on,
            review_due_on=control.review.due_on,
            never_used=control.usages.count(UsageState.NEVER_USED),
            unused=control.usages.count(UsageState.UNUSED),
            unknown=control.usages.count(UsageState.UNKNOWN),
        )

    @property
    def idle(self) -> int:
        """The open accesses that nobody uses."""
        return self.never_used + self.unused


class ControlReportAnswer(Answer):
    """`review report`: every partner in figures, and the controls that are about none. No person is named."""

    as_of: Day
    departure_days: Count
    partners: tuple[ControlledPartner, ...]
    other_controls: Count
    title: str = beside("")

    @classmethod
    def of(cls, report: ControlReport) -> Self:
        return cls(
            as_of=report.as_of,
            departure_days=report.days_allowed,
            partners=tuple(map(ControlledPartner.of, report.partners)),
            other_controls=report.other_controls,
            title=f"Contrôle des partenaires au {french_date(report.as_of)}",
        )

    def shown(self) -> Iterator[Part]:
        yield Line(self.title, Tone.TITLE)
        yield from (Line(sentence) for sentence in self._sums())
        for table, _ in self._parts():
            yield table
        yield from map(Line, self._notes())

    def csv(self) -> str:
        titles = list(ControlledPartner.model_fields)
        return as_csv([titles, *([getattr(line, title) for title in titles] for line in self.partners)])

    def page(self) -> str:
        parts: list[Line | Table | Chart] = [Line(sentence) for sentence in self._sums()]
        for table, chart in self._parts():
            parts += [table, chart] if chart.rows else [table]
        parts += map(Line, self._notes())
        return template("shown.html").render(title=Line(self.title), parts=parts)

    def _sums(self) -> Iterator[str]:
        lines = self.partners
        late = sum(line.days_late > 0 for line in lines)
        yield f"Conventions en vigueur : {sum(line.in_force for line in lines)}. Revues en retard : {late}."
        departures, on_time = sum(line.departures for line in lines), sum(line.on_time for line in lines)
        share = f" ({percent(on_time / departures)})" if departures else ""
        told = f"dont signalés en {self.departure_days} j au plus : {on_time}{share}"
        yield f"Départs sur 12 mois : {departures}, {told}."
        open_, idle = sum(line.open for line in lines), sum(line.idle for line in lines)
        yield f"Accès ouverts : {open_}, dont jamais utilisés ou non utilisés depuis plus de 6 mois : {idle}."
        controls, grave = sum(line.controls for line in lines), sum(line.grave for line in lines)
        yield f"Constats à examiner : {controls}, dont graves : {grave}. Sans partenaire : {self.other_controls}."
        due, held = sum(line.destructions for line in lines), sum(line.on_hold for line in lines)
        yield f"Destructions à faire d'ici {DESTRUCTION_DAYS} j : {due}. Empêchées par décision : {held}."

    def _parts(self) -> Iterator[tuple[Table, Chart]]:
        """Each table, and the chart of what matters most in it."""
        reviews = ("Dernière revue", "Échéance", "Retard (j)")
        departures = ("Départs", "Signalés à temps", "Délai le plus long (j)")
        table = self._table("Revues annuelles et départs", (*reviews, *departures), _reviews_and_departures)
        yield table, self._chart("Revues : jours de retard", lambda line: line.days_late)
        uses = ("Accès ouverts", "Jamais utilisés", "Non utilisés depuis 6 mois", "Inconnue")
        table = self._table(
            "Utilisation des accès ouverts",
            uses,
            lambda line: map(str, (line.open, line.never_used, line.unused, line.unknown)),
        )
        yield table, self._chart("Accès ouverts que personne n'utilise", lambda line: line.idle)
        found = ("Constats", "Dont graves", f"À détruire d'ici {DESTRUCTION_DAYS} j", "Conservés (D7)")
        table = self._table(
            "Constats et destructions",
            found,
            lambda line: map(str, (line.controls, line.grave, line.destructions, line.on_hold)),
        )
        yield table, self._chart("Constats à examiner", lambda line: line.controls)

    def _table(
        self, title: str, columns: Sequence[str], cells: Callable[[ControlledPartner], Iterable[str]]
    ) -> Table:
        rows = [(_whose(line), *cells(line)) for line in self.partners]
        return Table(title, ("Partenaire", *columns), rows, empty="Aucun partenaire.")

    def _chart(self, title: str, figure: Callable[[ControlledPartner], int]) -> Chart:
        """Those partners with the most, and none that has nothing."""
        figures = ((line.partner, figure(line)) for line in self.partners if figure(line))
        return Chart(title, sorted(figures, key=lambda row: (-row[1], row[0]))[:_SHOWN])

    def _notes(self) -> Iterator[str]:
        yield (
            "L'utilisation et les constats sont ceux connus au jour de l'établissement du rapport. "
            f"Un graphique montre au plus {_SHOWN} partenaires ; le tableau les montre tous."
        )


def _whose(line: ControlledPartner) -> str:
    """« Agglo de la Lys (agglo-lys) », and that its convention is not in force."""
    return f"{line.name} ({line.partner}){'' if line.in_force else ', convention non en vigueur'}"


def _reviews_and_departures(line: ControlledPartner) -> Iterator[str]:
    yield from (short(day) or "aucune" for day in (line.last_review_on, line.review_due_on))
    yield from map(str, (line.days_late, line.departures, line.on_time))
    yield "" if line.longest_days is None else str(line.longest_days)
