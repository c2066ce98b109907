"""What a person orders for a service that stands: another size, or its end."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.web import SignedIn
from onboarding import actions, toolbox
from onboarding import messages as texts
from onboarding.assessment import assessing
from onboarding.assessment.assessing import Outlook
from onboarding.assessment.conflicts import Undertaking
from onboarding.calendar import in_force
from onboarding.changes import foretelling
from onboarding.form import offers
from onboarding.form.standing import OffboardForm, ResizeForm
from onboarding.models import Kind
from onboarding.plans import in_force as plans
from onboarding.stories import offboard as leaving
from portal.errors import Denied
from portal.web import safe_or_post
from tenants import lookups as record
from tenants.lifecycle import LIVE
from tenants.models import Cluster, Service


@safe_or_post
def resize(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Ask for the size and destinations, filled with what the service has."""
    service = _orderable(http, uuid)
    form = ResizeForm(http.POST or None, service=service)
    if http.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        order = actions.resize(
            service,
            by=http.user,
            size=wanted["size"],
            destinations=wanted["destinations"],
            reason=wanted["reason"],
            tools=toolbox.tools(),
        )
        return redirect("onboarding:order", order.pk)
    return _shown(http, Kind.RESIZE, service, form)


@safe_or_post
def offboard(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Show what would go and what would stay, and ask for the name and a reason."""
    service = _orderable(http, uuid)
    form = OffboardForm(http.POST or None, service=service)
    if http.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        order = actions.offboard(service, by=http.user, reason=reason, tools=toolbox.tools())
        return redirect("onboarding:order", order.pk)
    plan = plans.of(service)
    foreseen = leaving.foreseen(service, plan) if plan else ()
    return _shown(http, Kind.OFFBOARD, service, form, foreseen=foreseen)


def _orderable(http: SignedIn, uuid: UUID) -> Service:
    """Return a service that this person may order something for, if not just now.

    Raises Http404 for whom it is not there, and NotEntitled for who only reads it; when something
    is sent, whatever is in the way.
    """
    service = record.service_for(http.user, uuid)
    problem = actions.hindrance(service, by=http.user)
    if problem is not None and (isinstance(problem, Denied) or http.method == "POST"):
        raise problem
    return service


def _shown(
    http: SignedIn, kind: Kind, service: Service, form: Form, **more: object
) -> HttpResponse:
    problem = actions.hindrance(service, by=http.user)
    place = (service.application, service.environment)
    permit = offers.permit(http.user, *place, toolbox.sources(), kind=kind)
    placements = record.placements_of(http.user).filter(service=service, lifecycle__in=LIVE)
    clusters = [each.cluster for each in placements]
    page: Mapping[str, Any] = {
        "service": service,
        "form": form,
        "problem": texts.of(problem) if problem else None,
        "detail": problem.detail if problem else "",
        "approvers": foretelling.who_would_decide(
            kind,
            service.application,
            service.environment,
            clusters,
            destinations=service.destinations.count(),
            referred=permit.is_referred,
        ),
        "placements": placements,
        "assessed": _assessed(http, kind, service, clusters, referred=permit.is_referred),
        "ahead": in_force.ahead(in_force.on(service.application.tenant.slug, clusters)),
        "back": reverse("tenants:service", args=(service.uuid,)),
        **more,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(http, f"onboarding/{kind}.html", page, status=status)


def _assessed(
    http: SignedIn, kind: Kind, service: Service, clusters: Sequence[Cluster], *, referred: bool
) -> Outlook:
    """Say what the order would risk and meet, with the destinations that the service has now."""
    facts = assessing.facts(
        kind,
        service.application,
        service.environment,
        clusters,
        destinations=service.destinations.count(),
        referred=referred,
    )
    return assessing.outlook(facts, Undertaking(service.application, clusters), http.user)
