"""One form a page of the order form; each checks the shape of an answer, never rights."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from portal.fields import Card
from tenants import names

Choices = Sequence[tuple[str, Card | str]]
WhyNot = Callable[[str, str], str]


class Question(forms.Form):
    """A page of the order form. `answers` are what it adds to the draft."""

    def answers(self) -> dict[str, Any]:
        """Return the checked answers as they are stored in the draft."""
        return dict(self.cleaned_data)


class ApplicationForm(Question):
    application = forms.ChoiceField(
        label="Application",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose the application that gets a berth.",
            "invalid_choice": "This application is not one of yours.",
        },
    )

    def __init__(self, *args: Any, applications: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "application", applications)


class WhereForm(Question):
    environments = forms.MultipleChoiceField(
        label="Environments",
        widget=forms.CheckboxSelectMultiple,
        help_text="Tick several to order them together; each becomes an order of its own.",
        error_messages={
            "required": "Tick at least one environment.",
            "invalid_choice": "One of these environments does not exist.",
            "invalid_list": "Environments are given as a list.",
        },
    )
    region = forms.ChoiceField(
        label="Region",
        widget=forms.RadioSelect,
        help_text="Where it runs. The clusters in it follow from your operators' rule.",
        error_messages={
            "required": "Choose a region.",
            "invalid_choice": "No cluster in this region takes anything.",
        },
    )

    def __init__(
        self, *args: Any, environments: Choices, regions: Choices, why_not: WhyNot, **kwargs: Any
    ) -> None:
        """`why_not` says in words why nothing follows from an environment and a region."""
        super().__init__(*args, **kwargs)
        self._why_not = why_not
        self._cards = dict(environments)
        offer(self, "environments", environments)
        offer(self, "region", regions)

    def clean_environments(self) -> list[str]:
        """Refuse what its card says cannot be chosen, whatever a browser may send."""
        chosen = list(self.cleaned_data["environments"])
        for slug in chosen:
            card = self._cards[slug]
            if isinstance(card, Card) and card.blocked:
                raise ValidationError(f"{card.title}: {card.blocked}")
        return chosen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        region = cleaned.get("region", "")
        for slug in cleaned.get("environments", []) if region else []:
            fault = self._why_not(slug, region)
            if fault:
                self.add_error("region", fault)
        return cleaned


class NameForm(Question):
    name = forms.CharField(
        label="Name",
        max_length=names.LIMIT,
        strip=True,
        help_text="Becomes part of names on the clusters. Lower-case letters, digits and dashes.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "A name is needed."},
    )

    def __init__(self, *args: Any, why_not: Callable[[str], str], **kwargs: Any) -> None:
        """`why_not` says in words what keeps a name from being used, or nothing."""
        super().__init__(*args, **kwargs)
        self._why_not = why_not

    def clean_name(self) -> str:
        """Refuse what Kubernetes would refuse, and what is taken."""
        name = str(self.cleaned_data["name"])
        fault = " ".join(names.faults(name)) or self._why_not(name)
        if fault:
            raise ValidationError(fault)
        return name


class SizeForm(Question):
    size = forms.ChoiceField(
        label="Size",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose a size. It can be changed later by an order.",
            "invalid_choice": "There is no such size any more.",
        },
    )

    def __init__(self, *args: Any, sizes: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "size", sizes)


class CodeForm(Question):
    scaffold = forms.ChoiceField(
        label="Scaffold",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose what the repository starts with.",
            "invalid_choice": "There is no such scaffold any more.",
        },
    )

    def __init__(self, *args: Any, scaffolds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "scaffold", scaffolds)


class ConnectionsForm(Question):
    destinations = forms.MultipleChoiceField(
        label="Destinations",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Nothing else can be reached from this application.",
        error_messages={
            "invalid_choice": "One of these destinations is not offered.",
            "invalid_list": "Destinations are given as a list.",
        },
    )

    def __init__(self, *args: Any, destinations: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "destinations", destinations)


class OwnersForm(Question):
    owner = forms.ChoiceField(
        label="Owner of the service",
        help_text="Is asked first when something is wrong with it, and reviews it later.",
        error_messages={
            "required": "Somebody has to own the service.",
            "invalid_choice": "The owner of a service is a member of its tenant.",
        },
    )

    def __init__(self, *args: Any, owners: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "owner", owners)


class ReasonForm(forms.Form):
    """Words that go into the audit trail."""

    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Shown on the order and kept in the audit trail.",
    )


class RefusalForm(ReasonForm):
    reason = forms.CharField(
        label="Reason",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The requester reads it: what has to change so that you would approve.",
        error_messages={"required": "Say what has to change, so that the requester knows."},
    )


class QuestionForm(forms.Form):
    """What an approver wants to know before deciding."""

    question = forms.CharField(
        label="Question",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The requester answers on the order. Until then the time to decide stands still.",
        error_messages={"required": "Say what you want to know."},
    )


class AnswerForm(forms.Form):
    """What the requester says to it."""

    answer = forms.CharField(
        label="Answer",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Approvers read it, and it stays with the order.",
        error_messages={"required": "Say something, so that they can decide."},
    )


class TakeBackForm(ReasonForm):
    reason = forms.CharField(
        label="Reason",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Shown on the order and kept in the audit trail.",
        error_messages={"required": "Say why, so that the others know what to do."},
    )


class StartForm(forms.Form):
    """When an order starts at the earliest, by one's own clock; empty for as soon as approved."""

    not_before = forms.DateTimeField(
        label="Not before",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="Leave it empty to start as soon as it is approved. At most 90 days ahead.",
        error_messages={"invalid": "This is no time."},
    )


class EmergencyForm(forms.Form):
    """What incident lets an order pass the calendar, and why it cannot wait."""

    incident = forms.CharField(
        label="Incident",
        max_length=100,
        help_text="Its number in the system where incidents are kept.",
        error_messages={"required": "An emergency needs the number of its incident."},
    )
    why = forms.CharField(
        label="Why it cannot wait",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why it cannot wait."},
    )


class ReviewForm(forms.Form):
    """What a reviewer found."""

    was_justified = forms.ChoiceField(
        label="Was it justified?",
        choices=(("yes", "Yes"), ("no", "No")),
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether it was justified."},
    )
    text = forms.CharField(
        label="What was found",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept with the order and in its evidence pack.",
        error_messages={"required": "Say what was found."},
    )


class UnlistedForm(forms.Form):
    """An application that the form does not list."""

    name = forms.CharField(
        label="Name or number of the application",
        max_length=100,
        error_messages={"required": "The name of the application is needed."},
    )
    note = forms.CharField(
        label="What operators should know",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Such as the team that owns it, and where it is written down.",
    )


def offer(form: forms.Form, name: str, choices: Choices) -> None:
    """Set the choices of a field. A field without choices is a mistake of this file."""
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"{name} offers no choices")
    field.choices = list(choices)
