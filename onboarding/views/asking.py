"""The form of each question, and what is shown beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict

from accounts.web import SignedIn
from onboarding import toolbox
from onboarding.form import cards, forms, naming, offers, questions
from onboarding.form.forms import Question
from onboarding.form.naming import Verdict
from onboarding.form.questions import Page
from onboarding.models import Draft
from tenants import matrix
from tenants.models import Application


@dataclass(frozen=True)
class Asked:
    """A question's form (none on the last page) and what its template needs beside it."""

    form: Question | None
    beside: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """What a question is asked about."""

    http: SignedIn
    draft: Draft | None

    @property
    def sent(self) -> QueryDict | None:
        return self.http.POST if self.http.method == "POST" else None

    @property
    def answers(self) -> dict[str, Any]:
        return self.draft.answers if self.draft else {}

    @cached_property
    def chosen(self) -> Application | None:
        """The application that the first page chose, read once, or None before it was."""
        return questions.application_of(self.answers)

    @property
    def application(self) -> Application:
        """The application that the first page chose. Raises LookupError before it was."""
        if self.chosen is None:
            raise LookupError("no application has been chosen")
        return self.chosen


def asked(http: SignedIn, draft: Draft | None, page: Page) -> Asked:
    """Return the form of a page, filled with what the draft has, or with what was sent."""
    return ASK[page.slug](Case(http, draft))


def _application(case: Case) -> Asked:
    typed = case.http.GET.get("q", "").strip()[:100]
    found, total = offers.applications(case.http.user, typed)
    chosen = case.chosen
    offered = [chosen, *found] if chosen and chosen not in found else found
    choices = [cards.of_application(each) for each in offered]
    form = forms.ApplicationForm(case.sent, initial=case.answers, applications=choices)
    beside = {"typed": typed, "total": total, "more": total - len(found)}
    if chosen is not None:
        permits = offers.permits(case.http.user, chosen, toolbox.sources())
        beside |= {"application": chosen, "permits": permits}
    return Asked(form, beside)


def _where(case: Case) -> Asked:
    permits = offers.permits(case.http.user, case.application, toolbox.sources())
    regions = offers.regions()
    rules = matrix.in_force()
    grounds = {
        permit.environment.pk: {
            region: offers.ground(case.application, permit.environment, region, rules)
            for region in regions
        }
        for permit in permits
    }
    amended = case.draft.amends if case.draft else None
    form = forms.WhereForm(
        case.sent,
        initial={"region": regions[0] if len(regions) == 1 else "", **case.answers},
        environments=[
            cards.of_environment(permit, case.application, grounds[permit.environment.pk], amended)
            for permit in permits
        ],
        regions=[
            cards.of_region(region, [there[region] for there in grounds.values()])
            for region in regions
        ],
        why_not=lambda slug, region: grounds[slug][region].why_not,
    )
    return Asked(form)


def _name(case: Case) -> Asked:
    if case.draft is None:
        raise LookupError("the first page comes before the name")
    draft = case.draft
    offered = case.http.GET.get("use", "")[:100]
    proposed = offered or case.answers.get("name") or case.application.slug
    form = forms.NameForm(
        case.sent,
        initial={"name": proposed},
        why_not=lambda name: verdict(draft, name).why_not,
    )
    return Asked(form, {"verdict": verdict(draft, str(form["name"].value() or ""))})


def verdict(draft: Draft, name: str) -> Verdict:
    """Say whether the name is free where the draft wants it."""
    case = draft.answers
    application = questions.application_of(case)
    if application is None:
        return Verdict(name, (), fault="Choose an application first.")
    chosen = [each for each in offers.environments() if each.slug in case.get("environments", [])]
    order = draft.amends.uuid if draft.amends else None
    return naming.look(name, naming.ground_of(application, chosen, case.get("region", ""), order))


def _size(case: Case) -> Asked:
    choices = [cards.of_size(each) for each in offers.sizes()]
    return Asked(forms.SizeForm(case.sent, initial=case.answers, sizes=choices))


def _code(case: Case) -> Asked:
    choices = [cards.of_scaffold(each) for each in offers.scaffolds(toolbox.scaffolds())]
    first = choices[0][0] if len(choices) == 1 else ""
    form = forms.CodeForm(case.sent, initial={"scaffold": first, **case.answers}, scaffolds=choices)
    return Asked(form, {"application": case.application})


def _connections(case: Case) -> Asked:
    choices = [cards.of_destination(each) for each in offers.destinations()]
    form = forms.ConnectionsForm(case.sent, initial=case.answers, destinations=choices)
    return Asked(form, {"nothing_offered": not choices})


def _owners(case: Case) -> Asked:
    application = case.application
    owners = offers.owners(application)
    form = forms.OwnersForm(
        case.sent,
        initial={"owner": str(application.owner.uuid), **case.answers},
        owners=[(str(each.uuid), str(each)) for each in owners],
    )
    return Asked(form, {"application": application})


def _check(_case: Case) -> Asked:
    return Asked(None)


ASK: Mapping[str, Callable[[Case], Asked]] = {
    "application": _application,
    "where": _where,
    "name": _name,
    "size": _size,
    "code": _code,
    "connections": _connections,
    "owners": _owners,
    "check": _check,
}
