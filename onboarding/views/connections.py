"""Who outside is configured, and a test of each. Only operators test."""

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from accounts import lookups as people
from accounts.models import Role
from accounts.web import SignedIn, for_roles
from onboarding import actions, connections
from onboarding.form.supposing import AboutForm
from portal.clock import now


@require_safe
@for_roles(Role.OPERATOR, Role.AUDITOR)
def listed(http: SignedIn) -> HttpResponse:
    """List every party with its kind and where it is."""
    return render(http, "onboarding/connections.html", {"shelves": connections.shelves()})


@require_POST
@for_roles(Role.OPERATOR)
def trial(http: SignedIn, sort: str, name: str) -> HttpResponse:
    """Try one party, and show every stage. Nothing of it is kept but the entry that it was done."""
    party = connections.party(sort, name)
    form = AboutForm(http.POST, people=people.people_for(http.user))
    shown: dict[str, object] = {"party": party, "form": form}
    if form.is_valid():
        about = form.cleaned_data["person"] or http.user
        rows = actions.try_connection(party, about=about, by=http.user)
        good = all(row.ok is not False for row in rows)
        shown |= {"rows": rows, "about": about, "at": now(), "good": good}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(http, "onboarding/connection.html", shown, status=status)
