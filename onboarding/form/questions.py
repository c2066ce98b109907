"""The pages of the order form in their order, and what a half-filled one looks like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts.models import User
from onboarding.models import Draft
from tenants.catalogue import Destination, Environment, Size
from tenants.models import Application


@dataclass(frozen=True)
class Page:
    """A page that asks one question; `answers` are the keys that it adds to the draft."""

    slug: str
    name: str
    question: str
    lead: str
    answers: tuple[str, ...] = ()


PAGES = (
    Page(
        "application",
        "Application",
        "Which application needs a berth?",
        "You see the applications of your tenants.",
        ("application",),
    ),
    Page(
        "where",
        "Where",
        "Where should it run?",
        "An environment has its own clusters, approvers and rules.",
        ("environments", "region"),
    ),
    Page(
        "name",
        "Name",
        "What should it be called on the clusters?",
        "The name of the application is proposed. It is checked while you type, in the record and"
        " on the clusters, and reserved when you submit.",
        ("name",),
    ),
    Page(
        "size",
        "Size",
        "How big is it?",
        "The size limits what all its pods together may use. Start small: an order changes it.",
        ("size",),
    ),
    Page(
        "code",
        "Code",
        "What does the repository start with?",
        "A new repository is made from a scaffold, ready to clone, build and deliver.",
        ("scaffold",),
    ),
    Page(
        "connections",
        "Connections",
        "What does it have to reach?",
        "Name resolution and the pods of the application itself are always reachable.",
        ("destinations",),
    ),
    Page(
        "owners",
        "Owners",
        "Who answers for it?",
        "Taken from the record, so that pages, alerts and approvals reach the right people.",
        ("owner",),
    ),
    Page("check", "Check", "Check your answers", "Nothing is made yet."),
)
AMENDABLE = ("application", "environments")  # an amendment keeps what it is for


@dataclass(frozen=True)
class Step:
    """A page in the list on the left: `state` is done, here or todo."""

    name: str
    url: str
    state: str


@dataclass(frozen=True)
class Line:
    """An answer as people read it, and where it can be changed."""

    label: str
    value: str
    url: str


def page(slug: str) -> Page | None:
    """Return the page of this name, if there is one."""
    return next((each for each in PAGES if each.slug == slug), None)


def pages_of(draft: Draft | None) -> Sequence[Page]:
    """Return the pages that apply; an amendment asks nothing that would make it another order."""
    amends = draft is not None and draft.amends_id is not None
    return [each for each in PAGES if not (amends and each.slug == "application")]


def is_answered(draft: Draft | None, asked: Page) -> bool:
    """Say whether the draft has every answer of a page."""
    answers: Mapping[str, Any] = draft.answers if draft else {}
    return bool(asked.answers) and all(key in answers for key in asked.answers)


def missing(draft: Draft) -> Page | None:
    """Return the first page that is not answered yet, or None when all are."""
    return next(
        (each for each in pages_of(draft) if each.answers and not is_answered(draft, each)), None
    )


def after(draft: Draft, here: Page) -> Page:
    """Return the page to show next: the following one, or the check when all is answered."""
    pages = pages_of(draft)
    if missing(draft) is None:
        return pages[-1]
    return pages[min(pages.index(here) + 1, len(pages) - 1)]


def before(draft: Draft | None, here: Page) -> Page | None:
    """Return the page before this one."""
    pages = pages_of(draft)
    index = pages.index(here)
    return pages[index - 1] if index else None


def address(draft: Draft | None, asked: Page) -> str:
    """Return where a page of a form is shown."""
    if draft is None:
        return reverse("onboarding:start")
    return reverse("onboarding:step", args=(draft.uuid, asked.slug))


def steps(draft: Draft | None, here: Page) -> list[Step]:
    """Return the list on the left. A page can be opened once everything before it is answered."""
    found = []
    reachable = True
    for each in pages_of(draft):
        answered = is_answered(draft, each)
        state = "here" if each == here else ("done" if answered else "todo")
        found.append(Step(each.name, address(draft, each) if reachable else "", state))
        reachable = reachable and answered
    return found


def lines(draft: Draft) -> list[Line]:
    """Return the answers so far, in the order of the pages."""
    words = _in_words(draft.answers)
    return [
        Line(label, words[key], _change(draft, each, key))
        for each in PAGES
        for key, label in LABELS.items()
        if key in each.answers and key in words
    ]


def _change(draft: Draft, asked: Page, key: str) -> str:
    if draft.amends_id is not None and key in AMENDABLE:
        return ""
    return address(draft, asked)


LABELS = {
    "application": "Application",
    "environments": "Environments",
    "region": "Region",
    "name": "Name on clusters",
    "size": "Size",
    "scaffold": "Scaffold",
    "destinations": "Destinations",
    "owner": "Owner",
}


def _in_words(answers: Mapping[str, Any]) -> dict[str, str]:
    words = {key: str(value) for key, value in answers.items() if isinstance(value, str)}
    application = application_of(answers)
    if application is not None:
        words["application"] = f"{application.name} ({application.tenant.name})"
    if "environments" in answers:
        names = Environment.objects.filter(slug__in=answers["environments"])
        words["environments"] = ", ".join(each.name for each in names)
    if "destinations" in answers:
        found = Destination.objects.filter(slug__in=answers["destinations"])
        words["destinations"] = ", ".join(each.name for each in found) or "none"
    size = Size.objects.filter(slug=answers.get("size", "")).first()
    if size is not None:
        words["size"] = f"{size.name}: {size.fits}"
    owner = User.objects.filter(uuid=answers["owner"]).first() if "owner" in answers else None
    if owner is not None:
        words["owner"] = str(owner)
    return words


def application_of(answers: Mapping[str, Any]) -> Application | None:
    """Return the application that the answers name, if it is still there."""
    if "application" not in answers:
        return None
    wanted = UUID(answers["application"])
    return Application.objects.filter(uuid=wanted).select_related("tenant", "owner").first()
