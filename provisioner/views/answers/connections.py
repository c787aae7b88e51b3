"""`connections pull` and `verify`: how much was read, what of it is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

from pydantic import Field

from provisioner.domain.connections.record import Comparison, Hole
from provisioner.views.answers import Answer, Count, Moment
from provisioner.views.dates import french_moment
from provisioner.views.shown import Line, Part, Tone


class Span(Answer):
    """From a moment to another one."""

    from_: Moment = Field(alias="from")
    to: Moment


class PulledAnswer(Answer):
    """`connections pull`: how many new records of each list, and the span in which events are missing, if any.

    Where both lists have a hole, the span is from the first to the last moment.
    """

    events: Count
    admin_events: Count
    hole: Span | None

    @classmethod
    def of(cls, events: int, admin_events: int, holes: Sequence[Hole]) -> Self:
        span = Span(from_=min(hole.since for hole in holes), to=max(hole.until for hole in holes)) if holes else None
        return cls(events=events, admin_events=admin_events, hole=span)

    def shown(self) -> Iterator[Part]:
        yield Line(f"Connexions enregistrées : {self.events}. Actes de console enregistrés : {self.admin_events}.")
        if self.hole is not None:
            span = f"du {french_moment(self.hole.from_)} au {french_moment(self.hole.to)}"
            yield Line(
                f"Des événements manquent {span} : Keycloak ne les avait plus, ou ne les enregistrait pas. Sur cette "
                "période, aucune conclusion ne pourra être tirée d'une absence de connexion.",
                Tone.WARNING,
            )


class ComparedList(Answer):
    """One list of events: in both; lacking here; gone from Keycloak before their time; not stored on purpose."""

    same: Count
    lacking: Count
    gone: Count
    left_out: Count

    @classmethod
    def of(cls, compared: Comparison) -> Self:
        return cls.read(compared, lacking=len(compared.lacking), gone=len(compared.gone))

    def lines(self, name: str) -> Iterator[Part]:
        """What is shown of it."""
        why = "règle D1, trop anciens, ou connexions habituelles de notre compte de service"
        yield Line(f"{name} identiques : {self.same} ; non conservés ({why}) : {self.left_out}.")
        if self.lacking:
            yield Line(f"{name} absents du registre : {self.lacking}.", Tone.ERROR)
        if self.gone:
            yield Line(f"{name} disparus de Keycloak avant leur terme (effacés ?) : {self.gone}.", Tone.ERROR)


class ComparedAnswer(Answer):
    """`connections verify`: the ids of both lists over the span that was compared. `switched_off`: the realm does not
    keep one of them now.
    """

    from_: Moment = Field(alias="from")
    to: Moment
    events: ComparedList
    admin_events: ComparedList
    switched_off: bool

    @classmethod
    def of(cls, events: Comparison, console: Comparison, *, switched_off: bool) -> Self:
        return cls(
            from_=min(events.since, console.since),
            to=max(events.until, console.until),
            events=ComparedList.of(events),
            admin_events=ComparedList.of(console),
            switched_off=switched_off,
        )

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing and everything is kept."""
        lists = (self.events, self.admin_events)
        return not (self.switched_off or any(compared.lacking or compared.gone for compared in lists))

    def shown(self) -> Iterator[Part]:
        yield Line(f"Événements comparés du {french_moment(self.from_)} au {french_moment(self.to)}.")
        yield from self.events.lines("Événements de connexion")
        yield from self.admin_events.lines("Événements de la console")
        if self.switched_off:
            yield Line(
                "Le royaume n'enregistre plus tous ses événements : rétablissez-le par provisioner realm apply",
                Tone.ERROR,
            )
