"""Pages of the fleet: how clusters stand, and what Flux says of a service."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Role
from accounts.web import SignedIn, for_roles
from fleet import lookups, rounds
from portal import badges, lists
from portal.clock import now
from tenants import lookups as record


@require_safe
@for_roles(Role.OPERATOR, Role.AUDITOR)
def clusters(http: SignedIn) -> HttpResponse:
    rows = lookups.clusters_of(http.user, standing=http.GET.get("standing", ""))
    page = lists.page(rows, http, key="place")
    return render(http, "fleet/clusters.html", {"page": page, "filters": [_filter(http)]})


def _filter(http: SignedIn) -> lists.Filter:
    standings = lookups.standings_of(http.user)
    everything = sum(standing.count for standing in standings)
    options = [(each.name, badges.badge_of(each.name).word, each.count) for each in standings]
    return lists.choices(http, "standing", "Standing", [("", "All", everything), *options])


@require_safe
@for_roles(Role.OPERATOR, Role.AUDITOR)
def cluster(http: SignedIn, uuid: UUID) -> HttpResponse:
    found = lookups.cluster_for(http.user, uuid)
    connection = lookups.connection_of(found)
    shown = {
        "cluster": found,
        "connection": connection,
        "stale": connection is not None and lookups.is_stale(connection),
        "page": lists.page(lookups.placements_on(found), http, key="namespace"),
        "words": lookups.words_on(found),
    }
    return render(http, "fleet/cluster.html", shown)


@require_safe
def deliveries(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Show what Flux says of a service, cluster by cluster, to whoever may see the service."""
    service = record.service_for(http.user, uuid)
    placements = list(lookups.deliveries_of(service))
    shown = {
        "service": service,
        "deliveries": [(each, lookups.standing_of(each)) for each in placements],
        "rehearsal": any(each.cluster.is_rehearsal for each in placements),
    }
    return render(http, "fleet/deliveries.html", shown)


@require_POST
@for_roles(Role.OPERATOR)
def look(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Look at a cluster now instead of at the next round, and say what came of it."""
    found = lookups.cluster_for(http.user, uuid)
    if rounds.look_at(found, now()):
        messages.success(http, f"{found.slug} answered; what stands here is from just now.")
    else:
        messages.error(http, f"{found.slug} did not give what was asked for; see below.")
    return redirect("fleet:cluster", found.uuid)
