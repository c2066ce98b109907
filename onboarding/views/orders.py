"""The order page: one page for everyone, for ever, with its tabs."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.web import SignedIn
from onboarding import lookups, stories
from onboarding.assessment import assessing
from onboarding.calendar import in_force
from onboarding.changes import situations
from onboarding.changes.lifecycle import Verb
from onboarding.changes.models import ChangeStatus
from onboarding.display import exhibits, farewell, histories
from onboarding.display.outlook import outlook
from onboarding.display.timeline import Row
from onboarding.form import previews
from onboarding.form.forms import AnswerForm
from onboarding.models import Change, Direction, Order
from onboarding.plans.choices import packs_of
from onboarding.views import emergencies
from portal.web import with_etag

TABS = (
    ("Timeline", "onboarding:order"),
    ("Plan", "onboarding:plan"),
    ("Evidence", "onboarding:evidence"),
    ("Audit", "onboarding:trail"),
    ("Raw", "onboarding:raw"),
)


def _page(http: SignedIn, order: Order, here: str) -> dict[str, Any]:
    """Return what every tab of the order shows."""
    rows = histories.steps_of(order)
    placements = histories.placements_of(order)
    change = lookups.change_of(order)
    may = _may(http, order, change, rows)
    return {
        "order": order,
        "rows": rows,
        "look": outlook(order, rows),
        "here": here,
        "tabs": [(label, reverse(route, args=(order.pk,))) for label, route in TABS],
        "family": lookups.family_of(http.user, order),
        "may": may,
        "stage": "-".join([*(name for name, allowed in may.items() if allowed), order.ended_as]),
        "rehearsal": histories.is_rehearsed(order),
        "placements": placements,
        "change": change,
        "answering": AnswerForm(),
        "glass": emergencies.shown(order, http.user),
        "digest": getattr(histories.plan_of(order), "digest", ""),
    }


def _may(
    http: SignedIn, order: Order, change: Change | None, rows: list[Row]
) -> Mapping[str, bool]:
    """Say which buttons this person gets; the actions ask again."""
    own = http.user.is_operator or http.user.pk == order.requester_id
    onward = own and not order.is_over and order.direction == Direction.ONWARD
    return {
        "withdraw": onward and order.settled_at is None,
        "amend": onward and order.change_started_at is None and stories.of(order).is_amendable,
        "retry": own and any(row.state == "stuck" for row in rows),
        "schedule": onward and _is_undecided(order, change),
        "answer": not situations.hindrances_of(order, change, http.user, Verb.ANSWER),
        "decide": lookups.inbox_of(http.user).filter(pk=order.pk).exists(),
    }


def _is_undecided(order: Order, change: Change | None) -> bool:
    if change is None:
        return order.change_started_at is None
    approved = [each for each in change.approvals.all() if each.is_in_force]
    return change.status == ChangeStatus.AUTHORIZE and not approved


@require_safe
def order(http: SignedIn, number: int) -> HttpResponse:
    """Show where the order stands and what has happened, as it happens."""
    found = lookups.order_for(http.user, number)
    page = _page(http, found, "Timeline")
    page["farewell"] = farewell.of(found, page["placements"]) if found.is_over else None
    return render(http, "onboarding/order.html", page)


@require_safe
@with_etag
def timeline(http: SignedIn, number: int) -> HttpResponse:
    """Return what has changed on the order page.

    Where other buttons belong on it now, or it is over, the whole page is asked for.
    """
    found = lookups.order_for(http.user, number)
    page = _page(http, found, "Timeline")
    response = render(http, "onboarding/live_answer.html", page)
    if http.GET.get("seen", "") != page["stage"]:
        response.headers["HX-Refresh"] = "true"
    return response


@require_safe
def plan(http: SignedIn, number: int) -> HttpResponse:
    """Show everything that is made, as it was rendered and stored."""
    found = lookups.order_for(http.user, number)
    page = _page(http, found, "Plan")
    page["assessed"] = assessing.outlook_of(found, http.user)
    page["ahead"] = in_force.ahead_of(found, page["change"])
    drafted = histories.plan_of(found)
    if drafted is not None:
        preview = previews.of_plan(found, drafted)
        address = reverse("onboarding:plan", args=(number,))
        shown = [(preview.environment.name, preview.desired)]
        page["preview"] = preview
        page["plan"] = drafted
        page["packs"] = packs_of(drafted.choices).items()
        page["changes"] = histories.changes_of(found, drafted)
        page["exhibit"] = exhibits.exhibit(shown, http.GET.get("show", ""), address)
    return render(http, "onboarding/order_plan.html", page)


@require_safe
def evidence(http: SignedIn, number: int) -> HttpResponse:
    """Show why this was allowed: entitlement answers, change and decisions, revisions."""
    found = lookups.order_for(http.user, number)
    page = _page(http, found, "Evidence")
    page["answers"] = histories.evidence_of(found)
    page["exchanges"] = lookups.questions_of(found)
    page["assessments"] = assessing.assessments_of(found.uuid)
    page["revisions"] = found.revisions.select_related("made_by")
    return render(http, "onboarding/order_evidence.html", page)


@require_safe
def trail(http: SignedIn, number: int) -> HttpResponse:
    """Show who did what to the order."""
    found = lookups.order_for(http.user, number)
    page = _page(http, found, "Audit")
    page["lines"] = histories.entries_of(found)
    return render(http, "onboarding/order_trail.html", page)


@require_safe
def raw(http: SignedIn, number: int) -> HttpResponse:
    """Show the order as data."""
    found = lookups.order_for(http.user, number)
    page = _page(http, found, "Raw")
    page["text"] = json.dumps(histories.raw_of(found), indent=2, ensure_ascii=False)
    page["support"] = settings.BERTH_SUPPORT
    return render(http, "onboarding/order_raw.html", page)
