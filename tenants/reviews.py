"""When owners of services are asked whether they are still needed. Nothing else follows of it."""

from calendar import monthrange
from datetime import date, timedelta
from enum import StrEnum

from django.db.models import Q
from django.utils import timezone

from portal.clock import now
from tenants.catalogue import Environment
from tenants.lifecycle import Lifecycle
from tenants.models import Service

NOTICE = timedelta(days=30)  # owners are asked so long before; a new one has so long to look
NOT_ASKED = (Lifecycle.RETIRING, Lifecycle.RETIRED)


class Standing(StrEnum):
    """How the review of a service stands."""

    NONE = "none"
    LATER = "later"
    SOON = "soon"
    OVERDUE = "overdue"


def today() -> date:
    """Return the day it is in the portal's time zone."""
    return timezone.localdate(now(), timezone.get_default_timezone())


def after(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of that month where it has no such."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def next_due(environment: Environment, day: date) -> date | None:
    """Return when a service that was looked at on this day is due again; None: never."""
    months = environment.review_months
    return after(day, months) if months else None


def in_hand(environment: Environment, day: date) -> date | None:
    """Return until when a new owner of a service looks at it; None: there is no review."""
    return day + NOTICE if environment.review_months else None


def standing(service: Service) -> Standing:
    """Say how its review stands today."""
    due = service.review_due
    if due is None or service.lifecycle in NOT_ASKED:
        return Standing.NONE
    if due < today():
        return Standing.OVERDUE
    return Standing.SOON if due <= today() + NOTICE else Standing.LATER


def overdue() -> Q:
    """Return the condition on services whose owner should have looked by now."""
    return Q(review_due__lt=today()) & ~Q(lifecycle__in=NOT_ASKED)


def soon() -> Q:
    """Return the condition on services whose owner is asked to look, in time still."""
    asked = (today(), today() + NOTICE)
    return Q(review_due__range=asked) & ~Q(lifecycle__in=NOT_ASKED)
