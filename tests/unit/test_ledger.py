"""What the journal's entries said is kept in little memory, however many persons there are."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

from provisioner.domain.journal import GENESIS, Detail, Row, canonical, chain
from provisioner.domain.ledger import Ledger

PERSONS, MOST_BYTES = 3000, 1000


def test_what_was_said_of_a_person_takes_less_than_a_kilobyte() -> None:
    ledger = Ledger()
    tracemalloc.start()
    for row in _entries():
        ledger.take(row)
    bytes_taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert bytes_taken / PERSONS < MOST_BYTES


def _entries() -> Iterator[Row]:
    """Of persons who were asked for and opened."""
    for number in range(1, PERSONS + 1):
        body = {"habilitation": number, "partner": "agglo-lys", "at": "2026-06-10T08:00:00.000000+00:00"}
        details = {
            "last_name": f"Durand-{number}",
            "first_names": f"Camille {number}",
            "function": f"agent {number}",
            "email": f"camille.durand.{number}@agglo-lys.example",
            "requested_on": "2026-06-10",
            **dict.fromkeys(("ended_on", "end_rule", "end_received_on", "waived")),
        }
        asked = chain(2 * number - 1, {**body, "action": "habilitation.asked"}, GENESIS)
        yield Row(asked, Detail("salt", canonical(details), number))
        yield Row(chain(2 * number, {**body, "action": "open"}, asked.sha256))
