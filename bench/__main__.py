"""How fast provisioner is, as ratios: to `wrk` that sends the same calls, to a plain script, to partialImport.

All of it runs in turn against one warm Keycloak on PostgreSQL on this machine, so ratios may be compared from one
machine to another, rates may not. `make bench`, or `python -m bench opening sync --accounts 1000 --pairs 3`.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.contenders import Meter, Meters, Run, Sent, plain_admin, recording, send
from bench.figures import FIGURES, Figure, World
from bench.memory import measure_serve, told
from bench.place import Place, Servers, Work, known, open_servers, whole
from provisioner import COLLECTED_AFTER

#: What one figure is made of: the runs of each contender, in turn, and how many calls ours makes.
Runs = dict[str, list[Run]]

_SIZES = ("persons", "accounts", "events", "rows")


def main() -> int:
    """Runs what was chosen; 0 whatever the figures."""
    chosen = _arguments()
    gc.set_threshold(COLLECTED_AFTER)  # as a command does
    with (
        tempfile.TemporaryDirectory(prefix="provisioner-bench-") as home,
        open_servers(Path(home), chosen.persons * 2, apart=chosen.apart) as servers,
    ):
        return run(servers, chosen)


def run(servers: Servers, chosen: argparse.Namespace) -> int:
    """The chosen figures, in the order of the table."""
    figures = [figure for figure in FIGURES if figure.name in chosen.figures]
    sizes = {name: getattr(chosen, name) for name in _SIZES}
    wants_serve = "serve" in chosen.figures
    meters = Meters(Meter("kc.sh"), Meter("listen_addresses=127.0.0.1"))
    world = World.of(servers, sizes, wants_serve or any(figure.needs_full for figure in figures))
    results = {}
    for figure in figures:
        results[figure.name] = measure(figure, world, meters, chosen.pairs)
        _write(chosen.json, sizes, results, apart=chosen.apart)
        print(f"{figure.name}: done, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    print_table(figures, results, sizes, apart=chosen.apart)
    if wants_serve:
        memory = measure_serve(world.full)
        _write(chosen.json, sizes, results, apart=chosen.apart, serve_mib=memory)
        print(told(memory, chosen.persons))
    return 0


def _arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [*(figure.name for figure in FIGURES), "serve"]
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"which ones (default: all): {', '.join(names)}")
    parser.add_argument("--persons", type=whole(20, 60_000), default=2000, help="of the full realm (default: 2000)")
    parser.add_argument(
        "--accounts",
        type=whole(4, 2000),
        default=400,
        help="opened at once; a quarter of them closed (default: 400)",
    )
    parser.add_argument("--events", type=whole(100), default=20_000, help="read by one pull (default: 20000)")
    parser.add_argument("--rows", type=whole(1, 60_000), default=10_000, help="of a document (default: 10000)")
    parser.add_argument("--pairs", type=whole(1, 7), default=5, help="runs of each contender (default: 5)")
    parser.add_argument(
        "--apart", action="store_true", help="the servers on half of the processors, the rest on the others"
    )
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="where every run is written down")
    chosen = parser.parse_args(given)
    chosen.figures = known(parser, chosen.figures, names)
    if chosen.apart and len(os.sched_getaffinity(0)) < 2:
        parser.error("--apart needs two processors")
    if shutil.which("wrk") is None:
        parser.error("wrk is needed, the load generator to compare with: apt-get install wrk")
    return chosen


def measure(figure: Figure, world: World, meters: Meters, pairs: int) -> dict[str, Any]:
    """Each contender in turn: what slows the machine down for a while slows all of them. A first round warms the
    servers up and does not count. Each second one goes backwards, since who comes later finds Keycloak warmer.
    """
    units, runs = figure.units(world), Runs()
    sends = figure.calls_keycloak
    if sends:
        place = figure.place(world, "ours")
        works = figure.prepare(world, place)
        names = _names(place, works)
        with recording(place) as (recorded_place, recorded):
            figure.ours(recorded_place, works)

    def replay(place: Place, works: Sequence[Work]) -> Sent:
        return send(place, recorded.rounds, dict(zip(names, _names(place, works), strict=True)))

    contenders: dict[str, Any] = {"ours": figure.ours}
    contenders |= {"wrk": replay} if sends else {}
    contenders |= {"script": figure.script}
    contenders |= {"import": figure.importing} if figure.importing else {}
    rounds = cycle([*contenders, *reversed(contenders)])
    for turn, name in enumerate([*contenders, *islice(rounds, pairs * len(contenders))]):
        place, contender = figure.place(world, name), contenders[name]
        works, mails = figure.prepare(world, place), place.mails_received()
        run = meters.run(units, partial(contender, place, works))
        if turn >= len(contenders):
            runs.setdefault(name, []).append(run)
        if (sent := place.mails_received() - mails) != units * figure.sends_emails:
            raise RuntimeError(f"{figure.name}, {name}: {sent} e-mails were received.")
    return {"unit": figure.unit, "units": units, "calls": recorded.calls if sends else 0, "runs": runs}


def _names(place: Place, works: Sequence[Work]) -> list[str]:
    """What stands in calls about these persons and is another word in those about others."""
    with place.context() as context:
        directory = context.directory
        admin, settings = plain_admin(place), place.settings.keycloak
        root, default = admin.get_group_by_path(settings.group_root), admin.get_realm(settings.realm)["defaultRole"]
        names = [settings.realm, directory.realm_id(), directory.own_user_id(), root["id"], default["id"]]
        for work in works:
            names += [work.partner, work.group]
            snapshot = directory.snapshot({work.partner: work.group}, members_only=True)
            ids = {account.email: account.id for account in snapshot.accounts.values()}
            for person in work.people:
                names += [person.last_name, person.last_name.lower(), ids.get(person.email, person.email)]
    return names


# What is told.


def ratios(result: Mapping[str, Any], other: str, of: str = "seconds") -> list[float]:
    """How many times faster than that contender ours was, pair by pair."""
    return [
        theirs.each(of) / ours.each(of)
        for ours, theirs in zip(result["runs"]["ours"], result["runs"].get(other, ()), strict=False)
    ]


def print_table(
    figures: Sequence[Figure], results: Mapping[str, dict[str, Any]], sizes: Mapping[str, int], *, apart: bool
) -> None:
    """Medians; a ratio with the least and the greatest."""
    shares = ", half of them for the servers" if apart else ""
    chosen = ", ".join(f"{size} {name}" for name, size in sizes.items())
    table = Table(title=f"{chosen}; {os.cpu_count()} processors{shares}")
    for title in ("figure", "of", "calls", "ms each", "our cpu", "Keycloak's", "PostgreSQL's"):
        table.add_column(title, justify="left" if title == "figure" else "right")
    for title in ("to wrk", "to the script", "to partialImport", "our cpu to the script's"):
        table.add_column(title, justify="right")
    for figure in figures:
        result = results[figure.name]
        ours = result["runs"]["ours"]
        costs = [median(run.each(what) for run in ours) * 1000 for what in _COSTS]
        told = [_spread(ratios(result, other)) for other in ("wrk", "script", "import")]
        told.append(_spread(ratios(result, "script", "client")))
        cells = [f"{cost:.3g}" for cost in costs]
        table.add_row(figure.name, f"{result['units']} {figure.unit}s", f"{result['calls'] or ''}", *cells, *told)
    console = Console(width=None if sys.stdout.isatty() else 170)
    console.print(table)
    print(
        "Milliseconds of one of them, and of processor. Ratios: our speed by theirs, so under 1 we are slower"
        " (least-greatest)."
    )


_COSTS = ("seconds", "client", "keycloak", "postgres")


def _spread(values: Sequence[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f}-{max(values):.2f})" if values else ""


def _write(file: Path, sizes: Mapping[str, int], results: Mapping[str, dict[str, Any]], **more: Any) -> None:
    def plain(result: dict[str, Any]) -> dict[str, Any]:
        told = {other: median(ratios(result, other)) for other in result["runs"] if other != "ours"}
        runs = {name: [asdict(run) for run in runs] for name, runs in result["runs"].items()}
        return {**result, "ratios": told, "runs": runs}

    file.parent.mkdir(parents=True, exist_ok=True)
    figures = {name: plain(result) for name, result in results.items()}
    whole = {"processors": os.cpu_count(), "load": os.getloadavg(), "sizes": sizes, "figures": figures, **more}
    file.write_text(json.dumps(whole, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
