"""Sources that are asked every night who is still there, and whom they have known."""

from django.db import models

from accounts.models import User
from portal.clock import now


class Register(models.Model):
    """A source that can tell who has left, and how far it has been gone over.

    The look goes on behind `cursor` wherever a process was killed.
    """

    name = models.CharField(max_length=60, unique=True)
    due_at = models.DateTimeField(default=now)  # moved on by whoever goes over it, as a lease
    began_at = models.DateTimeField(null=True)  # of the look under way
    cursor = models.BigIntegerField(default=0)  # the last person that it was asked about
    looked_at = models.DateTimeField(null=True)  # the last look that came to its end
    last_error = models.TextField(blank=True)  # why nobody was flagged, in words

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Acquaintance(models.Model):
    """A person whom a source has known. Whom it never knew, it cannot miss."""

    register = models.ForeignKey(Register, models.CASCADE, related_name="acquaintances")
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    known_at = models.DateTimeField()  # the last time
    missing_at = models.DateTimeField(null=True)  # since when it knows them no more

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("register", "person"), name="onboarding_acquaintance_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} in {self.register}"
