"""The Caf's yearly reviews of who may act in its name (V4): a draft that is read, declared and signed line by line.

The journal says every line by its digest, and who signed which; the names go with the review (`destroy`).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from provisioner.domain.caf_review import DECLARED, Access, CafReview, Kind, Line
from provisioner.domain.said import Tables
from provisioner.register import tables as t
from provisioner.register.columns import as_stored
from provisioner.register.kept import grants_out
from provisioner.register.mapper import Mapper
from provisioner.register.marks import rewrite_due
from provisioner.register.work import Work

_r, _l = t.caf_review.c, t.caf_review_line.c
_LINE = Mapper(Line, t.caf_review_line, access=Mapper(Access, t.caf_review_line))

#: What a line says of an access.
_SAID = ("review", "kind", "realm", "subject", "name", "enabled", "grants")


def all_reviews(connection: Connection) -> list[CafReview]:
    """All that are kept, in their order."""
    lines: defaultdict[int, list[Line]] = defaultdict(list)
    for review, *row in connection.execute(select(_l.review, *_LINE.columns).order_by(_l.id)):
        lines[review].append(_LINE.of(row))
    rows = connection.execute(select(t.caf_review).order_by(_r.id)).mappings()
    return [CafReview(**row, lines=tuple(lines[row["id"]])) for row in rows]


def begin(work: Work) -> CafReview:
    """A new draft, without a line."""
    begun = insert(t.caf_review).values(begun_at=work.now).returning(_r.id)
    return CafReview(id=int(work.connection.execute(begun).scalar_one()), begun_at=work.now)


def read(work: Work, review: CafReview, accesses: Collection[Access]) -> None:
    """Records what was read of Keycloak. A line that is as before keeps its number and its signature."""
    _set(work, review, read_at=work.now)
    of_keycloak = [line for line in review.lines if line.access.kind not in DECLARED]
    _replace(work, review, "caf-review.read", of_keycloak, accesses)


def declare(work: Work, review: CafReview, kind: Kind, names: Collection[str], by: str) -> None:
    """Records who has that, as a person declares it; nobody where there is no name. It replaces what was declared."""
    accesses = [Access(kind=kind, name=name) for name in names] or [Access(kind=kind, name=None)]
    declared = [line for line in review.lines if line.access.kind is kind]
    _replace(work, review, "caf-review.declared", declared, accesses, by)


def sign(work: Work, review: CafReview, lines: Collection[int], wrong: Mapping[int, str], by: str) -> bool:
    """A named person confirms these lines, and says of others why they are to be removed. Gives whether the review is
    done with it.
    """
    for number in (*lines, *wrong):
        signed = {"signed_at": work.now, "signed_by": by, "wrong": wrong.get(number)}
        work.connection.execute(update(t.caf_review_line).where(_l.id == number).values(**signed))
    now = next(known for known in all_reviews(work.connection) if known.id == review.id)
    if now.is_whole:
        _set(work, review, completed_at=work.now)
    reasons = {str(number): reason for number, reason in wrong.items()}
    details = {"review": review.id, "signed": sorted(lines), "wrong": reasons, "complete": now.is_whole}
    work.journal("caf-review.signed", rule="V4", details=details, by=by)
    return now.is_whole


def destroy(work: Work, reviews: Collection[int]) -> None:
    """The lines of these reviews with their names, and what stands beside the journal's entries about them. Who
    signed them stands beside the entries as long as every decision (D8).
    """
    work.write_journal()
    lines = work.connection.execute(select(_l.id).where(_l.review.in_(reviews))).scalars().all()
    work.connection.execute(delete(t.caf_review_line).where(_l.review.in_(reviews)))
    work.connection.execute(delete(t.caf_review).where(_r.id.in_(reviews)))
    detail, entry = t.journal_detail.c, t.journal_entry.c
    told = select(detail.entry, detail.data).join(t.journal_entry, entry.entry == detail.entry)
    about = told.where(entry.body.contains('"action":"caf-review.', autoescape=True))
    beside = [number for number, data in work.connection.execute(about) if json.loads(data)["review"] in reviews]
    work.connection.execute(delete(t.journal_detail).where(detail.entry.in_(beside)))
    details = {"reviews": sorted(reviews), "lines": sorted(lines)}
    work.journal("destroyed", rule="V4", beside=beside, details=details)
    rewrite_due(work)


def facts(connection: Connection) -> Tables:
    """The reviews and their lines as they stand, to be held against the journal."""
    asked = (as_stored(column) for column in (_l.id, *(_l[name] for name in _SAID), _l.signed_by, _l.wrong))
    lines = {}
    for row in connection.execute(select(*asked)).mappings():
        try:
            grants = json.loads(row["grants"])
        except ValueError:  # another hand wrote there
            grants = row["grants"]
        said = {**{name: row[name] for name in _SAID}, "grants": grants}
        lines[str(row["id"])] = {"sha256": _digest(said), "signed_by": row["signed_by"], "wrong": row["wrong"]}
    reviews = connection.execute(select(_r.id, _r.completed_at))
    return {
        "caf_review": [(str(review.id), {"complete": review.completed_at is not None}) for review in reviews],
        "caf_review_line": lines.items(),
    }


def _replace(
    work: Work,
    review: CafReview,
    action: str,
    lines: Iterable[Line],
    accesses: Collection[Access],
    by: str | None = None,
) -> None:
    """These accesses take the place of these lines."""
    known = {line.access: line.id for line in lines}
    removed = sorted(number for access, number in known.items() if access not in accesses)
    work.connection.execute(delete(t.caf_review_line).where(_l.id.in_(removed)))
    added = {}
    for access in dict.fromkeys(accesses):
        if access not in known:
            row = {"review": review.id, **{name: getattr(access, name) for name in _SAID if name != "review"}}
            number = work.connection.execute(insert(t.caf_review_line).values(**row).returning(_l.id)).scalar_one()
            added[str(number)] = _digest({**row, "grants": grants_out(access.grants)})
    details = {"review": review.id, "lines": added, "removed": removed}
    work.journal(action, rule="V4", details=details, by=by)


def _digest(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _set(work: Work, review: CafReview, **values: Any) -> None:
    work.connection.execute(update(t.caf_review).where(_r.id == review.id).values(**values))
