"""Tables of the built-in change system."""

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.db.models import Q

from accounts.models import User
from onboarding.changes import policies
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
    policy = models.CharField(max_length=500, blank=True)  # that said who decides, by its name
    control = models.CharField(max_length=64, blank=True)  # SHA-256 of the file that it stood in
    opened_at = models.DateTimeField(default=now)
    # by when the stage that is open has to end, and by when the change has to start
    expires_at = models.DateTimeField()
    lapses_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)  # since when a question has stopped the clock
    window_start = models.DateTimeField(null=True)
    window_end = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    successful = models.BooleanField(null=True)
    close_note = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            # the next due of thousands that wait
            models.Index(
                fields=("expires_at", "id"),
                condition=Q(status="authorize"),
                name="onboarding_change_due",
            ),
        )
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

    @property
    def stage(self) -> "Stage | None":
        """Return the stage that is open, or the last one that was; by `stages` as prefetched."""
        stages = list(self.stages.all())
        return next((each for each in stages if each.is_open), stages[-1] if stages else None)

    @property
    def question(self) -> "Question | None":
        """Return the first question that nobody has answered."""
        return next((each for each in self.questions.all() if each.answered_at is None), None)


class Stage(models.Model):
    """One stage of approval of a change, as the policy had it when the change was opened.

    A stage without groups is decided by anybody with the role approver (`is_anybodys`). `within`
    is the time from its opening; without one it has as long as the change.
    """

    change = models.ForeignKey(Change, models.CASCADE, related_name="stages")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=500)
    is_anybodys = models.BooleanField(default=False)
    needed = models.PositiveIntegerField(default=1)
    within = models.DurationField(null=True)
    escalate_to = models.JSONField(default=list)  # groups that are asked as well, once time is over
    opened_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=("change", "number"), name="onboarding_stage_once"),
            models.CheckConstraint(condition=Q(needed__gte=1), name="onboarding_stage_needed"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.opened_at is not None and self.ended_at is None

    @property
    def group_names(self) -> list[str]:
        return [each.name for each in self.groups.all()]

    @property
    def as_policy(self) -> policies.Stage:
        """Return the stage as far as it says who decides."""
        return policies.Stage(self.name, tuple(self.group_names), self.needed)

    @property
    def words(self) -> str:
        """Say who decides here."""
        return self.as_policy.words


class StageGroup(models.Model):
    """A group whose members decide in a stage."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="groups")
    name = models.CharField(max_length=500, db_index=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("stage", "name"), name="onboarding_stage_group_once"),
        )

    def __str__(self) -> str:
        return self.name


class Question(models.Model):
    """What an approver wanted to know before deciding, and the answer. It stays with the order."""

    change = models.ForeignKey(Change, models.CASCADE, related_name="questions")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    text = models.TextField()
    asked_at = models.DateTimeField(default=now)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"question {self.pk} on {self.change}"


class Decision(models.TextChoices):
    """What an approver said."""

    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"


class Approval(models.Model):
    """One person's decision on one digest in one stage. A person counts once a change."""

    change = models.ForeignKey(Change, models.PROTECT, related_name="approvals")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    decision = models.CharField(max_length=10, choices=Decision)
    digest = models.CharField(max_length=64)
    reason = models.TextField(blank=True)
    capacity = models.CharField(max_length=500)  # the group that the person acted for
    stage = models.PositiveIntegerField(default=1)
    # whose vote it is: the person's own, or that of whoever they stood in for
    voter = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)
    taken_back_at = models.DateTimeField(null=True)
    taken_back_why = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("change", "person"),
                condition=Q(taken_back_at=None),
                name="onboarding_approval_once",
            ),
            models.UniqueConstraint(
                fields=("change", "voter"),
                condition=Q(taken_back_at=None),
                name="onboarding_vote_once",
            ),
            models.CheckConstraint(
                condition=Q(decision__in=Decision.values), name="onboarding_approval_decision"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} {self.decision} {self.change}"

    @property
    def stands_in(self) -> bool:
        """Say whether somebody else's vote was given."""
        return self.voter_id != self.person_id

    @property
    def is_in_force(self) -> bool:
        return self.decision == Decision.APPROVED and self.taken_back_at is None

    def counts_in(self, stage: Stage) -> bool:
        """Say whether it is one of the approvals that the stage asks for."""
        return self.is_in_force and self.stage == stage.number


class InboxView(models.Model):
    """Filters of an approver's inbox under a name; nobody else sees it."""

    uuid = models.UUIDField(default=uuid4, unique=True)
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1500, blank=True)  # as it stands in an address

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("person", "name"), name="onboarding_view_once"),
        )

    def __str__(self) -> str:
        return self.name
