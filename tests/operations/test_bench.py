"""`make bench` still runs: its modules can be imported, wrk sends the calls that we make, the guard sees a fall."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest

from bench.contenders import Recording, Request
from bench.figures import FIGURES
from bench.guard import RECORDED, counted, verdict
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
    assert [[request.having(words) for request in requests] for requests in recorded.rounds] == [
        [Request("POST", "/admin/realms/b/users", '{"email":"fijo@run-00002.example"}', 201)],
        [Request("PUT", "/admin/realms/b/users/id-2/mail?to=fijo%40run-00002.example", "", 204)],
    ]


def _call(method: str, path: str, body: bytes, answer: Answer) -> Call:
    return Call(method, path, 1, body, lambda: answer)


def test_the_guard_counts_what_is_called_in_all_threads() -> None:
    def work() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: [len("") for _ in range(1000)]).result()

    assert 1000 < counted(work).functions < 2000


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"ratio": 0.5, "calls": 100, "statements": 200}, ""),
        ({"ratio": 0.9, "calls": 9, "statements": 20}, ""),
        ({"ratio": 0.41, "calls": 104, "statements": 209}, ""),
        ({"ratio": 0.39, "calls": 100, "statements": 200}, "MORE FUNCTIONS"),
        ({"ratio": 0.5, "calls": 106, "statements": 200}, "MORE CALLS"),
        ({"ratio": 0.5, "calls": 106, "statements": 211}, "MORE CALLS, MORE STATEMENTS"),
    ],
)
def test_the_guard_fails_at_a_ratio_a_fifth_lower_and_at_a_twentieth_more_calls(
    now: dict[str, float], words: str
) -> None:
    assert verdict(now, {"ratio": 0.5, "calls": 100, "statements": 200}) == words


def test_the_guard_compares_no_ratio_that_another_python_counted() -> None:
    then = {"ratio": 0.5, "calls": 100, "statements": 200}
    assert verdict({**then, "ratio": 0.2}, then, same_python=False) == ""
    assert verdict({**then, "ratio": 0.2, "calls": 120}, then, same_python=False) == "MORE CALLS"


def test_each_guarded_figure_is_recorded() -> None:
    recorded = json.loads(RECORDED.read_text("utf-8"))["figures"]
    assert recorded
    assert recorded.keys() <= {figure.name for figure in FIGURES}
