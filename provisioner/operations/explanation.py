"""Why one person is where they are, and what would come of it: a pass that only looks."""

from __future__ import annotations

from provisioner.domain.access.change import destroying
from provisioner.domain.access.plan import with_destructions
from provisioner.domain.people import EmailAddress
from provisioner.domain.retention import due
from provisioner.operations.context import Context
from provisioner.operations.person_file import person_file_of
from provisioner.operations.run import look_ahead
from provisioner.views.answers.persons import ExplainedAnswer
from provisioner.views.explanation import changes_of, explain


def explain_person(context: Context, email: EmailAddress) -> ExplainedAnswer:
    """Why one person is where they are, and what the next `sync` of everything would do for them."""
    person = person_file_of(context, email)
    partners = {access.partner for access in person.accesses} | {row.annexe.partner for row in person.listed}
    run = look_ahead(context, partners, emails=[person.email])
    plan = run.plan
    today = context.clock.today()
    due_now = (destroying(destruction) for destruction in due(run.records) if destruction.done_from <= today)
    if run.result.ending is None and any(change.is_about(person.email) for change in due_now):
        records = context.register.records().with_part(run.records)  # what is destroyed is judged on the whole
        plan = with_destructions(plan, records, today, context.limits)
    would = changes_of(person.email, (*plan.changes, *plan.later))
    return ExplainedAnswer.of(person, explain(person, plan), would)
