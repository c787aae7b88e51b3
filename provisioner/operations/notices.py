"""Who is told what: each notice is owed, written whole, in the unit of work of what it tells (docs/contacts.md).

It goes to whoever answers for habilitations at the partner or at the Caf. `notice_delivery` sends it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from enum import IntEnum
from typing import TYPE_CHECKING

import structlog

from provisioner.documents.form import ContactLine, write_annexe_3
from provisioner.domain.access.habilitation import State
from provisioner.domain.access.plan import Plan
from provisioner.domain.annexe.effects import effects_of
from provisioner.domain.annexe.kept import KeptAnnexe, Status
from provisioner.domain.calendar import day_of
from provisioner.domain.convention import Contact, Contacts, Partner, Role
from provisioner.domain.gates import Limit
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.notice import Side
from provisioner.domain.people import EmailAddress, Person
from provisioner.domain.records import Scope
from provisioner.mail import Attachment, Message, ascii_address, compose, new_message_id
from provisioner.register import Work, annexes, holds, notices
from provisioner.register.database import read_records
from provisioner.register.partners import all_partners, contacts_of
from provisioner.settings import Settings
from provisioner.views.conventions import ROLES
from provisioner.views.dates import french_date
from provisioner.views.holds import hold_reason
from provisioner.views.notices import Reply, dates_of, figures_of, held_figures, write_notice
from provisioner.views.report import Report, report_page
from provisioner.views.sentences import counted

if TYPE_CHECKING:
    from provisioner.operations.context import Context
    from provisioner.operations.prepare import Prepared

log = structlog.get_logger()

Values = Mapping[str, object]

#: The kinds that more than one function names, as the register, the journal and the log know them.
_ANNEXE_3 = "annexe-3"
_APPLIED = "annexe-applied"
_CONTAINMENT = "containment"
_CONTAINMENT_AGED = "containment-aged"
_DESTRUCTIONS_HELD = "destructions-held"
_HELD = "held"
_QUARANTINE = "quarantine"
_UNCONFIRMED = "retention-unconfirmed"
_SUSPENSION_AGED = "suspension-aged"
_WAITING = "annexe-waiting"

#: The Caf itself, where the code of a partner may stand.
_CAF = None

#: An annexe that stands so is on the Caf's side.
_ANSWERS = frozenset({Status.CHECKED, Status.APPROVED, Status.APPLIED})


def contact_of(work: Work, code: str | None, role: Role = Role.HABILITATIONS) -> Contact | None:
    """Who answers for that at the partner, or at the Caf (None), if known; of an empty cell, see `Contacts.of`."""
    contacts = contacts_of(work.connection, code)
    return contacts.of(role) if contacts is not None else None


class Telling(IntEnum):
    """Whether somebody is told; false where nobody can be."""

    NOBODY = 0  #: no contact is known
    OWED = 1
    ALREADY = 2  #: on this occasion before: nothing is written


def tell(
    work: Work,
    settings: Settings,
    kind: str,
    to: str | None,
    partner: Partner | None,
    values: Values,
    *files: Attachment,
    template: str | None = None,
    roles: Sequence[Role] = (Role.HABILITATIONS,),
    occasion: str | None = None,
    replaces: str | None = None,
) -> Telling:
    """Owes a notice to the contacts of the partner with the code `to`, or of the Caf.

    Args:
        work: the unit of work of what it tells.
        settings: for the Message-ID's domain.
        kind: what it is about, as the register, the journal and the log name it.
        to: who is told.
        partner: whom it is about; None: several.
        values: what the template needs beside the partner and where to answer.
        files: what goes with it.
        template: its words, when they are not those of its kind.
        roles: which contacts; somebody who answers for several of them gets it once. A partner answers to the Caf's
            contact of the first one.
        occasion: names what is told once, in a key without personal data (`due 2027-08-16`): told again about the
            same partner to any of the same contacts, nothing is written, whoever the contact is by now.
        replaces: how the occasions begin of what it makes up for: those to the same side that have not left go no
            more.
    """
    code = partner.code if partner is not None else None
    side = Side.CAF if to is _CAF else Side.PARTNER
    if occasion is not None and notices.is_told(work.connection, kind, code, side, roles, occasion):
        return Telling.ALREADY
    caf = contact_of(work, _CAF, roles[0])
    contacts: dict[str, tuple[Role, Contact]] = {}
    for role in roles:
        if (contact := contact_of(work, to, role)) is not None:
            contacts.setdefault(contact.email, (role, contact))
    if not contacts:
        log.info("notice.no_contact", kind=kind, partner=to)
        return Telling.NOBODY
    if replaces is not None:
        notices.withdraw(work, kind, code, replaces, side)
    answer_to = caf.email if caf is not None and to is not _CAF else None
    about = {"partner": partner.name, "code": partner.code} if partner is not None else {}
    fixed = {"to_caf": to is _CAF, "answer_to": answer_to, "head": work.head}
    written = write_notice(template or kind, {**fixed, **about, **values})
    for role, contact in contacts.values():
        message = Message(
            to=contact.email,
            to_name=contact.name,
            reply_to=answer_to,
            subject=written.subject,
            text=written.text,
            html=written.html,
            attachments=files,
        )
        message_id = new_message_id(settings.smtp.from_)
        envelope = notices.Envelope(ascii_address(contact.email), compose(message, message_id, work.now))
        notices.put(work, kind, code, message_id, envelope, notices.Addressee(side, role), occasion)
    return Telling.OWED


# An annexe 1: refused, rejected, sent back, waiting, applied


def tell_refused(work: Work, settings: Settings, partner: Partner, report: Report, received_on: date) -> None:
    """Tells the partner that its annexe has errors, with the report: A8, it never tells who else has an account."""
    _send_back(work, settings, "annexe-refused", partner, report, received_on)


def tell_rejected(work: Work, settings: Settings, partner: Partner, report: Report, received_on: date) -> None:
    """Tells the partner that its annexe will not be applied, with the report. The reason stays in the journal."""
    _send_back(work, settings, "annexe-rejected", partner, report, received_on)


def _send_back(
    work: Work, settings: Settings, kind: str, partner: Partner, report: Report, received_on: date
) -> None:
    values = {
        "dates": dates_of(report.check.annexe.transmitted_on, received_on),
        "errors": report.error_count,
        "caf_will_call": report.leaves_something_to_the_caf,
    }
    name = f"rapport-annexe-1-{report.checked_on.isoformat()}.html"
    file = Attachment(name, report_page(report).encode(), "text/html")
    tell(work, settings, kind, partner.code, partner, values, file)


def tell_sent_back(work: Work, settings: Settings, was: KeptAnnexe, partner: Partner) -> None:
    """Tells the Caf that an approval came to nothing: its plan is another one by now. `was`: the annexe before."""
    annexe = annexes.by_id(work.connection, was.id)
    assert annexe is not None
    values = {
        "number": annexe.id,
        "dates": dates_of(annexe.transmitted_on, annexe.received_on),
        "list_2_only": not was.is_approved_whole,
        "has_errors": not annexe.valid,
        "kept_until": annexe.kept_until,
    }
    tell(work, settings, "annexe-sent-back", _CAF, partner, values)


def tell_waiting(
    work: Work,
    settings: Settings,
    annexe: KeptAnnexe,
    plan_id: str | None = None,
    list_2_plan_id: str | None = None,
) -> None:
    """Tells the Caf that an annexe waits for a person: when it came in by the drop folder, where nobody looks on, and
    once more after some working days. Without a contact it stays to be told.

    `plan_id` is what an approval would name, where that is known; `list_2_plan_id` the same of its list 2 alone (A4),
    where the whole is refused.
    """
    values = {
        "number": annexe.id,
        "dates": dates_of(annexe.transmitted_on, annexe.received_on),
        "is_reminder": annexe.told_on is not None,
        "has_errors": annexe.status is Status.REFUSED,
        "partner_is_told": contact_of(work, annexe.partner) is not None,
        "plan_id": plan_id,
        "list_2_plan_id": list_2_plan_id,
        "kept_until": annexe.kept_until,
    }
    partner = all_partners(work.connection, [annexe.partner])[annexe.partner]
    if tell(work, settings, _WAITING, _CAF, partner, values):
        annexes.told(work, annexe)


def remind_of_waiting(context: Context, partners: Collection[str]) -> None:
    """Reminds the Caf of each annexe of these partners that has waited for a decision for some working days: once."""
    today = context.clock.today()
    with context.register.read() as connection:
        late = [a for a in annexes.under_way(connection, partners) if a.is_to_be_recalled_on(today)]
    if late:
        with context.work() as work:
            for annexe in annexes.under_way(work.connection, partners):
                if annexe.is_to_be_recalled_on(today):
                    tell_waiting(work, context.settings, annexe)


def tell_applied(work: Work, settings: Settings, annexe: KeptAnnexe, prepared: Prepared, plan: Plan) -> None:
    """Tells the partner and the Caf what the annexe does, in figures, as its content enters the register.

    The same annexe entered again, as a script does every night, is told again only when it says anything new.

    `annexe` is as it was before, `plan` what is to be done of it in Keycloak.
    """
    list_2_only = prepared.request.decisions.closures_only
    is_known = annexe.applied_at is not None or list_2_only
    if is_known and prepared.after.habilitations == prepared.before.habilitations:
        return
    partner, effects = prepared.after.partners[annexe.partner], effects_of(plan, prepared.after, annexe.partner)
    values = {
        "transmitted_on": prepared.check.annexe.transmitted_on,
        "figures": figures_of(effects, list_2_only=list_2_only),
        "opened": 0 if list_2_only else effects.opened,
        "list_2_only": list_2_only,
    }
    is_told = tell(work, settings, _APPLIED, partner.code, partner, values)
    tell(work, settings, _APPLIED, _CAF, partner, {**values, "partner_is_told": is_told})


# What waits: plans that limits hold, suspensions, what is in quarantine


def remind(context: Context) -> None:
    """Tells what the age of each hold calls for.

    Each in one unit of work with the record that it was told, so once for each age whatever crashes.
    """
    if _due(context):
        with context.work() as work:
            tell_held(work, context.settings)
            _tell_suspensions(work, context.settings)
            _tell_containments(work, context.settings)
            _tell_quarantines(work, context.settings)
            _tell_unconfirmed(work, context.settings)
        for hold in _due(context):
            log.warning("notice.no_contact", kind=hold.kind, partner=hold.partner)


def _due(context: Context) -> list[Hold]:
    with context.register.read() as connection:
        kept = (*holds.kept(connection), *holds.kept(connection, HoldKind.RETENTION))
        return [hold for hold in kept if hold.is_to_be_told_on(context.clock.today())]


def _to_be_told(kept: Iterable[Hold], work: Work, kind: HoldKind) -> list[Hold]:
    today = work.clock.today()
    return [hold for hold in kept if hold.kind is kind and hold.is_to_be_told_on(today)]


def _age(work: Work, hold: Hold) -> tuple[int, date]:
    """How many days ago it began, and the day."""
    since = day_of(hold.since)
    return (work.clock.today() - since).days, since


def tell_held(work: Work, settings: Settings) -> None:
    """Tells the Caf of each plan that a limit holds and that it has not been told of, or whose age calls for a
    reminder. A notice that was not sent yet is withdrawn: the newer one says it better.

    Where no contact is known it stays to be told, once there is one.
    """
    due, is_realm_told = _to_be_told(holds.kept(work.connection), work, HoldKind.LIMIT), False
    partners = all_partners(work.connection, {hold.partner for hold in due if hold.partner is not None})
    for hold in due:
        if contact_of(work, _CAF) is None or not holds.told(work, hold):
            continue
        is_of_realm = hold.limit == Limit.UNKNOWN_REALM
        if is_of_realm and is_realm_told:
            continue  # one realm: one notice, not one for each partner
        is_realm_told |= is_of_realm
        notices.withdraw(work, _HELD, hold.partner)
        days, since = _age(work, hold)
        values = {
            "since": since,
            "age": counted(days, "jour") if days else None,
            "reason": hold_reason(hold),
            "plan_id": hold.plan_id,
            "figures": held_figures(hold),
            "releasable": not is_of_realm,
        }
        template = _HELD if hold.partner is not None else _DESTRUCTIONS_HELD
        tell(work, settings, _HELD, _CAF, partners.get(hold.partner or ""), values, template=template)


#: Who is told at the Caf that a partner is contained, and given back.
_GUARDS = (Role.HABILITATIONS, Role.SECURITE)


def tell_contained(
    work: Work, settings: Settings, partner: Partner, containment: Hold, by: str, others: Sequence[str]
) -> None:
    """Tells the Caf's contacts for habilitations and for security at once that a partner is contained. `others` are
    the partners of whom accesses are cut with it.
    """
    values = {**_facts(containment), "since": day_of(containment.since), "by": by, "others": others, "age": None}
    tell(work, settings, _CONTAINMENT, _CAF, partner, values, roles=_GUARDS)


def _tell_not_cut(work: Work, settings: Settings, partner: Partner, containment: Hold, count: int) -> None:
    """Tells the same contacts, once, that so many of its accounts could not be cut yet."""
    values = {"since": day_of(containment.since), "count": count, "accounts": containment.figure}
    occasion = f"{_key(containment)}still open"
    kind = "containment-still-open"
    tell(work, settings, kind, _CAF, partner, values, roles=_GUARDS, occasion=occasion)


def tell_released(
    work: Work, settings: Settings, partner: Partner, containment: Hold, by: str, reopened: int
) -> None:
    """Tells the same contacts that it is contained no more. A reminder that has not left yet is withdrawn."""
    notices.withdraw(work, _CONTAINMENT_AGED, partner.code)
    values = {"since": day_of(containment.since), "by": by, "reopened": reopened}
    tell(work, settings, "containment-released", _CAF, partner, values, roles=_GUARDS)


def _facts(containment: Hold) -> Values:
    return {"reason": containment.reason, "accounts": containment.figure, "second": containment.second}


def _tell_containments(work: Work, settings: Settings) -> None:
    """Reminds the same contacts each week of a partner that is still contained."""
    partners = all_partners(work.connection)
    for hold in _to_be_told(holds.kept(work.connection), work, HoldKind.CONTAINMENT):
        if contact_of(work, _CAF) is not None and hold.partner is not None and holds.told(work, hold):
            notices.withdraw(work, _CONTAINMENT_AGED, hold.partner)
            days, since = _age(work, hold)
            values = {**_facts(hold), "since": since, "others": (), "age": counted(days, "jour")}
            about = partners[hold.partner]
            tell(work, settings, _CONTAINMENT_AGED, _CAF, about, values, template=_CONTAINMENT, roles=_GUARDS)


def drop_held(work: Work, partner: str | None) -> None:
    """No plan of that partner, or of destructions, is held any more: a notice of one that was not sent yet is
    withdrawn with it.
    """
    holds.drop_plan(work, partner)
    notices.withdraw(work, _HELD, partner)


def _tell_quarantines(work: Work, settings: Settings) -> None:
    """Tells the Caf of what still fails after a day, a week, each month, and of an access that is still open at once:
    one notice a partner, with what it was told of before, as the last notice may not have left yet.
    """
    if contact_of(work, _CAF) is None:
        return
    partners, kept = all_partners(work.connection), holds.kept(work.connection)
    due = _to_be_told(kept, work, HoldKind.QUARANTINE)
    for code in sorted({hold.partner for hold in due if hold.partner is not None}):
        told = [hold.id for hold in due if hold.partner == code and holds.told(work, hold)]
        if told:
            notices.withdraw(work, _QUARANTINE, code)
            of_partner = [hold for hold in kept if (hold.kind, hold.partner) == (HoldKind.QUARANTINE, code)]
            failing = [hold for hold in of_partner if hold.told_at or hold.id in told]
            values = {
                "still_open": _lines(hold for hold in failing if hold.still_open),
                "lines": _lines(hold for hold in failing if not hold.still_open),
            }
            tell(work, settings, _QUARANTINE, _CAF, partners[code], values)


#: Who is told at the Caf that nobody confirmed a hold on destruction.
_KEEPERS = (Role.HABILITATIONS, Role.PROTECTION_DONNEES)


def _tell_unconfirmed(work: Work, settings: Settings) -> None:
    """Tells the Caf each week of the holds on destruction that somebody was to look at again (D7): they stay."""
    if contact_of(work, _CAF) is None:
        return
    unconfirmed = _to_be_told(holds.kept(work.connection, HoldKind.RETENTION), work, HoldKind.RETENTION)
    told = [hold for hold in unconfirmed if holds.told(work, hold)]
    if told:
        notices.withdraw(work, _UNCONFIRMED, None)
        lines = [(hold.id, hold.until, hold.incident, hold.partner, hold.email is not None) for hold in told]
        tell(work, settings, _UNCONFIRMED, _CAF, None, {"lines": lines}, roles=_KEEPERS)


def _lines(failing: Iterable[Hold]) -> list[tuple[str | None, date, str]]:
    return [(hold.email, day_of(hold.since), hold_reason(hold)) for hold in failing]


def _tell_suspensions(work: Work, settings: Settings) -> None:
    """Reminds the Caf of each access suspended for long, and asks its partners again for an annexe 1; of one that
    ended meanwhile there is nothing to tell.
    """
    due = _to_be_told(holds.kept(work.connection, HoldKind.SUSPENSION), work, HoldKind.SUSPENSION)
    records = read_records(work.connection, Scope(emails=frozenset(hold.email for hold in due if hold.email)))
    for hold in due:
        live = {
            records.partners[habilitation.partner]: habilitation.person
            for habilitation in records.habilitations
            if habilitation.email == hold.email and habilitation.state is not State.CLOSED
        }
        is_open = hold.effective_at is None and any(
            habilitation.email == hold.email and habilitation.state is State.OPEN
            for habilitation in records.habilitations
        )
        if live:
            _tell_suspension(work, settings, hold, live, is_open=is_open)
        else:
            holds.told(work, hold)


def _tell_suspension(
    work: Work, settings: Settings, hold: Hold, live: Mapping[Partner, Person], *, is_open: bool
) -> None:
    """`live` are the partners through which the person has an access, and how each names the person. `is_open`: the
    decision could not be carried out yet.
    """
    somebody_is_known = any(
        contact_of(work, code) is not None for code in (_CAF, *(partner.code for partner in live))
    )
    if somebody_is_known and holds.told(work, hold):
        days, since = _age(work, hold)
        told = {"since": since, "age": counted(days, "jour"), "is_open": is_open}
        replies = [
            (partner.name, partner.code, _ask_again(work, settings, hold, partner, {"person": person, **told}).value)
            for partner, person in live.items()
        ]
        (partner, person), *others = live.items()
        alarm = hold.has_alarm_on(work.clock.today())
        values = {"person": person, **told, "partners": replies, "alarm": alarm}
        tell(work, settings, _SUSPENSION_AGED, _CAF, None if others else partner, values)


def _ask_again(work: Work, settings: Settings, hold: Hold, partner: Partner, values: Values) -> Reply:
    """Asks the partner again for its annexe 1, if none that was not turned down came since the suspension."""
    kept = annexes.kept(work.connection, partner.code)
    if any(annexe.submitted_number > hold.since_number and annexe.status in _ANSWERS for annexe in kept):
        return Reply.CAME
    is_asked = tell(work, settings, _SUSPENSION_AGED, partner.code, partner, values, template="suspension")
    return Reply.ASKED if is_asked else Reply.NO_CONTACT


# Persons, and the Caf's contacts


def ask_for_annexe(
    work: Work, partner: Partner, person: Person, suspension: Hold, settings: Settings, *, is_open: bool = False
) -> None:
    """Asks the partner for an annexe 1, after the Caf suspended a person's access through it. `is_open`: the decision
    could not be carried out yet; that takes the place of what was owed before.
    """
    this_one = _key(suspension)
    values = {"person": person, "since": day_of(suspension.since), "age": None, "is_open": is_open}
    occasion, replaces = (f"{this_one}still open", this_one) if is_open else (this_one, None)
    tell(work, settings, "suspension", partner.code, partner, values, occasion=occasion, replaces=replaces)


def tell_still_open(work: Work, settings: Settings, emails: Collection[EmailAddress]) -> None:
    """Says of the suspensions of these accounts that could not be carried out yet that the access is still open: to
    the partner of a person, to the Caf of all that a containment was to cut.
    """
    suspended = holds.suspensions(work.connection, emails)
    not_cut = {email: hold for email, hold in suspended.items() if hold.effective_at is None}
    if not not_cut:
        return
    records = read_records(work.connection, Scope(emails=frozenset(not_cut)))
    opened = [h for h in records.habilitations if h.email in not_cut and h.state is State.OPEN]
    still_open = {h.email: not_cut[h.email] for h in opened}
    for habilitation in opened:
        hold = still_open[habilitation.email]
        if hold.containment is None:
            partner = records.partners[habilitation.partner]
            ask_for_annexe(work, partner, habilitation.person, hold, settings, is_open=True)
    for code, containment in records.contained.items():
        if count := sum(hold.containment == containment.id for hold in still_open.values()):
            _tell_not_cut(work, settings, records.partners[code], containment, count)


def _key(hold: Hold) -> str:
    """How the occasions of what is told of a hold begin."""
    return f"hold {hold.id}/{hold.since_number}:"


def ask_for_address(work: Work, partner: Partner, person: Person, settings: Settings) -> bool:
    """Tells the partner that the e-mail with the link to that person came back. Gives as `ask_for_annexe`."""
    return bool(tell(work, settings, "bounced", partner.code, partner, {"person": person}))


def tell_silence(work: Work, partner: Partner, people: Sequence[Person], settings: Settings) -> bool:
    """Tells the partner who used none of their links. Gives as `ask_for_annexe`."""
    return bool(tell(work, settings, "silent", partner.code, partner, {"people": people}))


def annexe_3_file(contacts: Contacts) -> Attachment:
    """The annexe 3 as a file."""
    content = write_annexe_3(contacts.dated, french_date(contacts.dated), _contact_lines(contacts))
    return Attachment(f"annexe-3-{contacts.dated.isoformat()}.pdf", content)


def send_annexe_3(work: Work, contacts: Contacts, partners: Sequence[Partner], settings: Settings) -> tuple[str, ...]:
    """Owes the new annexe 3 to each of these partners (N3); gives the codes of those that have no contact.

    One that was not sent yet is withdrawn: it must not arrive after the one that replaces it.
    """
    file, without_contact = annexe_3_file(contacts), []
    values = {"dated": contacts.dated, "people": _contact_lines(contacts)}
    for partner in partners:
        notices.withdraw(work, _ANNEXE_3, partner.code)
        if not tell(work, settings, _ANNEXE_3, partner.code, partner, values, file):
            without_contact.append(partner.code)
    return tuple(without_contact)


def _contact_lines(contacts: Contacts) -> list[ContactLine]:
    return [ContactLine(ROLES[contact.role], contact.name or "", contact.email) for contact in contacts.people]
