"""A month of an office's life with every kind of fault; `make soak` is two years of it (CONTRIBUTING.md)."""

from __future__ import annotations

import os
from pathlib import Path

from provisioner.sandbox.keycloak import start_keycloak
from tests.soak.history import Size, make_history
from tests.soak.player import Player

SEED = int(os.environ.get("SOAK_SEED", "17"))
MONTH = Size(days=30, partners=5, persons=40, faults=9, restarts=1)


def test_the_same_seed_is_the_same_history() -> None:
    assert make_history(SEED, MONTH) == make_history(SEED, MONTH) != make_history(SEED + 1, MONTH)


def test_after_a_month_with_faults_keycloak_is_what_the_register_wants_and_everybody_got_the_e_mails_due(
    tmp_path: Path,
) -> None:
    history = make_history(SEED, MONTH)
    with start_keycloak(log_file=tmp_path / "keycloak.log") as keycloak, Player(keycloak, tmp_path) as player:
        player.play(history, looks=3)
    assert player.strikes.hit.keys() >= {"kill", "keycloak", "full", "restart", "mail", "locked"}, f"seed {SEED}"
