"""Whose an order is: who may turn it."""

from accounts.models import User
from onboarding.models import Order
from portal.errors import NotEntitled


def require_owner(order: Order, by: User, what: str) -> None:
    if by.is_operator or by.pk == order.requester_id:
        return
    raise NotEntitled(f"Only the person who asked or an operator may {what}.")
