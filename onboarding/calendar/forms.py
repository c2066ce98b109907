"""What operators fill in for a window of the calendar. It saves nothing."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.forms import zones
from onboarding.calendar.models import KINDS, WindowEdition
from onboarding.calendar.recurrence import LONGEST_RULE
from onboarding.calendar.windows import MINUTES_A_DAY, Scope
from tenants.models import Cluster, Tenant

MINUTE = timedelta(minutes=1)
OWN = "own"
REPEATS = {
    "": "Once",
    "FREQ=DAILY": "Every day",
    "FREQ=WEEKLY": "Every week, on that day",
    "FREQ=MONTHLY": "Every month, on that day of the month",
    "FREQ=YEARLY": "Every year, on that day",
    OWN: "By a rule of its own",
}
EVERYWHERE = Scope.GLOBAL.value
FORMAT = "%Y-%m-%dT%H:%M"
SHAPES = (FORMAT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")
WALL = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=FORMAT)


def _places() -> list[tuple[str, Any]]:
    """Return what a window may reach, by kind of scope."""
    clusters = Cluster.objects.order_by("slug").values_list("slug", "region")
    regions = sorted({region for _, region in clusters})
    tenants = Tenant.objects.order_by("slug").values_list("slug", "name")
    return [
        (EVERYWHERE, "Everywhere"),
        ("Regions", [(f"region:{each}", f"Region {each}") for each in regions]),
        ("Clusters", [(f"cluster:{each}", f"Cluster {each}") for each, _ in clusters]),
        ("Tenants", [(f"tenant:{each}", f"Tenant {name}") for each, name in tenants]),
    ]


class WallField(forms.DateTimeField):
    """A time of the clock on the wall, which has no zone of its own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=WALL, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show it as it is typed."""
        return value

    def to_python(self, value: Any) -> Any:
        """Read it without a zone."""
        for shape in SHAPES if isinstance(value, str) and value.strip() else ():
            try:
                return datetime.strptime(value.strip(), shape)  # noqa: DTZ007 - on the wall
            except ValueError:
                continue
        if value in self.empty_values:
            return None
        raise ValidationError(self.error_messages["invalid"], code="invalid")


class WhyForm(forms.Form):
    """Why the calendar changes."""

    why = forms.CharField(
        label="Why the calendar changes",
        max_length=500,
        help_text="Stands in the history, such as the decision or the ticket.",
        error_messages={"required": "Say why the calendar changes."},
    )


class WindowForm(WhyForm):
    """A window, filled with the one that it takes the place of."""

    field_order = (
        *("kind", "name", "reason", "place", "zone", "first", "end"),
        *("repeats", "rule", "until", "why"),
    )

    kind = forms.ChoiceField(
        label="What it does",
        choices=[
            (KINDS[0][0], "Freeze: no change happens inside"),
            (KINDS[1][0], "Maintenance window: changes there happen only inside"),
        ],
    )
    name = forms.CharField(max_length=60, help_text="Such as Year end.")
    reason = forms.CharField(
        max_length=200, help_text="People read it while their order waits. One sentence."
    )
    place = forms.ChoiceField(label="Where", choices=_places)
    zone = forms.ChoiceField(label="Time zone", choices=lambda: zones()[1:])
    first = WallField(label="Begins", help_text="The first time, by the clock of that zone.")
    end = WallField(label="Ends", help_text="Of the first time; at most 366 days later.")
    repeats = forms.ChoiceField(label="Repeats", required=False, choices=[*REPEATS.items()])
    rule = forms.CharField(
        label="Its own rule",
        required=False,
        max_length=LONGEST_RULE,
        help_text="After RFC 5545, such as FREQ=MONTHLY;BYDAY=-1FR for each last Friday.",
    )
    until = forms.DateField(
        label="Last day on which it may begin",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Left empty, it comes again until it is withdrawn.",
    )

    def __init__(self, *args: Any, instead_of: WindowEdition | None = None, **kwargs: Any) -> None:
        here = {"zone": timezone.get_current_timezone_name(), "place": EVERYWHERE}
        kwargs["initial"] = _filled(instead_of) if instead_of else here
        super().__init__(*args, **kwargs)
        self._instead_of = instead_of

    @property
    def edition(self) -> WindowEdition:
        """Return the edition, not saved. Only of a form without errors."""
        typed, first = self.cleaned_data, self.cleaned_data["first"]
        scope, _, of = typed["place"].partition(":")
        return WindowEdition(
            kind=typed["kind"],
            name=typed["name"],
            reason=typed["reason"],
            scope=scope,
            region=of if scope == Scope.REGION else "",
            cluster=Cluster.objects.get(slug=of) if scope == Scope.CLUSTER else None,
            tenant=Tenant.objects.get(slug=of) if scope == Scope.TENANT else None,
            zone=typed["zone"],
            first_day=first.date(),
            first_time=first.time(),
            minutes=(typed["end"] - first) // MINUTE,
            rule=self._rule,
            until=typed["until"],
            why=typed["why"],
        )

    @property
    def _rule(self) -> str:
        repeats = self.cleaned_data.get("repeats", "")
        return str(self.cleaned_data.get("rule", "")) if repeats == OWN else str(repeats)

    def clean(self) -> dict[str, Any]:
        """Refuse what cannot be a window, and an edition that changes nothing, in words."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("repeats") == OWN and not cleaned.get("rule"):
            self.add_error("rule", "Write the rule, or choose how it repeats.")
        if not self.errors and cleaned["end"] <= cleaned["first"]:
            self.add_error("end", "A window ends after it has begun.")
        if not self.errors:
            self._check(self.edition)
        return cleaned

    def _check(self, edition: WindowEdition) -> None:
        if self._instead_of is not None and edition.as_window == self._instead_of.as_window:
            self.add_error(None, "You changed nothing of the window.")
        try:
            edition.clean()
        except ValidationError as error:
            for field, sentences in error.message_dict.items():
                self.add_error(FIELDS.get(field), ValidationError(sentences))
        others = WindowEdition.objects.filter(ended_at=None, name=edition.name)
        if any(each != self._instead_of for each in others):
            self.add_error("name", "A window of this name is in force already.")


# where the form asks for what a column keeps
FIELDS = {"rule": "rule", "until": "until", "zone": "zone", "minutes": "end", "first_day": "first"}


def _filled(edition: WindowEdition) -> dict[str, Any]:
    window = edition.as_window
    lasts = (
        timedelta(days=window.minutes // MINUTES_A_DAY) + window.minutes % MINUTES_A_DAY * MINUTE
    )
    return {
        "kind": edition.kind,
        "name": edition.name,
        "reason": edition.reason,
        "place": ":".join(filter(None, (edition.scope, window.of))),
        "zone": edition.zone,
        "first": window.first,
        "end": window.first + lasts,
        "repeats": edition.rule if edition.rule in REPEATS else OWN,
        "rule": "" if edition.rule in REPEATS else edition.rule,
        "until": edition.until,
    }
