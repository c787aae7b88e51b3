"""`realm check` and `realm apply --dry-run`: how a realm differs from its files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Self

from pydantic import WithJsonSchema

from provisioner.domain.realm_check import Part as RealmPart
from provisioner.domain.realm_model import Difference, RealmState
from provisioner.domain.realm_plan import stopping_first
from provisioner.views.answers import Answer, Moment
from provisioner.views.dates import french_moment
from provisioner.views.realm import (
    ADMINISTRATOR,
    RISKS,
    STOPS_LOGINS,
    UNSEEN,
    UNSEEN_REALM,
    by_hand_words,
    difference_words,
)
from provisioner.views.shown import Line, Part, Tone

_PartName = Annotated[str, WithJsonSchema({"enum": [str(part) for part in RealmPart]})]


class DifferenceAnswer(Answer):
    """One difference. `setting` is its name among all parts; a secret's `present` and `wanted` are null. What is
    `stricter`, or `advice`, is no fault; what is `by_hand`, `realm apply` does not put right.
    """

    part: _PartName
    setting: str
    name: str
    client: str | None
    present: str | None
    wanted: str | None
    rule: str | None
    risk: str
    grave: bool
    stops_logins: bool
    stricter: bool
    advice: bool
    by_hand: bool

    @classmethod
    def of(cls, difference: Difference) -> Self:
        return cls.read(
            difference,
            client=difference.client or None,
            rule=difference.rule or None,
            risk=RISKS[difference.risk],
            grave=difference.is_grave,
            stricter=difference.is_stricter,
            advice=difference.is_advice,
        )

    @property
    def is_fault(self) -> bool:
        """Whether something protects less than the files want, or is there beside them."""
        return not (self.stricter or self.advice)

    def shown(self) -> Iterator[Part]:
        """What differs; under it what may come of that, and of putting it right."""
        rule = f" ({self.rule})" if self.rule else ""
        label, tone = ("grave", Tone.ERROR) if self.grave else ("écart", Tone.WARNING)
        if self.stricter:
            label, tone = "plus strict", Tone.FAINT
        if self.advice:
            label, tone = "conseil", Tone.FAINT
        yield Line(f"{difference_words(self)}{rule}", tone, label=label, note=self._note())

    def _note(self) -> str:
        said = [f"risque : {self.risk}"]
        if self.stricter:
            said = ["ce n'est pas un défaut, mais provisioner realm apply remettrait la valeur de nos fichiers"]
        elif self.advice:
            said = [
                "d'ici au prochain provisioner realm apply, le premier courriel désigne ce partenaire par son code"
            ]
        elif self.by_hand or self.part == RealmPart.BLACKLIST:
            said.append(by_hand_words(self.part, self.setting))
        return " ; ".join(said)


class RealmAnswer(Answer):
    """One realm: whether it is there, its differences, and the parts that could not be looked at."""

    realm: str
    exists: bool
    differences: tuple[DifferenceAnswer, ...]
    not_seen: tuple[_PartName, ...]

    @classmethod
    def of(cls, realm: str, state: RealmState | None, differences: Iterable[Difference]) -> Self:
        """A realm as it was read and compared; what can stop logins comes first."""
        told = tuple(DifferenceAnswer.of(difference) for difference in stopping_first(differences))
        unseen = tuple(state.unseen) if state else ()
        return cls(realm=realm, exists=state is not None, differences=told, not_seen=unseen)

    @classmethod
    def unseen(cls, realm: str) -> Self:
        """A realm that our service account may not look at."""
        return cls(realm=realm, exists=True, differences=(), not_seen=(RealmPart.REALM,))

    @property
    def is_wanting(self) -> bool:
        """Whether something protects less than the files want, or is there beside them."""
        return any(difference.is_fault for difference in self.differences)

    def shown(self) -> Iterator[Part]:
        yield Line(f"Royaume {self.realm}", Tone.TITLE)
        if not self.exists:
            yield Line("Ce royaume n'existe pas : provisioner realm apply le crée.", Tone.ERROR)
            return
        if RealmPart.REALM in self.not_seen:
            yield Line(UNSEEN_REALM, Tone.WARNING, note=f"→ {ADMINISTRATOR}")
            return
        stopping = [difference for difference in self.differences if difference.stops_logins]
        if stopping:
            yield Line(STOPS_LOGINS, Tone.WARNING)
            for difference in stopping:
                yield from difference.shown()
            yield Line("Le reste :")
        for difference in self.differences[len(stopping) :]:
            yield from difference.shown()
        if not self.differences:
            yield Line("Aucun écart avec nos fichiers.", Tone.GOOD)
        if self.not_seen:
            unseen = ", ".join(UNSEEN[RealmPart(part)] for part in self.not_seen)
            yield Line(f"Non contrôlé, faute de droits : {unseen}.", Tone.WARNING, note=f"→ {ADMINISTRATOR}")


class RealmCheckAnswer(Answer):
    """`realm check`: each realm, at that moment. `wanting`: there is a difference that is more than stricter."""

    checked_at: Moment
    wanting: bool
    realms: tuple[RealmAnswer, ...]

    @classmethod
    def of(cls, checked_at: Moment, realms: Iterable[RealmAnswer]) -> Self:
        checked = tuple(realms)
        return cls(checked_at=checked_at, wanting=any(realm.is_wanting for realm in checked), realms=checked)

    def shown(self) -> Iterator[Part]:
        yield Line(f"Contrôle du {french_moment(self.checked_at)}", Tone.FAINT)
        for realm in self.realms:
            yield from realm.shown()
