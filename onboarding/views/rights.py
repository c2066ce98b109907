"""The table of rights, for auditors and operators."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Role
from accounts.web import SignedIn, for_roles
from onboarding.reaches import COLUMNS
from onboarding.rights import RIGHTS


@require_safe
@for_roles(Role.OPERATOR, Role.AUDITOR)
def rights(http: SignedIn) -> HttpResponse:
    return render(http, "onboarding/rights.html", {"columns": COLUMNS.values(), "rights": RIGHTS})
