"""The forms of orders for a service that stands: another size, or its end."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from onboarding.form import cards, offers
from onboarding.form.cards import Choice
from onboarding.form.forms import ReasonForm, offer
from portal.fields import Card
from tenants.models import Service


class OffboardForm(ReasonForm):
    """Asks for the name, so that nobody takes a service away by mistake."""

    field_order = ("name", "reason")

    name = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Type the name of the service."},
    )
    reason = forms.CharField(
        label="Reason",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The approver reads it, and it is kept with the service.",
        error_messages={"required": "Say why the service goes."},
    )

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wanted = str(service)
        self.fields["name"].label = f"Type {self._wanted} to confirm"

    def clean_name(self) -> str:
        """Take the name however its letters are cased."""
        typed = " ".join(str(self.cleaned_data["name"]).split())
        if typed.casefold() != self._wanted.casefold():
            raise ValidationError(f"This is not {self._wanted}.")
        return typed


class ResizeForm(ReasonForm):
    """Asks for size and destinations, filled with what the service has."""

    field_order = ("size", "destinations", "reason")

    size = forms.ChoiceField(
        label="Size",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a size."},
    )
    destinations = forms.MultipleChoiceField(
        label="Destinations",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Nothing else can be reached from this service.",
    )

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        has = list(service.destinations.values_list("slug", flat=True))
        kwargs.setdefault("initial", {"size": service.size_id, "destinations": has})
        super().__init__(*args, **kwargs)
        offer(self, "size", [_marked(each, service.size_id) for each in _sizes()])
        offer(self, "destinations", _destinations(service))


def _sizes() -> list[Choice]:
    return [cards.of_size(each) for each in offers.sizes()]


def _marked(choice: Choice, has: str) -> Choice:
    """Say on the card of the size that the service has, that it has it."""
    slug, card = choice
    if slug != has:
        return choice
    return slug, Card(card.title, text=card.text, facts=card.facts, note="The size it has now.")


def _destinations(service: Service) -> list[Choice]:
    """Return what is offered, and what the service reaches although it is offered no longer."""
    offered = {each.slug: each for each in offers.destinations()}
    kept = {each.slug: each for each in service.destinations.all()}
    return [cards.of_destination(each) for _, each in sorted((offered | kept).items())]
