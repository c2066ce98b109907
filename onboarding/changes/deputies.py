"""Who decides in whose place, from when until when."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import models
from django.db.models import F, Q, QuerySet

from accounts.models import Role, User
from audit.ledger import Subject
from portal.clock import now

LONGEST = timedelta(days=92)  # a quarter: whoever is away for longer gives the role away


class Delegation(models.Model):
    """An approver lets another one decide in their place for a while. It ends, and is never edited.

    The deputy votes with the approver's vote, so both never count twice, and what keeps the
    approver from deciding keeps the deputy from it. Only groups that the approver is a member of
    are lent, not what somebody lent them: nobody delegates on.
    """

    uuid = models.UUIDField(default=uuid4, unique=True)
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    deputy = models.ForeignKey(User, models.CASCADE, related_name="+")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    why = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)  # before its time, by the approver or an operator

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(begins_at__lt=F("ends_at")), name="onboarding_delegation_time"
            ),
            models.CheckConstraint(
                condition=~Q(person=F("deputy")), name="onboarding_delegation_two"
            ),
        )

    def __str__(self) -> str:
        return f"{self.deputy} for {self.person}"

    @property
    def as_subject(self) -> Subject:
        return Subject("Delegation", self.uuid, str(self))


def in_force(moment: datetime) -> QuerySet[Delegation]:
    """Return delegations that count at this moment: both are still approvers who can sign in."""
    able = {"is_active": True, "role_grants__role": Role.APPROVER}
    both = {f"{who}__{name}": value for who in ("person", "deputy") for name, value in able.items()}
    return Delegation.objects.filter(
        begins_at__lte=moment, ends_at__gt=moment, ended_at=None, **both
    ).select_related("person", "deputy")


def represented_by(deputy: User) -> list[User]:
    """Return the approvers in whose place this person may decide now."""
    found = {each.person_id: each.person for each in in_force(now()).filter(deputy=deputy)}
    return list(found.values())


def lasting() -> QuerySet[Delegation]:
    """Return what is not over, the latest first; it may not have begun."""
    lasts = Delegation.objects.filter(ended_at=None, ends_at__gt=now())
    return lasts.select_related("person", "deputy")


def of(person: User) -> QuerySet[Delegation]:
    """Return of that what the person gave or was given."""
    return lasting().filter(Q(person=person) | Q(deputy=person))


def possible(person: User) -> QuerySet[User]:
    """Return whom the person could ask: other approvers who can sign in."""
    others = User.objects.filter(is_active=True, role_grants__role=Role.APPROVER)
    return others.exclude(pk=person.pk).order_by("first_name", "last_name", "username")
