"""Whether we do more than was recorded: counted, not timed, so that it is the same on a busy machine.

Counted are the functions that we call, those that a plain script calls for the same work, our HTTP calls and our SQL
statements. Not seen: the process that reads a document, and how long a function, Keycloak or PostgreSQL takes.

`make bench-guard`; `python -m bench.guard --record` where more is wanted. CI has it as a test, with fewer pairs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from functools import partial
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median, median_low
from types import FrameType
from typing import NamedTuple

import psycopg

from bench.figures import FIGURES, Figure, World, opened
from bench.place import Servers, open_servers

_SIZES = {"persons": 100, "accounts": 24, "events": 1, "rows": 1}
_PAIRS = 7

#: What the figures were; those in it are guarded.
RECORDED = Path(__file__).with_name("guard.json")

#: How far the ratio may fall, and how much a count may grow, which is nearly the same each time.
_LEAST_RATIO, _GREATEST_COUNT = 0.8, 1.05

_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

_CALL, _STATEMENT = HTTPConnection.putrequest.__code__, psycopg.Cursor.execute.__code__


class Counts(NamedTuple):
    """What was called: functions of Python and of C, among them those that send an HTTP call or an SQL statement."""

    functions: int
    calls: int
    statements: int


def counted(action: Callable[[], object]) -> Counts:
    """What it calls in this thread and in those that it starts."""
    functions, calls, statements = count(), count(), count()

    def see(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            next(functions)
            if frame.f_code is _CALL:
                next(calls)
            elif frame.f_code is _STATEMENT:
                next(statements)
        elif event == "c_call":
            next(functions)

    threading.setprofile(see)
    sys.setprofile(see)
    try:
        action()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return Counts(next(functions), next(calls), next(statements))


def measured(servers: Servers, pairs: int = _PAIRS) -> dict[str, dict[str, float]]:
    """The guarded figures: how many functions the script calls by ours, the median of pairs, and our other counts."""
    names = json.loads(RECORDED.read_text("utf-8"))["figures"]
    world = World.of(servers, _SIZES, filled=False)
    opened(world.full, world.full.new_work(world.persons))  # one partner: sooner than many small ones
    return {figure.name: _measured(figure, world, pairs) for figure in FIGURES if figure.name in names}


def _measured(figure: Figure, world: World, pairs: int) -> dict[str, float]:
    ours, ratios = [], []
    for _ in range(pairs):
        ours.append(_run(figure, world, "ours", figure.ours))
        script = _run(figure, world, "script", figure.script)
        ratios.append(script.functions / ours[-1].functions)
    counts = {name: median_low(getattr(run, name) for run in ours) for name in ("calls", "statements")}
    return {"ratio": round(median(ratios), 3)} | counts


def _run(figure: Figure, world: World, who: str, contender: Callable[..., object]) -> Counts:
    place = figure.place(world, who)
    return counted(partial(contender, place, figure.prepare(world, place)))


def verdict(now: Mapping[str, float], then: Mapping[str, float], *, same_python: bool = True) -> str:
    """What is wrong beside what was recorded; empty where nothing is. Another Python calls other functions for the
    same: their ratio is not compared then.
    """
    wrong = ["MORE FUNCTIONS"] if same_python and now["ratio"] < _LEAST_RATIO * then["ratio"] else []
    wrong += [f"MORE {name.upper()}" for name in ("calls", "statements") if now[name] > _GREATEST_COUNT * then[name]]
    return ", ".join(wrong)


def compared(figures: Mapping[str, Mapping[str, float]]) -> tuple[str, bool]:
    """A line for each figure, beside what was recorded; whether nothing is wrong."""
    recorded = json.loads(RECORDED.read_text("utf-8"))
    same_python = recorded["python"] == _PYTHON
    then = recorded["figures"]
    verdicts = {name: verdict(now, then[name], same_python=same_python) for name, now in figures.items()}
    lines = [] if same_python else [f"Recorded by Python {recorded['python']}: the ratio is not compared."]
    for name, now in figures.items():
        counts = [f"{what} {value} ({then[name][what]})" for what, value in now.items()]
        lines.append("   ".join([f"{name:12}", *counts, verdicts[name] or "as recorded"]))
    return "\n".join(lines), not any(verdicts.values())


def main() -> int:
    """Measures and compares; 1 where we do more than was recorded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="what is measured is what is expected from now on")
    record = parser.parse_args().record
    with (
        tempfile.TemporaryDirectory(prefix="provisioner-bench-") as home,
        open_servers(Path(home), _SIZES["persons"] * 2) as servers,
    ):
        figures = measured(servers)
    lines, is_well = compared(figures)
    print(lines, "Ratio: functions that the plain script calls, by ours. In brackets what was recorded.", sep="\n")
    if record:
        RECORDED.write_text(json.dumps({"python": _PYTHON, "figures": figures}, indent=1) + "\n", "utf-8")
    return int(not record and not is_well)


if __name__ == "__main__":
    sys.exit(main())
