"""`backup`: a copy of the register that is known to be good before it is called one."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from provisioner.clock import Clock
from provisioner.domain.errors import Refusal, WrongUsage
from provisioner.domain.journal_check import Bad, JournalCheck
from provisioner.operations.journal import journal_head, verify_journal
from provisioner.register import RegisterUnavailable, open_as_is, open_register, sqlite_file
from provisioner.register.backup import copied
from provisioner.register.engine import REVISION, revision, translated
from provisioner.settings import DatabaseSettings, Settings


@dataclass(frozen=True, slots=True)
class Copied:
    """The copy's journal. `check` tells its head, or the first entry that does not verify."""

    check: JournalCheck

    @property
    def bad(self) -> Bad | None:
        """What is wrong with the journal: the copy is as the register is, and was kept."""
        return self.check.bad


def back_up(settings: Settings, clock: Clock, output: Path) -> Copied:
    """Copies the register into a new file while others work, and verifies the copy. That of an older version is not
    brought to this one.

    Raises:
        WrongUsage: it is on PostgreSQL, whose own program copies it.
        FileExistsError, OSError: the file exists already, or cannot be written.
        RegisterUnavailable: there is no register, it cannot be read, or it is damaged; no file was made.
    """
    source = sqlite_file(settings)
    if source is None:
        raise WrongUsage(Refusal.ON_POSTGRESQL, command=pg_dump(settings, output))
    with translated(OSError):
        if not source.exists():
            raise RegisterUnavailable("There is no register yet.", Refusal.NO_REGISTER)
    with copied(source, output, settings.database.busy_seconds) as partial:
        return Copied(_verify(settings, clock, partial))


def _verify(settings: Settings, clock: Clock, copy: Path) -> JournalCheck:
    """An older version's copy stays as it is: what is verified is a second one, brought to this version."""
    register = open_as_is(_settings_of(settings, copy), clock)
    if register is None:
        raise RegisterUnavailable("What the settings name is no register.", Refusal.NO_REGISTER)
    with TemporaryDirectory(prefix=f".{copy.name}.", dir=copy.parent) as folder:
        old = journal_head(register) if revision(register.engine) != REVISION else None
        if old is not None:
            register.close()
            brought = Path(shutil.copy(copy, folder))
            register = open_register(_settings_of(settings, brought), clock)
        try:
            check = verify_journal(register)
        finally:
            register.close()
    return replace(check, head=old) if old is not None and check.bad is None else check


def _settings_of(settings: Settings, file: Path) -> Settings:
    return settings.model_copy(update={"database": DatabaseSettings(url=f"sqlite:///{file.absolute()}")})


def pg_dump(settings: Settings, output: Path) -> str:
    """PostgreSQL's own command for the same. The password is none of its arguments: ~/.pgpass or PGPASSWORD."""
    url = make_url(settings.database_url)
    query = {name: value for name, value in url.query.items() if isinstance(value, str)}
    parts = {
        "host": url.host or query.get("host"),
        "port": url.port or query.get("port"),
        "username": url.username or query.get("user"),
    }
    options = [f"--{name}={value}" for name, value in parts.items() if value]
    return shlex.join(["pg_dump", "--format=custom", f"--file={output}", *options, url.database or "postgres"])
