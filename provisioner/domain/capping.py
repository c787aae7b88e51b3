"""How many findings of a document are kept: one full of errors must not fill the register, an e-mail or a page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from provisioner.domain.annexe import Annexe, Column, Finding, Severity, Surplus

_COLUMNS = {column: position for position, column in enumerate(Column)}

#: A finding that needs the register, though the document's judge makes it.
_OF_THE_REGISTER = frozenset({"email-domain"})

#: What is counted together: all errors, and of the others those of one code.
_Kind = tuple[Severity, str]


def reading_order(finding: Finding) -> tuple[int, int, int]:
    """The whole document first, then by list, row and column."""
    column = -1 if finding.column is None else _COLUMNS[finding.column]
    return finding.list or 0, finding.row or 0, column


class Kept:
    """The first findings of a document in the order of reading; the others are counted.

    Of 50,000 findings that come in, no more than some hundreds are held at any moment.
    """

    def __init__(self, most: int, before: Surplus | None = None) -> None:
        """`most` errors are kept, and of the others `most` of each code; `before` was left out earlier."""
        before = before or Surplus()
        self._most = most
        self._kept: dict[_Kind, list[Finding]] = defaultdict(list)
        self._last: dict[_Kind, tuple[bool, int, int, int]] = {}
        self._whole: list[Finding] = []
        self._counts = Counter(before.counts)
        self._refused = set(before.refused)

    def add(self, findings: Iterable[Finding]) -> None:
        """More findings of the document. What somebody waived is a decision and is never cut."""
        for finding in findings:
            if finding.code in _OF_THE_REGISTER or finding.details.get("waived"):
                self.add_whole([finding])
                continue
            is_error = self._note(finding)
            kind = (finding.severity, "" if is_error else finding.code)
            if kind in self._last and _order_of_keeping(finding) >= self._last[kind]:
                self._counts[kind] += 1
                continue
            self._kept[kind].append(finding)
            if len(self._kept[kind]) > 2 * self._most:
                self._cut(kind)

    def add_whole(self, findings: Iterable[Finding]) -> None:
        """Findings that are never cut: those known from the register or from Keycloak."""
        for finding in findings:
            self._note(finding)
            self._whole.append(finding)

    def findings(self) -> tuple[Finding, ...]:
        """Those that are kept, in the order of reading."""
        for kind in self._kept:
            self._cut(kind)
        kept = [finding for part in self._kept.values() for finding in part]
        return tuple(sorted((*kept, *self._whole), key=reading_order))

    def surplus(self) -> Surplus:
        """Those that are not."""
        self.findings()
        return Surplus(dict(self._counts), frozenset(self._refused))

    def _note(self, finding: Finding) -> bool:
        """Notes the row that an error refuses; whether it is one."""
        is_error = finding.severity is Severity.ERROR
        if is_error and finding.list is not None and finding.row is not None:
            self._refused.add((finding.list, finding.row))
        return is_error

    def _cut(self, kind: _Kind) -> None:
        kept = self._kept[kind]
        kept.sort(key=_order_of_keeping)
        if len(kept) > self._most:
            self._counts[kind] += len(kept) - self._most
            del kept[self._most :]
            self._last[kind] = _order_of_keeping(kept[-1])


def _order_of_keeping(finding: Finding) -> tuple[bool, int, int, int]:
    """What concerns the whole document or a whole list comes before what concerns a row."""
    return finding.row is not None, *reading_order(finding)


def capped(annexe: Annexe, most: int) -> Annexe:
    """The annexe with the first findings only; the others are counted in its surplus."""
    kept = Kept(most, annexe.surplus)
    kept.add(annexe.findings)
    return replace(annexe, findings=kept.findings(), surplus=kept.surplus())


def counted(counts: Mapping[_Kind, int]) -> tuple[Finding, ...]:
    """One finding for all errors that are not shown, and one for those of each other code, with their severity."""
    return tuple(
        Finding("too-many-findings", severity, details={"count": count, **({"of": code} if code else {})})
        for (severity, code), count in sorted(counts.items())
        if count
    )
