"""My work, the home of everybody, and search."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.web import SignedIn
from fleet import lookups as fleet
from onboarding import lookups
from onboarding.actions import emergencies
from onboarding.changes import inbox
from onboarding.display import histories
from onboarding.display.outlook import Outlook, outlook
from onboarding.form import offers, questions
from onboarding.models import Draft, Order
from tenants import listings, reviews
from tenants import lookups as record

SERVICES = 50  # on the home page; the list has all
ORDERS = 25  # of each kind on the home page; the lists have all
REVIEWS = 5  # on the home page; the list of services has all
SHOWN = 10  # of each kind in search
DAYS = 7


@require_safe
def home(http: SignedIn) -> HttpResponse:
    """Show what waits for this person, what is under way, and what they have."""
    user = http.user
    drafts = [(each, questions.application_of(each.answers)) for each in lookups.drafts_of(user)]
    services = record.services_of(user).filter(application__tenant__in=user.tenants.all())
    services = services.exclude(lifecycle="retired")
    page = _reviews(user) | {
        "decisions": inbox.stretch(inbox.waiting_for(user), size=ORDERS).lines,
        "questions": lookups.asked_of(user),
        "emergencies": emergencies.to_review(user),
        "stuck": _lines(list(lookups.stuck(user)[:ORDERS])) if user.is_operator else [],
        "strays": fleet.stray_counts(user) if user.is_operator else [],
        "open_guards": fleet.open_guards(user) if user.is_operator else [],
        "drafts": [(each, application, _gap(each)) for each, application in drafts],
        "under_way": _lines(list(lookups.own_under_way(user)[:ORDERS])),
        "ended": _lines(list(lookups.own_ended_since(user, DAYS)[:SHOWN])),
        "services": services.prefetch_related("placements__cluster", "placements__observation")[
            :SERVICES
        ],
        "service_count": services.count(),
        "applications": offers.applications(user, "")[0][:3] if user.is_developer else [],
    }
    return render(http, "onboarding/home.html", page)


def _reviews(user: User) -> dict[str, Any]:
    """Return which services ask this person for a look, and how many of theirs have no owner."""
    own = listings.with_reviews(record.answered_for_by(user))
    asked = own.filter(reviews.overdue() | reviews.soon()).order_by("review_due", "pk")
    members = record.services_of(user).filter(application__tenant__in=user.tenants.all())
    return {
        "reviews": asked[:REVIEWS],
        "review_more": max(asked.count() - REVIEWS, 0),
        "ownerless": listings.in_review(members, "left").count(),
    }


def _gap(draft: Draft) -> str:
    gap = questions.missing(draft) or questions.PAGES[-1]
    return questions.address(draft, gap)


def _lines(orders: list[Order]) -> list[tuple[Order, Outlook]]:
    steps = histories.steps_of_many(orders)
    return [(order, outlook(order, steps[order.pk])) for order in orders]


@require_safe
def search(http: SignedIn) -> HttpResponse:
    """Find applications, services and orders by name; a number opens the order."""
    typed = http.GET.get("q", "").strip()[:100]
    orders = lookups.orders_of(http.user)
    if typed.isdecimal() and orders.filter(pk=int(typed)).exists():
        return redirect("onboarding:order", int(typed))
    columns = ("application__slug", "application__name", "environment__slug")
    page = {
        "typed": typed,
        "applications": listings.searched(
            record.applications_of(http.user), typed, ("name", "slug", "reference")
        )[:SHOWN],
        "services": listings.searched(record.services_of(http.user), typed, columns)[:SHOWN],
        "orders": listings.searched(orders, typed, columns)[:SHOWN],
    }
    return render(http, "onboarding/search.html", page if typed else {"typed": ""})
