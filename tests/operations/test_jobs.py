"""What the service does by itself, and when a run of it was a good one."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.operations.errors import UnknownRealm
from provisioner.register.marks import set_realm
from provisioner.service.jobs import JOBS
from tests.fakes.memory_office import MemoryOffice


@pytest.mark.parametrize("name", ["sync", "sweep"])
def test_no_pass_in_another_realm_is_a_good_run(tmp_path: Path, name: str) -> None:
    office = MemoryOffice(tmp_path)
    office.add_partner("agglo-lys", "agglo-lys.example")
    (job,) = [job for job in JOBS if job.name == name]
    job.run(office.context)
    with office.context.register.work("test") as work:
        set_realm(work, "another")
    with pytest.raises(UnknownRealm):
        job.run(office.context)
    office.close()
