"""What the nightly look found on clusters and on the Git host, for operators and auditors."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Role
from accounts.web import SignedIn, for_roles
from fleet import beats, lookups
from onboarding.display import findings
from portal import lists

GONE = "gone"


@require_safe
@for_roles(Role.OPERATOR, Role.AUDITOR)
def strays(http: SignedIn) -> HttpResponse:
    """List what does not fit the record: what, where, since when, and what to do about it."""
    gone = http.GET.get("standing", "") == GONE
    page = lists.page(lookups.strays_of(http.user, gone=gone), http)
    shown = {
        "page": page,
        "lines": [(stray, findings.meaning_of(stray)) for stray in page.rows],
        "gone": gone,
        "open_guards": lookups.open_guards(http.user),
        "places": lookups.beats_of(http.user)[: lists.SIZE],
        "filters": [_filter(http)],
    }
    return render(http, "onboarding/strays.html", shown)


def _filter(http: SignedIn) -> lists.Filter:
    there = lookups.strays_of(http.user).count()
    gone = lookups.strays_of(http.user, gone=True).count()
    return lists.choices(
        http, "standing", "Standing", [("", "There", there), (GONE, "Gone again", gone)]
    )


@require_POST
@for_roles(Role.OPERATOR)
def look(http: SignedIn) -> HttpResponse:
    """Let the sweeper look over every place now instead of at night."""
    beats.make_all_due()
    messages.info(http, "The look begins within a minute. Come back to this page then.")
    return redirect("onboarding:strays")
