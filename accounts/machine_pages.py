"""Pages on which operators make, list and revoke the tokens of machines."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import actions, lookups, tokens
from accounts.forms import MachineForm, ReasonForm
from accounts.models import Role, Scope
from accounts.web import SignedIn, for_roles
from accounts.workloads import admission
from portal import lists
from portal.clock import now
from portal.web import safe_or_post


@require_safe
@for_roles(Role.OPERATOR)
def machines(http: SignedIn) -> HttpResponse:
    everyone = lookups.machine_tokens_for(http.user)
    states = [("open", "Open"), ("soon", "Expire soon"), ("over", "Expired or revoked")]
    counted = [(key, word, lookups.by_state(everyone, key).count()) for key, word in states]
    page = {
        "page": lists.page(lookups.by_state(everyone, http.GET.get("state", "")), http),
        "filters": [lists.choices(http, "state", "State", [("", "All", None), *counted])],
        "any": everyone.exists(),
        "moment": now(),
        "soon": now() + tokens.SOON,
    }
    return render(http, "accounts/machines.html", page)


@never_cache
@safe_or_post
@for_roles(Role.OPERATOR)
def make_machine(http: SignedIn) -> HttpResponse:
    """Make a token. It is shown in this answer and never again, so nothing is redirected."""
    form = MachineForm(http.POST or None)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return render(http, "accounts/make_machine.html", {"form": form}, status=status)
    sent = form.cleaned_data
    token, text = actions.make_token(
        sent["name"],
        Scope(sent["scope"]),
        days=sent["days"],
        contact=sent["contact"],
        places=sent["networks"],
        by=http.user,
    )
    return render(http, "accounts/make_machine.html", {"token": token, "made": text})


@require_safe
@for_roles(Role.OPERATOR)
def workloads(http: SignedIn) -> HttpResponse:
    """Show whose tokens are trusted, and which came in the last month."""
    page = {
        "issuers": admission.issuers(),
        "faults": admission.faults(),
        "page": lists.page(lookups.visits_for(http.user), http),
    }
    return render(http, "accounts/workloads.html", page)


@safe_or_post
@for_roles(Role.OPERATOR)
def revoke_machine(http: SignedIn, uuid: UUID) -> HttpResponse:
    token = lookups.machine_token_for(http.user, uuid)
    form = ReasonForm(http.POST or None)
    if http.method == "POST" and form.is_valid():
        actions.revoke_token(token, by=http.user, reason=form.cleaned_data["reason"])
        messages.success(http, f"The token “{token.name}” opens nothing any more.")
        return redirect("accounts:machines")
    page = {"token": token, "form": form, "goes": [token.label]}
    return render(http, "accounts/revoke_machine.html", page)
