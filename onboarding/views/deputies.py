"""Who decides in whose place: an approver's own delegations, given and received."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.web import SignedIn, for_roles
from onboarding import actions, lookups
from onboarding.changes.forms import DelegationForm
from portal.errors import DelegationUnfit, NotApprover
from portal.web import safe_or_post


@for_roles(Role.APPROVER, Role.OPERATOR)
@safe_or_post
def listed(http: SignedIn) -> HttpResponse:
    """List what is lent and borrowed, and lend one's own vote."""
    if http.method == "POST" and not http.user.is_approver:
        raise NotApprover("Only approvers have a vote to lend.")
    form = DelegationForm(http.POST if http.method == "POST" else None, by=http.user)
    if http.method == "POST" and form.is_valid() and _made(http, form):
        return redirect("onboarding:deputies")
    page = {"form": form, "delegations": lookups.delegations_of(http.user)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(http, "onboarding/deputies.html", page, status=status)


def _made(http: SignedIn, form: DelegationForm) -> bool:
    said = form.cleaned_data
    try:
        made = actions.delegate(
            said["deputy"], begins=form.begins, ends=form.ends, why=said["why"], by=http.user
        )
    except DelegationUnfit as error:
        form.add_error(None, error.detail)
        return False
    messages.success(http, f"{made.deputy} decides in your place then.")
    return True


@require_POST
@for_roles(Role.APPROVER, Role.OPERATOR)
def end(http: SignedIn, uuid: UUID) -> HttpResponse:
    """End a delegation now."""
    delegation = lookups.delegation_for(http.user, uuid)
    actions.end_delegation(delegation, by=http.user)
    messages.info(
        http, f"{delegation.deputy} no longer decides in the place of {delegation.person}."
    )
    return redirect("onboarding:deputies")
