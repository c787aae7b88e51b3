"""Why a document cannot be read, and what to send instead."""

from __future__ import annotations

from collections.abc import Mapping

_SEND = "Envoyez l'annexe 1 au format .docx, .odt, .xlsx, .xls, .ods, .csv ou .pdf (non numérisé)."
_SAVE_AGAIN = "Ouvrez-le dans votre suite bureautique, enregistrez-le de nouveau et renvoyez-le."

#: The sentence by reason, as the document reader gives it in the finding's details.
REASONS: Mapping[str, str] = {
    "empty": f"le fichier est vide. {_SEND}",
    "too-large": f"le fichier est trop volumineux. N'envoyez que l'annexe 1, sans image. {_SEND}",
    "damaged": f"le fichier est incomplet ou endommagé. {_SAVE_AGAIN}",
    "other-format": "son contenu n'est pas celui qu'annonce l'extension de son nom. " + _SAVE_AGAIN,
    "unsupported": f"ce type de fichier n'est pas pris en charge. {_SEND}",
    "old-word": "c'est un ancien document Word (.doc). Enregistrez-le au format .docx et renvoyez-le.",
    "old-office": "c'est un ancien format bureautique. " + _SEND,
    "password": "il est protégé par un mot de passe. Retirez la protection et renvoyez-le.",
    "scan": "c'est une numérisation, sans texte lisible. Saisissez l'annexe 1 dans le modèle et renvoyez-la.",
    "sideways": (
        "le texte d'une de ses pages est couché sur le côté. Remettez cette page à l'endroit, ou enregistrez "
        "l'annexe 1 au format .docx, et renvoyez-la."
    ),
    "pdf-form": (
        "ses champs de formulaire ou ses annotations ne font pas partie du texte de la page. "
        "Imprimez-le en PDF, ou enregistrez l'annexe 1 au format .docx, et renvoyez-la."
    ),
    "too-many-pages": "il contient beaucoup trop de pages. N'envoyez que l'annexe 1.",
    "image": "c'est une image ou une numérisation. Saisissez l'annexe 1 dans le modèle et renvoyez-la.",
    "encoding": "ses caractères ne sont pas lisibles. Enregistrez-le en CSV UTF-8 ou au format .xlsx.",
    "dtd": f"il contient des définitions externes qui ne sont pas admises. {_SAVE_AGAIN}",
    "archive": f"sa structure interne n'est pas celle d'un document bureautique sain. {_SAVE_AGAIN}",
    "bomb": "son contenu décompressé est démesuré. " + _SAVE_AGAIN,
    "too-many-rows": "il contient beaucoup trop de lignes remplies. Ne gardez que celles de l'annexe 1.",
    "too-long": f"sa lecture demande trop de temps ou de mémoire. {_SAVE_AGAIN}",
    "not-opened": "les droits d'accès au fichier ne permettent pas de l'ouvrir. Déposez-le de nouveau.",
    "failed": f"sa lecture s'est interrompue. {_SAVE_AGAIN}",
}


def why_unreadable(reason: str | None) -> str:
    """The end of the sentence for a reason; a general one when there is none."""
    return REASONS.get(reason or "", REASONS["failed"])
