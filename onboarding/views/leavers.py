"""People who have left: what of theirs is open, and who takes it over."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import leaving as door
from accounts.models import Role
from accounts.web import SignedIn, for_roles
from onboarding.actions import leaving
from onboarding.display.leavers import estates
from onboarding.leavers import lookups
from portal import lists
from tenants import lookups as record
from tenants.actions import reviews
from tenants.forms import NextOwnerForm

ALL = "all"
SIZE = 20  # people on a page


@require_safe
@for_roles(Role.OPERATOR, Role.AUDITOR)
def leavers(http: SignedIn) -> HttpResponse:
    """List who has left: first those of whom something is open."""
    everybody = lookups.leavers_for(http.user)
    unsettled = lookups.unsettled(everybody)
    chosen = http.GET.get("show", "") == ALL
    page = lists.page(everybody if chosen else unsettled, http, size=SIZE)
    options: list[tuple[str, str, int | None]] = [
        ("", "Something is open", unsettled.count()),
        (ALL, "All", everybody.count()),
    ]
    shown = {
        "page": page,
        "estates": estates(page.rows),
        "all": chosen,
        "registers": lookups.registers(),
        "filters": [lists.choices(http, "show", "People", options)],
    }
    return render(http, "onboarding/leavers.html", shown)


@require_POST
@for_roles(Role.OPERATOR)
def hand_over(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Give a service of somebody who has left to the member that was chosen."""
    service = record.service_for(http.user, uuid)
    form = NextOwnerForm(record.next_owners(service), http.POST)
    if form.is_valid():
        owner = form.cleaned_data["owner"]
        reviews.hand_over(service, owner, by=http.user)
        messages.success(http, f"{owner} answers for {service.application.name} now.")
    else:
        messages.error(http, "Choose a member of the tenant; nothing was changed.")
    return redirect("onboarding:leavers")


@require_POST
@for_roles(Role.OPERATOR)
def clear(http: SignedIn, number: int) -> HttpResponse:
    """Take the flag off somebody who has not left."""
    leaver = lookups.leaver_for(http.user, number)
    door.clear(leaver, by=http.user)
    messages.success(http, f"{leaver.user} is not flagged any more. What was stopped stays so.")
    return redirect("onboarding:leavers")


@require_POST
@for_roles(Role.OPERATOR)
def look(http: SignedIn) -> HttpResponse:
    """Let the sweeper ask now instead of at night."""
    leaving.look_now(by=http.user)
    messages.info(http, "The look begins within a minute. Come back to this page then.")
    return redirect("onboarding:leavers")
