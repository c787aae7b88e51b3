"""What a use case raises when it will not do what was asked; the message says why and how to go on."""

from __future__ import annotations


class Refused(Exception):
    """Not done: exit status 1."""


class NoSuchAnnexe(Refused):
    """The register keeps no annexe with that number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"The register keeps no annexe {number}. The ones it keeps: provisioner annexe list.")


class AnnexeRefused(Refused):
    """The annexe cannot be approved or rejected as asked."""


class PersonRefused(Refused):
    """The access cannot be suspended or reopened as asked."""


class AdoptionRefused(Refused):
    """The accounts cannot be adopted as asked."""
