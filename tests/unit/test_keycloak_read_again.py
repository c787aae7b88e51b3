"""What many calls read of Keycloak, while somebody deletes there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provisioner.keycloak.administrators import read_as_it_stands
from provisioner.keycloak.errors import KeycloakRefused, NotFound, RealmMissing


def failing(*errors: Exception) -> tuple[Callable[[], str], list[Exception]]:
    """A reading that fails so, one after the other, and then goes well; and what is left of the failures."""
    left = list(errors)

    def read() -> str:
        if left:
            raise left.pop(0)
        return "read"

    return read, left


@pytest.mark.parametrize("error", [NotFound("Could not find client", 404), RealmMissing("Realm not found.", 404)])
def test_it_is_begun_anew_where_something_is_deleted_meanwhile_and_given_up_where_that_goes_on(
    error: Exception,
) -> None:
    read, left = failing(error, error)
    assert read_as_it_stands(read) == "read"
    read, left = failing(*[error] * 20)
    with pytest.raises(type(error)):
        read_as_it_stands(read)
    assert 10 < len(left) < 20


def test_a_refusal_is_one_at_once() -> None:
    read, left = failing(KeycloakRefused("no", 403), KeycloakRefused("no", 403))
    with pytest.raises(KeycloakRefused):
        read_as_it_stands(read)
    assert len(left) == 1
