"""What the controls about persons judge: new records, every open access, sessions that outlive a closure (L1)."""

from __future__ import annotations

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.connections.control import Judgement
from provisioner.domain.connections.controls import OF_RECORDS
from provisioner.domain.connections.evidence import Evidence, Thresholds
from provisioner.operations.context import Context
from provisioner.register import evidence as register
from provisioner.register.habilitations import all_habilitations
from provisioner.register.marks import mark
from provisioner.settings import ControlSettings

#: The mark of the last write whose records were judged.
JUDGED = "connections.judged"


def judge_records(context: Context) -> Judgement:
    """What the new records show, of each account with what went before, and of accounts that are none of ours."""
    thresholds = thresholds_of(context.settings.controls)
    with context.register.read() as connection:
        after, last = int(mark(connection, JUDGED) or 0), register.last_number(connection)
        if last <= after:
            return Judgement()
        accounts, suspensions = register.known_accounts(connection), register.suspensions(connection)
        by_email: dict[str, list[Habilitation]] = {}
        for habilitation in all_habilitations(connection):
            by_email.setdefault(habilitation.email, []).append(habilitation)
        seen = []
        for records in register.new_of_accounts(connection, after):
            addresses = register.addresses_of(connection, records)
            for account, theirs in records.items():
                known = accounts[account]
                evidence = Evidence(
                    account=account,
                    habilitations=tuple(by_email.get(known.email, ())),
                    suspensions=suspensions.get(account, ()),
                    records=tuple(theirs),
                    addresses=addresses.get(account, frozenset()),
                    thresholds=thresholds,
                )
                seen += [observation for find in OF_RECORDS for observation in find(evidence)]
        for user, theirs in register.new_of_others(connection, after).items():
            evidence = Evidence(user=user, records=tuple(theirs))
            seen += [observation for find in OF_RECORDS for observation in find(evidence)]
    return Judgement(seen=tuple(seen), marks={JUDGED: str(last)})


def thresholds_of(settings: ControlSettings) -> Thresholds:
    """What is taken for odd, as it is set."""
    return Thresholds(**settings.model_dump())
