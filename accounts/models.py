"""People, their roles, their sessions, and machine tokens."""

from datetime import datetime
from functools import cached_property
from typing import Self
from uuid import uuid4

from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from accounts import browsers
from accounts.sessions import SessionStore
from audit.ledger import Actor, Subject
from portal.clock import now

IDENT_LIMIT = 200  # characters of `issuer:subject` wherever it is written down
LOCAL = "local"  # the issuer of accounts whose password is kept here


class Role(models.TextChoices):
    """What a person may do in the portal, beside what tenant membership shows them."""

    DEVELOPER = "developer", "Developer"
    APPROVER = "approver", "Approver"
    OPERATOR = "operator", "Operator"
    AUDITOR = "auditor", "Auditor"

    @property
    def what(self) -> str:
        """Say in a sentence what the role is for."""
        return WHAT[self]


WHAT = {
    Role.DEVELOPER: "Orders berths for the applications of their tenants, and sees what is theirs.",
    Role.APPROVER: "Decides on orders that the entitlement source lets them decide on.",
    Role.OPERATOR: "Looks after tenants, catalogue, clusters, people and stuck orders.",
    Role.AUDITOR: "Reads everything and changes nothing.",
}


class User(AbstractUser):
    """A person, known by (issuer, subject); names and addresses may change, these do not."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    issuer = models.CharField(max_length=200, default=LOCAL)
    subject = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=60, blank=True)  # IANA name; "": the portal's

    class Meta(AbstractUser.Meta):
        constraints = (
            models.UniqueConstraint(fields=("issuer", "subject"), name="accounts_user_identity"),
            models.CheckConstraint(
                condition=~Q(issuer="") & ~Q(subject=""), name="accounts_user_identity_given"
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("issuer") + Length("subject"), IDENT_LIMIT - 1),
                name="accounts_user_ident_fits",
                violation_error_message=(
                    f"Issuer and subject have more than {IDENT_LIMIT - 1} characters together, so "
                    "nothing that this person does could be written down."
                ),
            ),
        )

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def ident(self) -> str:
        """The stable identity that entries, approvals and evidence are written under."""
        return f"{self.issuer}:{self.subject}"

    @property
    def actor(self) -> Actor:
        """Who acts, for an audit entry."""
        return Actor(ident=self.ident, name=str(self))

    @property
    def as_subject(self) -> Subject:
        """What is acted on, for an audit entry about this person."""
        return Subject("Person", self.uuid, self.username)

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles this person holds, read once for each request."""
        return frozenset(self.role_grants.values_list("role", flat=True))

    @property
    def is_operator(self) -> bool:
        return Role.OPERATOR in self.roles

    @property
    def is_approver(self) -> bool:
        return Role.APPROVER in self.roles

    @property
    def is_auditor(self) -> bool:
        return Role.AUDITOR in self.roles

    @property
    def is_developer(self) -> bool:
        return Role.DEVELOPER in self.roles

    @property
    def sees_everything(self) -> bool:
        """Operators and auditors look across tenants; everybody else sees their own."""
        return self.is_operator or self.is_auditor


class RoleGrant(models.Model):
    """One role of one person."""

    user = models.ForeignKey(User, models.CASCADE, related_name="role_grants")
    role = models.CharField(max_length=20, choices=Role)
    source = models.CharField(max_length=30, blank=True)  # the provider that gave it; "": people

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("user", "role"), name="accounts_role_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="accounts_role_known"),
        )

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"


class Leaver(models.Model):
    """A person who has left, by whoever could tell; nothing of theirs is deleted by it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="leavings")
    since = models.DateTimeField(default=now)
    told_by = models.CharField(max_length=60)  # a source's name, or PORTAL: switched off here
    cleared_at = models.DateTimeField(null=True)  # known again, or an operator said so

    PORTAL = "Berth"  # no source has a capital letter

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("user",), condition=Q(cleared_at=None), name="accounts_leaver_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} has left"


class Session(AbstractBaseSession):
    """A browser that is signed in: Django's row, and whose it is, so that it can be ended."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, blank=True)
    provider = models.CharField(max_length=30, blank=True)  # by which the person came
    provider_sid = models.CharField(max_length=64, blank=True)  # hash of its name there

    class Meta(AbstractBaseSession.Meta):
        indexes = (models.Index(fields=("provider", "provider_sid"), name="accounts_session_sid"),)

    def __str__(self) -> str:
        """Name the browser, never the key: whoever knows the key is that person."""
        return browsers.named(self.browser)

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        return SessionStore


class Snapshot(models.Model):
    """What an identity provider said of a person at the last sign-in."""

    user = models.OneToOneField(User, models.CASCADE, related_name="snapshot")
    provider = models.CharField(max_length=30)
    at = models.DateTimeField()
    groups = models.JSONField(default=list)  # as they are called here: `<provider>/<group>`
    claims = models.JSONField(default=dict)  # those that the provider's entry keeps

    def __str__(self) -> str:
        return f"{self.user} by {self.provider}"


class SpentToken(models.Model):
    """A logout token that has come, so that it counts once."""

    provider = models.CharField(max_length=30)
    jti = models.CharField(max_length=64)  # hash of its name
    until = models.DateTimeField(db_index=True)  # from then on it would be refused for its age

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("provider", "jti"), name="accounts_token_spent_once"),
        )

    def __str__(self) -> str:
        return f"{self.provider}: {self.jti[:12]}"


class Scope(models.TextChoices):
    """What a token may be used for."""

    CMDB_READ = "cmdb:read", "Read the record"
    METRICS = "metrics", "Read how the portal does"
    ORDERS_READ = "orders:read", "Read orders"
    ORDERS_WRITE = "orders:write", "Place and move orders as the person it belongs to"
    GIT = "git", "Clone and push as the person it belongs to"


PERSONAL = (Scope.GIT, Scope.ORDERS_WRITE)  # a token for these has an owner, whose rights it lends


class TokenQuerySet(models.QuerySet["MachineToken"]):
    """Tokens, and which of them open a door."""

    def usable(self, at: datetime) -> Self:
        """Return tokens that are switched on, not expired, and not of a person off or gone."""
        gone = Leaver.objects.filter(user=OuterRef("owner"), cleared_at=None)
        owned = Q(owner=None) | (Q(owner__is_active=True) & ~Exists(gone))
        return self.filter(owned, enabled=True, expires_at__gt=at)


class MachineToken(models.Model):
    """A credential `berth_<key>.<secret>`; only an HMAC of the secret is kept.

    With an owner it acts as that person, and opens nothing that the person may not; without one it
    is a machine whose sight `tenants.TokenGrant` decides. It has one scope: what leaks opens one
    thing, and the database itself can hold those for persons to having one.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)  # for people, such as "laptop"
    owner = models.ForeignKey(User, models.CASCADE, null=True, related_name="tokens")
    contact = models.CharField(max_length=200, blank=True)  # whom to ask about a machine
    key = models.CharField(max_length=16, unique=True)
    secret_hash = models.CharField(max_length=64)
    pepper_id = models.CharField(max_length=8, blank=True)  # see `accounts/peppers.py`
    scope = models.CharField(max_length=20, choices=Scope)
    networks = models.JSONField(default=list, blank=True)  # none: it may come from anywhere
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    last_used_from = models.GenericIPAddressField(null=True)
    refused_at = models.DateTimeField(null=True)  # last time it came from outside its networks

    objects = TokenQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(scope__in=Scope.values), name="accounts_token_scope_known"
            ),
            models.CheckConstraint(
                condition=~Q(scope__in=PERSONAL) | Q(owner__isnull=False),
                name="accounts_token_is_personal",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="accounts_token_expires_later"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The name with the part of the token that is no secret: names may be given twice."""
        return f"{self.name} (berth_{self.key})"

    @property
    def actor(self) -> Actor:
        """Who acts when the token itself does, for an audit entry."""
        return Actor(ident=f"token:{self.key}", name=self.name)

    @property
    def as_subject(self) -> Subject:
        """What is acted on, for an audit entry about this token."""
        return Subject("MachineToken", self.uuid, self.label)


class WorkloadVisit(models.Model):
    """A token of a workload that was let in. Nothing of the token is kept but its digest."""

    IDENT_LIMIT = IDENT_LIMIT

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    token_digest = models.CharField(max_length=64, unique=True)
    ident = models.CharField(max_length=IDENT_LIMIT)
    name = models.CharField(max_length=100)  # of the machine that it acted as
    first_used_at = models.DateTimeField(default=now)
    last_used_at = models.DateTimeField(db_index=True)
    last_used_from = models.GenericIPAddressField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.ident})"

    @property
    def as_subject(self) -> Subject:
        """What is acted on, for an audit entry about this visit."""
        return Subject("Workload", self.uuid, str(self))
