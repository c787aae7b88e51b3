"""`connections report`: by person for the Caf, counts for a partner (D4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, InstanceOf, WithJsonSchema

from provisioner.domain.access.habilitation import State
from provisioner.domain.calendar import day_of
from provisioner.domain.connections.report import FEWEST_IN_SERIES, AccessUse, ConnectionReport, Gap, GapCause
from provisioner.domain.connections.usage import UsageState
from provisioner.domain.people import EmailAddress
from provisioner.views.access import STATES
from provisioner.views.answers import Answer, Count, Day, Moment, Number, beside
from provisioner.views.connection_words import REFUSED_USES, WHOLE, gap_lines, usage_words
from provisioner.views.dates import french_date, french_month, short
from provisioner.views.shown import Line, Part, Table, Tone, as_csv
from provisioner.views.template import template

Month = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}$"})]


class GapAnswer(Answer):
    """A span of the period of which connections are not known, or not all."""

    from_: Moment = Field(alias="from")
    to: Moment
    cause: GapCause

    @classmethod
    def of(cls, gap: Gap) -> Self:
        return cls(from_=gap.since, to=gap.until, cause=gap.cause)


class UsageAnswer(Answer):
    """How an access was used, up to the day of the answer. Nothing is known of the days before `known_since`."""

    state: UsageState
    last_on: Day | None
    known_since: Day | None


class MonthLine(Answer):
    """The logins of a month; null where fewer than 10 accesses were open in it."""

    month: Month
    logins: Count | None


class PersonUse(Answer):
    """One person at one partner: no time of day."""

    partner: str
    habilitation: Number | None
    last_name: str
    first_names: str
    email: EmailAddress
    state: State = Field(description="On the last day.")
    logins: Count
    days: Count = Field(description="With a login.")
    last_login_on: Day | None
    failures: Count
    addresses: Count = Field(description="From which somebody got in.")
    usage: UsageAnswer | None = Field(description="On the day of the report; null where the access is closed.")
    used: str = beside("")

    @classmethod
    def of(cls, access: AccessUse) -> Self:
        return cls.read(
            access,
            access.uses,
            access.habilitation,
            access.habilitation.person,
            habilitation=access.habilitation.id,
            days=len(access.uses.by_day),
            usage=UsageAnswer.read(access.usage) if access.usage else None,
            used=usage_words(access.usage) if access.usage else "",
        )


class UnusedAccess(Answer):
    """An access that is named to its partner: never used, or not for 6 months."""

    last_name: str
    first_names: str
    function: str
    opened_on: Day
    usage: UsageAnswer
    used: str = beside("")

    @classmethod
    def of(cls, access: AccessUse) -> Self:
        """Without any address."""
        habilitation = access.habilitation
        assert habilitation.opened_at is not None
        assert access.usage is not None
        usage, used = UsageAnswer.read(access.usage), usage_words(access.usage)
        return cls.read(habilitation.person, opened_on=day_of(habilitation.opened_at), usage=usage, used=used)


class _Report(Answer):
    """What both reports have. A report answers for what was read: `gaps` are the spans that are not known."""

    for_: Literal["caf", "partner"] = Field(alias="for")
    partner: str | None
    from_: Day = Field(alias="from")
    to: Day
    made_on: Day
    gaps: tuple[GapAnswer, ...] = Field(description="None: the period was read without a hole.")
    months: tuple[MonthLine, ...]
    destroyed: Count = Field(description="Accesses of which nothing is told: their data are destroyed (D1).")
    report: InstanceOf[ConnectionReport] = beside(None)

    @staticmethod
    def _common(report: ConnectionReport) -> dict[str, Any]:
        return {
            "partner": report.partner.code if report.partner else None,
            "from_": report.period.first,
            "to": report.period.last,
            "made_on": report.made_on,
            "gaps": tuple(map(GapAnswer.of, report.gaps)),
            "destroyed": report.destroyed,
            "report": report,
        }

    @property
    def whose(self) -> str:
        """« Agglo de la Lys », or that it is about all of them."""
        return self.report.partner.name if self.report.partner else "tous les partenaires"

    @property
    def period(self) -> str:
        """« du 1er janvier 2027 au 31 mars 2027 »."""
        return f"du {french_date(self.from_)} au {french_date(self.to)}"

    @property
    def unknown_spans(self) -> list[str]:
        """A sentence each."""
        return gap_lines(self.report.gaps)

    @property
    def notes(self) -> list[str]:
        """What stands at the foot."""
        closed = "accès clôturés" if self.destroyed > 1 else "accès clôturé"
        gone = f"{self.destroyed} {closed} dont les données de connexion sont détruites."
        return [gone] if self.destroyed else []

    def _by_month(self) -> Iterator[tuple[str, int | None]]:
        for month, line in zip(self.report.period.months(), self.months, strict=False):
            yield french_month(month.first), line.logins

    @property
    def bars(self) -> list[tuple[str, int]]:
        """The logins by month, for the chart."""
        return [(month, logins) for month, logins in self._by_month() if logins is not None]

    @property
    def month_table(self) -> Table:
        """The same as a table."""
        few = f"non indiqué : moins de {FEWEST_IN_SERIES} accès ouverts"
        rows = [(month, few if logins is None else str(logins)) for month, logins in self._by_month()]
        return Table("Connexions par mois", ("Mois", "Connexions"), rows)

    def tables(self) -> Sequence[Table]:
        """The main table first; the one of the months is apart."""
        raise NotImplementedError

    def shown(self) -> Iterator[Part]:
        yield Line(f"Connexions {self.period} : {self.whose}", Tone.TITLE)
        if self.unknown_spans:
            yield Line("Période lue avec des lacunes :", Tone.WARNING)
            yield from (Line(f"  {sentence}") for sentence in self.unknown_spans)
        else:
            yield Line(WHOLE, Tone.GOOD)
        yield from self.tables()
        if self.months:
            yield self.month_table
        yield from map(Line, self.notes)

    def page(self) -> str:
        return template("connections.html").render(answer=self, whole=WHOLE)


class CafConnectionsAnswer(_Report):
    """`connections report --for caf`: by person. It serves to see that only persons with a habilitation connect."""

    for_: Literal["caf"] = Field(default="caf", alias="for")
    persons: tuple[PersonUse, ...]
    foreign: Count = Field(description="Logins of accounts of the realm that are none of ours.")
    refused_uses: tuple[str, ...] = ("hours", "presence", "discipline")

    @classmethod
    def of(cls, report: ConnectionReport) -> Self:
        months = (MonthLine(month=f"{first:%Y-%m}", logins=n) for first, n in report.logins_by_month())
        persons = tuple(map(PersonUse.of, report.accesses))
        return cls(**cls._common(report), months=tuple(months), persons=persons, foreign=report.foreign)

    @property
    def notes(self) -> list[str]:
        count = f"Connexions de comptes du royaume sans habilitation (administrateurs, par exemple) : {self.foreign}."
        return [*super().notes, count, REFUSED_USES]

    def tables(self) -> Sequence[Table]:
        columns = (
            *("Partenaire", "Nom", "Prénom(s)", "Adresse électronique", f"État le {french_date(self.to)}"),
            *("Connexions", "Jours avec connexion", "Dernière connexion", "Échecs", "Adresses réseau", "À ce jour"),
        )
        rows = [
            (
                *(row.partner, row.last_name, row.first_names, row.email, STATES[row.state]),
                *(str(row.logins), str(row.days), short(row.last_login_on), str(row.failures), str(row.addresses)),
                row.used,
            )
            for row in self.persons
        ]
        return (Table("Par personne", columns, rows, empty="Aucun accès ouvert pendant cette période."),)

    def csv(self) -> str:
        (table,) = self.tables()
        return as_csv([table.columns, *table.rows, *([note] for note in (*self.unknown_spans, *self.notes))])


class PartnerConnectionsAnswer(_Report):
    """`connections report --for partner`: counts, with names only for accesses never used or unused for 6 months.

    `open`, `suspended` and `used` are told of the period's last day; `never_used`, `unused` and `unknown` of the day
    of the report, among the accesses that are still open.
    """

    for_: Literal["partner"] = Field(default="partner", alias="for")
    open: Count
    suspended: Count
    used: Count
    never_used: Count
    unused: Count
    unknown: Count
    named: tuple[UnusedAccess, ...]

    @classmethod
    def of(cls, report: ConnectionReport) -> Self:
        """The counts of the report. No month's under 10 open accesses."""
        months = (MonthLine(month=f"{first:%Y-%m}", logins=n) for first, n in report.logins_for_partner())
        open_ = report.in_state(State.OPEN)
        never_used, unused = report.used_so(UsageState.NEVER_USED), report.used_so(UsageState.UNUSED)
        return cls(
            **cls._common(report),
            months=tuple(months),
            open=len(open_),
            suspended=len(report.in_state(State.SUSPENDED)),
            used=sum(access.uses.logins > 0 for access in open_),
            never_used=len(never_used),
            unused=len(unused),
            unknown=len(report.used_so(UsageState.UNKNOWN)),
            named=tuple(map(UnusedAccess.of, (*never_used, *unused))),
        )

    @property
    def counts(self) -> list[tuple[str, str]]:
        """Each figure with its words."""
        last, today = french_date(self.to), french_date(self.made_on)
        return [
            (f"Accès ouverts le {last}", str(self.open)),
            (f"Accès suspendus le {last}", str(self.suspended)),
            ("Accès ouverts, utilisés pendant la période", str(self.used)),
            (f"Accès jamais utilisés, au {today}", str(self.never_used)),
            (f"Accès non utilisés depuis plus de 6 mois, au {today}", str(self.unused)),
            (f"Accès dont l'utilisation est inconnue, au {today}", str(self.unknown)),
        ]

    @property
    def notes(self) -> list[str]:
        few = f"Moins de {FEWEST_IN_SERIES} accès ouverts : les connexions par mois ne sont pas indiquées."
        return [*super().notes, *([] if self.months else [few])]

    def tables(self) -> Sequence[Table]:
        rows = [
            (row.last_name, row.first_names, row.function, french_date(row.opened_on), row.used) for row in self.named
        ]
        columns = ("Nom", "Prénom(s)", "Fonction", "Ouvert le", "Utilisation")
        nobody = "Aucun accès n'est signalé comme jamais utilisé, ou non utilisé depuis plus de 6 mois."
        named = Table("Accès jamais utilisés ou non utilisés depuis plus de 6 mois", columns, rows, empty=nobody)
        return Table("Accès", ("Donnée", "Nombre"), self.counts), named

    def csv(self) -> str:
        named = ((f"{row.last_name} {row.first_names} ({row.function})", row.used) for row in self.named)
        foot: Iterable[tuple[str, ...]] = ((note,) for note in (*self.unknown_spans, *self.notes))
        months = ((f"Connexions, {month}", count) for month, count in self.month_table.rows)
        return as_csv([("Donnée", "Valeur"), *self.counts, *months, *named, *foot])


#: Either of them.
ConnectionsReportAnswer = CafConnectionsAnswer | PartnerConnectionsAnswer
