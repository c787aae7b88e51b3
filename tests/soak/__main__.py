"""`make soak`: two years of 50 partners and 1,000 persons, or as many as are asked for. The seed replays it."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from provisioner.sandbox.keycloak import start_keycloak
from tests.soak.history import Size, make_history
from tests.soak.player import Player


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--partners", type=int, default=50)
    parser.add_argument("--persons", type=int, default=1000)
    given = parser.parse_args()
    size = Size(given.days, given.partners, given.persons, faults=max(9, given.days // 30), restarts=3)
    say(f"seed {given.seed}: SEED={given.seed} DAYS={given.days} replays it")
    history = make_history(given.seed, size)
    home = Path(tempfile.mkdtemp(prefix="provisioner-soak-"))
    say(f"{len(history)} days to walk; what is left of it stays in {home}")
    begun = time.monotonic()
    with start_keycloak(log_file=home / "keycloak.log") as keycloak, Player(keycloak, home) as player:
        player.play(history, looks=max(3, given.days // 30), say=say)
        say(
            f"{(time.monotonic() - begun) / 60:.0f} minutes, {dict(player.report)}, faults {dict(player.strikes.hit)}"
        )
        for number, samples in enumerate(player.service.lives, start=1):
            say(f"life {number}: {samples[len(samples) // 3]} ... {samples[-1]}")
        player.memory_has_not_grown()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


main()
