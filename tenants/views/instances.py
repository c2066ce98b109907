"""Services (in CSDM service instances): the list with its filters, and what is known of one."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.web import SignedIn
from audit import lookups as ledger
from portal import lists
from portal.lists import Filter
from tenants import export, listings, lookups, matrix
from tenants.lifecycle import CSDM, Lifecycle
from tenants.models import Placement, Service
from tenants.views import reviews

SEARCHED = ("application__name", "application__slug", "application__tenant__name")
ALL = "all"
REVIEW = "review"
REVIEWS = (("overdue", "Overdue"), ("soon", "Due in 30 days"), ("left", "Owner has left"))
MOST_OPTIONS = 12  # of a filter; where there are more, the search is quicker


@dataclass(frozen=True)
class Node:
    """A record and what hangs below it, for the drawing of relations."""

    label: str
    icon: str
    note: str
    children: tuple["Node", ...] = ()
    url: str = ""
    open: bool = True


@dataclass(frozen=True)
class Facet:
    """A column that the list can be narrowed by."""

    name: str
    label: str
    column: str
    words: str  # the column that people read


FACETS = (
    Facet("lifecycle", "Lifecycle", "lifecycle", "lifecycle"),
    Facet("environment", "Environment", "environment_id", "environment__name"),
    Facet("region", "Region", "region", "region"),
    Facet("tenant", "Tenant", "application__tenant__slug", "application__tenant__name"),
)


@require_safe
def services(http: SignedIn) -> HttpResponse:
    """List services; without a filter, those that are not retired."""
    text = http.GET.get("q", "")
    seen = listings.searched(lookups.services_of(http.user), text, SEARCHED)
    rows = listings.with_placements(listings.with_reviews(_narrowed(seen, http)))
    page = lists.page(rows, http, key="place", keyed=listings.services_in_place)
    filters = [each for each in (_filter(seen, http, facet) for facet in FACETS) if each]
    shown = {
        "page": page,
        "text": text,
        "kept": _chosen(http),
        "filters": [*filters, _review_filter(seen, http)],
        "dumps": _dumps(http),
    }
    return render(http, "tenants/services.html", shown)


def _chosen(http: SignedIn) -> dict[str, str]:
    names = [*(facet.name for facet in FACETS), REVIEW]
    asked = {name: http.GET.get(name, "") for name in names}
    return {name: value for name, value in asked.items() if value and "\0" not in value}


def _narrowed(
    rows: QuerySet[Service], http: SignedIn, *, without: Facet | str | None = None
) -> QuerySet[Service]:
    chosen = _chosen(http)
    if without != REVIEW:
        rows = listings.in_review(rows, chosen.get(REVIEW, ""))
    for facet in FACETS:
        value = chosen.get(facet.name, "")
        if facet is without or (facet.name == "lifecycle" and value == ALL):
            continue
        if facet.name == "lifecycle" and not value:
            rows = rows.exclude(lifecycle=Lifecycle.RETIRED)
        elif value:
            rows = rows.filter(**{facet.column: value})
    return rows


def _filter(seen: QuerySet[Service], http: SignedIn, facet: Facet) -> Filter | None:
    """Return a filter with counts under the other filters, or None where it would tell nothing."""
    counts = listings.tally(_narrowed(seen, http, without=facet), facet.column, facet.words)
    if facet.name == "lifecycle":
        return lists.choices(http, facet.name, facet.label, _lifecycles(counts))
    if not 1 < len(counts) <= MOST_OPTIONS and facet.name not in _chosen(http):
        return None
    options = [("", "All", sum(count for *_, count in counts)), *counts]
    return lists.choices(http, facet.name, facet.label, options)


def _review_filter(seen: QuerySet[Service], http: SignedIn) -> Filter:
    counts = listings.by_review(_narrowed(seen, http, without=REVIEW))
    found = [(word, label, counts[word]) for word, label in REVIEWS]
    return lists.choices(http, REVIEW, "Review", [("", "All", None), *found])


def _lifecycles(counts: Sequence[tuple[str, str, int]]) -> list[tuple[str, str, int | None]]:
    tally = dict.fromkeys(Lifecycle.values, 0) | {value: count for value, _, count in counts}
    total = sum(tally.values())
    each = [(state.value, state.label, tally[state]) for state in Lifecycle]
    return [
        ("", "In use or on the way", total - tally[Lifecycle.RETIRED]),
        *each,
        (ALL, "All", total),
    ]


def _dumps(http: SignedIn) -> list[tuple[str, str]]:
    """Return the list as it is narrowed, as files: (word, address)."""
    chosen = {name: value for name, value in _chosen(http).items() if value != ALL}
    at = reverse("api:export")
    return [
        (word, f"{at}?{urlencode({'format': kind} | chosen)}")
        for kind, word in (("csv", "CSV"), ("ndjson", "NDJSON"))
    ]


@require_safe
def service(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Show what the service is and what it hangs together with."""
    found = lookups.service_for(http.user, uuid)
    stage, status = CSDM[Lifecycle(found.lifecycle)]
    review = reviews.shown(found, http.user)
    about = {"stage": stage, "status": status, "review": review}
    shown = _frame(http, found, "Overview") | about
    relations = [_relations(found, shown["placements"])]
    return render(http, "tenants/service.html", shown | {"relations": relations})


@require_safe
def placements(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Show where the service is, with the names it has there."""
    found = lookups.service_for(http.user, uuid)
    return render(http, "tenants/service_placements.html", _frame(http, found, "Placements"))


@require_safe
def history(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Show who did what to the service."""
    found = lookups.service_for(http.user, uuid)
    page = lists.page(ledger.entries_of(found.uuid), http)
    shown = {"page": page, "lines": ledger.lines(page.rows)}
    return render(http, "tenants/service_history.html", _frame(http, found, "History") | shown)


@require_safe
def raw(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Show the service as other systems get it."""
    found = lookups.service_for(http.user, uuid)
    (entry,) = export.entries(lookups.services_of(http.user).filter(pk=found.pk))
    text = json.dumps(entry, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
    return render(http, "tenants/service_raw.html", _frame(http, found, "Raw") | {"text": text})


TABS = (
    ("Overview", "tenants:service"),
    ("Placements", "tenants:service-placements"),
    ("History", "tenants:service-history"),
    ("Raw", "tenants:service-raw"),
)


def _frame(http: SignedIn, found: Service, here: str) -> dict[str, Any]:
    """Return what every page of a service shows."""
    places = lookups.placements_of(http.user).filter(service=found)
    return {
        "service": found,
        "placements": places,
        "rehearsal": any(each.cluster.is_rehearsal for each in places),
        "tabs": [(label, reverse(route, args=[found.uuid])) for label, route in TABS],
        "here": here,
        "misfits": matrix.misfits(places, matrix.in_force()),
    }


def _relations(found: Service, places: Iterable[Placement]) -> Node:
    """Return the service between what uses it and what it is made of, from the owner down."""
    spots = tuple(_spot(each) for each in places)
    this = Node(
        f"{found.application.name} in {found.environment.name}", "apps", "this service", spots
    )
    application = Node(found.application.name, "box", "application, uses", (this,))
    return Node(found.application.tenant.name, "users", "tenant, owns", (application,))


def _spot(placement: Placement) -> Node:
    url = reverse("tenants:cluster", args=[placement.cluster.uuid])
    return Node(
        placement.namespace, "server", f"space on cluster {placement.cluster.slug}", url=url
    )
