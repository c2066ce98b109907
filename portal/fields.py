"""How forms are drawn: Tabler's classes on Django's widgets, and choices shown as cards."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.forms import BoundField, CheckboxInput, RadioSelect, Select, Widget
from django.forms.renderers import TemplatesSetting
from django.forms.widgets import CheckboxSelectMultiple, HiddenInput


class Field(BoundField):
    """A field whose widget carries the class that the style sheet knows."""

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: Widget | None = None
    ) -> dict[str, Any]:
        built = super().build_widget_attrs(attrs, widget)
        kind = css_class(widget or self.field.widget)
        if kind:
            built["class"] = f"{built.get('class', '')} {kind}".strip()
        return built

    @property
    def is_check(self) -> bool:
        """Say whether the label stands beside the box instead of above it."""
        return isinstance(self.field.widget, CheckboxInput)


def css_class(widget: Widget) -> str:
    """Return Tabler's class for a widget."""
    if isinstance(widget, HiddenInput):
        return ""
    if isinstance(widget, CheckboxInput | RadioSelect | CheckboxSelectMultiple):
        return "form-check-input"
    return "form-select" if isinstance(widget, Select) else "form-control"


class Renderer(TemplatesSetting):
    """Draws every form of the portal from `templates/forms/`."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    bound_field_class = Field


@dataclass(frozen=True)
class Card:
    """The label of a choice that is drawn as a card.

    `facts` are short lines, `note` asks for attention, and `blocked` says why it cannot be chosen.
    """

    title: str
    text: str = ""
    facts: Sequence[str] = ()
    note: str = ""
    blocked: str = ""
    badge: str = ""

    def __str__(self) -> str:
        return self.title
