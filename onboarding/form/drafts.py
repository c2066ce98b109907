"""Half-filled order forms: kept at every step, taken up on another device, thrown away."""

from typing import Any

from accounts.models import User
from onboarding.models import Draft, Order
from portal.clock import now

SEEN = "revision"  # the number of the revision that a form amends


def begin(person: User, answers: dict[str, Any]) -> Draft:
    """Start a form with the first answers."""
    return Draft.objects.create(person=person, answers=answers)


def keep(draft: Draft, answers: dict[str, Any]) -> None:
    """Add answers to the form. What other steps answered stays."""
    draft.answers = {**draft.answers, **answers}
    Draft.objects.filter(pk=draft.pk).update(answers=draft.answers, changed_at=now())


def discard(draft: Draft) -> None:
    """Throw the form away."""
    draft.delete()


def of_order(order: Order, person: User) -> Draft:
    """Start a form that amends an order, filled with what was asked for.

    It remembers which revision it was filled from, so that it never writes over a later one.
    """
    answers = asked_of(order) | {SEEN: order.revision_number}
    return Draft.objects.create(person=person, amends=order, answers=answers)


def asked_of(order: Order) -> dict[str, Any]:
    """Return what the present revision asks for, as the form keeps it."""
    asked = order.revisions.get(number=order.revision_number).answers
    return {**asked, "environments": [asked["environment"]]}
