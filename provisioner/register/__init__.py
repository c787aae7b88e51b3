"""The register: what was asked, decided and done, in one database."""

from provisioner.register.database import Register, is_there, open_as_is, open_register
from provisioner.register.engine import sqlite_file
from provisioner.register.errors import DecidedMeanwhile, LockHeld, LockLost, RegisterUnavailable
from provisioner.register.lock import check_lease, lock_holder, may_act, run_lock
from provisioner.register.work import Work

__all__ = [
    "DecidedMeanwhile",
    "LockHeld",
    "LockLost",
    "Register",
    "RegisterUnavailable",
    "Work",
    "check_lease",
    "is_there",
    "lock_holder",
    "may_act",
    "open_as_is",
    "open_register",
    "run_lock",
    "sqlite_file",
]
