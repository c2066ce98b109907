"""The search over the ledger; it stands in the address, so that it can be sent to somebody."""

from datetime import date

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from audit.lookups import Search

# the years that every zone and both databases can tell; the ledger has none beyond them
FIRST, LAST = date(1900, 1, 1), date(2999, 12, 31)
DAYS = "Give a day between the years 1900 and 2999."


class Day(forms.DateField):
    """A day that entries can be of."""

    widget = forms.DateInput(attrs={"type": "date"})
    default_validators = [MinValueValidator(FIRST, DAYS), MaxValueValidator(LAST, DAYS)]


class SearchForm(forms.Form):
    """What entries are looked for. Everything may be left empty."""

    person = forms.CharField(
        required=False, max_length=200, help_text="Part of a name, or an identity such as local:ada"
    )
    verb = forms.CharField(
        required=False, max_length=60, help_text="The exact words, such as granted role"
    )
    record = forms.CharField(required=False, max_length=253, help_text="Part of a name, or a UUID")
    since = Day(required=False)
    until = Day(required=False, label="Up to")

    def search(self) -> Search:
        """Return what is looked for; a field that makes no sense is left out, and says so."""
        self.full_clean()
        return Search(**{name: value for name, value in self.cleaned_data.items() if value})
