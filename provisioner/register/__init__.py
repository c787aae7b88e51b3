"""The register: what was asked, decided and done, in one database."""

from provisioner.register.database import Register, RegisterUnavailable, Work, open_as_is, open_register, sqlite_file
from provisioner.register.lease import LockHeld, LockLost, check_lease, may_act
from provisioner.register.lock import lock_holder, run_lock

__all__ = [
    "LockHeld",
    "LockLost",
    "Register",
    "RegisterUnavailable",
    "Work",
    "check_lease",
    "lock_holder",
    "may_act",
    "open_as_is",
    "open_register",
    "run_lock",
    "sqlite_file",
]
