"""The progress bar of long runs, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

#: A run of fewer changes ends before a bar could be read.
LONG = 10


def progress_bar(quiet: bool) -> Callable[[int], AbstractContextManager[Callable[[], None]]]:
    """A bar for runs of many changes on a terminal; nothing otherwise."""

    @contextmanager
    def bar(total: int) -> Iterator[Callable[[], None]]:
        if quiet or total < LONG or not sys.stderr.isatty():
            yield lambda: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("Application"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("", total=total)
            yield lambda: progress.advance(task)

    return bar
