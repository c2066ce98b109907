"""The eligibility matrix in the console: read it, see whom a change touches, put it in force."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Role
from accounts.web import SignedIn, for_roles
from onboarding import actions
from onboarding.display import foresight
from onboarding.display.foresight import Foresight
from portal import lists
from portal.clock import now
from portal.errors import RecordMoved
from portal.web import safe_or_post
from tenants import lookups as record
from tenants import matrix
from tenants.actions.eligibility import Proposal
from tenants.gradings import Classification
from tenants.models import Rule
from tenants.rule_form import ChangeForm, DayForm, RuleForm

SEEN = "seen"
MOVED = (
    "Something moved since you looked: the matrix, or what it touches. Nothing was put in force. "
    "This is what would come of it now."
)


@require_safe
@for_roles(Role.OPERATOR, Role.AUDITOR)
def eligibility(http: SignedIn) -> HttpResponse:
    """Show the matrix as it is, or as it was at the end of a day."""
    form = DayForm(http.GET if "on" in http.GET else None)
    past = matrix.edition_at(_end_of(form.cleaned_data["on"])) if form.is_valid() else None
    rules = matrix.in_force() if past is None else matrix.as_of(past)
    shown = {
        "form": form,
        "past": past,
        "edition": rules.edition,
        "labels": Classification.labels,
        "table": foresight.table(rules),
        "page": lists.page(matrix.rules_of(rules.edition), http, key="pk"),
        "out": foresight.out_of_line(rules) if past is None else None,
        "may": http.user.is_operator and past is None,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(http, "onboarding/eligibility.html", shown, status=status)


def _end_of(day: date) -> datetime:
    """Return when a day ends where the reader is; of today and days to come, the present moment."""
    if day >= timezone.localdate(now()):
        return now()
    return timezone.make_aware(datetime.combine(day, time.max))


@require_safe
@for_roles(Role.OPERATOR, Role.AUDITOR)
def history(http: SignedIn) -> HttpResponse:
    """Show who changed the matrix when and why, with what came and what went."""
    page = lists.page(matrix.editions_for(http.user), http, key="-number")
    return render(http, "onboarding/eligibility_history.html", {"page": page})


@for_roles(Role.OPERATOR)
@safe_or_post
def add(http: SignedIn) -> HttpResponse:
    form = RuleForm(http.POST or None)
    return _propose(
        http,
        Sheet("Add a row", form),
        lambda: Proposal(form.rule, None, form.cleaned_data["reason"]),
    )


@for_roles(Role.OPERATOR)
@safe_or_post
def replace(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Put another row in the place of one: the old one stays in the history."""
    old = _in_force(http, uuid)
    form = RuleForm(http.POST or None, instead_of=old)
    return _propose(
        http,
        Sheet("Change a row", form, old),
        lambda: Proposal(form.rule, old, form.cleaned_data["reason"]),
    )


@for_roles(Role.OPERATOR)
@safe_or_post
def retire(http: SignedIn, uuid: UUID) -> HttpResponse:
    old = _in_force(http, uuid)
    form = ChangeForm(http.POST or None)
    return _propose(
        http,
        Sheet("Retire a row", form, old),
        lambda: Proposal(None, old, form.cleaned_data["reason"]),
    )


def _in_force(http: SignedIn, uuid: UUID) -> Rule:
    rule = record.found(matrix.rules_for(http.user), uuid)
    if rule.until_id is not None:
        raise Http404
    return rule


@dataclass(frozen=True)
class Sheet:
    """A page that proposes a change: its title, its form, and the row that it is about."""

    title: str
    form: ChangeForm
    old: Rule | None = None


def _propose(http: SignedIn, sheet: Sheet, proposal: Callable[[], Proposal]) -> HttpResponse:
    """Let an operator fill in, see whom it would touch, and put exactly that in force."""
    if not sheet.form.is_valid():
        return _fill_in(http, sheet)
    seen = http.POST.get(SEEN, "")
    foreseen = foresight.foresee(proposal())
    if seen != foreseen.seen:
        return _show(http, sheet, foreseen, moved=bool(seen))
    try:
        edition = actions.put_in_force(
            foreseen.proposal,
            seen=foreseen.edition,
            stops=[each.order for each in foreseen.orders],
            by=http.user,
        )
    except RecordMoved:
        return _show(http, sheet, foresight.foresee(proposal()), moved=True)
    except ValidationError as error:
        sheet.form.add_error(None, ValidationError(error.messages))
        return _fill_in(http, sheet)
    messages.success(http, f"{edition} of the matrix is in force.")
    return redirect("onboarding:eligibility")


def _fill_in(http: SignedIn, sheet: Sheet) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if sheet.form.errors else HTTPStatus.OK
    return render(http, "onboarding/eligibility_row.html", {"sheet": sheet}, status=status)


def _show(http: SignedIn, sheet: Sheet, foreseen: Foresight, *, moved: bool) -> HttpResponse:
    shown: dict[str, Any] = {
        "sheet": sheet,
        "foreseen": foreseen,
        "moved": MOVED if moved else "",
        "typed": [(name, str(http.POST.get(name, ""))) for name in sheet.form.fields],
        "back": reverse("onboarding:eligibility"),
    }
    status = HTTPStatus.CONFLICT if moved else HTTPStatus.OK
    return render(http, "onboarding/eligibility_preview.html", shown, status=status)
