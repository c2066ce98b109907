"""What waits for an approver, the next due first, with filters and views of one's own."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Role
from accounts.web import SignedIn, for_roles
from onboarding import actions, lookups
from onboarding.changes import inbox as waiting
from onboarding.changes.forms import ViewForm
from onboarding.models import Kind
from portal import lists
from portal.lists import Filter

SIZE = 25
DECIDED = 50  # that are shown; the audit trail has all
FILTERS = ("environment", "kind", "due")


@for_roles(Role.APPROVER)
@require_safe
def inbox(http: SignedIn) -> HttpResponse:
    """List what waits for this person, the next due first."""
    wanted = waiting.Wanted.of(http.GET)
    everything = waiting.waiting_for(http.user)
    found = waiting.narrowed(everything, wanted, http.user)
    stretch = waiting.stretch(found, after=http.GET.get("after", ""), size=SIZE)
    page = {
        "lines": stretch.lines,
        "first_url": lists.address(http, after="") if http.GET.get("after") else "",
        "next_url": lists.address(http, after=stretch.after) if stretch.after else "",
        "filters": _filters(http),
        "views": lookups.views_of(http.user),
        "query": _query(http),
        "form": ViewForm(),
    }
    return render(http, "onboarding/inbox.html", page)


def _filters(http: SignedIn) -> list[Filter]:
    environments = [(each.slug, each.name, None) for each in lookups.environments()]
    return [
        lists.choices(http, "due", "Show", [("", "All", None), *_options(waiting.DUE)]),
        lists.choices(http, "environment", "Environment", [("", "All", None), *environments]),
        lists.choices(http, "kind", "Kind", [("", "All", None), *_options(dict(Kind.choices))]),
    ]


def _options(named: dict[str, str]) -> list[tuple[str, str, int | None]]:
    return [(value, label, None) for value, label in named.items()]


def _query(http: SignedIn) -> str:
    """Return what of the address a view keeps."""
    kept = http.GET.copy()
    for name in set(kept) - set(FILTERS):
        kept.pop(name)
    return kept.urlencode()


@require_POST
@for_roles(Role.APPROVER)
def keep_view(http: SignedIn) -> HttpResponse:
    """Keep the filters of the inbox under a name."""
    form = ViewForm(http.POST)
    if not form.is_valid():
        messages.error(http, "A view needs a name of at most 60 characters.")
        return redirect("onboarding:inbox")
    said = form.cleaned_data
    actions.keep_view(said["name"], said["query"], by=http.user)
    return redirect(f"{reverse('onboarding:inbox')}?{said['query']}")


@require_POST
@for_roles(Role.APPROVER)
def drop_view(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Throw a view of one's own away."""
    actions.drop_view(lookups.view_for(http.user, uuid))
    return redirect("onboarding:inbox")


@for_roles(Role.APPROVER)
@require_safe
def decided(http: SignedIn) -> HttpResponse:
    """List what this person decided lately, and what was decided in their place."""
    latest = lookups.with_orders(lookups.decided_by(http.user)[:DECIDED])
    return render(http, "onboarding/decided.html", {"lines": latest, "most": DECIDED})
