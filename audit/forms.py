"""The search over the ledger; it stands in the address, so that it can be sent to somebody."""

from django import forms

from audit.lookups import Search


class SearchForm(forms.Form):
    """What entries are looked for. Everything may be left empty."""

    person = forms.CharField(
        required=False, max_length=200, help_text="Part of a name, or an identity such as local:ada"
    )
    verb = forms.CharField(
        required=False, max_length=60, help_text="The exact words, such as granted role"
    )
    record = forms.CharField(required=False, max_length=253, help_text="Part of a name, or a UUID")
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(
        required=False, label="Up to", widget=forms.DateInput(attrs={"type": "date"})
    )

    def search(self) -> Search:
        """Return what is looked for; a field that makes no sense is left out, and says so."""
        self.full_clean()
        return Search(**{name: value for name, value in self.cleaned_data.items() if value})
