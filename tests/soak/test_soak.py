"""Three weeks of an office's life with every kind of fault; `make soak` is two years of it (CONTRIBUTING.md)."""

from __future__ import annotations

import os
from pathlib import Path

from provisioner.sandbox.keycloak import start_keycloak
from tests.soak.history import Size, make_history
from tests.soak.player import Player

SEED = int(os.environ.get("SOAK_SEED", "92"))
THREE_WEEKS = Size(days=18, partners=4, persons=20, faults=6, restarts=1)


def test_the_same_seed_is_the_same_history() -> None:
    assert make_history(SEED, THREE_WEEKS) == make_history(SEED, THREE_WEEKS) != make_history(SEED + 1, THREE_WEEKS)


def test_after_three_weeks_with_faults_keycloak_is_what_the_register_wants_and_everybody_got_the_e_mails_due(
    tmp_path: Path,
) -> None:
    history = make_history(SEED, THREE_WEEKS)
    with start_keycloak(log_file=tmp_path / "keycloak.log") as keycloak, Player(keycloak, tmp_path) as player:
        player.play(history, looks=2)
    assert player.strikes.hit.keys() >= {"kill", "keycloak", "full", "restart", "mail", "locked"}, f"seed {SEED}"
