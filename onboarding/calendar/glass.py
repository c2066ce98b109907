"""Passing a freeze in an emergency: two people, for a while, and a review afterwards."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import models
from django.db.models import F, Q, QuerySet

from accounts.models import User
from portal.clock import now

PATIENCE = timedelta(hours=1)  # in which a second person has to confirm


class GlassBreak(models.Model):
    """Two people let one order pass the calendar for an incident, until a moment.

    The first asks, the second confirms; from then on it holds until `until`. A third reviews it,
    and until then the change of the order cannot close.
    """

    uuid = models.UUIDField(default=uuid4, unique=True)
    order = models.ForeignKey("onboarding.Order", models.PROTECT, related_name="glass_breaks")
    incident = models.CharField(max_length=100)
    why = models.TextField()
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=now)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    review_due = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    was_justified = models.BooleanField(null=True)
    review = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("order",),
                condition=Q(confirmed_at__isnull=False, reviewed_at=None),
                name="onboarding_glass_once",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("asked_by")),
                name="onboarding_glass_two",
            ),
        )

    def __str__(self) -> str:
        return f"{self.incident} for order {self.order_id}"

    @property
    def is_in_force(self) -> bool:
        return self.until is not None and self.until > now()

    @property
    def waits_for_second(self) -> bool:
        return self.confirmed_at is None and self.asked_at > now() - PATIENCE

    @property
    def waits_for_review(self) -> bool:
        return self.confirmed_at is not None and self.reviewed_at is None


def in_force(order_id: int, moment: datetime) -> bool:
    """Say whether an order may pass the calendar at this moment."""
    return of(order_id).filter(until__gt=moment).exists()


def of(order_id: int) -> QuerySet[GlassBreak]:
    """Return every emergency of an order, the first one first."""
    people = ("asked_by", "confirmed_by", "reviewed_by")
    return GlassBreak.objects.filter(order=order_id).select_related(*people)


def latest(order_id: int) -> GlassBreak | None:
    """Return the emergency that people speak of: the last one that did not lapse unconfirmed."""
    found = list(of(order_id))
    standing = [each for each in found if each.confirmed_at or each.waits_for_second]
    return standing[-1] if standing else None


def waiting_for_review() -> QuerySet[GlassBreak]:
    """Return what nobody has reviewed yet, the next due first."""
    about = ("order__application", "order__environment")
    waiting = GlassBreak.objects.filter(confirmed_at__isnull=False, reviewed_at=None)
    return waiting.select_related(*about).order_by("review_due", "pk")


def unreviewed(order_id: int) -> GlassBreak | None:
    """Return what has to be reviewed before the change of the order can close."""
    return of(order_id).filter(confirmed_at__isnull=False, reviewed_at=None).first()
