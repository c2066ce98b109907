"""Tables of the built-in change system."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.models import User
from portal.clock import now
from tenants.catalogue import ChangeType


class ChangeStatus(models.TextChoices):
    """States of a change, after ITIL change enablement: authorise, schedule, implement, close."""

    AUTHORIZE = "authorize", "Waiting for approval"
    SCHEDULED = "scheduled", "Approved"
    IMPLEMENT = "implement", "Being carried out"
    CLOSED = "closed", "Closed"
    REFUSED = "refused", "Refused"
    EXPIRED = "expired", "Expired"
    CANCELED = "canceled", "Cancelled"


class Change(models.Model):
    """A change record: what it is for, who may approve it, until when, and the digest it covers."""

    number = models.CharField(max_length=40, blank=True)
    key = models.CharField(max_length=100, unique=True)  # one change for each order and revision
    order_uuid = models.UUIDField(db_index=True)
    type = models.CharField(max_length=10, choices=ChangeType)
    status = models.CharField(max_length=12, choices=ChangeStatus, default=ChangeStatus.AUTHORIZE)
    title = models.CharField(max_length=200)
    description = models.TextField()
    digest = models.CharField(max_length=64)
    requester = models.CharField(max_length=200)  # issuer and subject
    approver_group = models.CharField(max_length=100, blank=True)
    opened_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    window_start = models.DateTimeField(null=True)
    window_end = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    successful = models.BooleanField(null=True)
    close_note = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("number",), condition=~Q(number=""), name="onboarding_change_number"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ChangeStatus.values), name="onboarding_change_status"
            ),
            models.CheckConstraint(
                condition=Q(type__in=ChangeType.values), name="onboarding_change_type"
            ),
        )

    def __str__(self) -> str:
        return self.number or self.key

    @property
    def due_at(self) -> datetime | None:
        """Return by when it has to start, or its approval lapses; nothing once it has."""
        if self.status not in (ChangeStatus.AUTHORIZE, ChangeStatus.SCHEDULED):
            return None
        return self.window_end or self.expires_at


class Decision(models.TextChoices):
    """What an approver said."""

    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"


class Approval(models.Model):
    """One person's decision on one digest. A person decides once a change."""

    change = models.ForeignKey(Change, models.PROTECT, related_name="approvals")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    decision = models.CharField(max_length=10, choices=Decision)
    digest = models.CharField(max_length=64)
    reason = models.TextField(blank=True)
    capacity = models.CharField(max_length=100)  # the group that the person acted for
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("change", "person"), name="onboarding_approval_once"),
            models.CheckConstraint(
                condition=Q(decision__in=Decision.values), name="onboarding_approval_decision"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} {self.decision} {self.change}"
