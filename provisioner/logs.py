"""The technical log, on stderr: one event name a fact, ids and never a person (docs/settings.md)."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import PurePath

import structlog

from provisioner.settings import LogSettings

#: How many places in the code are told of a defect.
_PLACES = 4


def place_of(error: BaseException) -> str:
    """Where a defect was raised, all that may be told of it: its message may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)[-_PLACES:]
    return " ".join(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)


def configure_logging(settings: LogSettings) -> None:
    """Writes events from the level that is set, as JSON lines or for a person to read."""
    renderer: structlog.types.Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if settings.format == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.level]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # stderr as it is when something is written
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # a broken connection is told by whoever needed it
    root.handlers = [*(handler for handler in root.handlers if not isinstance(handler, _Libraries)), _Libraries()]


class _Libraries(logging.Handler):
    """What libraries say, as lines of ours: the sentence without what is put into it, which may name a person."""

    def emit(self, record: logging.LogRecord) -> None:
        said = record.msg if record.args else f"{record.module}:{record.lineno}"
        structlog.get_logger().log(record.levelno, "library.said", library=record.name, said=said)
