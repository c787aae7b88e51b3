"""The chain of the journal: what was done to it is found, and named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.journal import (
    EMPTY,
    GENESIS,
    ActorDetail,
    Detail,
    Entry,
    Head,
    Row,
    canonical,
    chain,
    digest_of_details,
)
from provisioner.domain.journal_check import Bad, Problem, verify
from provisioner.domain.people import names

DETAILS = {"email": "camille.durand@agglo-lys.example"}


def _entries(count: int, word: str = "open") -> list[Entry]:
    return _rechained([], ({"action": word, "habilitation": n} for n in range(1, count + 1)))


def _rechained(before: list[Entry], bodies: Iterable[dict[str, object]]) -> list[Entry]:
    """These and more, each with a fresh digest."""
    made = list(before)
    for body in bodies:
        made.append(chain(len(made) + 1, body, made[-1].sha256 if made else GENESIS))
    return made


def _renumbered(entries: Iterable[Entry]) -> list[Entry]:
    """The gap closed or the place made in the column that the database sorts by."""
    return [replace(entry, entry=number) for number, entry in enumerate(entries, start=1)]


def _bad(entries: list[Entry], taken_out: Head | None = None) -> tuple[int | None, str] | None:
    bad = verify(map(Row, entries), taken_out).bad
    return (bad.entry, bad.problem.value) if bad else None


def _head(entries: list[Entry]) -> Head:
    return Head(entries[-1].entry, entries[-1].sha256) if entries else EMPTY


def test_a_whole_chain_verifies_and_gives_its_count_and_its_head() -> None:
    assert verify([]).bad is None
    assert verify([]).head == EMPTY
    entries = _entries(5)
    check = verify(map(Row, entries))
    assert (check.entries, check.head, check.bad) == (5, Head(5, entries[4].sha256), None)


@given(at=st.integers(1, 6), column=st.sampled_from(["body", "previous", "sha256"]), data=st.data())
def test_one_flipped_bit_anywhere_names_the_entry_as_changed(at: int, column: str, data: st.DataObject) -> None:
    entries = _entries(6)
    stored = getattr(entries[at - 1], column).encode()
    byte = data.draw(st.integers(0, len(stored) - 1))
    flipped = bytearray(stored)
    flipped[byte] ^= 1 << data.draw(st.integers(0, 7))
    values = {**asdict(entries[at - 1]), column: flipped.decode("utf-8", "replace")}
    entries[at - 1] = Entry(**values)
    assert _bad(entries) == (at, "changed")


@given(at=st.integers(1, 6))
def test_an_entry_changed_and_given_a_fresh_digest_is_found_by_the_next_one(at: int) -> None:
    entries = _entries(7)
    before = entries[at - 2].sha256 if at > 1 else GENESIS
    entries[at - 1] = chain(at, {"action": "close"}, before)
    assert _bad(entries) == (at + 1, "changed")


@given(at=st.integers(1, 6), closes_gap=st.booleans(), more=st.integers(0, 2))
def test_a_removed_entry_is_named(at: int, closes_gap: bool, more: int) -> None:
    entries = _entries(9)
    del entries[at - 1 : at + more]
    assert _bad(_renumbered(entries) if closes_gap else entries) == (at, "changed")


@given(st.integers(1, 6), st.integers(1, 6), st.booleans())
def test_two_entries_that_changed_places_are_named(number: int, other: int, only_bodies: bool) -> None:
    entries = _entries(6)
    first, second = entries[number - 1], entries[other - 1]
    if only_bodies:
        entries[number - 1], entries[other - 1] = replace(first, body=second.body), replace(second, body=first.body)
    else:
        entries[number - 1], entries[other - 1] = second, first
        entries = _renumbered(entries)
    assert _bad(entries) == (None if number == other else (min(number, other), "changed"))


def _well_made(at: int, entries: list[Entry]) -> Entry:
    return chain(at, {"action": "forged"}, entries[at - 2].sha256 if at > 1 else GENESIS)


def _at_random(at: int, _entries: list[Entry]) -> Entry:
    return chain(at, {"action": "forged"}, "5" * 64)


def _without_digest(at: int, _entries: list[Entry]) -> Entry:
    return Entry(at, canonical({"action": "forged", "entry": at}), "5" * 64, "6" * 64)


def _copied(at: int, entries: list[Entry]) -> Entry:
    return replace(entries[max(0, at - 2)], sha256="7" * 64)


@pytest.mark.parametrize("forge", [_well_made, _at_random, _without_digest, _copied])
@given(at=st.integers(1, 6))
def test_an_inserted_entry_is_found_by_itself_or_by_the_next_one(
    forge: Callable[[int, list[Entry]], Entry], at: int
) -> None:
    entries = _entries(6)
    entries.insert(at - 1, forge(at, entries))
    assert _bad(_renumbered(entries)) == (at + (forge is _well_made), "changed")


@given(st.integers(1, 6), st.integers(0, 5))
def test_a_cut_end_is_found_with_a_head_taken_out_earlier_only(taken: int, left: int) -> None:
    entries = _entries(6)
    cut = entries[:left]
    assert _bad(cut) is None
    expected = (left + 1, "cut") if left < taken else None
    assert _bad(cut, _head(entries[:taken])) == expected


@given(st.integers(1, 6), st.integers(1, 6))
def test_a_chain_made_anew_from_some_entry_on_is_found_with_a_head_taken_out_there_or_after(
    taken: int, since: int
) -> None:
    entries = _entries(6)
    anew = _rechained(entries[: since - 1], ({"action": "forged"} for _ in range(8 - since)))
    assert _bad(anew) is None
    assert _bad(anew, _head(entries[:taken])) == ((taken, "rewritten") if since <= taken else None)


@given(st.lists(st.sampled_from(["drop", "swap", "copy", "flip"]), min_size=1, max_size=4), st.data())
def test_no_mixture_of_them_passes_unless_only_the_end_is_missing(done: list[str], data: st.DataObject) -> None:
    entries = whole = _entries(6)
    for how in done:
        entries = list(entries)
        at = data.draw(st.integers(0, len(entries) - 1)) if entries else None
        if at is None:
            break
        if how == "drop":
            del entries[at]
        elif how == "swap":
            entries[at], entries[-1] = entries[-1], entries[at]
        elif how == "copy":
            entries.insert(at, entries[at])
        else:
            entries[at] = replace(entries[at], body=entries[at].body.replace("open", "none"))
    bad = _bad(_renumbered(entries))
    is_a_beginning = entries == whole[: len(entries)]
    assert (bad is None) == is_a_beginning
    assert bad is None or (bad[0] or 0) <= len(entries)


@pytest.mark.parametrize("body", ["", "null", "[]", '{"entry":"2"}', '{"entry":true}', "{" * 5000, '{"entry":'])
def test_a_body_that_is_no_entry_is_named_even_with_a_fresh_digest(body: str) -> None:
    entries = _entries(3)
    entries[1] = replace(entries[1], body=body)
    assert _bad(entries) == (2, "changed")


def _beside(entry: Entry, salt: str = "salt") -> Detail:
    return Detail(salt, canonical(DETAILS), int(str(entry.facts["habilitation"])))


def _with_details() -> Iterator[Row]:
    made_with = {"details": digest_of_details("salt", DETAILS)}
    entries = _rechained([], ({**made_with, "habilitation": n} for n in range(1, 4)))
    return (Row(entry, _beside(entry)) for entry in entries)


def test_details_are_told_by_a_salted_digest_only() -> None:
    assert digest_of_details("s", DETAILS) != digest_of_details("t", DETAILS)
    assert "camille" not in "".join(entry.body for entry, *_ in _with_details())


def test_details_that_are_gone_are_explained_by_the_entry_of_their_destruction_or_found_wanting() -> None:
    rows = list(_with_details())
    assert verify(rows).bad is None
    for entry in (1, 2, 3):
        gone = [row._replace(detail=None) if row.entry.entry == entry else row for row in rows]
        assert verify(gone).bad == Bad(entry, Problem.DETAIL_MISSING)
        destroyed = chain(4, {"action": "habilitation.withdrawn", "habilitation": entry}, rows[-1].entry.sha256)
        assert verify([*gone, Row(destroyed)]).bad is None
        other = chain(4, {"action": "habilitation.withdrawn", "habilitation": 9}, rows[-1].entry.sha256)
        assert verify([*gone, Row(other)]).bad == Bad(entry, Problem.DETAIL_MISSING)
    again = [*(row._replace(detail=None) for row in rows[:1]), *rows[1:]]
    assert verify(again).bad == Bad(1, Problem.DETAIL_MISSING)


@pytest.mark.rule("D8")
def test_who_acted_is_proved_while_it_is_kept_and_missed_when_it_is_gone() -> None:
    told = {"by": "Claire Martin", "os_user": "cmartin"}
    body: dict[str, object] = {"action": "open", "details": None, "actor": digest_of_details("salt", told)}
    (entry,) = _rechained([], [body])
    actor = ActorDetail("salt", canonical(told))
    assert verify([Row(entry, None, actor)]).bad is None
    forged = replace(actor, data=canonical({**told, "by": "Jean Roy"}))
    assert verify([Row(entry, None, forged)]).bad == Bad(1, Problem.DETAIL_CHANGED)
    assert verify([Row(entry)]).bad == Bad(1, Problem.DETAIL_MISSING)
    assert "Claire" not in entry.body


def test_a_head_that_a_recorded_restore_left_behind_is_told_as_that() -> None:
    lost = _entries(8)
    left = str(_head(lost))
    restored: dict[str, object] = {"action": "register.restored", "left": left}
    more: list[dict[str, object]] = [{"action": "open"} for _ in range(9)]
    kept = _rechained(lost[:4], [restored, *more])
    assert _bad(kept, _head(lost)) == (5, "left-behind")
    assert _bad(kept, _head(lost[:6])) == (5, "left-behind")
    assert _bad(kept, _head(lost[:4])) is None
    assert _bad(kept, Head(8, "5" * 64)) == (8, "rewritten")
    assert _bad(kept, Head(9, "5" * 64)) == (9, "rewritten")
    assert _bad(kept, Head(3, "5" * 64)) == (3, "rewritten")
    assert _bad(_rechained(lost[:4], [{"action": "register.restored"}]), _head(lost)) == (5, "left-behind")


def test_what_follows_a_verified_head_is_verified_alone() -> None:
    entries = _entries(6)
    since = _head(entries[:4])
    check = verify(map(Row, entries[4:]), since=since)
    assert (check.entries, check.head, check.bad) == (6, _head(entries), None)
    assert verify(map(Row, entries[5:]), since=since).bad == Bad(5, Problem.CHANGED)


@pytest.mark.parametrize(
    "change",
    [
        {"salt": "other"},
        {"data": canonical({"email": "autre@agglo-lys.example"})},
        {"data": canonical(DETAILS) + " "},
        {"habilitation": 9},
        {"habilitation": None},
    ],
)
def test_details_that_were_changed_are_named(change: dict[str, str | int | None]) -> None:
    rows = [
        row._replace(detail=replace(row.detail, **change)) if row.entry.entry == 2 else row  # type: ignore[type-var]
        for row in _with_details()
    ]
    assert verify(rows).bad == Bad(2, Problem.DETAIL_CHANGED)


def test_details_put_beside_an_entry_that_has_none_are_named() -> None:
    rows = [Row(entry, _beside(entry) if entry.entry == 3 else None) for entry in _entries(4)]
    assert verify(rows).bad == Bad(3, Problem.DETAIL_CHANGED)


@given(st.integers(1, 10**17), st.text("0123456789abcdef", min_size=64, max_size=64).filter(lambda s: s != GENESIS))
def test_a_head_reads_as_it_is_printed(entry: int, sha256: str) -> None:
    assert Head.parse(str(Head(entry, sha256))) == Head(entry, sha256)
    assert Head.parse(f" {entry}:{sha256.upper()}\n") == Head(entry, sha256)
    assert Head.parse(f"{entry}:{sha256[:13]}\u200b{sha256[13:29]}\u200b\r\n{sha256[29:]}") == Head(entry, sha256)


@pytest.mark.parametrize(
    "text",
    ["", "42", "a" * 64, f"42:{'a' * 63}", f"-1:{'a' * 64}", f"0:{'a' * 64}", f"7:{GENESIS}", f"4²:{'a' * 64}", ":"],
)
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"entry|ENTRY"):
        Head.parse(text)


def test_bytes_that_are_no_text_do_not_keep_an_entry_from_being_written() -> None:
    made = chain(1, {"by": "Ren\udce9e"}, GENESIS)
    assert made.is_whole
    assert json.loads(made.body)["by"] == "Ren\N{REPLACEMENT CHARACTER}e"


def test_an_address_is_found_in_a_text_and_no_other_is_taken_for_it() -> None:
    def named(said: dict[str, object]) -> bool:
        return names({"marie@agglo-lys.example"}, canonical(said))

    assert named({"reason": "Départ de\nMarie@agglo-lys.example."})
    assert named({"people": [{"email": "marie@agglo-lys.example"}]})
    assert named({"keep": {"marie@agglo-lys.example": "oui"}})
    assert not named({"reason": "rose-marie@agglo-lys.example", "email": "marie@agglo-lys.example.org"})
    assert not named({"reason": "anne.marie@agglo-lys.example, marie@agglo-lys.examples", "n": 3})
