"""Clusters with their rules, the catalogue, and what machines see: for operators."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import lookups as door
from accounts.models import Role
from accounts.web import SignedIn, for_roles
from audit import lookups as ledger
from portal import lists
from tenants import listings, lookups
from tenants.actions import offers, owners
from tenants.forms import (
    ClusterForm,
    DestinationForm,
    EnvironmentForm,
    RecordForm,
    SightForm,
    SizeForm,
)
from tenants.models import Cluster
from tenants.views import editing
from tenants.views.editing import Sheet, safe_or_post
from tenants.views.owners import NEWEST


@require_safe
def clusters(http: SignedIn) -> HttpResponse:
    page = lists.page(
        listings.clusters_with_counts(lookups.clusters_for(http.user)), http, key="slug"
    )
    return render(http, "tenants/clusters.html", {"page": page})


@require_safe
def cluster(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Show a cluster, and of its placements those that the person may see."""
    found = lookups.cluster_for(http.user, uuid)
    here = listings.live(lookups.placements_of(http.user).filter(cluster=found))
    shown: dict[str, Any] = {
        "cluster": found,
        "page": lists.page(here, http, key="namespace"),
        "rules": http.user.sees_everything,
    }
    if http.user.sees_everything:
        shown["lines"] = ledger.lines(ledger.entries_of(found.uuid)[:NEWEST])
    return render(http, "tenants/cluster.html", shown)


@for_roles(Role.OPERATOR)
@safe_or_post
def change_cluster(http: SignedIn, uuid: UUID) -> HttpResponse:
    found = lookups.cluster_for(http.user, uuid)
    at = reverse("tenants:cluster", args=[found.uuid])
    return editing.change(
        http,
        ClusterForm(http.POST or None, instance=found),
        lambda wanted, seen: _change_cluster(found, wanted, seen, http),
        sheet=Sheet(f"Change the rules of {found.slug}", "Change them", at, found.slug),
    )


def _change_cluster(found: Cluster, wanted: dict[str, Any], seen: int, http: SignedIn) -> object:
    environments = wanted.pop("environments", None)
    return offers.change_cluster(found, wanted, seen=seen, by=http.user, environments=environments)


@dataclass(frozen=True)
class Shelf:
    """One kind of offer: how it is called, found and filled in."""

    title: str
    one: str
    rows: Callable[[], QuerySet[Any]]
    form: type[RecordForm]


SHELVES: Mapping[str, Shelf] = {
    "environments": Shelf("Environments", "an environment", lookups.environments, EnvironmentForm),
    "sizes": Shelf("Sizes", "a size", lookups.sizes, SizeForm),
    "destinations": Shelf("Destinations", "a destination", lookups.destinations, DestinationForm),
}


@for_roles(Role.OPERATOR, Role.AUDITOR)
@require_safe
def catalogue(http: SignedIn) -> HttpResponse:
    shown = {kind: shelf.rows() for kind, shelf in SHELVES.items()}
    return render(http, "tenants/catalogue.html", shown)


@for_roles(Role.OPERATOR)
@safe_or_post
def make_offer(http: SignedIn, kind: str) -> HttpResponse:
    shelf = _shelf(kind)
    at = reverse("tenants:catalogue")
    form = shelf.form(http.POST or None)

    def put(_wanted: dict[str, Any]) -> Any:
        offers.offer(form.instance, by=http.user)
        return form.instance

    sheet = Sheet(f"Offer {shelf.one}", "Put it into the catalogue", at, "Catalogue")
    return editing.make(http, form, put, sheet=sheet, to=lambda _made: at)


@for_roles(Role.OPERATOR)
@safe_or_post
def change_offer(http: SignedIn, kind: str, slug: str) -> HttpResponse:
    shelf = _shelf(kind)
    found = shelf.rows().filter(slug=slug).first()
    if found is None:
        raise Http404
    return editing.change(
        http,
        shelf.form(http.POST or None, instance=found),
        lambda wanted, seen: offers.change_offer(found, wanted, seen=seen, by=http.user),
        sheet=Sheet(f"Change {found.name}", "Change it", reverse("tenants:catalogue"), found.name),
    )


def _shelf(kind: str) -> Shelf:
    if kind not in SHELVES:
        raise Http404
    return SHELVES[kind]


@for_roles(Role.OPERATOR)
@safe_or_post
def sight(http: SignedIn) -> HttpResponse:
    """Show which machine sees which tenant, and let an operator give it sight."""
    machines = door.machine_tokens_for(http.user)
    form = SightForm(machines, http.POST or None)
    if not form.is_valid():
        shown = {"form": form, "machines": lookups.with_sight(machines)}
        return render(http, "tenants/sight.html", shown, status=422 if form.errors else 200)
    token, tenant = form.cleaned_data["machine"], form.cleaned_data["tenant"]
    owners.grant_sight(token, tenant, by=http.user)
    messages.success(http, f"{token.name} sees {tenant or 'every tenant'}.")
    return redirect("tenants:sight")


@for_roles(Role.OPERATOR)
@require_POST
def withdraw_sight(http: SignedIn, uuid: UUID, number: int) -> HttpResponse:
    token = door.machine_token_for(http.user, uuid)
    grant = lookups.grant_of(token, number)
    owners.withdraw_sight(token, grant.tenant, by=http.user)
    messages.success(http, f"{token.name} no longer sees {grant.tenant or 'every tenant'}.")
    return redirect("tenants:sight")
