"""The controls, each in its own file: its code, rule and severity, and a pure function that finds it (L1).

Their French, a sentence and what to do, stands by code in `views/controls.py`: the domain has none.
"""

from __future__ import annotations

from provisioner.domain.connections.control import Control
from provisioner.domain.connections.controls import closed_attempt, unnamed_login
from provisioner.domain.connections.evidence import FindInAccess, FindInRecords

#: What is judged of an account whenever it has new records.
OF_RECORDS: tuple[FindInRecords, ...] = (closed_attempt.find, unnamed_login.find)

#: What is judged of every open access each time.
OF_ACCESSES: tuple[FindInAccess, ...] = ()

#: Every control, by its code.
CONTROLS: dict[str, Control] = {control.code: control for control in (closed_attempt.CONTROL, unnamed_login.CONTROL)}
