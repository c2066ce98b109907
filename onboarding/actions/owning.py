"""Whose an order is: who may turn it."""

from accounts.models import User
from onboarding import stories
from onboarding.models import Order
from portal.errors import NotAmendable, NotEntitled


def require_owner(order: Order, by: User, what: str) -> None:
    if by.is_operator or by.pk == order.requester_id:
        return
    raise NotEntitled(f"Only the person who asked or an operator may {what}.")


def require_amendable(order: Order) -> None:
    """Raise NotAmendable for an order of a kind that is placed anew instead."""
    if not stories.of(order).is_amendable:
        raise NotAmendable(f"{order} is: {order.title}.")
