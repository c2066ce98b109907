"""Which plan says what a service has: that of the last order for it that came to its end."""

from onboarding.form import answers
from onboarding.form.answers import Answers
from onboarding.models import Order, Plan, Progress
from portal.errors import PlanRefused
from tenants.models import Service

FINISHED = (Progress.DONE, Progress.REHEARSED)


def of(service: Service, *, before: Order | None = None) -> Plan | None:
    """Return the plan that holds for a service, or that held when an order was placed.

    A service is changed by one order at a time, so the order of their numbers is that of events.
    """
    orders = Order.objects.filter(service=service, ended_as__in=FINISHED)
    if before is not None:
        orders = orders.filter(pk__lt=before.pk)
    last = orders.order_by("-pk").first()
    if last is None:
        return None
    plans = Plan.objects.filter(revision__order=last, revision__number=last.revision_number)
    return plans.select_related("revision").first()


def before(order: Order) -> Plan:
    """Return the plan that an order for a service replaces. Raises PlanRefused without one."""
    plan = of(order.service, before=order) if order.service else None
    if plan is None:
        raise PlanRefused("No plan of this service is kept, so what it has is not known here.")
    return plan


def answers_of(plan: Plan) -> Answers:
    """Return what was answered in the form that the plan was drafted for."""
    return answers.read(plan.revision.answers)
