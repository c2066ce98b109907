"""The stories: the steps that carry an order out, one file a kind of order.

A kind is made known by its line here, its row of `onboarding.models.Kind`, and the form that orders
it. Entitlement is asked for the action of the kind's name.
"""

from onboarding.engine.steps import Story
from onboarding.models import Kind, Order
from onboarding.stories import offboard, onboard, resize

STORIES: dict[str, Story] = {
    Kind.ONBOARD.value: onboard.STORY,
    Kind.RESIZE.value: resize.STORY,
    Kind.OFFBOARD.value: offboard.STORY,
}


def of(order: Order) -> Story:
    """Return the story that carries this order out."""
    return STORIES[order.kind]
