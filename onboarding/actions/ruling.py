"""Putting a change of the eligibility matrix in force, and looking at once at whom it stops."""

from collections.abc import Iterable

from django.db import transaction

from accounts.models import User
from onboarding.models import Order
from onboarding.running import doorbell
from tenants.actions import eligibility
from tenants.actions.eligibility import Proposal
from tenants.models import Edition


@transaction.atomic
def put_in_force(proposal: Proposal, *, seen: int, stops: Iterable[Order], by: User) -> Edition:
    """Change the matrix if it is still the edition that was seen, and wake what it stops.

    A bell that is lost does no harm: what waits looks again by itself, and every effect asks.
    Raises RecordMoved, ValidationError in words, RoleMissing.
    """
    edition = eligibility.put_in_force(proposal, seen=seen, by=by)
    for order in stops:
        doorbell.wake(order.pk)
    return edition
