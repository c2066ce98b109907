"""What auditors ask for when they draw a sample; it stands in the address."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from onboarding import lookups
from onboarding.models import Kind, Order
from tenants import lookups as record

PRODUCTION = (("true", "Production"), ("false", "Not production"))
MOMENTS = (
    ("submitted", "ordered"),
    ("started", "started"),
    ("ended", "over"),
)


def _environments() -> list[tuple[str, str]]:
    return [("", "Any"), *((each.slug, each.name) for each in record.environments())]


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"})


class PopulationForm(forms.Form):
    """The same names and values as the API's, so that a file holds what the page shows."""

    production = forms.ChoiceField(
        label="Which environments", choices=[("", "All"), *PRODUCTION], required=False
    )
    environment = forms.ChoiceField(choices=_environments, required=False)
    since = forms.DateField(required=False, label="From", widget=_day())
    until = forms.DateField(required=False, label="Up to", widget=_day(), help_text="Days of UTC.")
    moment = forms.ChoiceField(
        label="Days are those on which it was", choices=MOMENTS, required=False
    )
    kind = forms.ChoiceField(choices=[("", "Any"), *Kind.choices], required=False)
    result = forms.ChoiceField(choices=[("", "Any"), *lookups.STATES], required=False)
    tenant = forms.CharField(required=False, max_length=63, help_text="Its slug")

    @property
    def asked(self) -> dict[str, str]:
        """What was chosen, as parameters of the API."""
        self.full_clean()
        return {name: str(value) for name, value in self.cleaned_data.items() if value}

    def narrowed(self, orders: QuerySet[Order]) -> QuerySet[Order]:
        """Return the orders that are asked for; nothing where a field makes no sense."""
        self.full_clean()
        if self.errors:
            return orders.none()
        said = self.cleaned_data
        plain: dict[str, Any] = {
            "environment": said["environment"],
            "environment__production": {"true": True, "false": False}.get(said["production"]),
            "kind": said["kind"],
            "tenant__slug": said["tenant"],
        }
        asked = {name: value for name, value in plain.items() if value not in {"", None}}
        found = orders.filter(**asked)
        found = lookups.in_state(found, said["result"]) if said["result"] else found
        found = lookups.from_day(found, said["moment"], said["since"]) if said["since"] else found
        return lookups.to_day(found, said["moment"], said["until"]) if said["until"] else found
