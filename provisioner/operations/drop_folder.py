"""The drop folder: each whole file is taken once and answered with a report, again at its outcome (contract).

What became of a file is recorded before its report is written, and the report is written before the file leaves: a
run that dies in between is taken up by the next one, which finds the same annexe and the same report's name. Nobody
has to tell the report that something happened: each run compares what it tells with the register.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any

import structlog

from provisioner.domain.annexe.details import WhyUnreadable
from provisioner.domain.annexe.document import Annexe, Check, Document, Finding, Severity
from provisioner.domain.annexe.kept import KEPT_FOR, KeptAnnexe, Status
from provisioner.domain.calendar import PARIS
from provisioner.domain.dropped_file import PATIENCE, DroppedFile, SetAside, report_name, shown
from provisioner.domain.retention import KeptRecords
from provisioner.keycloak.errors import KeycloakError
from provisioner.operations import folders
from provisioner.operations.context import Context
from provisioner.operations.errors import FoldersFail, SyncFirst, UnknownRealm
from provisioner.operations.folders import Changed, Folders, InboxFile
from provisioner.operations.forms import report_on
from provisioner.operations.receive import submit
from provisioner.register import (
    DecidedMeanwhile,
    LockHeld,
    RegisterUnavailable,
    annexes,
    dropped_files,
    holds,
    journal,
    run_lock,
)
from provisioner.register.marks import mark, set_mark
from provisioner.register.partners import all_partners
from provisioner.views.annexes import SET_ASIDE, what_became_of
from provisioner.views.answers import as_json
from provisioner.views.answers.reports import ReportAnswer
from provisioner.views.report import Report, report_page

log = structlog.get_logger()

#: The mark of the day on which the last run went by, with the journal's last entry if it left nothing to do.
_SETTLED = "dropped_files.settled"


def take(context: Context) -> None:
    """Looks at the inbox; takes the files that are whole, tells outcomes, destroys what is over (A2).

    Raises:
        KeycloakError, RegisterUnavailable: a system failed; the files wait.
        FoldersFail: a file or a folder could not be read, written or moved; the others were done.
    """
    root, failures = Folders(context.settings.data_dir), list[Exception]()
    try:
        with context.register.read() as connection:
            root.make(all_partners(connection))
        if not any(root.inbox_files(failures)) and not failures and _settled(context) == _state(context):
            return  # as most do, without the lock
        with run_lock(context.register, context.settings, context.by):
            state, before = _state(context), _settled(context)
            day = state.partition(" ")[0]
            if (before or "").partition(" ")[0] != day:
                _destroy_forgotten(context, root, failures)
            is_empty = _Run(context, root, failures).run()
            settled = state if is_empty and not failures else day
            if settled != before:
                with context.work() as work:
                    set_mark(work, _SETTLED, settled)
    except OSError as error:
        failures.append(error)
    for failure in failures[1:]:  # the first one is told by whoever called
        log.error("drop.failed", reason=type(failure).__name__, errno=getattr(failure, "errno", None))
    if failures:
        raise FoldersFail(failures[0]) if isinstance(failures[0], OSError) else failures[0]


def _state(context: Context) -> str:
    """What a report may depend on beside the inbox: the day, and what happened in the register."""
    with context.register.read() as connection:
        return f"{context.clock.today()} {journal.head(connection).entry}"


def _settled(context: Context) -> str | None:
    with context.register.read() as connection:
        return mark(connection, _SETTLED)


def _destroy_forgotten(context: Context, root: Folders, failures: list[Exception]) -> None:
    """What the register does not know is destroyed 30 days after it came (A2); not while there is a hold (D7): nobody
    can say whose it is.
    """
    if _kept(context).keeps(None):
        return
    before = datetime.combine(context.clock.today() - KEPT_FOR, time(), PARIS)
    if count := root.destroy_forgotten(_known(context), before, failures):
        log.info("drop.forgotten_destroyed", count=count)


def _kept(context: Context) -> KeptRecords:
    with context.register.read() as connection:
        return holds.kept_from_destruction(connection)


def _known(context: Context) -> list[DroppedFile]:
    with context.register.read() as connection:
        return dropped_files.known(connection)


@dataclass(frozen=True, slots=True)
class _Run:
    """One run. What fails for one file is put into `failures` and keeps no other waiting.

    `read_already` is what was read in the files that this run took, by annexe: the first report needs no second
    reading.
    """

    context: Context
    root: Folders
    failures: list[Exception]
    read_already: dict[int, Annexe] = field(default_factory=dict)

    def run(self) -> bool:
        """Whether it came to the end, and the inbox was empty."""
        present = {file.key: file for file in self.root.inbox_files(self.failures)}
        self._record(present)
        for file in _known(self.context):
            if self.context.stop.is_set():
                return False
            try:
                self._go_on(file, present.get(file.key or ""))
            except (KeycloakError, RegisterUnavailable, LockHeld, UnknownRealm):
                raise
            except (SyncFirst, DecidedMeanwhile) as error:
                log.info("drop.waits", drop=file.id, reason=type(error).__name__)
            except Exception as error:
                self.failures.append(error)
        return not present

    def _record(self, present: Mapping[str, InboxFile]) -> None:
        """What is new, changed or gone since the last look."""
        rows = {file.key: file for file in _known(self.context) if file.key}
        new = [file for key, file in present.items() if key not in rows]
        changed = [file for key, file in present.items() if key in rows and rows[key].look != file.look]
        gone = [] if self.failures else [file for key, file in rows.items() if key not in present]
        if not (new or changed or gone):
            return
        with self.context.work() as work:
            for row in gone:
                dropped_files.left(work, row)
            for file in changed:
                row = rows[file.key]
                if row.taken_at is None:
                    dropped_files.changed(work, row, file.look)
                else:  # another file by now, of the same name
                    dropped_files.left(work, row)
                    new.append(file)
            for file in new:
                dropped_files.seen(work, file.key, file.look)

    def _go_on(self, file: DroppedFile, in_inbox: InboxFile | None) -> None:
        """What is left to do for one file: take it, destroy it when it is over, tell its outcome, let it leave."""
        if file.taken_at is None:
            poll = timedelta(seconds=self.context.settings.service.poll_seconds)
            if in_inbox is None or not file.is_whole(self.context.clock.now(), in_inbox.look, poll):
                return
            taken = self._take(file, in_inbox)
            if taken is None:
                return
            file = taken
        is_on_hold = _kept(self.context).keeps(file.partner)
        if in_inbox is None and not file.is_kept_on(self.context.clock.today(), is_on_hold=is_on_hold):
            self.root.destroy(file)
            with self.context.work() as work:
                dropped_files.destroyed(work, file)
            return
        if not file.is_told:
            self._tell(file)
        if in_inbox is not None:
            in_inbox.leave(file.look, self.root.aside(file) if file.refusal else None)
            with self.context.work() as work:
                dropped_files.left(work, file)

    def _take(self, file: DroppedFile, in_inbox: InboxFile) -> DroppedFile | None:
        """What becomes of the file, and its report's name, recorded; None where the file has to wait."""
        context, (folder, name) = self.context, shown(in_inbox.key)
        with context.register.read() as connection:
            partner = folder if folder in all_partners(connection) else None
        annexe, refusal = None, self._refusal(file, in_inbox, partner)
        if refusal is None and partner is not None:
            try:
                document = Document(name=name, content=in_inbox.read())
            except (FileNotFoundError, PermissionError):
                return None
            except Changed as error:
                with context.work() as work:
                    dropped_files.changed(work, file, error.look)
                return None
            annexe = self._annexe(file, document, partner)
            if any(finding.code == "unreadable-document" for finding in annexe.check.findings):
                refusal = SetAside.UNREADABLE
        names = {other.report for other in _known(context) if other.report and other.partner == partner}
        report = report_name(name, names | self.root.report_names(partner))
        with context.work() as work:
            dropped_files.taken(work, file, partner, annexe.id if annexe else None, refusal, report)
        log.info("drop.taken", drop=file.id, partner=partner, annexe=annexe.id if annexe else None, refusal=refusal)
        return next(taken for taken in _known(context) if taken.id == file.id)

    def _refusal(self, file: DroppedFile, in_inbox: InboxFile, partner: str | None) -> SetAside | None:
        """Why the file is not even opened."""
        if partner is None:
            return SetAside.UNKNOWN_PARTNER
        if in_inbox.look.size > self.context.settings.documents.max_mib << 20:
            return SetAside.TOO_LARGE
        is_late = self.context.clock.now() - file.seen_at >= PATIENCE
        return SetAside.NOT_OPENED if is_late and not in_inbox.can_be_opened() else None

    def _annexe(self, file: DroppedFile, document: Document, partner: str) -> KeptAnnexe:
        """The annexe with that content. One that the register keeps is not decided anew, unless it had errors: so a
        run that died amid this undoes nothing that a person decided since.
        """
        with self.context.register.read() as connection:
            kept = annexes.by_digest(connection, partner, document.sha256)
        if kept is not None and (kept.is_pending or kept.status is not Status.REFUSED):
            return kept
        received_on = kept.received_on if kept is not None else file.received_on
        submitted = submit(self.context, document, partner, received_on, is_dropped=True)
        self.read_already[submitted.annexe.id] = submitted.prepared.check.annexe
        return submitted.annexe

    def _tell(self, file: DroppedFile) -> None:
        """The report as it has to be now, as a page and as JSON."""
        number = file.outcome_number
        told = self._refused(file) if file.annexe is None else self._on_annexe(file, file.annexe)
        if number is None or told is None:
            return
        report, answer = told
        page, data = self.root.reports(file)
        folders.write(page, report_page(report).encode())
        folders.write(data, f"{json.dumps(answer, ensure_ascii=False, indent=2)}\n".encode())
        with self.context.work() as work:
            dropped_files.told(work, file, number)
        log.info("drop.told", drop=file.id, partner=file.partner, annexe=file.annexe, status=answer["status"])

    def _on_annexe(self, file: DroppedFile, id_: int) -> tuple[Report, dict[str, Any]] | None:
        register = self.context.register
        with register.read() as connection:
            annexe = annexes.by_id(connection, id_)
        if annexe is None:
            return None
        read = self.read_already.get(id_)
        reader = self.context.read if read is None else lambda *_: read
        _, report = report_on(register, self.context.settings.documents, annexe, reader, what_became_of(annexe))
        return report, as_json(ReportAnswer.of(annexe.check, file.received_on, annexe))

    def _refused(self, file: DroppedFile) -> tuple[Report, dict[str, Any]]:
        """The report on a file that was not read at all."""
        assert file.key is not None
        assert file.refusal is not None
        folder, name = shown(file.key)
        details = WhyUnreadable(file.refusal.value, folder)
        finding = Finding("unreadable-document", Severity.ERROR, details=details)
        annexe = Annexe(None, (), (finding,))
        check = Check(file=name, sha256="", partner=file.partner, annexe=annexe, findings=(finding,))
        with self.context.register.read() as connection:
            partner = all_partners(connection).get(file.partner or "")
        report = Report(check=check, partner=partner.name if partner else None, checked_on=self.context.clock.today())
        answer = ReportAnswer.of(check, file.received_on, None)
        return replace(report, outcome=SET_ASIDE), as_json(answer)
