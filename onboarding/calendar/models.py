"""Windows of the calendar, with history: an edition comes and goes, and is never edited."""

from datetime import datetime
from uuid import uuid4
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from onboarding.calendar import recurrence
from onboarding.calendar.windows import Scope, Window, WindowKind
from portal.clock import now
from tenants.models import Cluster, Tenant

LONGEST = 366 * 24 * 60  # minutes
EARLIEST, LATEST = 2000, 2100  # years
KINDS = [(WindowKind.FREEZE.value, "Freeze"), (WindowKind.MAINTENANCE.value, "Maintenance window")]
SCOPES = [
    (Scope.GLOBAL.value, "Everywhere"),
    (Scope.REGION.value, "A region"),
    (Scope.CLUSTER.value, "A cluster"),
    (Scope.TENANT.value, "A tenant"),
]


class WindowEdition(models.Model):
    """A window as somebody put it in force, until a later edition took its place or it went.

    What is shown and asked is `as_window`; `window` is the same for all its editions. Operators
    make these rows by hand, so there are as many as decisions about the calendar.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    window = models.UUIDField(default=uuid4, editable=False)
    number = models.PositiveIntegerField(default=1, editable=False)
    kind = models.CharField(max_length=12, choices=KINDS)
    name = models.CharField(max_length=60)
    reason = models.CharField(max_length=200)
    scope = models.CharField(max_length=10, choices=SCOPES)
    region = models.CharField(max_length=31, blank=True)
    cluster = models.ForeignKey(Cluster, models.PROTECT, null=True, blank=True, related_name="+")
    tenant = models.ForeignKey(Tenant, models.PROTECT, null=True, blank=True, related_name="+")
    zone = models.CharField(max_length=60)
    # by the clock on the wall of the zone
    first_day = models.DateField()
    first_time = models.TimeField()
    minutes = models.PositiveIntegerField()
    rule = models.CharField(max_length=200, blank=True)
    until = models.DateField(null=True, blank=True)
    over_at = models.DateTimeField(null=True, editable=False)  # when its last time ends
    put_by = models.CharField(max_length=200, editable=False)
    put_at = models.DateTimeField(default=now, editable=False)
    why = models.CharField(max_length=500)
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_by = models.CharField(max_length=200, blank=True, editable=False)
    ended_why = models.CharField(max_length=500, blank=True, editable=False)

    class Meta:
        ordering = ("name", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("window", "number"), name="onboarding_window_edition_once"
            ),
            models.UniqueConstraint(
                fields=("window",),
                condition=Q(ended_at=None),
                name="onboarding_window_in_force_once",
            ),
            models.UniqueConstraint(
                fields=("name",),
                condition=Q(ended_at=None),
                name="onboarding_window_name_once",
                violation_error_message="A window of this name is in force already.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[value for value, _ in KINDS]), name="onboarding_window_kind"
            ),
            models.CheckConstraint(
                condition=Q(scope=Scope.GLOBAL.value, region="", cluster=None, tenant=None)
                | (Q(scope=Scope.REGION.value, cluster=None, tenant=None) & ~Q(region=""))
                | Q(scope=Scope.CLUSTER.value, region="", cluster__isnull=False, tenant=None)
                | Q(scope=Scope.TENANT.value, region="", cluster=None, tenant__isnull=False),
                name="onboarding_window_scope",
                violation_error_message="A scope names what it says, and nothing else.",
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=LONGEST),
                name="onboarding_window_length",
                violation_error_message="A window lasts from one minute to 366 days.",
            ),
            models.CheckConstraint(
                condition=Q(until=None) | (Q(until__gte=F("first_day")) & ~Q(rule="")),
                name="onboarding_window_until",
                violation_error_message="The last day needs a rule, and comes after the first.",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(reason="") & ~Q(zone="") & ~Q(put_by="") & ~Q(why=""),
                name="onboarding_window_told",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="", ended_why="")
                | (Q(ended_at__isnull=False) & ~Q(ended_by="") & ~Q(ended_why="")),
                name="onboarding_window_end",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"

    def clean(self) -> None:
        """Refuse a zone or a rule that cannot be followed, each with a sentence."""
        faults: dict[str, str] = {}
        if self.zone not in available_timezones():
            faults["zone"] = f"There is no time zone {self.zone}."
        if not EARLIEST <= self.first_day.year <= LATEST:
            faults["first_day"] = f"A window begins between {EARLIEST} and {LATEST}."
        elif self.rule and (fault := recurrence.fault(self.rule, self.as_window.first)):
            faults["rule"] = fault
        if self.minutes > LONGEST:
            faults["minutes"] = "A window lasts at most 366 days."
        if fault := self._fault_of_until:
            faults["until"] = fault
        if faults:
            raise ValidationError(faults)

    @property
    def _fault_of_until(self) -> str:
        if self.until is None:
            return ""
        if not self.rule:
            return "A window that comes once has no last day."
        if self.until < self.first_day:
            return "The last day comes before the first."
        late = f"The last day is in {LATEST} at the latest, or left out."
        return late if self.until.year > LATEST else ""

    @property
    def as_window(self) -> Window:
        """Return what the edition says, for the calendar."""
        return Window(
            kind=WindowKind(self.kind),
            name=self.name,
            reason=self.reason,
            scope=Scope(self.scope),
            of=self._of,
            zone=self.zone,
            first=datetime.combine(self.first_day, self.first_time),
            minutes=self.minutes,
            rule=self.rule,
            until=self.until,
        )

    @property
    def _of(self) -> str:
        if self.cluster is not None:
            return self.cluster.slug
        return self.tenant.slug if self.tenant is not None else self.region

    @property
    def is_over(self) -> bool:
        """Say whether its last time has passed, so that it closes nothing any more."""
        return self.over_at is not None and self.over_at <= now()
