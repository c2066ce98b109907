"""Half-filled order forms: kept at every step, taken up on another device, thrown away."""

from typing import Any

from accounts.models import User
from onboarding.models import Draft, Order
from portal.clock import now


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
    """Start a form that amends an order, filled with what was asked for."""
    asked = order.revisions.get(number=order.revision_number).answers
    return Draft.objects.create(
        person=person,
        amends=order,
        answers={**asked, "environments": [asked["environment"]]},
    )
