"""`make bench` still runs: its modules can be imported, wrk sends the calls that we make, the guard sees a fall."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

from bench.__main__ import GUARD, verdict
from bench.contenders import Recording, Request
from bench.figures import FIGURES
from tests.shared.proxy import Answer, Call

SCRIPTS = sorted(file.stem for file in (Path(__file__).parents[2] / "bench").glob("*.py"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_script_of_the_bench_finds_what_it_imports(name: str) -> None:
    assert import_module(f"bench.{name}")


def test_the_recorded_calls_are_made_again_for_other_persons() -> None:
    recorded, id_ = Recording(), "0b5e4bd5-9a46-4b0e-8f47-9f1f6a3c2d10"
    made = Answer(201, [("Location", f"http://localhost/admin/realms/a/users/{id_}")], b"")
    recorded.add(_call("POST", "/admin/realms/a/users", b'{"email":"bado@run-00001.example"}', made), made)
    sent = Answer(204, [], b"")
    recorded.add(_call("PUT", f"/admin/realms/a/users/{id_}/mail?to=bado%40run-00001.example", b"", sent), sent)
    words = {"a": "b", "bado": "fijo", "run-00001": "run-00002", "{1}": "id-2"}
    assert [[request.having(words) for request in each] for each in recorded.rounds] == [
        [Request("POST", "/admin/realms/b/users", '{"email":"fijo@run-00002.example"}', 201)],
        [Request("PUT", "/admin/realms/b/users/id-2/mail?to=fijo%40run-00002.example", "", 204)],
    ]


def _call(method: str, path: str, body: bytes, answer: Answer) -> Call:
    return Call(method, path, 1, body, lambda: answer)


@pytest.mark.parametrize(
    ("ratio", "calls", "word"), [(0.9, 100, ""), (0.79, 100, "SLOWER"), (1.0, 130, "MORE CALLS"), (2.0, 10, "")]
)
def test_the_guard_fails_at_a_fifth_under_what_was_recorded(ratio: float, calls: int, word: str) -> None:
    assert verdict({"ratio": ratio, "calls": calls}, {"ratio": 1.0, "calls": 100}) == word


def test_each_guarded_figure_is_recorded() -> None:
    recorded = json.loads(GUARD.read_text("utf-8"))
    assert recorded
    assert recorded.keys() <= {figure.name for figure in FIGURES}
