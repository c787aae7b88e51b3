"""Every « why? » about one person, in French: what is known of them step by step, and why nothing is done if so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from provisioner.domain.access.change import Action, Change
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.access.invitations import InvitationState, since_due
from provisioner.domain.access.person_file import PersonFile, PersonState
from provisioner.domain.access.plan import Plan
from provisioner.domain.annexe.kept import KeptAnnexe, Status
from provisioner.domain.calendar import day_of
from provisioner.domain.hold import HoldKind
from provisioner.domain.journal import JournalLine
from provisioner.domain.people import EmailAddress
from provisioner.domain.retention import account_due_on, habilitation_due_on
from provisioner.views import hints
from provisioner.views.connection_words import usage_words
from provisioner.views.conventions import convention_sentence
from provisioner.views.dates import french_date, french_moment
from provisioner.views.holds import UNKNOWN_REALM, blocked_reason, hold_reason
from provisioner.views.journal import ACTIONS, decided_words
from provisioner.views.reasons import drift_reason, end_reason
from provisioner.views.sentences import of_name

STATES = {
    PersonState.UNKNOWN: "personne inconnue",
    PersonState.NOT_OURS: "compte non géré",
    PersonState.PLANNED: "accès prévu",
    PersonState.INVITED: "courriel d'activation envoyé, pas encore de mot de passe",
    PersonState.SILENT: "sans réponse au courriel d'activation",
    PersonState.OPEN: "accès ouvert",
    PersonState.SUSPENDED: "accès suspendu",
    PersonState.SUSPENDED_BY_HAND: "compte désactivé dans la console",
    PersonState.CLOSING: "fin d'accès annoncée",
    PersonState.CLOSED: "accès clôturé",
    PersonState.MISSING: "compte disparu de Keycloak",
}

INVITATIONS = {
    InvitationState.OWED: "à envoyer",
    InvitationState.SENT: "envoyé",
    InvitationState.UNCERTAIN: "envoi incertain",
    InvitationState.EXPIRED: "lien expiré",
    InvitationState.USED: "utilisé",
    InvitationState.BOUNCED: "revenu non distribué",
    InvitationState.GIVEN_UP: "abandonné après le dernier lien",
}

_LINKS = {
    InvitationState.OWED: "Un courriel d'activation est dû : il n'est pas encore parti.",
    InvitationState.SENT: "{last}, lien valable jusqu'au {expiry} : pas encore de mot de passe.",
    InvitationState.UNCERTAIN: "Un courriel d'activation est peut-être parti : la réponse de Keycloak s'est perdue, "
    "et ses événements ne permettent pas de le savoir. Demandez à la personne si elle l'a reçu ; sinon, pour "
    'renvoyer le lien : provisioner invitation repeat {email} --by "NOM"',
    InvitationState.EXPIRED: "{last} : pas de mot de passe, le lien a expiré le {expiry} sans avoir servi. La page "
    "de connexion en donne un autre (« Mot de passe oublié ? »).",
    InvitationState.USED: "{last}. Mot de passe créé avec le lien.",
    InvitationState.BOUNCED: "{last}, puis revenu : vérifiez l'adresse auprès du partenaire.",
    InvitationState.GIVEN_UP: (
        "{last} : pas de mot de passe, le dernier lien a expiré le {expiry}. Prenez contact avec la personne."
    ),
}

_STATUSES = {
    Status.REFUSED: "à corriger par le partenaire",
    Status.CHECKED: "contrôlée, elle attend d'être validée par la Caf",
    Status.APPROVED: "validée, la prochaine synchronisation l'applique",
    Status.APPLIED: "remplacée",
    Status.REJECTED: "rejetée par la Caf",
}

#: What a limit holds is told with its figures, from the plan.
_HOLDS = {
    HoldKind.SUSPENSION: "Accès suspendu par décision nominative depuis le {since} : « {reason} ». Pour le rouvrir : "
    'provisioner person reopen {email} --by "NOM" --reason "MOTIF"',
    HoldKind.QUARANTINE: "Mis à l'écart depuis le {since}, et retenté automatiquement. {reason}",
}

_CONTAINED = (
    "Accès coupé depuis le {since} avec tous ceux du partenaire {partner} : « {reason} ». Pour les rendre : "
    'provisioner partner reopen {partner} --by "NOM" --reason "MOTIF"'
)

_WAIVED = {
    "email-domain": "domaine non déclaré",
    "email-consumer": "messagerie grand public",
    "email-shared-mailbox": "boîte partagée",
    "address-of-other-partner": "compte partagé avec un autre partenaire",
}

_NOT_OURS = (
    "Un compte Keycloak a la même adresse et n'est pas géré par ce logiciel : il n'est jamais repris ni modifié sans "
    f"décision ({hints.ADOPT})."
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing told: a sentence, with its rule, its partner and its day where it has one."""

    fact: str
    rule: str | None = None
    partner: str | None = None
    on: date | None = None


def explain(person: PersonFile, plan: Plan) -> tuple[Step, ...]:
    """The steps: the address, the lists, the journal, how things stand, Keycloak, and what stands between.

    `plan` is the whole plan of what is due: what holds the person's changes is judged on all of them.
    """
    why = list(_why_not(person, plan))
    steps = [
        *_address(person),
        *_lists(person),
        *_past(person),
        *_accesses(person),
        *_uses(person),
        *retention(person),
        *_keycloak(person, plan),
        *why,
    ]
    if not why and not changes_of(person.email, (*plan.changes, *plan.later)):
        steps.append(Step("Rien n'est à faire pour cette personne : une synchronisation ne changerait rien."))
    return tuple(steps)


def changes_of(email: EmailAddress, changes: Iterable[Change]) -> list[Change]:
    """Those about the person, under the address that they have and under the one that they get."""
    given = tuple(changes)
    names = {email} | {change.new_email for change in given if change.email == email and change.new_email is not None}
    return [change for change in given if names & {change.email, change.new_email}]


def retention(person: PersonFile) -> Iterator[Step]:
    """Until when what is closed is kept (D1, D2)."""
    if (due_on := account_due_on(person.accesses)) is not None and person.ours is not None:
        yield Step(f"Données du compte conservées jusqu'au {french_date(due_on)}, puis détruites.", "D1", on=due_on)
    for access in person.accesses:
        if (due_on := habilitation_due_on(access, person.accesses)) is not None:
            until = f"Données de l'habilitation conservées jusqu'au {french_date(due_on)}, puis détruites."
            yield Step(until, "D2", access.partner, due_on)


def _address(person: PersonFile) -> Iterator[Step]:
    if person.asked != person.email:
        on = next((day_of(entry.at) for entry in person.journal if entry.renamed_from == person.asked), None)
        yield Step(f"Adresse changée : {person.asked} est devenue {person.email}.", "A7", on=on)
    if not person.accesses and (nearest := person.nearest) is not None:
        yield Step(f"L'adresse connue la plus proche est {nearest}.")


def _lists(person: PersonFile) -> Iterator[Step]:
    """Where the kept annexes name the person, or that the one in force does not (A5)."""
    for listed in person.listed:
        annexe = listed.annexe
        where = f"Ligne {listed.row} de la liste {listed.list} de l'annexe 1 n° {annexe.id}{_transmitted(annexe)}"
        if person.current.get(annexe.partner) == annexe:
            yield Step(f"{where}, en vigueur.", "A1" if listed.list == 1 else "A3", annexe.partner, listed.on)
        else:
            told = " ".join((f"{where}, {_STATUSES[annexe.status]}.", *listed.errors))
            yield Step(told, "A10", annexe.partner, annexe.transmitted_on)
    named = {listed.annexe.id for listed in person.listed}
    for code in dict.fromkeys(access.partner for access in person.open):
        if (current := person.current.get(code)) is not None and current.id not in named:
            is_kept = current.decisions is not None and current.decisions.settles(person.email)
            kept = f" : accès conservé, décidé par {current.approved_by}" if is_kept else ""
            told = f"Personne absente des deux listes de l'annexe 1 en vigueur{_transmitted(current)}{kept}."
            yield Step(told, "A5", code, current.transmitted_on)
    if not person.listed and not person.accesses:
        yield Step("Aucune annexe 1 conservée ne nomme cette adresse, et le registre ne la connaît pas.", "A1")


#: The day that a decision is for.
_DATED = {"habilitation.asked": "requested_on", "habilitation.ended": "ended_on"}


def _past(person: PersonFile) -> Iterator[Step]:
    """What was decided and done, as the journal tells it, with what its details add."""
    theirs = {access.id for access in person.accesses}
    for line in person.journal:
        if line.habilitation in theirs:
            said, on = line.details, day_of(line.at)
            told = f"{ACTIONS.get(line.action, line.action)} {_who(line)} le {french_date(on)}"
            if day := said.get(_DATED.get(line.action, "")):
                told += f", pour le {french_date(date.fromisoformat(day))}"
            if line.renamed_from is not None:
                told += f" : {line.renamed_from} est devenue {said['new']}"
            if said.get("reason"):
                told += f" : « {said['reason']} »"
            yield Step(f"{told}.", line.rule, line.partner, on)


def _who(line: JournalLine) -> str:
    """On whose decision, or else by whom; who only carried it out stands in the journal."""
    if line.decided_by is not None or line.annexe is not None:
        decided = decided_words(line.decided_by, line.annexe)
        is_decision = ACTIONS.get(line.action, "").endswith("décidée")
        return f"par {decided}" if is_decision else f"sur décision {of_name(decided)}"
    return f"par {line.details.get('by', line.by) or 'une personne dont le nom a été détruit'}"


def _accesses(person: PersonFile) -> Iterator[Step]:
    """How each access stands: what was waived for it, its end, its link."""
    for access in person.accesses:
        if access.waived:
            rule = "A8" if "address-of-other-partner" in access.waived else "A7"
            codes = ", ".join(_WAIVED.get(code, code) for code in sorted(access.waived))
            yield Step(f"Dérogation accordée ({codes}).", rule, access.partner, access.transmitted_on)
        if access.end is not None:
            annexe = person.current.get(access.partner)
            is_kept = annexe is not None and annexe.transmitted_on == access.end.transmitted_on
            by = annexe.approved_by if annexe is not None and is_kept else None
            told = f"{end_reason(access.end)} Annexe validée par {by}." if by else end_reason(access.end)
            yield Step(told, access.end.rule, access.partner, access.end.on)
        if access.state is not State.CLOSED and (state := person.link_state(access)) is not None:
            yield _link(person, access, state)


def _link(person: PersonFile, access: Habilitation, state: InvitationState) -> Step:
    """What became of the last e-mail with the link."""
    sent = [
        (attempt.sent_at, attempt)
        for attempt in since_due(access, person.sent(access))
        if attempt.sent_at is not None
    ]
    if not sent:
        return Step(_LINKS[state].format(email=hints.argument(person.email)), "P2", access.partner)
    at, last = max(sent, key=lambda attempt: attempt[0])
    told = f"Courriel d'activation n° {last.attempt} envoyé le {french_date(day_of(at))}"
    return Step(
        _LINKS[state].format(last=told, expiry=french_moment(at + last.lifespan), email=hints.argument(person.email)),
        "P2",
        access.partner,
        day_of(at),
    )


def _uses(person: PersonFile) -> Iterator[Step]:
    """When each open access was used last, or that it never was; of a closed account the last login."""
    for access in person.open:
        usage = person.usage_of(access)
        yield Step(f"Utilisation : {usage_words(usage)}.", "L1", access.partner, usage.last_on)
    if not person.live and (on := person.last_login_on) is not None:
        yield Step(f"Dernière connexion le {french_date(on)}.", "L1", on=on)


def _keycloak(person: PersonFile, plan: Plan) -> Iterator[Step]:
    """Where the account was found, matched with what, and what another hand did to it."""
    account, user = person.account, person.user
    if not person.is_known_realm:
        yield Step(UNKNOWN_REALM)
        return
    if user is None and account is not None and account.keycloak_id is not None:
        yield Step("Le compte n'est plus dans Keycloak.")
    elif user is None:
        yield Step("Keycloak n'a aucun compte de cette personne.")
    elif user.is_ours:
        remote = user.account
        is_by_id = account is not None and remote.id == account.keycloak_id
        how = "son identifiant" if is_by_id else "l'adresse et la marque « gere_par »"
        enabled = "activé" if remote.enabled else "désactivé"
        password = "avec un mot de passe" if user.has_password else "sans mot de passe"
        other = f" ; son adresse y est {remote.email}" if remote.email != person.email else ""
        told = f"Compte Keycloak retrouvé par {how} : {enabled}, {password}{other}."
        yield Step(told, None if is_by_id else "A8")
        if (until := user.failures.locked_until) is not None:
            yield Step(
                f"Connexion bloquée jusqu'au {french_moment(until)}, après {user.failures.count} échecs de suite. "
                f"Pour lever ce blocage : provisioner person unlock {hints.argument(person.email)} "
                '--by "NOM" --reason "MOTIF"',
                "P1",
            )
    else:
        groups = f" Groupes : {', '.join(user.groups)}." if user.groups else ""
        yield Step(f"{_NOT_OURS}{groups}", "A8")
    addresses = {person.email, person.asked} | ({user.account.email} if user else set())
    yield from (Step(drift_reason(drift), "L1", drift.partner) for drift in plan.drift if drift.email in addresses)


def _why_not(person: PersonFile, plan: Plan) -> Iterator[Step]:
    """What stands between the person and what was asked for them."""
    for hold in person.holds:
        words = _HOLDS.get(hold.kind)
        if (containment := person.records.containment_of(hold)) is not None:
            words = _CONTAINED.replace("{partner}", str(containment.partner))
        if words is not None:
            since = day_of(hold.since)
            told = words.format(
                since=french_date(since), reason=hold_reason(hold), email=hints.argument(person.email)
            )
            yield Step(told, "A4" if hold.kind is HoldKind.SUSPENSION else None, hold.partner, since)
    for access in person.live:
        yield from _waits(person, access)
    theirs = changes_of(person.email, plan.changes)
    old = person.account.renamed_from if person.account is not None else None
    if old is not None and not any(change.action is Action.RENAME for change in theirs):
        yield Step(f"Changement d'adresse décidé, pas encore fait : Keycloak a encore {old}.", "A7")
    for blocked in plan.blocked:
        if any(map(blocked.holds, theirs)):
            yield Step(blocked_reason(blocked), partner=blocked.partner)


def _waits(person: PersonFile, access: Habilitation) -> Iterator[Step]:
    """What the access waits for: its convention, its day, an old link that would revive with the account."""
    partner = person.records.partners[access.partner]
    if not partner.is_active_on(person.today):
        rule = "C3" if partner.last_day < person.today else "C2"
        yield Step(convention_sentence(partner, person.today), rule, access.partner)
    if access.state is State.PLANNED and access.requested_on > person.today:
        told = f"Ouverture prévue le {french_date(access.requested_on)}, date de la demande."
        yield Step(told, "A6", access.partner, access.requested_on)
    if (expiry := person.waits_for_link_until(access)) is not None:
        told = (
            f"La réouverture attend le {french_moment(expiry)} : l'ancien lien d'activation n'a pas encore expiré et "
        )
        yield Step(f"{told}fonctionnerait de nouveau.", "A4", access.partner, day_of(expiry))


def _transmitted(annexe: KeptAnnexe) -> str:
    return f" transmise le {french_date(annexe.transmitted_on)}" if annexe.transmitted_on else ""
