"""An annexe 1 that the register keeps: its facts, and the status and the last day that follow from them (A2, A10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Check
from provisioner.domain.calendar import add_working_days, day_of
from provisioner.domain.people import EmailAddress

#: How long one that was never applied is kept after its outcome (A2).
KEPT_FOR = timedelta(days=30)

#: After how many working days the Caf is told once more of one that waits for a decision.
REMINDED_AFTER = 3

#: How long one that is submitted long after its reception still waits for a decision: it is not destroyed at once.
TIME_TO_DECIDE = timedelta(days=7)


class Status(StrEnum):
    """Where an annexe stands."""

    REFUSED = "refused"
    CHECKED = "checked"
    APPROVED = "approved"
    APPLIED = "applied"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnnexe:
    """An annexe in the register, without its bytes.

    `valid` and `check` are what the last check found. `sent_by` is the address from which it came, where that is
    known (A11), `source_name` and `source_sha256` tell the scan that it was typed from. `sent_back_at` is when its
    approval of the whole came to nothing, because its plan was another one by then. `list_2_applied_at` is when its
    list 2 alone was applied (A4). `told_on` and `reminded_on` are when the Caf was told that it waits for a decision.
    `decision` is the journal's entry of its last approval. `replaced_on` is the day on which a list made from the
    register took the place of the partner's document, whose digest was `original_sha256` (D2).
    The last thing that happened to it decides its status: that of the greatest number, whatever the clock said.
    """

    id: int
    partner: str
    file_name: str
    sha256: str
    transmitted_on: date | None
    received_on: date
    submitted_at: datetime
    submitted_number: int
    valid: bool
    check: Check
    sent_by: EmailAddress | None = None
    source_name: str | None = None
    source_sha256: str | None = None
    approved_at: datetime | None = None
    approved_number: int | None = None
    approved_by: str | None = None
    decision: int | None = None
    plan_id: str | None = None
    decisions: Decisions | None = None
    sent_back_at: datetime | None = None
    sent_back_number: int | None = None
    applied_at: datetime | None = None
    applied_number: int | None = None
    rejected_at: datetime | None = None
    rejected_number: int | None = None
    list_2_applied_at: datetime | None = None
    list_2_approved_by: str | None = None
    told_on: date | None = None
    reminded_on: date | None = None
    replaced_on: date | None = None
    original_sha256: str | None = None

    @property
    def checked_at(self) -> datetime:
        """When it was last checked."""
        return self.sent_back_at or self.submitted_at

    @property
    def status(self) -> Status:
        """The outcome of the last thing that happened; approving list 2 alone leaves it as it was (A4)."""
        checked = Status.CHECKED if self.valid else Status.REFUSED
        happened = [
            (self.sent_back_number or self.submitted_number, checked),
            (self.approved_number if self.is_approved_whole else None, Status.APPROVED),
            (self.rejected_number, Status.REJECTED),
            (self.applied_number, Status.APPLIED),
        ]  # in the order in which one unit of work does them: then their numbers are the same
        numbered = [(number, order, status) for order, (number, status) in enumerate(happened) if number is not None]
        return max(numbered)[2]

    @property
    def is_approved_whole(self) -> bool:
        """Whether its approval, applied or not yet, is that of the whole and not of list 2 alone."""
        return self.decisions is not None and not self.decisions.closures_only

    @property
    def is_pending(self) -> bool:
        """Whether an approval, of the whole or of list 2 alone, waits for the next `sync`."""
        if self.approved_number is None:
            return False
        return self.applied_number is None or self.approved_number > self.applied_number

    @property
    def is_in_force(self) -> bool:
        """Whether it was applied, and nothing that was decided about it since waits."""
        return self.applied_at is not None and not self.is_pending

    @property
    def approved_decisions(self) -> Decisions | None:
        """The decisions that stand: those of an approval that waits, or that was applied and not called into question
        by a new submission.
        """
        return self.decisions if self.is_pending or self.status is Status.APPLIED else None

    def is_kept_on(self, day: date) -> bool:
        """Whether it may still be there on that day: what is due on a day is done on the day after."""
        return self.applied_at is not None or self.is_pending or day <= self.kept_until

    @property
    def kept_until(self) -> date:
        """Its last day if it is not applied: counted from its outcome, or reception if undecided (A2)."""
        if self.status is Status.REJECTED:
            assert self.rejected_at is not None
            return day_of(self.rejected_at) + KEPT_FOR
        if self.valid and self.sent_back_at is None:
            return max(self.received_on + KEPT_FOR, day_of(self.submitted_at) + TIME_TO_DECIDE)
        return day_of(self.checked_at) + KEPT_FOR

    def is_to_be_recalled_on(self, day: date) -> bool:
        """Whether it waits for a person of the Caf long enough to be told once more.

        One that has errors waits for the partner, unless the Caf was told that its list 2 can be applied alone.
        """
        offers_list_2 = self.told_on is not None and self.list_2_applied_at is None
        waits = self.status is Status.CHECKED or (self.status is Status.REFUSED and offers_list_2)
        if not waits or self.is_pending or self.reminded_on is not None:
            return False
        return day >= add_working_days(self.told_on or day_of(self.checked_at), REMINDED_AFTER)

    def is_superseded_by(self, applied: KeptAnnexe) -> bool:
        """Whether the application of that one destroys this one (A2): a newer one that is under way stays."""
        if self.id == applied.id:
            return False
        is_newer = self.submitted_number > applied.submitted_number or (
            self.transmitted_on is not None
            and applied.transmitted_on is not None
            and self.transmitted_on > applied.transmitted_on
        )
        return self.applied_at is not None or not is_newer
