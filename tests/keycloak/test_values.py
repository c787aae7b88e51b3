"""What the reader accepts of a cell is what the account holds, to the letter."""

from __future__ import annotations

import pytest

from provisioner.documents.blocks import Cell
from provisioner.documents.rows import read_row
from provisioner.domain.access.account import WantedAccount, digest
from provisioner.domain.annexe.document import Column
from provisioner.keycloak.directory import Directory
from provisioner.settings import Settings

FUNCTIONS = (
    *(
        "DGS & élu",
        "n° 2 du service",
        'agent "volant" : accueil',
        "m² et ½ poste",
        "{nom} ${x} #a %20 \\n",
        "'agent'",
    ),
    *("1er adjoint ; régie", "a" * 255, "Œuvre | état-civil", "[x] (y) *z*", "chargé·e", "  - agent\u00a0: accueil "),
)
NAMES = ("D'Hondt-Éléonore", "Dupont, née Martin", "Nguyễn", "Šimůnek", "Yıldız", "b" * 255, "Le\u200bgrand", "J.-P.")


@pytest.mark.rule("A1")
def test_an_account_holds_what_was_read_to_the_letter(shared_realm: Settings) -> None:
    directory = Directory(shared_realm.keycloak)
    directory.place_group("agglo-lys")
    for number, function in enumerate(FUNCTIONS):
        cells = {
            Column.LAST_NAME: NAMES[number % len(NAMES)],
            Column.FIRST_NAMES: NAMES[-number % len(NAMES)],
            Column.FUNCTION: function,
            Column.EMAIL: f"D.O'Neil+{number}@Agglo-Lys.example",
            Column.REQUESTED_ON: "02/06/2026",
        }
        row, _ = read_row({column: Cell(text) for column, text in cells.items()}, 1, 1, None)
        person = row.person
        assert person.function
        wanted = WantedAccount(
            email=person.email,
            last_name=person.last_name,
            first_names=person.first_names,
            attributes={"partenaire": ("agglo-lys",), "fonction": (person.function,), "gere_par": ("provisioner",)},
            enabled=True,
        )
        account = directory.account(directory.open_account(wanted, ["agglo-lys"]))
        assert account is not None
        assert (account.email, account.last_name, account.first_names) == (
            person.email,
            person.last_name,
            person.first_names,
        )
        assert account.attributes["fonction"] == (person.function,)
        assert digest(account) == digest(wanted)
    directory.close()
