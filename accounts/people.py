"""Pages on which operators look after people."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions, lookups
from accounts.forms import ReasonForm, RoleForm
from accounts.models import Role, User
from accounts.web import SignedIn, for_roles
from portal import lists

safe_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@for_roles(Role.OPERATOR)
def people(http: SignedIn) -> HttpResponse:
    everybody = lookups.people_for(http.user)
    text = http.GET.get("q", "").strip()[:100]
    found = lookups.narrowed(
        everybody, text=text, role=http.GET.get("role", ""), active=http.GET.get("active", "")
    )
    held = lookups.tally_of_roles(everybody)
    roles = [(role.value, role.label, held[role]) for role in Role]
    active = [("yes", "Active", None), ("no", "Switched off", None)]
    page = {
        "page": lists.page(found, http, key="username"),
        "filters": [
            lists.choices(http, "role", "Role", [("", "Every role", None), *roles]),
            lists.choices(http, "active", "Account", [("", "All", None), *active]),
        ],
        "text": text,
        "kept": [(name, http.GET[name]) for name in ("role", "active") if name in http.GET],
    }
    return render(http, "accounts/people.html", page)


@require_safe
@for_roles(Role.OPERATOR)
def person(http: SignedIn, uuid: UUID) -> HttpResponse:
    who = lookups.person_for(http.user, uuid)
    page = {
        "person": who,
        "own": who == http.user,
        "roles": [(role, role in who.roles) for role in Role],
        "form": RoleForm(),
        "tokens": lookups.tokens_of(who).count(),
        "sessions": lookups.sessions_of(who).count(),
    }
    return render(http, "accounts/person.html", page)


@require_POST
@for_roles(Role.OPERATOR)
def roles(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Grant or revoke the one role whose button was pressed."""
    who = lookups.person_for(http.user, uuid)
    form = RoleForm(http.POST)
    if not form.is_valid():
        messages.error(http, "This role is not known; nothing was changed.")
    elif form.cleaned_data["grant"]:
        role = Role(form.cleaned_data["grant"])
        actions.grant_role(who, role, by=http.user, reason=form.cleaned_data["reason"])
        messages.success(http, f"{who} is now {role.label.lower()}.")
    elif form.cleaned_data["revoke"]:
        role = Role(form.cleaned_data["revoke"])
        actions.revoke_role(who, role, by=http.user, reason=form.cleaned_data["reason"])
        messages.success(http, f"{who} is no longer {role.label.lower()}.")
    return redirect("accounts:person", who.uuid)


@safe_or_post
@for_roles(Role.OPERATOR)
def switch_off(http: SignedIn, uuid: UUID) -> HttpResponse:
    who = lookups.person_for(http.user, uuid)
    form = ReasonForm(http.POST or None)
    if http.method == "POST" and form.is_valid():
        actions.switch_off(who, by=http.user, reason=form.cleaned_data["reason"])
        messages.success(http, f"{who} is switched off and was signed out everywhere.")
        return redirect("accounts:person", who.uuid)
    page = {"person": who, "form": form, "goes": _what_goes(who)}
    return render(http, "accounts/switch_off.html", page)


def _what_goes(who: User) -> list[str]:
    counted = [
        (lookups.sessions_of(who).count(), "browser that is signed in", "browsers signed in"),
        (lookups.tokens_of(who).count(), "Git password or token", "Git passwords and tokens"),
    ]
    return [f"{count} {one if count == 1 else many}" for count, one, many in counted if count]


@require_POST
@for_roles(Role.OPERATOR)
def switch_on(http: SignedIn, uuid: UUID) -> HttpResponse:
    who = lookups.person_for(http.user, uuid)
    actions.switch_on(who, by=http.user)
    messages.success(http, f"{who} may sign in again.")
    return redirect("accounts:person", who.uuid)
