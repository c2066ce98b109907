"""Forms about changes that are not about one order."""

from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone

from accounts.models import User
from onboarding.changes import deputies


class DelegationForm(forms.Form):
    """Who decides in one's place, on which days by one's own clock; both days are included."""

    deputy = forms.ModelChoiceField(
        queryset=User.objects.none(),
        to_field_name="uuid",
        label="Deputy",
        help_text="Another approver. They decide with your vote, and only where you may.",
        error_messages={
            "required": "Choose who decides in your place.",
            "invalid_choice": "This is no approver who can sign in.",
        },
    )
    first_day = forms.DateField(
        label="First day",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Say from which day.", "invalid": "This is no day."},
    )
    last_day = forms.DateField(
        label="Last day",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="At most a quarter later.",
        error_messages={"required": "Say until which day.", "invalid": "This is no day."},
    )
    why = forms.CharField(
        label="Reason", required=False, max_length=500, help_text="Kept in the audit trail."
    )

    def __init__(self, *args: object, by: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own arguments
        field = self.fields["deputy"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = deputies.possible(by)

    @property
    def begins(self) -> datetime:
        return _midnight(self.cleaned_data["first_day"])

    @property
    def ends(self) -> datetime:
        return _midnight(self.cleaned_data["last_day"], days=1)


class ViewForm(forms.Form):
    """A name for the filters of an inbox."""

    name = forms.CharField(label="Name of the view", max_length=60)
    query = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)


def _midnight(day: datetime, days: int = 0) -> datetime:
    """Return when the day begins, or one so many days later, by the clock of whoever asks."""
    return timezone.make_aware(datetime.combine(day, time.min)) + timedelta(days=days)
