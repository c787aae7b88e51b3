"""The chain of the journal."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.journal import GENESIS, Entry, chain, digest_of_details, first_bad


def _entries(count: int) -> list[Entry]:
    made: list[Entry] = []
    for number in range(1, count + 1):
        made.append(chain(number, {"action": f"a{number}"}, made[-1].sha256 if made else GENESIS))
    return made


def test_a_whole_chain_verifies() -> None:
    assert first_bad([]) is None
    assert first_bad(_entries(5)) is None


@given(st.integers(0, 4), st.sampled_from(["change", "remove", "swap", "insert"]))
def test_a_changed_removed_moved_or_inserted_entry_is_named(at: int, how: str) -> None:
    entries = _entries(6)
    if how == "change":
        entries[at] = replace(entries[at], body=entries[at].body.replace("a", "b", 1))
    elif how == "remove":
        del entries[at]
    elif how == "swap":
        entries[at], entries[at + 1] = entries[at + 1], entries[at]
    else:
        entries.insert(at, chain(at + 1, {"action": "more"}, GENESIS if at == 0 else entries[at - 1].sha256))
    bad = first_bad(entries)
    assert bad is not None
    assert at + 1 <= bad <= at + 2


def test_details_are_told_by_a_salted_digest_only() -> None:
    assert digest_of_details("s", {"email": "a@b.example"}) != digest_of_details("t", {"email": "a@b.example"})
