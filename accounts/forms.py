"""Forms of the door: signing in, one's own account, and what operators change of others."""

import zoneinfo

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm

from accounts import tokens
from accounts.models import Role, User

# zones that people live in; the rest are old names for the same
REGIONS = (
    "Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
)  # fmt: skip
LIVES = [(30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "1 year")]


def zones() -> list[tuple[str, str]]:
    """Return the time zones to choose from, the portal's own first."""
    names = sorted(
        name for name in zoneinfo.available_timezones() if name.partition("/")[0] in REGIONS
    )
    return [
        ("", f"The portal's own ({settings.TIME_ZONE})"),
        ("UTC", "UTC"),
        *((name, name.replace("_", " ")) for name in names),
    ]


class SignInForm(AuthenticationForm):
    """User name and password. Wrong name, wrong password and switched off read the same."""

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


class OwnPasswordForm(PasswordChangeForm[User]):
    """The present password, and the next one twice."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "Present password"
        self.fields["new_password1"].label = "New password"
        self.fields["new_password1"].help_text = (
            "At least 12 characters. Several words that do not belong together are good."
        )
        self.fields["new_password2"].label = "New password again"
        self.fields["new_password2"].help_text = ""


class GitPasswordForm(forms.Form):
    """What a Git password is for, and how long it lives."""

    name = forms.CharField(
        max_length=100, help_text="Where you will use it, such as “laptop”, so that you know later."
    )
    days = forms.TypedChoiceField(
        label="Valid for", choices=LIVES, coerce=int, initial=tokens.DAYS
    )


class ZoneForm(forms.Form):
    """The zone that times are shown in."""

    zone = forms.ChoiceField(label="Time zone", choices=zones, required=False)


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
