"""All orders that a person may see, with filters in the address."""

from collections import Counter

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.web import SignedIn
from onboarding import lookups
from onboarding.display import histories
from onboarding.display.outlook import outlook
from onboarding.models import Progress
from portal import lists
from portal.lists import Filter


@require_safe
def orders(http: SignedIn) -> HttpResponse:
    """List orders, newest first."""
    seen = lookups.orders_of(http.user)
    page = lists.page(seen.filter(_state(http), _environment(http)), http)
    steps = histories.steps_of_many(page.rows)
    lines = [(order, outlook(order, steps[order.pk])) for order in page.rows]
    shown = {"page": page, "lines": lines, "filters": _filters(http)}
    return render(http, "onboarding/orders.html", shown)


def _state(http: SignedIn) -> Q:
    state = http.GET.get("state", "")
    if state == "open":
        return Q(ended_as="")
    return Q(ended_as=state) if state in Progress.values else Q()


def _environment(http: SignedIn) -> Q:
    slug = http.GET.get("environment", "")
    return Q(environment=slug) if slug else Q()


def _filters(http: SignedIn) -> list[Filter]:
    states, places = Counter[str](), Counter[str]()
    for state, place, number in lookups.order_counts(http.user):
        states[state] += number
        places[place] += number
    total = states.total()
    return [
        lists.choices(
            http,
            "state",
            "State",
            [
                ("", "All", total),
                ("open", "Under way", states[""]),
                *((value, label, states[value]) for value, label in Progress.choices),
            ],
        ),
        lists.choices(
            http,
            "environment",
            "Environment",
            [("", "All", total), *((slug, slug, n) for slug, n in sorted(places.items()))],
        ),
    ]
