"""What `doctor` answers, in English: for whoever runs the machine."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType

from provisioner.cli.printing import Answer, line
from provisioner.operations.doctor import Examination


def examined(found: Examination) -> Answer:
    """`doctor`: the settings in force, then what was looked at."""
    lines = [
        {
            "check": one.check,
            "partner": one.partner,
            "verdict": one.level.value,
            "found": _one_line(one.found),
            "todo": _one_line(one.todo) if one.todo else None,
        }
        for one in found.lines
    ]
    reachable = not found.is_unreachable
    json = {"verdict": found.level.value, "reachable": reachable, "settings": dict(found.settings), "lines": lines}
    return Answer(json, _lines(found))


def _lines(found: Examination) -> Iterator[RenderableType]:
    """A line a thing; what to do stands under what is not well."""
    yield from (line(f"{name}={value}") for name, value in found.settings.items() if value is not None)
    yield line()
    for one in found.lines:
        yield line(f"{one.level.value:<9}  {one.check:<18}  {_one_line(one.found)}")
        if one.todo:
            yield line(f"{'':<31}-> {_one_line(one.todo)}")
    yield line()
    yield line(found.level.value + (", and a system does not answer" if found.is_unreachable else ""))


def _one_line(text: str) -> str:
    """What another system says may have line ends."""
    return " ".join(text.split())
