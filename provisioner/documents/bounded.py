"""Reading in a child process with bounds: a hostile file costs a process, never the service.

The file may take the child over. So nothing that the child answers is taken for granted: whatever is not of the
expected type, or more than was asked for, is refused, never corrected. A child that does not get as far as the
file is a system that failed, and says nothing of the document.
"""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import cache
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter

from provisioner.documents.blocks import Unreadable
from provisioner.documents.walls import READY, hide
from provisioner.domain.annexe.details import DETAILS, Details, WhyUnreadable
from provisioner.domain.annexe.document import Annexe, Column, Finding, Row, Severity, Surplus
from provisioner.domain.errors import System, SystemFailed

if TYPE_CHECKING:
    from provisioner.settings import DocumentSettings

_MIB = 2**20

#: What starts the process that reads.
CHILD = (sys.executable, "-I", "-m", "provisioner.documents.child")

#: The longest answer, in bytes: several times what the most rows need; and the longest of its lines.
_LONGEST_ANSWER, _LONGEST_LINE = 64 * _MIB, _MIB

#: How much of a file's beginning tells what will read it.
_HEAD = 4

#: The most codes of findings: what a child may send is this many times what is kept of one code.
_MOST_CODES = 100


#: How many seconds the child may take until it is ready: it imports what it may need.
_START_SECONDS = 120


class NotAnAnswer(Exception):
    """What the child said is not an annexe."""


class ReaderFailed(SystemFailed):
    """The process that reads did not start, or could not be shut in: the document was not read, and may be later."""

    system = System.READER


def read_bounded(content: bytes, name: str, limits: DocumentSettings) -> Annexe:
    """The annexe that the file holds, read and understood elsewhere.

    Raises:
        Unreadable: the file is refused, or its reading died or was late.
        ReaderFailed: the file was not read.
    """
    if not content:
        raise Unreadable("empty")
    if len(content) > limits.max_mib * _MIB:
        raise Unreadable("too-large")
    bounds = (
        limits.memory_mib * _MIB,
        math.ceil(limits.seconds),
        limits.max_unpacked_mib * _MIB,
        limits.max_rows,
        limits.max_findings,
        limits.max_pages,
        _LONGEST_ANSWER,
    )
    hide()
    child = subprocess.Popen(
        # Only the extension is passed on: the rest of a name is nobody's business, and may hold anything.
        [*CHILD, _extension(name), content[:_HEAD].hex(), *map(str, bounds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},  # our environment holds secrets
        start_new_session=True,
    )
    with _ended(child) as end_after:
        assert child.stdin is not None
        assert child.stdout is not None
        end_after(_START_SECONDS)
        if child.stdout.readline(len(READY)) != READY:
            raise ReaderFailed("The process that reads documents ended before it was ready.")
        end_after(limits.seconds)
        with suppress(BrokenPipeError), child.stdin:
            child.stdin.write(content)
        try:
            return from_lines(_lines(child.stdout), limits.max_rows, limits.max_findings)
        except NotAnAnswer:
            pass
    raise Unreadable("too-long" if child.returncode < 0 else "failed")  # killed: memory or time


@contextmanager
def _ended(child: subprocess.Popen[bytes]) -> Iterator[Callable[[float], None]]:
    """Ends the child and whatever it may have started: at the end of the block, and when it is late.

    Gives what says how many seconds it has from now on.
    """

    def kill() -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)

    timers: list[threading.Timer] = []

    def end_after(seconds: float) -> None:
        cancel()
        timers.append(threading.Timer(seconds, kill))
        timers[-1].start()

    def cancel() -> None:
        for timer in timers:
            timer.cancel()
            timer.join()

    is_whole = False
    try:
        yield end_after
        is_whole = True
    finally:
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
        if not is_whole:
            kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # not reaped: its number stays its own until the end
        cancel()
        kill()
        child.wait()


def _extension(name: str) -> str:
    suffix = PurePath(name.replace("\0", "")).suffix.lower()
    return f"file{suffix}" if suffix[1:].isascii() and suffix[1:].isalnum() else "file"


def _lines(answer: IO[bytes]) -> Iterator[bytes]:
    """The lines of an answer, up to the longest that is listened to.

    Raises:
        NotAnAnswer: it is longer.
    """
    bytes_left = _LONGEST_ANSWER
    while line := answer.readline(_LONGEST_LINE):
        bytes_left -= len(line)
        if bytes_left < 0 or not line.endswith(b"\n"):
            raise NotAnAnswer
        yield line


#: A text, no longer than some times what the reader keeps of one.
_Text = Annotated[str, StringConstraints(max_length=10_000)]

# The lines of an answer, as `child.py` writes them. The details of a finding are JSON in a text: its code tells their
# type.
_Row = tuple[
    Literal["row"],
    int,
    int,
    _Text | None,
    _Text | None,
    _Text | None,
    _Text | None,
    date | None,
    dict[Column, _Text],
    int | None,
    bool,
]
_Finding = tuple[
    Literal["finding"],
    _Text,
    Severity,
    int | None,
    int | None,
    Column | None,
    _Text | None,
    _Text | None,
    _Text | None,
    int | None,
]
_End = tuple[Literal["end"], date | None, int, int, list[tuple[Severity, _Text, int]]]
_Refusal = tuple[Literal["unreadable"], Annotated[str, StringConstraints(pattern="^[a-z-]{1,40}$")]]
_LINE: TypeAdapter[Any] = TypeAdapter(
    Annotated[_Row | _Finding | _End | _Refusal, Field(union_mode="left_to_right")], config=ConfigDict(strict=True)
)


def from_lines(lines: Iterable[bytes], most_rows: int, most_findings: int) -> Annexe:
    """The annexe of an answer; each line is taken in when it comes. `most_findings`: the most kept of one code.

    Raises:
        Unreadable: the child says that it cannot be read.
        NotAnAnswer: it is something else, or ends before its end.
    """
    rows: list[Row] = []
    findings: list[Finding] = []
    refused: set[tuple[int, int]] = set()
    for line in lines:
        try:
            kind, *values = _LINE.validate_json(line)
        except ValueError as error:
            raise NotAnAnswer from error
        match kind:
            case "row":
                *fields, is_refused = values
                rows.append(Row(*fields))
                if is_refused:
                    refused.add((rows[-1].list, rows[-1].row))
            case "finding":
                findings.append(_finding(*values))
            case "unreadable":
                raise Unreadable(values[0])
            case _:
                transmitted_on, *counts, left_out = values
                if counts != [len(rows), len(findings)]:
                    break
                surplus = {(severity, code): count for severity, code, count in left_out}
                return Annexe(transmitted_on, tuple(rows), tuple(findings), Surplus(surplus, frozenset(refused)))
        if len(rows) > most_rows or len(findings) > most_findings * _MOST_CODES:
            break
    raise NotAnAnswer


def _finding(
    code: str,
    severity: Severity,
    number: int | None,
    row: int | None,
    column: Column | None,
    value: str | None,
    suggestion: str | None,
    written: str | None,
    sheet_row: int | None,
) -> Finding:
    try:
        details = _details_of(code).validate_json(written, strict=True, extra="forbid") if written else None
        return Finding(code, severity, number, row, column, value, suggestion, details, sheet_row=sheet_row)
    except (KeyError, ValueError) as error:
        raise NotAnAnswer from error


@cache
def _details_of(code: str) -> TypeAdapter[Details]:
    return TypeAdapter(DETAILS[code])


def unreadable(error: Unreadable) -> Annexe:
    """The annexe of a document that cannot be read: nothing but the finding that says why."""
    return Annexe(None, (), (Finding("unreadable-document", Severity.ERROR, details=WhyUnreadable(error.reason)),))
