"""The words about documents that are asked of a partner."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.domain.convention_life import AskedDocument, RequestState

#: What is asked for at the end of a convention (C5).
_CERTIFICATE = "certificat signé de destruction des données (article 2.2 de la convention)"

STATES: Mapping[RequestState, str] = {
    RequestState.ASKED: "demandé",
    RequestState.LATE: "en retard",
    RequestState.ANSWERED: "reçu",
    RequestState.WITHDRAWN: "demande retirée",
}


def what_words(request: AskedDocument) -> str:
    """What is asked for: as it was typed, or the certificate."""
    return request.what or _CERTIFICATE
