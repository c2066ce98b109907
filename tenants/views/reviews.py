"""Reviews of services: one click that confirms, and a page on which one is handed over."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.web import SignedIn
from tenants import lookups, reviews
from tenants.actions import reviews as actions
from tenants.forms import NextOwnerForm
from tenants.models import Service
from tenants.views.editing import safe_or_post

DAY = "j F Y"


@dataclass(frozen=True)
class Review:
    """What a page shows of the review of a service; `after` is the next date, once confirmed."""

    standing: str
    due: date | None
    after: date | None
    yours: bool
    months: int


def shown(service: Service, user: User) -> Review:
    """Return how the review of a service stands, and whether this person answers for it."""
    return Review(
        standing=reviews.standing(service).value,
        due=service.review_due,
        after=reviews.next_due(service.environment, reviews.today()),
        yours=actions.may_review(service, user),
        months=service.environment.review_months,
    )


@require_POST
def confirm(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Say that a service is still needed, and whose it is."""
    found = lookups.service_for(http.user, uuid)
    said = (
        "was confirmed" if actions.confirm(found, by=http.user) else "was confirmed today already"
    )
    found.refresh_from_db(fields=["review_due"])
    due = formats.date_format(found.review_due, DAY) if found.review_due else "not set"
    messages.success(http, f"{found.application.name} {said}. The next review is due {due}.")
    return redirect("tenants:service", found.uuid)


@safe_or_post
def hand_over(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Let whoever answers for a service choose a member of its tenant to do so from now on."""
    found = lookups.service_for(http.user, uuid)
    actions.require_reviewer(found, http.user)
    members = lookups.next_owners(found)
    form = NextOwnerForm(members, http.POST or None)
    if not form.is_valid():
        page = {"service": found, "form": form, "members": members, "notice": reviews.NOTICE.days}
        status = 422 if form.errors else 200
        return render(http, "tenants/hand_over.html", page, status=status)
    owner = form.cleaned_data["owner"]
    actions.hand_over(found, owner, by=http.user)
    messages.success(http, f"{owner} answers for {found.application.name} now.")
    return redirect("tenants:service", found.uuid)
