"""`doctor`, `backup` and `realm accept`: the software itself, on its machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, WithJsonSchema

from provisioner.views.answers import Answer, Count
from provisioner.views.hints import reopen_person
from provisioner.views.shown import Line, Part, Tone

_LEVELS = {
    "ok": ("en ordre", Tone.GOOD),
    "attention": ("attention", Tone.WARNING),
    "wanting": ("à régler", Tone.ERROR),
}


#: What another system says may have line ends.
_OneLine = Annotated[str, AfterValidator(lambda text: " ".join(text.split()))]
_Level = Annotated[str, WithJsonSchema({"enum": list(_LEVELS)})]


class DoctorLineAnswer(Answer):
    """One thing that was looked at, and what to do where it is not well."""

    check: str
    partner: str | None
    verdict: _Level
    found: _OneLine
    todo: _OneLine | None


class DoctorAnswer(Answer):
    """`doctor`: the settings in force, then what was looked at. `reachable`: every system that is needed answers."""

    verdict: _Level
    reachable: bool
    settings: Mapping[str, str | None]
    lines: tuple[DoctorLineAnswer, ...]

    def shown(self) -> Iterator[Part]:
        """A line a thing; what to do stands under what is not well."""
        yield from (Line(f"{name}={value}") for name, value in self.settings.items() if value is not None)
        yield Line("")
        for line in self.lines:
            word, tone = _LEVELS[line.verdict]
            yield Line(
                f"{line.check:<18}  {line.found}", tone, label=word, note=f"→ {line.todo}" if line.todo else ""
            )
        yield Line("")
        silent = "" if self.reachable else " ; un système ne répond pas"
        word, tone = _LEVELS[self.verdict]
        yield Line(f"{word}{silent}".capitalize(), tone)


class ClientKeyAnswer(Answer):
    """`realm key`: the file of a new key, whether it is the next one, and its public half (`jwks`) with its id."""

    file: str
    next: bool
    kid: str
    jwks: str

    def shown(self) -> Iterator[Part]:
        yield Line(f"Clé suivante : {self.file}" if self.next else f"Clé : {self.file}")
        yield Line(f"Numéro de la clé : {self.kid}")
        yield Line(f"Partie publique, à donner à Keycloak : {self.jwks}")


class AcceptanceAnswer(Answer):
    """`realm accept`: both realms' internal ids, how many of our accounts are there, and whether it was recorded."""

    known: str
    found: str
    accounts: Count
    accounts_there: Count
    accepted: bool

    @classmethod
    def of(cls, known: str, found: str, accounts: int, there: int) -> Self:
        return cls(known=known, found=found, accounts=accounts, accounts_there=there, accepted=known != found)

    def shown(self) -> Iterator[Part]:
        counted = f"{self.accounts_there} sur {self.accounts}"
        if self.accepted:
            yield Line(
                f"Royaume accepté : {self.found} remplace {self.known}. Comptes du registre retrouvés dans ce "
                f"royaume : {counted}. Pour voir la suite : provisioner plan ; pour recréer un compte "
                f"manquant : {reopen_person(None)}"
            )
        else:
            yield Line(
                f"C'est déjà le royaume de ce registre : {self.found}. Comptes du registre retrouvés : {counted}. "
                "Rien n'a été enregistré."
            )
