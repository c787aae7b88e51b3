"""Makes `realm-config/password-blacklists/cooperation.txt`: the passwords that come to everybody's mind first.

The rule: a word that people take here (a keyboard walk, a greeting, a season, a month, a word of the platform or of
the place), then the usual ends, so that each line meets P1 with one capital: a number and a sign in either order
(`Azerty1!`, `Azerty!1`, `Coop@2026`). A word for a password counts with its letters as signs too (`P@ssw0rd1!`).
Keycloak compares without regard to capitals: the lines are in small letters. Nothing is taken from anybody's list; a
password of fewer than 8 characters is refused anyway. `_YEARS` go to the end of the CTG and a year beyond.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

FILE = Path(__file__).parents[1] / "realm-config" / "password-blacklists" / "cooperation.txt"

_WALKS = "azerty azertyuiop azert qsdfgh qsdfghjklm wxcvbn qwerty qwertyuiop qwertz aqwzsx aqwxsz azeqsd abcd"
_WORDS = "motdepasse mdp password passe bonjour bonsoir salut coucou bienvenue welcome soleil jetaime doudou loulou"
_NAMES = "chouchou marseille paris france admin administrateur test secret azur toto titi bureau accueil"
_HERE = "coop cooperation plateforme caf cafpdc ctg convention partenaire habilitation mairie commune agglo"
_PLACE = "territoire pasdecalais arras lens calais boulogne bethune lievin"
_SEASONS = "printemps ete été automne hiver"
_MONTHS = "janvier fevrier février mars avril mai juin juillet aout août septembre octobre novembre decembre décembre"

_COUNTS = ["1", "2", "01", "12", "123", "1234", "12345", "62"]
_YEARS = [str(year) for year in range(2024, 2032)]
_SIGNS = ["!", "@", "*", ".", "?", "$", "#"]
_SPELT_WITH_SIGNS = "motdepasse password passe azerty"
_AS_SIGNS = ({"a": "@"}, {"o": "0"}, {"a": "@", "o": "0"})

#: What meets P1 by itself, without a word: figures and signs of the first row, which people walk along.
_BY_THEMSELVES = ("1qaz2wsx!", "1a2z3e4r!", "a1z2e3r4!", "azer1234!", "aze123!!", "abc123!!", "p@ssw0rd", "p@ssword1")
_LEAST = 8


def passwords() -> set[str]:
    """All lines, in small letters."""
    words = " ".join((_WALKS, _WORDS, _NAMES, _HERE, _PLACE, _SEASONS, _MONTHS)).split()
    made = {password for word in words for spelt in _spelt(word) for password in _with_ends(spelt)}
    return {password for password in made | {*_BY_THEMSELVES} if len(password) >= _LEAST}


def _spelt(word: str) -> set[str]:
    ways = _AS_SIGNS if word in _SPELT_WITH_SIGNS.split() else ()
    return {word, *("".join(signs.get(letter, letter) for letter in word) for signs in ways)}


def _with_ends(word: str) -> Iterator[str]:
    for number, sign in product([*_COUNTS, *_YEARS], _SIGNS):
        yield f"{word}{number}{sign}"
        yield f"{word}{sign}{number}"


if __name__ == "__main__":
    FILE.write_text("".join(f"{password}\n" for password in sorted(passwords())), "utf-8")
