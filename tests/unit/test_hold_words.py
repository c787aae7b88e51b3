"""Why a change was not made, and what is held: each cause and each limit has its French words."""

from __future__ import annotations

import pytest

from provisioner.domain.hold import Cause, StillOpen
from provisioner.views.holds import failure_sentence, still_open_reason


@pytest.mark.parametrize("cause", Cause)
def test_each_cause_has_a_sentence_of_its_own(cause: Cause) -> None:
    said = failure_sentence(cause)
    assert said.endswith(".") or "provisioner " in said  # a command is pasted without a full stop
    assert "Réponse de Keycloak" not in said


def test_what_keycloak_says_is_quoted() -> None:
    assert failure_sentence("HTTP 400: name.") == "Réponse de Keycloak : « HTTP 400: name »."
    assert failure_sentence("defect: KeyError at pool.py:12") == "Défaut du logiciel : « KeyError at pool.py:12 »."
    for why in StillOpen:
        said = still_open_reason(why, "HTTP 400")
        assert ("Réponse de Keycloak : « HTTP 400 »." in said) == (why is not StillOpen.MADE_AGAIN)
