"""What is asked on the page "What if", and by its command: one person, one wish, one place."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts import lookups as people_lookups
from accounts.models import User
from onboarding.actions import supposing
from tenants.catalogue import Environment
from tenants.models import Application

NAMED = 5  # people or applications that a fault names


class SupposeForm(forms.Form):
    """Names as people write them; each has to mean exactly one row of those that are given."""

    person = forms.CharField(
        label="Person",
        max_length=400,
        help_text="A user name, an e-mail address, or an identity such as local:dana.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Say who would ask."},
    )
    action = forms.ChoiceField(
        label="Wants to",
        choices=supposing.ACTIONS,
        error_messages={"required": "Say what for."},
    )
    application = forms.CharField(
        label="Application",
        max_length=200,
        help_text="As tenant/application, such as payments/ledger.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Name the application."},
    )
    environment = forms.ChoiceField(
        label="Environment", error_messages={"required": "Choose an environment."}
    )

    def __init__(
        self,
        *args: Any,
        people: QuerySet[User],
        applications: QuerySet[Application],
        environments: Iterable[Environment],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._people = people
        self._applications = applications
        self._environments = {each.slug: each for each in environments}
        field = self.fields["environment"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(slug, each.name) for slug, each in self._environments.items()]
        there = ", ".join(self._environments) or "none"
        field.error_messages["invalid_choice"] = f"There is no such environment; there are {there}."
        known = ", ".join(action for action, _ in supposing.ACTIONS)
        unknown = f"Nobody can ask for that; there are {known}."
        self.fields["action"].error_messages["invalid_choice"] = unknown

    def clean_person(self) -> User:
        return one_person(self._people, str(self.cleaned_data["person"]))

    def clean_application(self) -> Application:
        said = str(self.cleaned_data["application"])
        tenant, slash, slug = said.partition("/")
        if not slash:
            raise forms.ValidationError("Name the tenant too, as in payments/ledger.")
        found = self._applications.filter(tenant__slug=tenant.strip(), slug=slug.strip()).first()
        if found is None:
            raise forms.ValidationError(f"The record has no application {said[:120]}.")
        return found

    def clean_environment(self) -> Environment:
        return self._environments[self.cleaned_data["environment"]]

    def wish(self) -> supposing.Wish:
        """Return what was asked, once the form is valid."""
        return supposing.Wish(**self.cleaned_data)


class AboutForm(forms.Form):
    """Whom a test of a connection asks about; left empty, whoever tests."""

    person = forms.CharField(
        label="About whom",
        max_length=400,
        required=False,
        help_text="A user name, an e-mail address or an identity. Left empty: about yourself.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = people

    def clean_person(self) -> User | None:
        said = str(self.cleaned_data["person"])
        return one_person(self._people, said) if said else None


def one_person(people: QuerySet[User], said: str) -> User:
    """Return the one person whom a name means. Raises ValidationError in words."""
    found = list(people_lookups.called(people, said)[: NAMED + 1])
    if len(found) == 1:
        return found[0]
    if not found:
        raise forms.ValidationError(
            f"Nobody here goes by {said[:120]}. People are known from their first sign-in on."
        )
    idents = ", ".join(each.ident for each in found[:NAMED])
    more = " and others" if len(found) > NAMED else ""
    raise forms.ValidationError(
        f"Several people go by {said[:120]}: {idents}{more}. Type the identity of one of them."
    )
