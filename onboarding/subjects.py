"""What audit entries about orders speak of."""

from audit.ledger import Subject
from onboarding.models import Order


def of(order: Order) -> Subject:
    """Return the subject of an entry about this order."""
    tenant = order.tenant.uuid
    return Subject("Order", order.uuid, f"{order}: {order.title}", tenant, tenant)
