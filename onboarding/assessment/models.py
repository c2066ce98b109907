"""What was found about an order each time it was assessed."""

from django.db import models
from django.db.models import Q

from portal.clock import now


class Occasion(models.TextChoices):
    """When an order is assessed. The value is stored."""

    PLANNED = "planned", "When it was planned"
    APPROVED = "approved", "When it was approved"
    STARTED = "started", "When it was started"


class Assessment(models.Model):
    """Risk and conflicts of a revision as they were on one occasion. Never changed.

    `trace` lists the rules that counted, `conflicts` what the order met; both as in the evidence
    pack. `rules` is the SHA-256 of the file of rules, or empty where it could not be read.
    """

    order_uuid = models.UUIDField()
    revision = models.PositiveIntegerField()
    occasion = models.CharField(max_length=10, choices=Occasion)
    at = models.DateTimeField(default=now)
    impact = models.CharField(max_length=10)
    likelihood = models.CharField(max_length=10)
    risk = models.CharField(max_length=10)
    trace = models.JSONField(default=list)
    rules = models.CharField(max_length=64, blank=True)
    conflicts = models.JSONField(default=list)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("order_uuid", "revision", "occasion"), name="onboarding_assessment_once"
            ),
            models.CheckConstraint(
                condition=Q(occasion__in=Occasion.values), name="onboarding_assessment_occasion"
            ),
        )

    def __str__(self) -> str:
        return f"{self.risk} {self.occasion}"
