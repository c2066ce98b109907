"""What an order will make, shown before it is submitted, and the submit itself."""

from dataclasses import replace
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.web import SignedIn
from onboarding import actions, lookups, toolbox
from onboarding.assessment import assessing
from onboarding.assessment.assessing import Outlook
from onboarding.assessment.conflicts import Undertaking
from onboarding.calendar import in_force
from onboarding.calendar.in_force import Ahead
from onboarding.display import exhibits
from onboarding.form import offers, previews, questions
from onboarding.form.previews import Preview
from onboarding.models import Draft, Kind
from tenants.models import Application


@require_safe
def preview(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Show everything that would be made, rendered the way the plan will be."""
    draft = lookups.draft_for(http.user, uuid)
    gap = questions.missing(draft)
    if gap is not None:
        return redirect(questions.address(draft, gap))
    found = previews.of_draft(draft, by=http.user, tools=toolbox.tools())
    application = questions.application_of(draft.answers)
    shown = exhibits.exhibit(
        [(each.environment.name, each.desired) for each in found],
        http.GET.get("show", ""),
        reverse("onboarding:preview", args=(draft.uuid,)),
    )
    page = {
        "draft": draft,
        "previews": [
            (each, _ahead(each, application), _assessed(each, application, draft, http.user))
            for each in found
        ],
        "exhibit": shown,
        "rehearsal": offers.any_rehearsal([slug for each in found for slug in each.clusters]),
        "application": application,
        "check": questions.address(draft, questions.PAGES[-1]),
    }
    return render(http, "onboarding/preview.html", page)


def _ahead(shown: Preview, application: Application | None) -> Ahead | None:
    """Look ahead for what one environment of the form would become."""
    if application is None:
        return None
    return in_force.ahead(in_force.places_named(application.tenant.slug, shown.clusters))


def _assessed(
    shown: Preview, application: Application | None, draft: Draft, by: User
) -> Outlook | None:
    """Say what one environment of the form would risk and meet; an amendment is its own order."""
    if application is None:
        return None
    clusters = assessing.clusters_named(shown.clusters)
    facts = assessing.facts(
        Kind.ONBOARD,
        application,
        shown.environment,
        clusters,
        destinations=len(draft.answers.get("destinations", ())),
        referred=shown.is_referred,
    )
    mine = Undertaking(application, clusters)
    if draft.amends is not None:
        mine = replace(mine, family=draft.amends.family)
    return assessing.outlook(facts, mine, by)


@require_POST
def submit(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Turn the draft into orders, or into an amendment of one."""
    draft = lookups.draft_for(http.user, uuid)
    gap = questions.missing(draft)
    if gap is not None:
        return redirect(questions.address(draft, gap))
    if draft.amends is not None:
        order = lookups.order_for(http.user, draft.amends.pk)
        actions.amend(order, draft, by=http.user, tools=toolbox.tools())
        return redirect("onboarding:order", order.pk)
    orders = actions.submit(draft, by=http.user, tools=toolbox.tools())
    return redirect("onboarding:order", orders[0].pk)
