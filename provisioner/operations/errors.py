"""What a use case raises when it will not do what was asked; the message says why and how to go on."""

from __future__ import annotations

from provisioner.domain.access.invitations import Obstacle
from provisioner.domain.people import EmailAddress
from provisioner.views.reasons import UNKNOWN_REALM


class Refused(Exception):
    """Not done: exit status 1."""


class UnknownRealm(Refused):
    """The realm under the settings is another one than the register began with: nothing is concluded from what it
    holds, and nothing is written there.
    """

    def __init__(self) -> None:
        super().__init__(UNKNOWN_REALM)


class NoSuchAnnexe(Refused):
    """The register keeps no annexe with that number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"The register keeps no annexe {number}. The ones it keeps: provisioner annexe list.")


class SyncFirst(Exception):
    """A run died in the middle, and what it made in Keycloak must be recorded before this annexe takes it back."""

    def __init__(self) -> None:
        super().__init__(
            "An earlier run died in the middle and opened accesses that this annexe withdraws. Nothing was done: "
            "run provisioner sync, then this again."
        )


class FoldersFail(Exception):
    """A file or a folder of the drop folders cannot be read, written or moved; it is tried again."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"A drop folder or a file in it cannot be used: {error.strerror or type(error).__name__}.")


class AnnexeRefused(Refused):
    """The annexe cannot be approved or rejected as asked."""


class PersonRefused(Refused):
    """The access cannot be suspended or reopened as asked."""


class AdoptionRefused(Refused):
    """The accounts cannot be adopted as asked."""


class LinkRefused(Refused):
    """No further link may be sent to that person now, or none can have come back."""

    def __init__(self, email: EmailAddress, why: Obstacle) -> None:
        super().__init__(f"{email}: {_NO_LINK[why]}")


_NO_LINK = {
    Obstacle.NO_LINK: "no open access of that address is owed a link. Who was sent one: provisioner invitation list.",
    Obstacle.UNCERTAIN: "nobody can know whether the last one left. To send another one: invitation repeat EMAIL.",
    Obstacle.OWED: "the first link has not left yet. To send it: provisioner sync.",
    Obstacle.NOT_OPEN: "the access is ending, or the convention is not active (C2): no link is sent.",
    Obstacle.SUSPENDED: "the access is suspended: no link is sent. To lift it: provisioner person reopen.",
    Obstacle.UNDER_WAY: "a decision about this account is not done yet. To do it: provisioner sync.",
    Obstacle.BOUNCED: (
        "the e-mail came back. A corrected address comes by an annexe 1; to try the same one again: "
        "provisioner person reopen --new-password."
    ),
    Obstacle.STILL_WORKS: "the link that was sent still works; another one may follow once it has expired.",
    Obstacle.GIVEN_UP: (
        "three links were sent. The login page gives another one (« Mot de passe oublié ? »), and so does "
        "provisioner person reopen --new-password."
    ),
    Obstacle.MISSING: "the account is missing in Keycloak. To create it again: provisioner person reopen.",
    Obstacle.DISABLED: "the account was disabled in the console. To open it: provisioner person reopen.",
    Obstacle.OTHER_ADDRESS: "the account has another address in Keycloak. To put it right: provisioner sync.",
    Obstacle.USED: "the person has a password. The login page gives another one (« Mot de passe oublié ? »).",
}
