"""Orders, their revisions and plans, and the runs of their steps."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from accounts.models import User
from onboarding.assessment.models import Assessment
from onboarding.calendar.glass import GlassBreak
from onboarding.calendar.models import WindowEdition
from onboarding.changes.deputies import Delegation
from onboarding.changes.models import Approval, Change, InboxView, Question, Stage, StageGroup
from onboarding.figures.models import Tally
from onboarding.leavers.models import Acquaintance, Register
from portal.clock import now
from tenants.catalogue import Environment
from tenants.models import Application, Placement, Service, Tenant

__all__ = [
    "Acquaintance",
    "Approval",
    "Assessment",
    "Change",
    "Delegation",
    "Direction",
    "Draft",
    "Evidence",
    "GlassBreak",
    "InboxView",
    "Kind",
    "Order",
    "Plan",
    "Progress",
    "Question",
    "Register",
    "Revision",
    "RunState",
    "Sending",
    "Stage",
    "StageGroup",
    "StepRun",
    "Tally",
    "Unlisted",
    "WindowEdition",
]


class Kind(models.TextChoices):
    """What a person asks for. The value is also the action that entitlement is asked about."""

    ONBOARD = "onboard", "Onboard"
    RESIZE = "resize", "Resize"
    OFFBOARD = "offboard", "Offboard"


# what stands between the application and the environment where people read of an order
TOWARDS = {Kind.ONBOARD: "to", Kind.RESIZE: "in", Kind.OFFBOARD: "from"}


class Direction(models.TextChoices):
    """Which way an order goes: towards what was asked for, or back to before."""

    ONWARD = "onward", "Onward"
    BACK = "back", "Back"


class RunState(models.TextChoices):
    """Where one run of a step stands."""

    MOVING = "moving", "Moving"
    WAITING = "waiting", "Waiting"
    STUCK = "stuck", "Stuck"
    OVER = "over", "Over"


class Progress(models.TextChoices):
    """How an order ended; empty columns of an order under way are not a progress."""

    DONE = "done", "Done"
    REHEARSED = "rehearsed", "Rehearsed"
    WITHDRAWN = "withdrawn", "Withdrawn"
    REFUSED = "refused", "Refused"
    EXPIRED = "expired", "Expired"


class Order(models.Model):
    """What a person asked for, from submit to the end. `id` is the number people say."""

    uuid = models.UUIDField(default=uuid4, unique=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.ONBOARD)
    # orders of one form belong together
    family = models.UUIDField(default=uuid4, db_index=True)
    requester = models.ForeignKey(User, models.PROTECT, related_name="orders")
    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="orders")
    application = models.ForeignKey(Application, models.PROTECT, related_name="orders")
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="orders")
    service = models.ForeignKey(Service, models.PROTECT, null=True, related_name="orders")
    submitted_at = models.DateTimeField(default=now)
    revision_number = models.PositiveIntegerField(default=1)
    direction = models.CharField(max_length=10, choices=Direction, default=Direction.ONWARD)
    # why it goes back, in words; and how it will have ended then
    back_reason = models.TextField(blank=True)
    back_as = models.CharField(max_length=12, choices=Progress, blank=True)
    ended_as = models.CharField(max_length=12, choices=Progress, blank=True)
    ended_at = models.DateTimeField(null=True)
    # the lease: who looks at this order now, until when, and the fence that outdates older writers
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, default=now, db_index=True)
    bell = models.PositiveBigIntegerField(default=0)  # counts rings, so that none is slept through
    rung_at = models.DateTimeField(null=True)
    # what later steps read
    change_number = models.CharField(max_length=40, blank=True)
    not_before = models.DateTimeField(null=True)  # the requester wants it to start no earlier
    change_started_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)  # from here only offboarding leads back
    repository_name = models.CharField(max_length=200, blank=True)
    commit_sha = models.CharField(max_length=64, blank=True)
    counted = models.BooleanField(default=False)  # into onboarding/figures, once it was over

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("kind", "direction"), condition=Q(ended_as=""), name="onboarding_order_open"
            ),
            models.Index(
                fields=("id",),
                condition=~Q(ended_as="") & Q(counted=False),
                name="onboarding_order_uncounted",
            ),
        )
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="onboarding_order_kind"),
            models.CheckConstraint(
                condition=Q(direction__in=Direction.values), name="onboarding_order_direction"
            ),
            models.CheckConstraint(
                condition=Q(ended_as="", ended_at=None)
                | (Q(ended_as__in=Progress.values) & Q(ended_at__isnull=False)),
                name="onboarding_order_end",
            ),
            models.UniqueConstraint(
                fields=("application", "environment"),
                condition=Q(ended_as=""),
                name="onboarding_order_alone",
                violation_error_message="There is an order for this service under way already.",
            ),
        )

    def __str__(self) -> str:
        return f"Order {self.pk}"

    @property
    def is_over(self) -> bool:
        return self.ended_as != ""

    @property
    def title(self) -> str:
        """Say what is asked for, in the names that machines know."""
        return self._asks(self.application.slug, self.environment_id)

    @property
    def heading(self) -> str:
        """Say what is asked for, in the names that people know."""
        return self._asks(self.application.name, self.environment.name)

    def _asks(self, application: str, environment: str) -> str:
        kind = Kind(self.kind)
        return f"{kind.label} {application} {TOWARDS[kind]} {environment}"


class Revision(models.Model):
    """What exactly was asked for. An amendment makes the next one; nothing is edited in place."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    answers = models.JSONField()  # of the form, see onboarding/form/answers.py
    allotted = models.JSONField()  # UUIDs and names given at submit, see onboarding/form/answers.py
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=now)
    why = models.TextField(blank=True)  # it was opened: amended, or the plan was outdated
    change_number = models.CharField(max_length=40, blank=True)  # of a revision that was left

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=("order", "number"), name="onboarding_revision_once"),
        )

    def __str__(self) -> str:
        return f"{self.order} revision {self.number}"


class Plan(models.Model):
    """Everything a revision will bring about, as bytes, and what was chosen for it at drafting."""

    revision = models.OneToOneField(Revision, models.CASCADE, related_name="plan")
    desired = models.TextField()  # canonical JSON; the digest is over these bytes
    digest = models.CharField(max_length=64)
    choices = models.JSONField()  # pack and scaffold version, names, shards, intervals, commit time
    drafted_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"plan {self.digest[:12]}"


class StepRun(models.Model):
    """One attempt at one step, written down before the act (intent) and after it (outcome)."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="runs")
    revision = models.PositiveIntegerField()
    step = models.CharField(max_length=40)
    placement = models.ForeignKey(Placement, models.PROTECT, null=True, related_name="runs")
    direction = models.CharField(max_length=10, choices=Direction, default=Direction.ONWARD)
    attempt = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.MOVING)
    succeeded = models.BooleanField(null=True)  # of a run that is over
    started_at = models.DateTimeField(default=now)
    acted_at = models.DateTimeField(null=True)  # the last time its effect was tried
    looks = models.PositiveIntegerField(default=0)  # how often it was looked at; not failures
    finished_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    waits_for = models.CharField(max_length=200, blank=True)  # whose move it is
    note = models.TextField(blank=True)  # what people read
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.TextField(blank=True)
    counted = models.BooleanField(default=False)  # into onboarding/figures, once it was over

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(
                fields=("state", "step"), condition=~Q(state="over"), name="onboarding_run_open"
            ),
            models.Index(
                fields=("id",),
                condition=Q(state="over", counted=False),
                name="onboarding_run_uncounted",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("order", "revision", "step", "attempt"),
                condition=Q(placement=None),
                name="onboarding_run_once",
            ),
            models.UniqueConstraint(
                fields=("order", "revision", "step", "placement", "attempt"),
                condition=Q(placement__isnull=False),
                name="onboarding_placement_run_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=RunState.values), name="onboarding_run_state"
            ),
        )

    def __str__(self) -> str:
        return f"{self.step} of order {self.order_id}, attempt {self.attempt}"


class Evidence(models.Model):
    """An answer to "may this person do that?", kept with what it rested on. Append-only."""

    order = models.ForeignKey(Order, models.CASCADE, null=True, related_name="evidence")
    point = models.CharField(max_length=20)  # submit, approval, effect
    person = models.CharField(max_length=200)
    at = models.DateTimeField(default=now)
    outcome = models.CharField(max_length=10)
    source = models.CharField(max_length=60)
    reason_code = models.CharField(max_length=60)
    reason = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    policy_revision = models.CharField(max_length=100, blank=True)
    decision = models.CharField(max_length=200, blank=True)  # the id that the source gave it
    expires_at = models.DateTimeField(null=True)  # of the permit, said by its source
    query_digest = models.CharField(max_length=64, blank=True)
    heard = models.JSONField(default=list)  # what each source answered, and when

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.outcome} by {self.source}"


class Draft(models.Model):
    """A half-filled order form; it survives a closed browser and can be taken up elsewhere."""

    uuid = models.UUIDField(default=uuid4, unique=True)
    person = models.ForeignKey(User, models.CASCADE, related_name="drafts")
    answers = models.JSONField(default=dict)
    # set when the draft amends an order instead of making one
    amends = models.ForeignKey(Order, models.CASCADE, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"draft of {self.person_id}"


class Sending(models.Model):
    """Answers that were sent under a key of the sender's, and the orders they became.

    A call that is repeated because its answer was lost carries the same key and makes no second
    order.
    """

    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)  # of the answers
    family = models.UUIDField()  # of the orders
    sent_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("person", "key"), name="onboarding_sending_once"),
        )

    def __str__(self) -> str:
        return f"sending {self.key} of {self.person_id}"


class Unlisted(models.Model):
    """Somebody missed their application in the form; operators see the list."""

    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    note = models.TextField(blank=True)
    made_at = models.DateTimeField(default=now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name
