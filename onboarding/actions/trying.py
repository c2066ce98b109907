"""Testing a connection to an outside party: one trial, one entry."""

from collections.abc import Sequence

from django.db import transaction

from accounts.doers import operator
from accounts.models import User
from audit import ledger
from onboarding import connections
from onboarding.connections import Party
from onboarding.trials import Trials
from portal.reaching import Tried

_of_this_process = Trials()


def try_connection(
    party: Party, *, about: User, by: User, trials: Trials = _of_this_process
) -> list[Tried]:
    """Try a connection, where it takes somebody to ask about with this person.

    Raises RoleMissing, and TrialUnderWay for the second at a time.
    """
    actor = operator(by)
    query = connections.question(about, by)
    rows = trials.run(lambda: party.tries(query), who=actor.ident)
    with transaction.atomic():
        told = {"about": (None, about.ident), "result": (None, result(rows))}
        ledger.note("tested connection", party.as_subject, by=actor, changes=told)
    return rows


def result(rows: Sequence[Tried]) -> str:
    """Say in a few words how a trial ended."""
    wrong = [row.stage for row in rows if row.ok is False]
    if wrong:
        return f"failed at {', '.join(wrong)}"
    return "good" if any(row.ok for row in rows) else "nothing was tried"
