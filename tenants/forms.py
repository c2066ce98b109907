"""What operators fill in: it checks shape and rules, says what would change, and saves nothing."""

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.db.models import Model, QuerySet

from accounts import lookups as door
from accounts.models import MachineToken, User
from tenants.catalogue import Destination, Environment, Size
from tenants.models import Application, Cluster, Tenant
from tenants.priming import packs

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
else:  # at run time Django's form is no generic
    ModelForm = forms.ModelForm

SHORT = "Short name"  # what people read for a slug


@dataclass(frozen=True)
class Difference:
    """What a change would do to one field, in words."""

    label: str
    before: str
    after: str


class RecordForm(ModelForm):
    """Columns of one row. An existing row is copied, so that the caller's stays as it was read."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, typed: Any = None, *, instance: Model | None = None) -> None:
        super().__init__(typed, instance=copy(instance))
        if instance is not None:
            self.fields.pop("slug", None)
            self.initial["version"] = getattr(instance, "version", 0)

    @property
    def wanted(self) -> dict[str, Any]:
        """Return the columns and what they are to be."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    @property
    def seen(self) -> int:
        """Return the version that the person had before their eyes."""
        return int(self.cleaned_data["version"] or 0)

    def differences(self) -> list[Difference]:
        """Say what would change, field by field."""
        return [self._difference(name) for name in self.changed_data if name != "version"]

    def _difference(self, name: str) -> Difference:
        field = self.fields[name]
        labels = {str(key): str(label) for key, label in getattr(field, "choices", ())}
        before, after = (
            in_words(value)
            for value in (field.prepare_value(self[name].initial), self.wanted[name])
        )
        return Difference(
            str(self[name].label), labels.get(before, before), labels.get(after, after)
        )


def in_words(value: Any) -> str:
    """Return a value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | QuerySet):
        return ", ".join(sorted(str(getattr(each, "slug", each)) for each in value)) or "none"
    if isinstance(value, User):
        return value.username
    return "nothing" if value in (None, "") else str(value)


class TenantForm(RecordForm):
    class Meta:
        model = Tenant
        fields = ("slug", "name", "support_group")
        labels = {"slug": SHORT}
        help_texts = {
            "slug": "Becomes part of every name on clusters, such as retail. It stays for ever.",
            "name": "What people call it.",
            "support_group": "Who is called when something of it breaks.",
        }


class PersonField(forms.CharField):
    """A person, by user name."""

    def prepare_value(self, value: Any) -> Any:
        """Show the user name of a stored person."""
        if isinstance(value, int):
            return User.objects.filter(pk=value).values_list("username", flat=True).first()
        return value

    def clean(self, value: Any) -> Any:
        """Return the person. Accounts that are off, or of who has left, are as good as absent."""
        name = super().clean(value)
        here = User.objects.filter(~door.left("pk"), is_active=True)
        person = here.filter(username=name.lower()).first()
        if person is None:
            raise forms.ValidationError(f"Nobody with an account here has the user name “{name}”.")
        return person

    def has_changed(self, initial: Any, value: Any) -> bool:
        """Compare user names."""
        return bool(self.prepare_value(initial) != value)


class ApplicationForm(RecordForm):
    owner = PersonField(label="Owner", max_length=150, help_text="User name of who answers for it.")

    class Meta:
        model = Application
        fields = (
            "slug",
            "name",
            "reference",
            "owner",
            "cost_centre",
            "criticality",
            "classification",
            "support_group",
        )
        labels = {"slug": SHORT, "classification": "Data classification"}
        help_texts = {
            "slug": "Becomes part of names on clusters and of its repository. It stays for ever.",
            "reference": "Its number in the portfolio.",
            "cost_centre": "A label on everything of it: letters, digits, dashes, dots.",
            "support_group": "The tenant's, where this is empty.",
        }


def _packs() -> list[tuple[str, str]]:
    names = packs.offered(settings.BERTH_PACKS)
    return [("", f"The portal's: {settings.BERTH_PACK}"), *((name, name) for name in names)]


class ClusterForm(RecordForm):
    shards = forms.CharField(
        required=False,
        help_text="Flux shard keys, separated by commas. Empty where Flux is not sharded.",
    )

    pack = forms.ChoiceField(
        choices=_packs,
        required=False,
        help_text="How new placements are laid out there. Those that are there stay as they are.",
    )

    class Meta:
        model = Cluster
        fields = (
            "accepting",
            "environments",
            "pack",
            "rank",
            "region",
            "tier",
            "shards",
            "capacity_cpu",
            "capacity_memory",
        )
        widgets = {"environments": forms.CheckboxSelectMultiple}
        labels = {
            "accepting": "Takes new services",
            "capacity_cpu": "Capacity, cores",
            "capacity_memory": "Capacity, GiB of memory",
        }
        help_texts = {
            "environments": "Services of these environments may be placed here.",
            "rank": "Lower is chosen first; of equals, the one with fewer services.",
            "region": "What people choose when they order.",
        }

    def __init__(self, typed: Any = None, *, instance: Cluster | None = None) -> None:
        super().__init__(typed, instance=instance)
        if instance is not None:
            self.initial["shards"] = ", ".join(instance.shards)

    def clean_shards(self) -> list[str]:
        """Return the keys as a list."""
        keys = str(self.cleaned_data["shards"]).split(",")
        return [key.strip() for key in keys if key.strip()]


class EnvironmentForm(RecordForm):
    class Meta:
        model = Environment
        fields = (
            "slug",
            "name",
            "rank",
            "production",
            "change_type",
            "approver_group",
            "follow",
            "reference",
            "reference_protected",
            "clusters_per_service",
            "review_months",
            "notice",
        )
        labels = {
            "slug": SHORT,
            "follow": "Flux follows",
            "reference": "Branch, or range of tags",
            "review_months": "Months between reviews",
        }
        help_texts = {
            "slug": "Becomes part of names on clusters, such as dev. It stays for ever.",
            "rank": "The order on the way to production; lower comes first.",
            "approver_group": "Who decides, where people do.",
            "reference": "Such as main, or >=1.0.0 for tags.",
            "reference_protected": "Only approvers and the portal may move the branch or tag.",
            "clusters_per_service": "How many clusters of the chosen region a service is put on.",
            "review_months": "Owners confirm or hand over so often; 0: never. A shorter interval "
            "brings later dates nearer, a longer one counts from the next confirmation.",
            "notice": "Shown where people choose it, such as a freeze.",
        }


class SizeForm(RecordForm):
    class Meta:
        model = Size
        fields = (
            "slug",
            "name",
            "rank",
            "fits",
            "cpu_requests",
            "memory_requests",
            "cpu_limits",
            "memory_limits",
            "storage",
            "pods",
        )
        labels = {"slug": SHORT, "cpu_requests": "CPU requests", "cpu_limits": "CPU limits"}
        help_texts = {
            "fits": "What fits in it, in words.",
            "cpu_requests": "Kubernetes quantity, such as 500m or 2.",
            "memory_requests": "Kubernetes quantity, such as 512Mi or 4Gi.",
        }


class DestinationForm(RecordForm):
    class Meta:
        model = Destination
        fields = (
            "slug",
            "name",
            "description",
            "cidr",
            "namespace",
            "port",
            "protocol",
            "offered",
        )
        labels = {"slug": SHORT, "cidr": "Address range", "offered": "Offered to new orders"}
        help_texts = {
            "cidr": "Such as 10.20.0.0/16. Either this or a namespace.",
            "namespace": "On the same cluster. Either this or an address range.",
        }


class MemberForm(forms.Form):
    """Somebody who is to see what is the tenant's."""

    person = PersonField(label="User name", max_length=150)


class NextOwnerForm(forms.Form):
    """Who is to answer for a service."""

    owner = forms.ModelChoiceField(
        User.objects.none(),
        to_field_name="uuid",
        label="New owner",
        empty_label="Choose a member",
        help_text="A member of the tenant.",
    )

    def __init__(self, members: QuerySet[User], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = members  # type: ignore[attr-defined]  # a ModelChoiceField has it


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(max_length=500, help_text="Goes into the history of the record.")


class SightForm(forms.Form):
    """What a machine is to see: one tenant, or all; an empty field is never everything."""

    machine = forms.ModelChoiceField(MachineToken.objects.none(), to_field_name="uuid")
    tenant = forms.CharField(max_length=30, required=False, help_text="Short name of the tenant.")
    everything = forms.BooleanField(label="Every tenant, those to come too", required=False)

    def __init__(self, machines: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["machine"].queryset = machines  # type: ignore[attr-defined]  # a ModelChoiceField has it

    def clean_tenant(self) -> Tenant | None:
        """Return the tenant, or None where the field is empty."""
        slug = str(self.cleaned_data["tenant"])
        tenant = Tenant.objects.filter(slug=slug).first()
        if slug and tenant is None:
            raise forms.ValidationError(f"There is no tenant “{slug}”.")
        return tenant

    def clean(self) -> dict[str, Any]:
        """Refuse neither and both."""
        filled = dict(self.cleaned_data)
        named = filled.get("tenant") is not None
        if "tenant" in filled and named == bool(filled.get("everything")):
            self.add_error("tenant", "Name a tenant, or tick that it may see every tenant.")
        return filled
