"""What operators offer: environments, sizes and destinations."""

import ipaddress

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from tenants.fields import Record, SlugField, reserved_rule, shape_rule, slug_shape

quantity = RegexValidator(
    r"^[1-9][0-9]*(m|Mi|Gi|Ti)?\Z", "Use a Kubernetes quantity such as 500m, 2 or 4Gi."
)

LONGEST_REVIEW = 120  # months


class ChangeType(models.TextChoices):
    """How a change is decided (ITIL): by policy beforehand, or by people each time."""

    STANDARD = "standard", "Standard: approved by policy"
    NORMAL = "normal", "Normal: approved by people"


class Follow(models.TextChoices):
    """What Flux follows in the application's repository."""

    BRANCH = "branch", "the head of a branch"
    TAG = "semver", "the newest tag in a version range"


class Protocol(models.TextChoices):
    """What a network policy can tell apart."""

    TCP = "TCP", "TCP"
    UDP = "UDP", "UDP"


class Environment(Record):
    """A stage such as dev or prod, with the operators' rules for it."""

    slug = SlugField(primary_key=True, max_length=20)
    name = models.CharField(max_length=60)
    rank = models.PositiveSmallIntegerField(default=0)
    production = models.BooleanField(default=False)
    change_type = models.CharField(max_length=10, choices=ChangeType, default=ChangeType.NORMAL)
    approver_group = models.CharField(max_length=100, blank=True)
    # What Flux follows: a branch name, or a semver range of tags such as ">=1.0.0"
    follow = models.CharField(max_length=10, choices=Follow, default=Follow.BRANCH)
    reference = models.CharField(max_length=100, default="main")
    # Only approvers and the portal may move the branch or make the tags.
    reference_protected = models.BooleanField(default=False)
    # How many clusters of the chosen region a service is placed on
    clusters_per_service = models.PositiveSmallIntegerField(default=1)
    notice = models.CharField(max_length=200, blank=True)  # shown on the card, such as a freeze
    review_months = models.PositiveSmallIntegerField(default=12)  # between reviews; 0: none

    class Meta:
        ordering = ("rank", "slug")
        constraints = (
            shape_rule("environment"),
            reserved_rule("environment"),
            models.CheckConstraint(
                condition=Q(change_type__in=ChangeType.values), name="tenants_environment_change"
            ),
            models.CheckConstraint(
                condition=Q(clusters_per_service__gte=1),
                name="tenants_environment_clusters",
                violation_error_message="A service needs at least one cluster.",
            ),
            models.CheckConstraint(
                condition=Q(follow__in=Follow.values) & ~Q(reference=""),
                name="tenants_environment_follow",
                violation_error_message="Say which branch, or which range of tags, Flux follows.",
            ),
            models.CheckConstraint(
                condition=Q(review_months__lte=LONGEST_REVIEW),
                name="tenants_environment_review",
                violation_error_message=(
                    "A review is due within ten years (120 months), or never (0)."
                ),
            ),
        )

    def __str__(self) -> str:
        return self.name


class Size(Record):
    """A T-shirt size: the quota of a workload namespace, in Kubernetes quantities."""

    slug = SlugField(primary_key=True, max_length=10)
    name = models.CharField(max_length=60)
    rank = models.PositiveSmallIntegerField(default=0)
    fits = models.CharField(max_length=200)  # what fits in it, in words
    cpu_requests = models.CharField(max_length=20, validators=[quantity])
    memory_requests = models.CharField(max_length=20, validators=[quantity])
    cpu_limits = models.CharField(max_length=20, validators=[quantity])
    memory_limits = models.CharField(max_length=20, validators=[quantity])
    storage = models.CharField(max_length=20, validators=[quantity])
    pods = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("rank", "slug")
        constraints = (
            shape_rule("size"),
            models.CheckConstraint(condition=Q(pods__gte=1), name="tenants_size_pods"),
        )

    def __str__(self) -> str:
        return self.name


class Destination(Record):
    """Something an application may reach: an address range or a namespace, and a port."""

    slug = SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=200, blank=True)
    cidr = models.CharField(max_length=50, blank=True)
    namespace = models.CharField(max_length=63, blank=True, validators=[slug_shape])
    port = models.PositiveIntegerField()
    protocol = models.CharField(max_length=4, choices=Protocol, default=Protocol.TCP)
    offered = models.BooleanField(default=True)

    class Meta:
        ordering = ("slug",)
        constraints = (
            models.CheckConstraint(
                condition=(Q(cidr="") & ~Q(namespace="")) | (~Q(cidr="") & Q(namespace="")),
                name="tenants_destination_one_target",
                violation_error_message="Name an address range or a namespace, not both.",
            ),
            models.CheckConstraint(
                condition=Q(port__gte=1, port__lte=65535),
                name="tenants_destination_port",
                violation_error_message="A port is a number from 1 to 65535.",
            ),
            models.CheckConstraint(
                condition=Q(protocol__in=Protocol.values), name="tenants_destination_protocol"
            ),
            shape_rule("destination"),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse an address range that is not in CIDR notation."""
        if self.cidr and not is_network(self.cidr):
            raise ValidationError({"cidr": "Use CIDR notation such as 10.20.0.0/16."})


def is_network(text: str) -> bool:
    """Say whether the text is an IPv4 or IPv6 network in CIDR notation."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return "/" in text
