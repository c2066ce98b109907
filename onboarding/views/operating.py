"""What operators see to: orders that need a person, and applications that people missed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Role
from accounts.web import SignedIn, for_roles
from onboarding import actions, lookups
from onboarding import messages as texts
from onboarding.display import histories
from onboarding.display.timeline import Lane, Row


@for_roles(Role.OPERATOR)
@require_safe
def stuck(http: SignedIn) -> HttpResponse:
    """List what is stuck: what, since when, why, and whose move it is."""
    orders = list(lookups.stuck(http.user))
    steps = histories.steps_of_many(orders)
    lines = [
        {"order": order, "row": row, "lane": lane, "message": texts.text_of(_code(lane))}
        for order in orders
        for row, lane in _stuck_lanes(steps[order.pk])
    ]
    return render(http, "onboarding/stuck.html", {"lines": lines})


def _stuck_lanes(rows: list[Row]) -> list[tuple[Row, Lane]]:
    return [(row, lane) for row in rows for lane in row.lanes if lane.state == "stuck"]


def _code(lane: Lane) -> str:
    return lane.run.error_code if lane.run and lane.run.error_code else "berth.error"


@for_roles(Role.OPERATOR)
@require_safe
def unlisted(http: SignedIn) -> HttpResponse:
    """List applications that people did not find in the form."""
    return render(http, "onboarding/unlisted.html", {"wishes": lookups.unlisted_open()})


@for_roles(Role.OPERATOR)
@require_POST
def settle(http: SignedIn, number: int) -> HttpResponse:
    """Take a wish off the list."""
    wish = lookups.unlisted_for(http.user, number)
    actions.settle_unlisted(wish, by=http.user)
    messages.info(http, f"{wish.name} is off the list.")
    return redirect("onboarding:unlisted")
