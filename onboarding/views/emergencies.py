"""Letting an order pass a freeze for an incident: the buttons of the order's page."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.web import SignedIn
from onboarding import actions, lookups
from onboarding.actions import emergencies
from onboarding.calendar import glass
from onboarding.form.forms import EmergencyForm, ReviewForm
from onboarding.models import Order


def shown(order: Order, by: User) -> dict[str, Any]:
    """Return what the order's page says of emergencies, and which buttons this person gets."""
    latest = glass.latest(order.pk)
    waits_for_second = latest is not None and latest.waits_for_second
    others = (latest.asked_by_id, order.requester_id) if latest else ()
    able = emergencies.is_able(by)
    may_review = (
        latest is not None
        and latest.waits_for_review
        and emergencies.why_not_review(latest, by=by) is None
    )
    may_ask = able and emergencies.why_not_break(order, by=by) is None
    return {
        "latest": latest,
        "asking": EmergencyForm() if may_ask else None,
        "may_confirm": able and waits_for_second and by.pk not in others,
        "reviewing": ReviewForm() if may_review else None,
    }


@require_POST
def break_glass(http: SignedIn, number: int) -> HttpResponse:
    """Ask that the order may pass."""
    order = lookups.order_for(http.user, number)
    form = EmergencyForm(http.POST)
    if form.is_valid():
        actions.break_glass(order, **form.cleaned_data, by=http.user)
        messages.info(http, "A second person has to confirm within an hour.")
    else:
        _tell_first(http, form)
    return redirect("onboarding:order", number)


@require_POST
def confirm(http: SignedIn, number: int) -> HttpResponse:
    """Confirm as the second person."""
    actions.confirm(lookups.order_for(http.user, number), by=http.user)
    messages.success(http, "The order passes the calendar for a while. A review is due afterwards.")
    return redirect("onboarding:order", number)


@require_POST
def review(http: SignedIn, number: int) -> HttpResponse:
    """Say afterwards what was found."""
    order = lookups.order_for(http.user, number)
    form = ReviewForm(http.POST)
    if form.is_valid():
        said = form.cleaned_data
        justified = said["was_justified"] == "yes"
        actions.review(order, by=http.user, was_justified=justified, text=said["text"])
        messages.success(http, "The emergency is reviewed; the change can close.")
    else:
        _tell_first(http, form)
    return redirect("onboarding:order", number)


def _tell_first(http: SignedIn, form: Form) -> None:
    messages.error(http, str(next(iter(form.errors.values()))[0]))
