"""The rows of the eligibility matrix, with history: they come and go by editions, never change."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from tenants.catalogue import Environment
from tenants.eligibility import ANY, Line
from tenants.fields import Record
from tenants.gradings import Classification

ONE_STAR = "Use letters, digits and dashes; a * stands at the end only, for all that begin so."
pattern = RegexValidator(r"^[^*\s]*\*?\Z", ONE_STAR)


class Edition(Record):
    """One change of the matrix. Its number says how often it was changed, and orders its history.

    The number is taken once, so of two who change the same matrix one finds out.
    """

    number = models.PositiveIntegerField(primary_key=True)
    put_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=500)

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.CheckConstraint(
                condition=Q(number__gte=1) & ~Q(reason="") & ~Q(put_by=""),
                name="tenants_edition_told",
            ),
        )

    def __str__(self) -> str:
        return f"Edition {self.number}"


class Rule(Record):
    """A row of the matrix, in force from one edition until another, or until now."""

    environment = models.ForeignKey(Environment, models.PROTECT, null=True, blank=True)
    classification = models.CharField(max_length=12, choices=Classification, blank=True)
    tier = models.CharField(max_length=31, default=ANY, validators=[pattern])
    region = models.CharField(max_length=31, default=ANY, validators=[pattern])
    allows = models.BooleanField()
    why = models.CharField(max_length=200)
    remedy = models.CharField(max_length=200, blank=True)
    since = models.ForeignKey(Edition, models.PROTECT, related_name="added")
    until = models.ForeignKey(Edition, models.PROTECT, null=True, blank=True, related_name="ended")

    class Meta:
        ordering = ("environment__rank", "classification", "tier", "region", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(classification__in=["", *Classification.values]),
                name="tenants_rule_classification",
            ),
            models.CheckConstraint(
                condition=~Q(tier="") & ~Q(region="") & ~Q(why=""), name="tenants_rule_told"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
                name="tenants_rule_order",
            ),
            models.UniqueConstraint(
                fields=("environment", "classification", "tier", "region", "allows"),
                condition=Q(until__isnull=True),
                name="tenants_rule_once",
                violation_error_message="This row is in force already.",
            ),
            # a second constraint because NULL is never equal to NULL
            models.UniqueConstraint(
                fields=("classification", "tier", "region", "allows"),
                condition=Q(until__isnull=True, environment__isnull=True),
                name="tenants_rule_of_any_environment_once",
                violation_error_message="This row is in force already.",
            ),
        )

    def __str__(self) -> str:
        return str(self.line)

    def clean(self) -> None:
        """Refuse what would leave nothing anywhere by a slip."""
        if not self.allows and self.line.exactness == 0:
            raise ValidationError("A row that refuses everything everywhere is no rule.")

    @property
    def line(self) -> Line:
        """Return what the row says, for the matrix."""
        return Line(
            environment=self.environment_id or "",
            classification=self.classification,
            tier=self.tier,
            region=self.region,
            allows=self.allows,
            why=self.why,
            remedy=self.remedy,
        )
