"""A document is read and judged: what is wrong with it, by row and column; no register is opened for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING, Self

from provisioner.documents import read_annexe
from provisioner.domain.access.habilitation import State
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Annexe, Check, Document, Finding, Kept, counted, placed
from provisioner.domain.annexe.judge_register import judge_register, waive
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.convention import Partner
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records, Scope
from provisioner.settings import DocumentSettings

if TYPE_CHECKING:
    from provisioner.register import Register

#: Reads a document, given its bytes, its name and the limits.
Reader = Callable[[bytes, str, DocumentSettings], Annexe]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A document to apply, and what the person who approves it decided.

    `sent_by` is the address from which it came, where that is known (A11), `source` the scan that it was typed from;
    `expects` are the plan ids that this person saw, when they were shown; `decided_on` is the day of an approval that
    was given before, None where it is given now (A5).
    """

    document: Document
    partner: str
    by: str
    decisions: Decisions
    received_on: date
    sent_by: EmailAddress | None = None
    source: Document | None = None
    expects: Mapping[str, str] | None = None
    decided_on: date | None = None

    @classmethod
    def about(cls, annexe: KeptAnnexe, document: Document, by: str, decisions: Decisions) -> Self:
        """The request to apply an annexe that the register keeps."""
        return cls(
            document=document,
            partner=annexe.partner,
            by=by,
            decisions=decisions,
            received_on=annexe.received_on,
            sent_by=annexe.sent_by,
        )


def check_document(document: Document, today: date, limits: DocumentSettings) -> Check:
    """What the document alone tells."""
    annexe = read_annexe(document.content, document.name, limits)
    return _check(document, None, annexe, _judged(annexe, today, limits), (), limits)


def check_beside_register(request: Request, register: Register, today: date, limits: DocumentSettings) -> Check:
    """What the document and the register tell together; of the register no more than it takes is read."""
    annexe = read_annexe(request.document.content, request.document.name, limits)
    return check_for_partner(request, annexe, register.records(scope_of(request, annexe)), today, limits)


def scope_of(request: Request, annexe: Annexe) -> Scope:
    """What of the register the document is about: its partner, and the persons for whom it asks an access."""
    return Scope(frozenset({request.partner}), frozenset(row.email for row in annexe.of_list(1) if row.email))


def check_for_partner(
    request: Request, annexe: Annexe, records: Records, today: date, limits: DocumentSettings
) -> Check:
    """What the document, as it was read, and the register tell together."""
    document, partner, decisions = request.document, request.partner, request.decisions
    records = records.as_due_on(today)
    convention = records.partners[partner]
    open_here = records.open_addresses(partner)
    findings = _judged(annexe, today, limits, convention, open_here)
    if any(finding.code == "unreadable-document" for finding in annexe.findings):
        return _check(document, partner, annexe, findings, (), limits)
    more = judge_register(
        annexe, document.sha256, records, convention, today, request.received_on, decisions, request.sent_by
    )
    waived = dict.fromkeys(decisions.waive)
    # A waiver lasts as long as the habilitation and is not asked for again (A7).
    already = {h.email: h.waived for h in records.of_partner(partner) if h.waived and h.state is not State.CLOSED}
    of_document = waive(findings, annexe, waived, already)
    return _check(document, partner, annexe, of_document, waive(more, annexe, waived, already), limits)


def _judged(
    annexe: Annexe,
    today: date,
    limits: DocumentSettings,
    convention: Partner | None = None,
    open_here: frozenset[EmailAddress] = frozenset(),
) -> Iterator[Finding]:
    """What the document tells beside its partner's record. What judges is loaded for a document, which most runs have
    not.
    """
    from provisioner.documents.addresses import load_mailbox_rules
    from provisioner.domain.annexe.judge import judge_document

    return judge_document(annexe, today, load_mailbox_rules(limits), convention, open_here)


def _check(
    document: Document,
    partner: str | None,
    annexe: Annexe,
    of_document: Iterable[Finding],
    of_register: Iterable[Finding],
    limits: DocumentSettings,
) -> Check:
    kept = Kept(limits.max_findings, annexe.surplus)
    kept.add(of_document)
    kept.add_whole(of_register)
    surplus = kept.surplus()
    return Check(
        file=PurePath(document.name).name,
        sha256=document.sha256,
        partner=partner,
        annexe=annexe,
        findings=placed((*counted(surplus.counts), *kept.findings()), annexe),
        refused=surplus.refused,
    )
