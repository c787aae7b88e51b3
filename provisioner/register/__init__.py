"""The register: what was asked, decided and done, in one database."""

from provisioner.register.database import Register, RegisterUnavailable, Work, open_register
from provisioner.register.lock import LockHeld, run_lock

__all__ = ["LockHeld", "Register", "RegisterUnavailable", "Work", "open_register", "run_lock"]
