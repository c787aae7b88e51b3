"""Check a document: read it, judge it, and say what is wrong by row and column."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from pathlib import PurePath

from provisioner.documents import read_annexe
from provisioner.documents.addresses import load_mailbox_rules
from provisioner.domain.access.habilitation import State
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Annexe, Check, Document, Finding, Kept, counted, placed, reading_order
from provisioner.domain.annexe.judge import judge_document
from provisioner.domain.annexe.judge_register import judge_register, waive
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.settings import DocumentSettings

#: Reads a document, given its bytes, its name and the limits.
Reader = Callable[[bytes, str, DocumentSettings], Annexe]


def check_document(document: Document, today: date, limits: DocumentSettings) -> Check:
    """What the document alone tells."""
    annexe = read_annexe(document.content, document.name, limits)
    return _check(document, None, annexe, judge_document(annexe, today, load_mailbox_rules(limits), None), (), limits)


def check_for_partner(
    document: Document,
    partner: str,
    records: Records,
    today: date,
    limits: DocumentSettings,
    *,
    received_on: date | None = None,
    decisions: Decisions | None = None,
    sent_by: EmailAddress | None = None,
    read: Reader = read_annexe,
) -> Check:
    """What the document and the register tell together."""
    annexe = read(document.content, document.name, limits)
    records = records.as_due_on(today)
    known = records.partners[partner]
    open_here = records.open_addresses(partner)
    findings = judge_document(annexe, today, load_mailbox_rules(limits), known, open_here)
    if any(one.code == "unreadable-document" for one in annexe.findings):
        return _check(document, partner, annexe, findings, (), limits)
    more = judge_register(annexe, document.sha256, records, known, today, received_on or today, decisions, sent_by)
    waived_rows, already = dict.fromkeys((decisions or Decisions()).waive), _already_waived(records, partner)
    of_document = waive(findings, annexe, waived_rows, already)
    return _check(document, partner, annexe, of_document, waive(more, annexe, waived_rows, already), limits)


def with_findings(check: Check, findings: Iterable[Finding]) -> Check:
    """The check with what Keycloak has to say too."""
    more = placed(findings, check.annexe)
    return replace(check, findings=tuple(sorted([*check.findings, *more], key=reading_order)))


def _already_waived(records: Records, partner: str) -> dict[EmailAddress, frozenset[str]]:
    """A waiver lasts as long as the habilitation and is not asked for again (A7)."""
    mine = [one for one in records.of_partner(partner) if one.state is not State.CLOSED]
    return {one.email: one.waived for one in mine if one.waived}


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
