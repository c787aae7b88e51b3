"""`notice list`: the ledger of notices, and each kind's name in French."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from provisioner.domain.calendar import day_of
from provisioner.domain.convention import Role
from provisioner.domain.notice import NoticeState, Side, ToldNotice
from provisioner.views.answers import Code, Count, ListAnswer, Moment, Number, RowAnswer
from provisioner.views.conventions import ROLES
from provisioner.views.dates import short

#: What a notice of each kind is about; one without words is shown by its code.
KINDS: Mapping[str, str] = {
    "annexe-3": "Nouvelle annexe 3",
    "annexe-applied": "Annexe 1 appliquée",
    "annexe-refused": "Annexe 1 à corriger",
    "annexe-rejected": "Annexe 1 rejetée",
    "annexe-sent-back": "Annexe 1 à examiner de nouveau",
    "annexe-waiting": "Annexe 1 en attente d'une décision",
    "bounced": "Courriel d'activation revenu",
    "containment": "Accès d'un partenaire coupés",
    "containment-aged": "Rappel : accès d'un partenaire coupés",
    "containment-still-open": "Accès d'un partenaire encore à couper",
    "containment-released": "Accès d'un partenaire rendus",
    "control-secret": "Secret du compte de service à changer",
    "convention-end": "Fin de convention à venir",
    "convention-renewal": "Reconduction tacite à venir",
    "destructions-held": "Destructions en suspens",
    "document-asked": "Document demandé au partenaire",
    "document-reminder": "Rappel d'un document demandé",
    "document-withdrawn": "Demande de document retirée",
    "held": "Changements en suspens",
    "incident": "Incident de sécurité",
    "incident-closed": "Incident clos",
    "incident-proposed": "Constat pouvant relever d'un incident",
    "caf-review-late": "Revue des accès de la Caf à faire",
    "incident-reminder": "Rappel d'un incident ouvert",
    "quarantine": "Mise à l'écart",
    "retention-unconfirmed": "Conservation à confirmer",
    "review-bounced": "Rappel de revue non distribué",
    "review-remarks": "Revue annuelle, points à vérifier",
    "review-reminder": "Rappel de la revue annuelle",
    "silent": "Accès jamais activés",
    "suspension": "Accès suspendu",
    "suspension-aged": "Suspension prolongée",
}

#: What became of it.
STATES: Mapping[NoticeState, str] = {
    NoticeState.OWED: "à envoyer",
    NoticeState.SENT: "envoyé",
    NoticeState.REFUSED: "destinataire refusé",
    NoticeState.WITHDRAWN: "retiré",
}


class NoticeLine(RowAnswer):
    """A notice that was owed to a contact. `partner` is whom it is about, null for several; `to` whose contact it is,
    `caf` or the partner's code; that and `role` are null for what was owed before version 0.4. `recipient` is null a
    year after the sending, and once it is withdrawn.
    """

    notice: Number
    kind: str
    partner: Code | None
    to: Code | None
    role: Role | None
    recipient: str | None
    occasion: str | None
    owed_at: Moment
    sent_at: Moment | None
    tries: Count
    state: NoticeState

    @classmethod
    def of(cls, told: ToldNotice) -> Self:
        to = Side.CAF.value if told.side is Side.CAF else told.partner if told.side is not None else None
        return cls.read(told, notice=told.id, to=to, owed_at=told.created_at)

    def cells(self) -> tuple[str | None, ...]:
        to = "la Caf" if self.to == Side.CAF else self.to or "inconnu"
        role = ROLES[self.role] if self.role is not None else None
        days = (short(day_of(self.owed_at)), short(day_of(self.sent_at)) if self.sent_at is not None else None)
        return KINDS.get(self.kind, self.kind), self.partner, to, role, self.recipient, *days, STATES[self.state]


class NoticesAnswer(ListAnswer[NoticeLine]):
    """`notice list`: a notice a row, oldest first."""

    TITLE = "Avis"
    COLUMNS = ("Avis", "Partenaire", "À", "En qualité de", "Adresse", "Dû le", "Envoyé le", "État")
    EMPTY = "Aucun avis."
