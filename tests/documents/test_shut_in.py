"""A reader of documents that its document has taken over: it can compute and answer, and nothing else."""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioner.documents import bounded, escapes, read_annexe, walls
from provisioner.documents.blocks import Unreadable
from provisioner.domain.annexe.details import WhyUnreadable
from provisioner.settings import DocumentSettings
from tests.documents.making import ALICE, SAMPLES, csv_form
from tests.shared.pace import PATIENCE

UNIT = Path(__file__).parents[2] / "deploy" / "provisioner.service"
NOBODY = 65534
_LIBC = ctypes.CDLL(None)

#: The user whose process is taken over: whoever runs the tests, and where that is root, somebody without rights too.
USERS = [None, NOBODY] if os.geteuid() == 0 else [None]

_BEGIN = """
import ctypes, os, sys
from provisioner.documents import escapes, walls
"""

#: From here on the process, and the child that it starts, are that user's.
_AS_USER = "os.setgroups([]); os.setgid({user}); os.setuid({user})\n"

#: The parent has a secret in its environment, and waits for the child that was taken over.
_TAKEN_OVER = """
walls.hide()
if (child := os.fork()) == 0:
    os.setsid()
    escapes.main()
os.waitpid(child, 0)
"""


def taken_over(user: int | None, before: str = "") -> Any:
    """What the taken-over child says: Landlock's version, whether it is filtered, the ways that were open."""
    script = _BEGIN + (_AS_USER.format(user=user) if user else "") + before + _TAKEN_OVER
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env={"SECRET": "s"}, check=False
    )
    assert process.returncode == 0, process.stderr
    (said,) = process.stdout.splitlines()  # a second line would be a program that was started
    return json.loads(said)


@pytest.mark.parametrize("user", USERS)
def test_a_reader_that_is_taken_over_finds_every_way_out_shut(user: int | None) -> None:
    landlock, is_filtered, opened = taken_over(user)

    assert (is_filtered, opened) == (True, [])
    assert landlock == _landlock_of_this_kernel()


@pytest.mark.parametrize("user", USERS)
def test_the_filter_shuts_every_way_without_any_other_wall(user: int | None) -> None:
    others = "walls.put_up_landlock = lambda: 0\nwalls.resource.setrlimit = lambda *_: None\n"

    assert taken_over(user, others) == [0, True, []]


def test_without_the_filter_landlock_and_the_limits_keep_files_and_connections_shut() -> None:
    if _landlock_of_this_kernel() < 6:
        pytest.skip("this kernel's Landlock knows nothing of signals")
    user = USERS[-1]
    landlock, is_filtered, opened = taken_over(user, "walls.put_up_filter = lambda: False\n")

    assert (is_filtered, landlock > 0) == (False, True)
    assert set(opened) <= {"the parent's limits"}


def test_the_attempts_can_succeed_where_no_wall_stands() -> None:
    """Else the tests above would say nothing."""
    nothing = "walls.shut_in = escapes.shut_in = lambda: walls.Walls(0, False)\nwalls.hide = lambda: None\n"
    process = subprocess.run(
        [sys.executable, "-c", _BEGIN + nothing + _TAKEN_OVER], capture_output=True, text=True, check=True
    )
    said, program = process.stdout.splitlines()

    assert program == escapes.PROGRAM
    ways = {*escapes.ways_through_python(1, ""), *escapes.ways_through_libc(ctypes.CDLL(None), 1)}
    assert set(json.loads(said)[2]) >= ways - {"tracing the parent", "the parent's memory"}


@pytest.mark.parametrize("name", ["01-premiere-demande.docx", "01-premiere-demande.pdf", "02-ajouts-et-cloture.xls"])
def test_a_reader_is_shut_in_before_it_sees_the_document(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    fake = (
        "import os, json\nfrom provisioner.documents import child, escapes\n"
        "from provisioner.documents.blocks import Unreadable\n"
        "def fake(*_):\n"
        " ways = escapes.ways_through_python(os.getppid(), '/tmp/x').values()\n"
        " ways = [way for way in ways if escapes.is_open(way)]\n"
        " raise Unreadable('some-open' if ways else 'all-shut')\n"
        "child.parse = fake\nchild.main()"
    )
    monkeypatch.setattr(bounded, "CHILD", (sys.executable, "-I", "-c", fake))
    annexe = read_annexe((SAMPLES / name).read_bytes(), name, DocumentSettings())

    assert [finding.details for finding in annexe.findings] == [WhyUnreadable("all-shut")]


def test_what_a_reader_has_started_ends_with_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where no wall keeps it from starting something."""
    note = tmp_path / "started"
    fake = (
        "import os, time, sys\nfrom provisioner.documents.walls import READY\n"
        "sys.stdout.buffer.write(READY)\nsys.stdout.flush()\n"
        "if (child := os.fork()) == 0:\n os.close(1)\n time.sleep(600)\n"
        f"open({str(note)!r}, 'w').write(str(child))\n"
    )
    monkeypatch.setattr(bounded, "CHILD", (sys.executable, "-I", "-c", fake))
    with pytest.raises(Unreadable, match="failed"):
        bounded.read_bounded(csv_form([ALICE]), "a.csv", DocumentSettings())

    started, deadline = Path("/proc") / note.read_text(), time.monotonic() + PATIENCE
    while started.exists() and "Z" not in (started / "stat").read_text().split()[2]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_who_starts_a_reader_keeps_its_memory_and_environment_to_itself() -> None:
    read_annexe(csv_form([ALICE]), "a.csv", DocumentSettings())

    get_dumpable = 3
    assert _LIBC.prctl(get_dumpable) == 0


def test_the_ways_are_tried_as_doctor_does() -> None:
    assert escapes.try_ways_out() == (walls.Walls(_landlock_of_this_kernel(), True), ())


_UNDER_THE_UNIT = """
libseccomp = ctypes.CDLL("libseccomp.so.2")
libseccomp.seccomp_init.restype = ctypes.c_void_p
context = ctypes.c_void_p(libseccomp.seccomp_init(0x00050001))
for name in {names!r}:
    number = libseccomp.seccomp_syscall_resolve_name(name.encode())
    if number >= 0:
        assert libseccomp.seccomp_rule_add(context, 0x7FFF0000, number, 0) == 0, name
assert libseccomp.seccomp_load(context) == 0
"""


def test_under_the_system_call_filter_of_the_unit_documents_are_read_and_every_way_out_is_shut() -> None:
    script = (
        _BEGIN
        + _UNDER_THE_UNIT.format(names=sorted(_calls_of_the_unit()))
        + (
            "import json\nfrom provisioner.documents import read_annexe\n"
            "from provisioner.settings import DocumentSettings\n"
            f"content = {csv_form([ALICE])!r}\n"
            "rows = read_annexe(content, 'a.csv', DocumentSettings()).rows\n"
            "print(json.dumps([len(rows), escapes.try_ways_out()]))\n"
        )
    )
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout) == [1, [[_landlock_of_this_kernel(), True], []]]


def _calls_of_the_unit() -> set[str]:
    """What the unit lets through, as systemd makes it of its lines."""
    allowed: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE):
        named = {call for word in line.removeprefix("~").split() for call in _expanded(word)}
        allowed = allowed - named if line.startswith("~") else allowed | named
    return allowed


def _expanded(word: str) -> Iterator[str]:
    if not word.startswith("@"):
        yield word
        return
    program = shutil.which("systemd-analyze")
    assert program, "systemd-analyze is needed: make test installs it as root, else apt-get install systemd"
    listed = subprocess.run([program, "syscall-filter", word], capture_output=True, text=True, check=True).stdout
    for call in listed.splitlines()[1:]:
        if call.strip() and not call.strip().startswith("#"):
            yield from _expanded(call.strip())


def _landlock_of_this_kernel() -> int:
    """Its version, as landlock_create_ruleset(2) tells it; 0 where there is none."""
    create_ruleset, version = 444, ctypes.c_uint32(1)
    return max(0, int(_LIBC.syscall(create_ruleset, None, ctypes.c_size_t(0), version)))
