"""`partner suspend` and `partner reopen`: every access of a partner cut at once, and given back (L2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Self

from pydantic import Field

from provisioner.domain.calendar import PARIS
from provisioner.domain.people import EmailAddress
from provisioner.views.answers import Answer, Code, Count, Moment
from provisioner.views.answers.plans import RunAnswer
from provisioner.views.hints import argument, reopen_partner
from provisioner.views.sentences import counted
from provisioner.views.shown import Line, Part, Table, Tone


def tokens_sentence(until: datetime) -> str:
    """Until when an access token that was given before a cut may still pass."""
    here = until.astimezone(PARIS)
    return (
        f"Jusqu'à {here.hour} h {here:%M min %S s} (heure de Paris), la plateforme peut encore "
        "accepter une connexion ouverte avant la coupure ; aucune ne peut plus être prolongée."
    )


def cut_words(cut: int, not_cut: int) -> str:
    """« 5 comptes coupés, 0 encore à couper »."""
    return f"{counted(cut, 'compte coupé')}, {not_cut} encore à couper"


class AlsoOf(Answer):
    """An account that serves other partners too, and is cut for them as well (A8)."""

    email: EmailAddress
    partners: tuple[Code, ...]


class ContainedAnswer(RunAnswer):
    """`partner suspend`: what was cut, and what was not; `failed` says why."""

    partner: Code
    cut: Count = Field(description="Accounts cut now.")
    not_cut: Count = Field(description="Accounts that are still open; the next `sync` tries again.")
    also_of: tuple[AlsoOf, ...]
    tokens_until: Moment = Field(description="Until then an access token that was given before may still pass.")

    @classmethod
    def contained(
        cls, run: RunAnswer, contained: object, partner: str, others: Mapping[EmailAddress, tuple[str, ...]]
    ) -> Self:
        """What was done, with what became of the containment."""
        also_of = tuple(AlsoOf(email=email, partners=partners) for email, partners in sorted(others.items()))
        return cls.read(run, contained, partner=partner, also_of=also_of)

    def shown(self) -> Iterator[Part]:
        """What was done of each access, then what an officer has to know of the whole."""
        yield from super().shown()
        rows = [(line.email, ", ".join(line.partners)) for line in self.also_of]
        yield Table(
            "Comptes qui servent aussi d'autres partenaires, coupés pour eux aussi", ("Compte", "Partenaires"), rows
        )
        yield Line(f"{self.partner} : {cut_words(self.cut, self.not_cut)}.", Tone.TITLE)
        yield Line(tokens_sentence(self.tokens_until))
        yield Line(f"Pour rendre les accès : {reopen_partner(self.partner)}")


class ReleasedAnswer(RunAnswer):
    """`partner reopen`: what was given back, with all that was due for the partner."""

    partner: Code
    reopened: Count = Field(description="Accounts that the containment had cut, and that may be open today.")
    still_suspended: tuple[EmailAddress, ...] = Field(
        description="Persons of the partner who stay suspended, by name or by another partner's containment."
    )

    def shown(self) -> Iterator[Part]:
        yield from super().shown()
        yield Line(f"{self.partner} : comptes à rouvrir, {self.reopened}.", Tone.TITLE)
        if self.still_suspended:
            yield Line(f"Restent suspendus : {', '.join(self.still_suspended)}.", Tone.WARNING)
            yield Line(f"Pour savoir pourquoi : provisioner explain {argument(self.still_suspended[0])}")
