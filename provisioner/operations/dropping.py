"""The drop folder: each whole file is taken once and answered with a report, again at its outcome (contract).

What became of a file is recorded before its report is written, and the report is written before the file leaves: a
run that dies in between is taken up by the next one, which finds the same annexe and the same report's name. Nobody
has to tell the report that something happened: each run compares what it tells with the register.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import structlog

from provisioner.domain.annexe.document import Annexe, Check, Document, Finding, Severity
from provisioner.domain.annexe.kept import KEPT_FOR, KeptAnnexe, Status
from provisioner.domain.calendar import PARIS
from provisioner.domain.dropped_file import PATIENCE, DroppedFile, Refusal, report_name, shown
from provisioner.keycloak.errors import KeycloakError
from provisioner.operations import folders
from provisioner.operations.context import Context
from provisioner.operations.errors import FoldersFail, SyncFirst, UnknownRealm
from provisioner.operations.folders import Changed, Folders, Found
from provisioner.operations.forms import report_on
from provisioner.operations.receive import submit
from provisioner.register import LockHeld, RegisterUnavailable, annexes, dropped_files, journal, run_lock
from provisioner.register.marks import mark, set_mark
from provisioner.register.partners import all_partners
from provisioner.views.check_json import check_as_json
from provisioner.views.drops import SET_ASIDE, drop_as_json, outcome
from provisioner.views.report import Report, report_page

log = structlog.get_logger()

#: The mark of the day on which the last run went by, with the journal's last entry if it left nothing to do.
_SETTLED = "dropped_files.settled"


def take(tools: Context) -> None:
    """Looks at the inbox; takes the files that are whole, tells outcomes, destroys what is over (A2).

    Raises:
        LockHeld: another run is under way.
        KeycloakError, RegisterUnavailable: a system failed; the files wait.
        FoldersFail: a file or a folder could not be read, written or moved; the others were done.
    """
    root = Folders.of(tools.settings)
    failed: list[Exception] = []
    try:
        with tools.register.read() as connection:
            partners = all_partners(connection)
        root.make(partners)
        if not any(root.found(failed)) and not failed and _settled(tools) == _state(tools):
            return  # as most do, without the lock
        with run_lock(tools.register, tools.settings):
            state = _state(tools)
            if (_settled(tools) or "").partition(" ")[0] != state.partition(" ")[0]:
                _destroy_forgotten(tools, root, failed)
            is_empty = _Run(tools, root, failed).run()
            done = state if is_empty and not failed else state.partition(" ")[0]
            if done != _settled(tools):
                with tools.register.work() as work:
                    set_mark(work, _SETTLED, done)
    except OSError as error:
        failed.append(error)
    for failure in failed[1:]:  # the first one is told by whoever called
        log.error("drop.failed", reason=type(failure).__name__, errno=getattr(failure, "errno", None))
    if failed:
        raise FoldersFail(failed[0]) if isinstance(failed[0], OSError) else failed[0]


def _state(tools: Context) -> str:
    """What a report may depend on beside the inbox: the day, and what happened in the register."""
    with tools.register.read() as connection:
        return f"{tools.clock.today()} {journal.head(connection).entry}"


def _settled(tools: Context) -> str | None:
    with tools.register.read() as connection:
        return mark(connection, _SETTLED)


def _destroy_forgotten(tools: Context, root: Folders, failed: list[Exception]) -> None:
    """What the register does not know is destroyed 30 days after it came (A2)."""
    with tools.register.read() as connection:
        known = dropped_files.known(connection)
    before = datetime.combine(tools.clock.today() - KEPT_FOR, time(), PARIS)
    if count := root.destroy_forgotten(known, before, failed):
        log.info("drop.forgotten_destroyed", count=count)


@dataclass(frozen=True, slots=True)
class _Run:
    """One run. What fails for one file is put into `failed` and keeps no other waiting."""

    tools: Context
    root: Folders
    failed: list[Exception]

    def run(self) -> bool:
        """Whether it came to the end, and the inbox was empty."""
        present = {one.key: one for one in self.root.found(self.failed)}
        self._look(present)
        with self.tools.register.read() as connection:
            known = dropped_files.known(connection)
        for one in known:
            if self.tools.stop.is_set():
                return False
            try:
                self._go_on(one, present.get(one.key or ""))
            except (KeycloakError, RegisterUnavailable, LockHeld, UnknownRealm):
                raise
            except (SyncFirst, annexes.DecidedMeanwhile) as error:
                log.info("drop.waits", drop=one.id, reason=type(error).__name__)
            except Exception as error:
                self.failed.append(error)
        return not present

    def _look(self, present: Mapping[str, Found]) -> None:
        """What is new, changed or gone since the last look is recorded."""
        with self.tools.register.read() as connection:
            known = {one.key: one for one in dropped_files.known(connection) if one.key}
        new = [one for key, one in present.items() if key not in known]
        changed = [one for key, one in present.items() if key in known and known[key].look != one.look]
        gone = [] if self.failed else [one for key, one in known.items() if key not in present]
        if not (new or changed or gone):
            return
        with self.tools.register.work() as work:
            for row in gone:
                dropped_files.left(work, row)
            for one in changed:
                row = known[one.key]
                if row.taken_at is None:
                    dropped_files.changed(work, row, one.look)
                else:  # another file by now, of the same name
                    dropped_files.left(work, row)
                    new.append(one)
            for one in new:
                dropped_files.seen(work, one.key, one.look)

    def _go_on(self, one: DroppedFile, here: Found | None) -> None:
        """Whatever is left to do for one file. `here` is the file while it is in the inbox."""
        if one.taken_at is None:
            poll = timedelta(seconds=self.tools.settings.service.poll_seconds)
            if here is None or not one.is_whole(self.tools.clock.now(), here.look, poll):
                return
            received = self._receive(one, here)
            if received is None:
                return
            one = received
        if here is None and not one.is_kept_on(self.tools.clock.today()):
            self.root.destroy(one)
            with self.tools.register.work() as work:
                dropped_files.destroyed(work, one)
            return
        if not one.is_told:
            self._tell(one)
        if here is not None:
            if one.refusal is None:
                folders.remove(here, one.look)
            else:
                folders.set_aside(here, one.look, self.root.aside(one))
            with self.tools.register.work() as work:
                dropped_files.left(work, one)

    def _receive(self, one: DroppedFile, here: Found) -> DroppedFile | None:
        """What becomes of the file, and its report's name, recorded; None where the file has to wait."""
        tools, (folder, name) = self.tools, shown(here.key)
        with tools.register.read() as connection:
            partner = folder if folder in all_partners(connection) else None
        kept, refusal = None, self._refusal(one, here, partner)
        if refusal is None and partner is not None:
            try:
                content = folders.read(here)
            except (FileNotFoundError, PermissionError):
                return None
            except Changed as error:
                with tools.register.work() as work:
                    dropped_files.changed(work, one, error.look)
                return None
            kept = self._annexe(Document(name=name, content=content), partner, one.received_on)
            if any(each["code"] == "unreadable-document" for each in kept.check["findings"]):
                refusal = Refusal.UNREADABLE
        with tools.register.read() as connection:
            names = {
                each.report for each in dropped_files.known(connection) if each.report and each.partner == partner
            }
        report = report_name(name, names | self.root.names_in_use(partner))
        with tools.register.work() as work:
            dropped_files.taken(work, one, partner, kept.id if kept else None, refusal, report)
        log.info("drop.taken", drop=one.id, partner=partner, annexe=kept.id if kept else None, refusal=refusal)
        with tools.register.read() as connection:
            return next(each for each in dropped_files.known(connection) if each.id == one.id)

    def _refusal(self, one: DroppedFile, here: Found, partner: str | None) -> Refusal | None:
        """Why the file is not even opened."""
        if partner is None:
            return Refusal.UNKNOWN_PARTNER
        if here.look.size > self.tools.settings.documents.max_mib << 20:
            return Refusal.TOO_LARGE
        is_late = self.tools.clock.now() - one.seen_at >= PATIENCE
        return Refusal.NOT_OPENED if is_late and not folders.can_be_opened(here) else None

    def _annexe(self, document: Document, partner: str, received_on: date) -> KeptAnnexe:
        """The annexe with that content. One that the register keeps is not decided anew, unless it had errors: so a
        run that died amid this undoes nothing that a person decided since.
        """
        with self.tools.register.read() as connection:
            known = annexes.by_digest(connection, partner, document.sha256)
        if known is not None and (known.is_pending or known.status is not Status.REFUSED):
            return known
        first = known.received_on if known is not None else received_on
        return submit(self.tools, document, partner, first, is_dropped=True).annexe

    def _tell(self, one: DroppedFile) -> None:
        """The report as it has to be now, as a page and as JSON."""
        number = one.outcome_number
        told = self._refused(one) if one.annexe is None else self._annexe_report(one, one.annexe)
        if number is None or told is None:
            return
        report, answer = told
        page, data = self.root.reports(one)
        folders.write(page, report_page(report).encode())
        folders.write(data, f"{json.dumps(answer, ensure_ascii=False, indent=2)}\n".encode())
        with self.tools.register.work() as work:
            dropped_files.told(work, one, number)
        log.info("drop.told", drop=one.id, partner=one.partner, annexe=one.annexe, status=answer["status"])

    def _annexe_report(self, one: DroppedFile, id_: int) -> tuple[Report, dict[str, Any]] | None:
        register, limits = self.tools.register, self.tools.settings.documents
        with register.read() as connection:
            kept = annexes.by_id(connection, id_)
        if kept is None:
            return None
        _, report = report_on(register, limits, kept, self.tools.read, outcome(kept))
        return report, drop_as_json(kept.check, one.received_on, kept)

    def _refused(self, one: DroppedFile) -> tuple[Report, dict[str, Any]]:
        """The report on a file that was not read at all."""
        assert one.key is not None
        assert one.refusal is not None
        folder, name = shown(one.key)
        why = {"reason": one.refusal.value, "folder": folder}
        finding = Finding("unreadable-document", Severity.ERROR, details=why)
        check = Check(
            file=name, sha256="", partner=one.partner, annexe=Annexe(None, (), (finding,)), findings=(finding,)
        )
        with self.tools.register.read() as connection:
            partner = all_partners(connection).get(one.partner or "")
        report = Report.of(check, partner.name if partner else None, self.tools.clock.today())
        return replace(report, outcome=SET_ASIDE), drop_as_json(check_as_json(check), one.received_on, None)
