"""Many who write in the journal at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier

from provisioner.clock import Clock
from provisioner.domain.people import EmailAddress
from provisioner.operations.journal import verify_journal
from provisioner.register import Register, open_register
from provisioner.settings import load_settings
from tests.shared.pace import PATIENCE

EMAIL = EmailAddress("camille.durand@agglo-lys.example")


@contextmanager
def opened(environment: Mapping[str, str]) -> Iterator[Register]:
    """The register."""
    register = open_register(load_settings(environment=environment), Clock())
    try:
        yield register
    finally:
        register.close()


def append(register: Register, habilitation: int, by: str = "Claire Martin", *, entries: int = 1) -> None:
    """A unit of work with so many entries, the first with personal data beside it."""
    with register.work(by) as work:
        for number in range(entries):
            details = {"email": EMAIL, "last_name": "Durand"} if number == 0 else None
            work.journal("update", partner="agglo-lys", habilitation=habilitation, rule="A1", details=details)


def append_in_a_process(environment: Mapping[str, str], by: str, all_ready: Barrier, units: int) -> None:
    """What one process of several does, once all are there."""
    with opened(environment) as register:
        all_ready.wait(PATIENCE)
        for unit in range(units):
            append(register, unit + 1, by)


def is_whole(register: Register, entries: int) -> None:
    """Fails unless there is one chain of so many entries."""
    verdict = verify_journal(register)
    assert verdict.bad is None, verdict
    assert verdict.head is not None
    assert (verdict.entries, verdict.head.entry) == (entries, entries)
