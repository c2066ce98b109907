"""What if this person asked for that? For operators; it decides nothing and leaves one entry."""

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import render

from accounts import lookups as people
from accounts.models import Role
from accounts.web import SignedIn, for_roles
from onboarding import actions, toolbox
from onboarding.display import reasons
from onboarding.form.supposing import SupposeForm
from portal.web import safe_or_post
from tenants import lookups as record


@safe_or_post
@for_roles(Role.OPERATOR)
def suppose(http: SignedIn) -> HttpResponse:
    """Ask for person, wish and place; an address may fill them in, and only a POST asks sources."""
    form = SupposeForm(
        http.POST if http.method == "POST" else None,
        initial={
            name: http.GET[name][:400] for name in SupposeForm.base_fields if name in http.GET
        },
        people=people.people_for(http.user),
        applications=record.applications_of(http.user),
        environments=record.environments(),
    )
    shown: dict[str, object] = {"form": form}
    if form.is_valid():
        found = actions.suppose(form.wish(), by=http.user, sources=toolbox.sources())
        evidence = found.evidence
        shown["supposed"] = found
        shown["answers"] = [(evidence, reasons.voices(evidence))] if evidence else []
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(http, "onboarding/suppose.html", shown, status=status)
