"""The register: what was asked, decided and done, in one database."""

from provisioner.register.database import Register, RegisterUnavailable, Work
from provisioner.register.lease import LockHeld, LockLost, check_lease, may_act
from provisioner.register.lock import lock_holder, run_lock
from provisioner.register.opening import is_there, open_as_is, open_register, sqlite_file

__all__ = [
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
