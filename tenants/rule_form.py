"""What operators fill in for a row of the eligibility matrix. It saves nothing."""

from typing import Any

from django import forms

from tenants import lookups
from tenants.eligibility import ANY, UNTIERED, Line
from tenants.gradings import Classification
from tenants.rules import Rule, pattern

ALLOWS, REFUSES = "allows", "refuses"
KINDS = (
    (REFUSES, "Refused there, whatever other rows say"),
    (ALLOWS, "Allowed there; where such a row is in force, nothing else is"),
)


def _environments() -> list[tuple[str, str]]:
    return [("", "Any"), *((each.slug, each.name) for each in lookups.environments())]


class ChangeForm(forms.Form):
    """Why the matrix changes."""

    reason = forms.CharField(
        label="Why it changes",
        max_length=500,
        help_text="Stands in the history, such as the decision or the ticket.",
        error_messages={"required": "Say why the matrix changes."},
    )


class RuleForm(ChangeForm):
    """A row, filled with the one that it takes the place of."""

    field_order = ("says", "environment", "classification", "tier", "region", "why", "remedy")

    says = forms.ChoiceField(label="What it says", choices=KINDS)
    environment = forms.ChoiceField(choices=_environments, required=False)
    classification = forms.ChoiceField(
        label="Data classification",
        choices=[("", "Any"), *Classification.choices],
        required=False,
    )
    tier = forms.CharField(
        max_length=31,
        initial=ANY,
        validators=[pattern],
        help_text=f"{ANY} is any, gold{ANY} all that begin so, {UNTIERED} clusters without a tier.",
    )
    region = forms.CharField(
        max_length=31,
        initial=ANY,
        validators=[pattern],
        help_text=f"{ANY} is any, eu{ANY} all that begin so.",
    )
    why = forms.CharField(
        label="Reason",
        max_length=200,
        help_text="People read it where they cannot choose a place. One sentence.",
        error_messages={"required": "Give the reason that people read."},
    )
    remedy = forms.CharField(
        required=False, max_length=200, help_text="What they can do instead. One sentence."
    )

    def __init__(self, *args: Any, instead_of: Rule | None = None, **kwargs: Any) -> None:
        if instead_of is not None:
            kwargs["initial"] = _filled(instead_of.line)
        super().__init__(*args, **kwargs)
        self._instead_of = instead_of

    @property
    def rule(self) -> Rule:
        """Return the row, not saved."""
        typed = self.cleaned_data
        return Rule(
            environment_id=typed["environment"] or None,
            classification=typed["classification"],
            tier=typed["tier"],
            region=typed["region"],
            allows=typed["says"] == ALLOWS,
            why=typed["why"],
            remedy=typed["remedy"],
        )

    def clean(self) -> dict[str, Any]:
        """Refuse a row that is no rule, and one that is what is there already."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        self.rule.clean()
        if self._instead_of is not None and self.rule.line == self._instead_of.line:
            self.add_error(None, "You changed nothing of the row.")
        others = [each for each in Rule.objects.filter(until=None) if each != self._instead_of]
        if any(_alike(each.line, self.rule.line) for each in others):
            self.add_error(None, "Such a row is in force already.")
        return cleaned


def _alike(one: Line, other: Line) -> bool:
    return str(one) == str(other)


def _filled(line: Line) -> dict[str, Any]:
    return {
        "says": ALLOWS if line.allows else REFUSES,
        "environment": line.environment,
        "classification": line.classification,
        "tier": line.tier,
        "region": line.region,
        "why": line.why,
        "remedy": line.remedy,
    }


class DayForm(forms.Form):
    """A day of which the matrix is looked at."""

    on = forms.DateField(label="As it was on", widget=forms.DateInput(attrs={"type": "date"}))
