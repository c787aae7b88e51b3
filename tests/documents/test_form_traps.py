"""Traps that the forms we hand out have shown."""

from __future__ import annotations

from provisioner.documents import read_annexe
from provisioner.settings import DocumentSettings


def _csv(*lines: str) -> bytes:
    return "\n".join(
        [
            "ANNEXE 1",
            *lines,
            "1 - Liste des personnes pour lesquelles un nouvel accès est demandé",
            "Nom;Prénom;Fonction/qualité;Adresse électronique;Date de demande d'habilitation",
            "Durand;Mel;emploi aidé;mel.durand@agglo-lys.example;10/06/2026",
            "Petit;Jean;poste de direction;courriel.jean@agglo-lys.example;10/06/2026",
        ]
    ).encode()


def test_a_person_whose_name_and_function_look_like_titles_is_read_as_a_person() -> None:
    annexe = read_annexe(_csv("Date de transmission :;15/06/2026"), "a.csv", DocumentSettings())
    assert [row.email for row in annexe.rows] == ["mel.durand@agglo-lys.example", "courriel.jean@agglo-lys.example"]


def test_a_blank_date_of_transmission_is_missing_and_quotes_nothing_else() -> None:
    annexe = read_annexe(_csv("Date de transmission :", "Conformément à l'article 3"), "a.csv", DocumentSettings())
    (missing,) = [finding for finding in annexe.findings if finding.code == "transmission-date-missing"]
    assert missing.value is None
