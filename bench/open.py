"""How fast accounts are opened with their e-mails, as ratios to a bare load generator and to a plain script.

Each pair of runs does the same work one after the other, in a new realm of the same warm server: ratios can be
compared from one machine to another, rates cannot. `make bench`, or `python bench/open.py --accounts 400 --pairs 2`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from bench.contenders import OurRun, Run, generator, ours, script
from bench.place import MOST_ACCOUNTS, Place, Servers, open_servers
from bench.stopwatch import PARTS
from provisioner.logs import configure_logging

#: The compiler of Java settles within as many accounts; our own process within fewer.
_WARM_UP, _WARM_UP_OURS, _WARM_UP_REALM = 600, 50, 20
_HOPED_GENERATOR, _HOPED_SCRIPT = 0.75, 2.0


def main() -> int:
    """Runs everything; 0 unless something failed, whatever the figures."""
    chosen = _arguments()
    if shutil.which("wrk") is None:
        print("wrk is needed, the load generator to compare with: apt-get install wrk", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory(prefix="provisioner-bench-") as directory,
        open_servers(Path(directory)) as servers,
    ):
        place = servers.new_place()
        configure_logging(place.settings.log)
        threads = place.settings.keycloak.threads
        print(f"{chosen.accounts} accounts and their e-mails; {chosen.pairs} pairs of runs; {threads} calls at once;")
        print(f"{os.cpu_count()} processors shared by Keycloak, PostgreSQL, the mail sink and the client.")
        _warm_up(place, chosen.warm_up)
        with_generator = _pairs(servers, chosen.pairs, chosen.accounts, generator, chosen.accounts)
        with_script = _pairs(servers, chosen.pairs, chosen.accounts, script, max(1, chosen.accounts // 5))
        _print_ratio("bare generator (wrk)", with_generator, _HOPED_GENERATOR)
        _print_ratio("plain python-keycloak script", with_script, _HOPED_SCRIPT)
        our_runs = [run for run, _ in with_generator + with_script]
        _print_parts(our_runs)
        _print_unchanged(servers.new_place(), chosen.accounts)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1000, help="persons of each run (default: 1000)")
    parser.add_argument("--pairs", type=int, default=3, help="pairs of runs for each ratio (default: 3)")
    parser.add_argument("--warm-up", type=int, default=_WARM_UP, help=f"accounts before (default: {_WARM_UP})")
    chosen = parser.parse_args()
    if not 1 <= chosen.accounts <= MOST_ACCOUNTS or not 1 <= chosen.warm_up <= MOST_ACCOUNTS or chosen.pairs < 1:
        parser.error(f"at least 1 of each is needed, and at most {MOST_ACCOUNTS} accounts")
    return chosen


def _warm_up(place: Place, accounts: int) -> None:
    generator(place, place.new_work(accounts))
    for contender in (ours, script):
        contender(place, place.new_work(min(accounts, _WARM_UP_OURS)))


def _pairs(
    servers: Servers, pairs: int, accounts: int, other: Callable[..., Run], others_accounts: int
) -> list[tuple[OurRun, Run]]:
    """Ours, the other, ours, the other: what slows the machine down for a while slows both."""
    runs = []
    for _ in range(pairs):
        place = servers.new_place()
        # A new realm is not in Keycloak's caches yet.
        _warm_up(place, min(accounts, _WARM_UP_REALM))
        run = ours(place, place.new_work(accounts))
        runs.append((run, other(place, place.new_work(others_accounts))))
    return runs


def _print_ratio(name: str, pairs: Sequence[tuple[OurRun, Run]], hoped: float) -> None:
    ratios = [run.rate / other.rate for run, other in pairs]
    print(f"\nOURS TO THE {name.upper()}")
    print(f"  ratio of rates          {_spread(ratios, '.2f')}   hoped for: at least {hoped}")
    print(f"  this machine's rates    ours {_spread([our.rate for our, _ in pairs], '.1f')} accounts/s,")
    print(f"                          the other {_spread([other.rate for _, other in pairs], '.1f')} accounts/s")
    for who, runs in (("ours", [run for run, _ in pairs]), ("the other", [other for _, other in pairs])):
        cost = median(run.cpu_seconds / run.accounts for run in runs) * 1000
        busy = median(run.cpu_seconds / run.seconds for run in runs)
        print(f"  client's processor      {who}: {cost:.1f} ms an account, {busy:.0%} of one processor while it ran")


def _print_parts(runs: Sequence[OurRun]) -> None:
    wall, cpu = median(run.seconds for run in runs), median(run.cpu_seconds for run in runs)
    print(f"\nWHERE OUR TIME GOES (medians of {len(runs)} runs; {wall:.2f} s on the wall, {cpu:.2f} s of processor)")
    for part in PARTS:
        seconds = median(run.stopwatch.seconds[part] for run in runs)
        print(f"  {part:<44}{seconds:8.2f} s {seconds / wall:6.1%}")
    commits, calls = median(run.stopwatch.commits for run in runs), median(run.calls for run in runs)
    print(f"  {commits:.0f} commits (the sandbox's PostgreSQL does not wait for the disk), {calls:.0f} HTTP calls")


def _print_unchanged(place: Place, accounts: int) -> None:
    work = place.new_work(accounts)
    ours(place, work)
    again = ours(place, work, changes=False)
    print("\nTHE SAME DOCUMENT AGAIN, NOTHING TO CHANGE")
    print(f"  {again.seconds:.2f} s, {again.calls} HTTP calls, the one for a token included.")
    print("  " + "; ".join(_in_brief(again)))


def _in_brief(run: OurRun) -> list[str]:
    return [f"{part} {run.stopwatch.seconds[part]:.2f} s" for part in PARTS if run.stopwatch.seconds[part] >= 0.005]


def _spread(values: Sequence[float], form: str) -> str:
    return f"{median(values):{form}} (from {min(values):{form}} to {max(values):{form}})"


if __name__ == "__main__":
    sys.exit(main())
