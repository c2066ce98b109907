"""Forms of the door: signing in, one's own account, and what operators change of others."""

import re
import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.contrib.auth.password_validation import validate_password

from accounts import networks, tokens
from accounts.models import PERSONAL, Role, Scope, User

# zones that people live in; the rest are old names for the same
REGIONS = re.compile("(Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/.+")
SITE = "site"
LIVES = [(30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "1 year")]


def zones() -> list[tuple[str, str]]:
    """Return the time zones to choose from, the portal's own first."""
    names = sorted(filter(REGIONS.fullmatch, zoneinfo.available_timezones()))
    return [
        (SITE, f"The portal's own ({settings.TIME_ZONE})"),
        ("UTC", "UTC"),
        *((name, name.replace("_", " ")) for name in names),
    ]


def _secret(autocomplete: str) -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": autocomplete})


class SignInForm(AuthenticationForm):
    """User name and password. Wrong name, wrong password and switched off read the same."""

    username = UsernameField(
        label="User name", max_length=150, widget=forms.TextInput(attrs={"autofocus": True})
    )
    error_messages = {
        "invalid_login": (
            "User name and password do not belong together, or the account is switched off. "
            "Check both; after several tries in a row you have to wait."
        ),
        "inactive": "This account is switched off.",
    }

    def clean_username(self) -> str:
        """Take the name in lower case, as names are kept, so that failures are counted as one."""
        return str(self.cleaned_data["username"]).lower()


class OwnPasswordForm(forms.Form):
    """The present password, and the next one twice."""

    present = forms.CharField(
        label="Present password", strip=False, widget=_secret("current-password")
    )
    password = forms.CharField(
        label="New password",
        strip=False,
        widget=_secret("new-password"),
        help_text="At least 12 characters. Several words that do not belong together are good.",
    )
    again = forms.CharField(label="New password again", strip=False, widget=_secret("new-password"))

    def __init__(self, person: User, *args: Any, **kwargs: Any) -> None:
        self.person = person
        super().__init__(*args, **kwargs)

    def clean_present(self) -> str:
        present = str(self.cleaned_data["present"])
        if not self.person.check_password(present):
            raise forms.ValidationError("This is not your present password.")
        return present

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, self.person)
        return password

    def clean_again(self) -> str:
        again = str(self.cleaned_data["again"])
        if again != self.cleaned_data.get("password", again):
            raise forms.ValidationError("The two new passwords are not the same.")
        return again


class OwnTokenForm(forms.Form):
    """What a token of one's own opens, what it is for, and how long it lives."""

    scope = forms.ChoiceField(
        label="It opens",
        choices=[
            (Scope.GIT, "Git: clone and push"),
            (Scope.ORDERS_READ, "API: read orders"),
            (Scope.ORDERS_WRITE, "API: place and move orders"),
            (Scope.CMDB_READ, "API: read the record"),
        ],
        help_text="Never more than you may do yourself. Decisions are taken in a browser only.",
    )
    name = forms.CharField(
        max_length=100, help_text="Where you will use it, such as “laptop”, so that you know later."
    )
    days = forms.TypedChoiceField(label="Valid for", choices=LIVES, coerce=int, initial=tokens.DAYS)


class MachineForm(forms.Form):
    """What a machine is, who answers for it, what it may, from where, and for how long."""

    name = forms.CharField(
        label="For", max_length=100, help_text="The system that will use it, such as “billing”."
    )
    contact = forms.CharField(
        max_length=200,
        help_text="Who answers for it: a team, or an address. Whoever finds a fault asks there.",
    )
    scope = forms.ChoiceField(
        label="It may",
        choices=[(scope.value, scope.label) for scope in Scope if scope not in PERSONAL],
        help_text="Of the record and of orders it sees nothing until it is given sight.",
    )
    networks = forms.CharField(
        label="Only from",
        required=False,
        max_length=1000,
        help_text="Networks such as 10.20.0.0/16, divided by commas. Empty: from anywhere.",
    )
    days = forms.TypedChoiceField(label="Valid for", choices=LIVES, coerce=int, initial=tokens.DAYS)

    def clean_networks(self) -> list[str]:
        try:
            return networks.parsed(str(self.cleaned_data["networks"]))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class ZoneForm(forms.Form):
    """The zone that times are shown in."""

    zone = forms.ChoiceField(label="Time zone", choices=zones)

    def clean_zone(self) -> str:
        """Return the zone as it is kept: "" stands for the portal's own."""
        zone = str(self.cleaned_data["zone"])
        return "" if zone == SITE else zone


class RoleForm(forms.Form):
    """One role to grant or to revoke, and why."""

    grant = forms.ChoiceField(choices=Role, required=False)
    revoke = forms.ChoiceField(choices=Role, required=False)
    reason = forms.CharField(
        max_length=500, required=False, help_text="Goes into the audit entry, such as a ticket."
    )


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(
        max_length=500, required=False, help_text="Goes into the audit entry, such as a ticket."
    )
