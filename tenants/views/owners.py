"""Tenants with their members, and applications."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import Role
from accounts.web import SignedIn, for_roles
from audit import lookups as ledger
from portal import lists
from tenants import listings, lookups
from tenants.actions import owners
from tenants.forms import ApplicationForm, MemberForm, ReasonForm, TenantForm
from tenants.lifecycle import LIVE
from tenants.models import Tenant
from tenants.views import editing
from tenants.views.editing import Sheet, safe_or_post

NEWEST = 10  # entries of history on a page about something else


@require_safe
def tenants(http: SignedIn) -> HttpResponse:
    text = http.GET.get("q", "")
    seen = listings.searched(lookups.tenants_of(http.user), text, ("name", "slug"))
    page = lists.page(listings.tenants_with_counts(seen), http, key="slug")
    return render(http, "tenants/tenants.html", {"page": page, "text": text})


@require_safe
def tenant(http: SignedIn, uuid: UUID) -> HttpResponse:
    found = lookups.tenant_for(http.user, uuid)
    shown = {
        "tenant": found,
        "members": lookups.people_of(found),
        "applications": lookups.applications_of(http.user).filter(tenant=found),
        "presences": lookups.presences_of(http.user).filter(tenant=found),
        "form": MemberForm(),
        "lines": ledger.lines(ledger.entries_of(found.uuid)[:NEWEST]),
    }
    return render(http, "tenants/tenant.html", shown)


@for_roles(Role.OPERATOR)
@safe_or_post
def make_tenant(http: SignedIn) -> HttpResponse:
    at = reverse("tenants:tenants")
    return editing.make(
        http,
        TenantForm(http.POST or None),
        lambda wanted: owners.make_tenant(**wanted, by=http.user),
        sheet=Sheet("Make a tenant", "Make the tenant", at, "Tenants"),
        to=lambda made: reverse("tenants:tenant", args=[made.uuid]),
    )


@for_roles(Role.OPERATOR)
@safe_or_post
def change_tenant(http: SignedIn, uuid: UUID) -> HttpResponse:
    found = lookups.tenant_for(http.user, uuid)
    at = reverse("tenants:tenant", args=[found.uuid])
    return editing.change(
        http,
        TenantForm(http.POST or None, instance=found),
        lambda wanted, seen: owners.change_tenant(found, wanted, seen=seen, by=http.user),
        sheet=Sheet(f"Change {found.name}", "Change it", at, found.name),
    )


@for_roles(Role.OPERATOR)
@safe_or_post
def add_member(http: SignedIn, uuid: UUID) -> HttpResponse:
    found = lookups.tenant_for(http.user, uuid)
    form = MemberForm(http.POST or None)
    if not form.is_valid():
        shown = {"tenant": found, "form": form}
        return render(http, "tenants/add_member.html", shown, status=422 if form.errors else 200)
    person = form.cleaned_data["person"]
    made = owners.add_member(found, person, by=http.user)
    said = "sees what is the tenant's from now on" if made else "was a member already"
    messages.success(http, f"{person} {said}.")
    return redirect("tenants:tenant", found.uuid)


@for_roles(Role.OPERATOR)
@safe_or_post
def remove_member(http: SignedIn, uuid: UUID, person: UUID) -> HttpResponse:
    found = lookups.tenant_for(http.user, uuid)
    member = lookups.found(lookups.people_of(found), person)
    if http.method != "POST":
        goes = [f"Sight of the services, applications and orders of {found.name}"]
        shown = {"tenant": found, "member": member, "goes": goes}
        return render(http, "tenants/remove_member.html", shown)
    owners.remove_member(found, member, by=http.user)
    messages.success(http, f"{member} is no member of {found.name} any more.")
    return redirect("tenants:tenant", found.uuid)


@require_safe
def applications(http: SignedIn) -> HttpResponse:
    text = http.GET.get("q", "")
    retired = http.GET.get("retired", "")
    columns = ("name", "slug", "reference", "tenant__name")
    seen = listings.searched(lookups.applications_of(http.user), text, columns)
    live = seen.filter(retired_at=None)
    options: list[tuple[str, str, int | None]] = [
        ("", "In use", live.count()),
        ("yes", "Retired", seen.exclude(retired_at=None).count()),
    ]
    rows = seen.exclude(retired_at=None) if retired == "yes" else live
    shown = {
        "page": lists.page(
            listings.with_services(rows), http, key="place", keyed=listings.applications_in_place
        ),
        "text": text,
        "kept": {"retired": retired} if retired == "yes" else {},
        "filters": [lists.choices(http, "retired", "State", options)],
    }
    return render(http, "tenants/applications.html", shown)


@require_safe
def application(http: SignedIn, uuid: UUID) -> HttpResponse:
    found = lookups.application_for(http.user, uuid)
    seen = lookups.services_of(http.user).filter(application=found)
    shown = {
        "application": found,
        "services": listings.with_placements(seen),
        "unused": not seen.filter(lifecycle__in=LIVE).exists(),
        "lines": ledger.lines(ledger.entries_of(found.uuid)[:NEWEST]),
    }
    return render(http, "tenants/application.html", shown)


@for_roles(Role.OPERATOR)
@safe_or_post
def make_application(http: SignedIn, uuid: UUID) -> HttpResponse:
    found = lookups.tenant_for(http.user, uuid)
    at = reverse("tenants:tenant", args=[found.uuid])
    return editing.make(
        http,
        ApplicationForm(http.POST or None),
        partial(_make_application, found, http),
        sheet=Sheet(f"Make an application of {found.name}", "Make the application", at, found.name),
        to=lambda made: reverse("tenants:application", args=[made.uuid]),
    )


def _make_application(tenant: Tenant, http: SignedIn, wanted: dict[str, Any]) -> Any:
    return owners.make_application(tenant, **wanted, by=http.user)


@for_roles(Role.OPERATOR)
@safe_or_post
def change_application(http: SignedIn, uuid: UUID) -> HttpResponse:
    found = lookups.application_for(http.user, uuid)
    at = reverse("tenants:application", args=[found.uuid])
    return editing.change(
        http,
        ApplicationForm(http.POST or None, instance=found),
        lambda wanted, seen: owners.change_application(found, wanted, seen=seen, by=http.user),
        sheet=Sheet(f"Change {found.name}", "Change it", at, found.name),
    )


@for_roles(Role.OPERATOR)
@safe_or_post
def retire_application(http: SignedIn, uuid: UUID) -> HttpResponse:
    found = lookups.application_for(http.user, uuid)
    form = ReasonForm(http.POST or None)
    if not form.is_valid():
        shown = {"application": found, "form": form, "goes": [f"{found.name} in the order form"]}
        status = 422 if form.errors else 200
        return render(http, "tenants/retire_application.html", shown, status=status)
    owners.retire_application(found, by=http.user, reason=form.cleaned_data["reason"])
    messages.success(http, f"{found.name} is retired.")
    return redirect("tenants:application", found.uuid)
