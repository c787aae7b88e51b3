"""What is decided about a dropped file: is it whole, what is its report called, until when it stays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.dropped_file import DroppedFile, Look, is_passing, key_of, report_name, shown
from tests.shared.examples import NOW

POLL = timedelta(seconds=10)
LOOK = Look(1200, 1_600_000_000_000_000_000)


def dropped(**facts: Any) -> DroppedFile:
    given: dict[str, Any] = {"id": 1, "key": "agglo-lys/envoi.docx", "look": LOOK, "seen_at": NOW, "looked_at": NOW}
    return DroppedFile(**{**given, **facts})


@pytest.mark.parametrize(
    ("later", "seen", "is_whole"),
    [
        (POLL, LOOK, True),
        (timedelta(seconds=9.9), LOOK, True),  # a poll that came a little early
        (timedelta(seconds=2), LOOK, False),  # a run repeated at once is not a second look
        (POLL, Look(1300, LOOK.mtime_ns), False),
        (POLL, Look(LOOK.size, LOOK.mtime_ns + 1), False),
        (-timedelta(minutes=40), LOOK, True),  # our clock was put right
    ],
)
def test_a_file_is_whole_once_two_looks_a_poll_apart_saw_the_same(
    later: timedelta, seen: Look, is_whole: bool
) -> None:
    assert dropped().is_whole(NOW + later, seen, POLL) is is_whole


@pytest.mark.parametrize("mtime_ns", [0, LOOK.mtime_ns, 10**19 // 2])
def test_neither_an_old_time_nor_a_servers_clock_that_is_fast_matters(mtime_ns: int) -> None:
    look = Look(5, mtime_ns)
    assert not dropped(look=look).is_whole(NOW, look, POLL)
    assert dropped(look=look).is_whole(NOW + POLL, look, POLL)


def test_an_empty_file_has_ten_minutes_to_become_something() -> None:
    empty = Look(0, LOOK.mtime_ns)
    assert not dropped(look=empty).is_whole(NOW + timedelta(minutes=9), empty, POLL)
    assert dropped(look=empty).is_whole(NOW + timedelta(minutes=10), empty, POLL)


@pytest.mark.parametrize(
    "name",
    [
        "~$envoi.docx",
        ".~lock.envoi.odt#",
        ".envoi.docx.Xy12",
        "envoi.docx.part",
        "envoi.docx.filepart",
        "envoi.docx.crdownload",
        "envoi.TMP",
        "envoi.docx~",
        "Thumbs.db",
        "desktop.ini",
        "lost+found",
    ],
)
def test_locks_and_files_under_way_are_never_taken(name: str) -> None:
    assert is_passing(name)


@pytest.mark.parametrize("name", ["envoi.docx", "part", "tmp.docx", "départ.part.docx", "annexe 1 ~ v2.odt"])
def test_other_names_are(name: str) -> None:
    assert not is_passing(name)


@pytest.mark.parametrize(
    ("name", "taken", "called"),
    [
        ("envoi.docx", [], "envoi.docx"),
        ("envoi.docx", ["envoi.docx"], "envoi-2.docx"),
        ("envoi.docx", ["envoi.docx", "envoi-2.docx"], "envoi-3.docx"),
        ("Envoi.docx", ["envoi.DOCX"], "Envoi-2.docx"),  # the same file for some file systems
        ("envoi", ["envoi"], "envoi-2"),
        ("a\nb\x1b[31m.csv", [], "a_b_[31m.csv"),
        ("é.csv", ["e\N{COMBINING ACUTE ACCENT}.csv"], "é-2.csv"),
        ("envoi." + "x" * 100, ["envoi." + "x" * 100], "envoi." + "x" * 100 + "-2"),
    ],
)
def test_a_report_is_called_as_its_file_or_the_next_name_that_is_free(
    name: str, taken: list[str], called: str
) -> None:
    assert report_name(name, taken) == called


@given(st.binary(min_size=1, max_size=255).filter(lambda name: b"/" not in name and b"\0" not in name))
def test_any_name_that_a_disk_can_have_is_kept_as_text_and_gives_a_report_a_name(name: bytes) -> None:
    key = key_of(b"agglo-lys", name)
    assert key.isascii()
    assert key != key_of(b"agglo-lys", name + b"x")
    _, text = shown(key)
    assert text.encode()
    first = report_name(text, [])
    second = report_name(text, [first])
    assert first != second
    for report in (first, second):
        assert report.isprintable()
        assert "/" not in report
        assert len(f".{report}.rapport.html.tmp".encode()) <= 255


@pytest.mark.rule("A2")
@pytest.mark.parametrize(
    ("facts", "last"),
    [
        ({}, date(2026, 10, 2)),
        ({"replaced_number": 6}, date(2026, 10, 2)),
        ({"replaced_number": 8}, None),
        ({"annexe": 12, "happened_number": 8}, date(2031, 1, 1)),
        ({"annexe": 12}, None),
    ],
)
def test_a_report_goes_with_its_annexe_or_30_days_after_its_file_was_refused(
    facts: dict[str, int], last: date | None
) -> None:
    file = dropped(taken_at=NOW, taken_number=7, **facts)
    if last is None:
        assert not file.is_kept_on(date(2026, 9, 2))
    else:
        assert file.is_kept_on(last)
        assert file.is_kept_on(last + timedelta(days=1)) is ("annexe" in facts)


@pytest.mark.rule("A2")
@pytest.mark.rule("D7")
@pytest.mark.parametrize(
    ("facts", "stays"),
    [
        ({}, True),
        ({"annexe": 12, "happened_number": 8, "told_number": 8, "applied_at": NOW}, True),
        ({"replaced_number": 8}, False),  # the next annexe is applied
        ({"annexe": 12}, False),  # its annexe is destroyed
        ({"annexe": 12, "happened_number": 8, "replaced_on": date(2028, 9, 1)}, False),
    ],
)
def test_a_hold_keeps_a_report_that_only_grows_old_and_none_whose_annexe_is_gone(
    facts: dict[str, Any], stays: bool
) -> None:
    file, day = dropped(taken_at=NOW, taken_number=7, **facts), date(2028, 9, 2)
    assert not file.is_kept_on(day)
    assert file.is_kept_on(day, is_on_hold=True) is stays
