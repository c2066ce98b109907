"""The calendar: a month of it, its windows with their history, and how operators change them."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Role
from accounts.web import SignedIn, for_roles
from onboarding import actions
from onboarding.calendar import in_force
from onboarding.calendar.forms import WhyForm, WindowForm
from onboarding.calendar.in_force import Held
from onboarding.calendar.models import WindowEdition
from onboarding.calendar.windows import AHEAD, Occurrence, Window, occurrences
from onboarding.display import months
from portal import lists
from portal.clock import now
from portal.web import safe_or_post

SEEN = "seen"
NEXT = 5  # times that a preview shows
MOST_HELD = 50  # orders that a preview names


@require_safe
def calendar(http: SignedIn) -> HttpResponse:
    """Show a month: what is closed, what is open, by the clock of who looks."""
    zone, today = timezone.get_current_timezone(), timezone.localdate(now())
    month = months.Month.read(http.GET.get("month", ""), today)
    there = [each.as_window for each in in_force.editions_for(http.user).filter(ended_at=None)]
    shown = {
        "sheet": months.sheet(month, there, zone=zone, today=today),
        "before": month.beside(-1),
        "after": month.beside(1),
        "zone": timezone.get_current_timezone_name(),
        "may": http.user.is_operator,
    }
    return render(http, "onboarding/calendar.html", shown)


@require_safe
def windows(http: SignedIn) -> HttpResponse:
    """List the windows in force, with the next time of each."""
    rows = in_force.editions_for(http.user).filter(ended_at=None)
    page = lists.page(rows, http, key="name")
    shown = {
        "page": page,
        "lines": [(each, next(_coming(each.as_window), None)) for each in page.rows],
        "moment": now(),
        "may": http.user.is_operator,
        "reads": http.user.is_operator or http.user.is_auditor,
    }
    return render(http, "onboarding/windows.html", shown)


@require_safe
@for_roles(Role.OPERATOR, Role.AUDITOR)
def history(http: SignedIn) -> HttpResponse:
    """Show every edition of every window: who put it in force, who ended it, and why."""
    page = lists.page(in_force.editions_for(http.user), http, key="-pk")
    return render(http, "onboarding/window_history.html", {"page": page})


@for_roles(Role.OPERATOR)
@safe_or_post
def add(http: SignedIn) -> HttpResponse:
    return _propose(http, Proposal("Add a window", WindowForm(http.POST or None)))


@for_roles(Role.OPERATOR)
@safe_or_post
def replace(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Put another edition in the place of one: the old one stays in the history."""
    old = in_force.edition_for(http.user, uuid)
    form = WindowForm(http.POST or None, instead_of=old)
    return _propose(http, Proposal(f"Change {old.name}", form, old))


@for_roles(Role.OPERATOR)
@safe_or_post
def withdraw(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Take a window away; orders that it held go on."""
    old = in_force.edition_for(http.user, uuid)
    form = WhyForm(http.POST or None)
    if form.is_valid():
        actions.withdraw_window(old, why=form.cleaned_data["why"], by=http.user)
        messages.success(http, f"{old} is withdrawn. Orders that it held look again now.")
        return redirect("onboarding:windows")
    shown = {
        "old": old,
        "form": form,
        "back": reverse("onboarding:windows"),
        "goes": [f"{old}: {old.as_window.where}", *_freed(old)],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(http, "onboarding/withdraw_window.html", shown, status=status)


def _freed(old: WindowEdition) -> Sequence[str]:
    held = len(in_force.held_by([old.as_window]))
    return [f"Its hold on {held} order{'' if held == 1 else 's'}"] if held else []


@dataclass(frozen=True)
class Proposal:
    """A page that proposes an edition: its title, its form, and the edition it takes the place of.

    `seen` stands for what it proposes, so that only what was shown is put in force.
    """

    title: str
    form: WindowForm
    old: WindowEdition | None = None

    @property
    def seen(self) -> str:
        told = [repr(self.form.edition.as_window), self.form.edition.why, self.old and self.old.pk]
        return hashlib.sha256(repr(told).encode()).hexdigest()


def _propose(http: SignedIn, proposal: Proposal) -> HttpResponse:
    """Let an operator fill in, see when it comes and whom it holds, and put just that in force."""
    if not proposal.form.is_valid():
        return _fill_in(http, proposal)
    edition = proposal.form.edition
    if http.POST.get(SEEN, "") != proposal.seen:
        return _show(http, proposal, edition)
    try:
        actions.put_window(edition, instead_of=proposal.old, by=http.user)
    except ValidationError as error:
        proposal.form.add_error(None, ValidationError(error.messages))
        return _fill_in(http, proposal)
    messages.success(http, f"{edition} is in force.")
    return redirect("onboarding:windows")


def _fill_in(http: SignedIn, proposal: Proposal) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if proposal.form.errors else HTTPStatus.OK
    return render(http, "onboarding/window_form.html", {"proposal": proposal}, status=status)


def _show(http: SignedIn, proposal: Proposal, edition: WindowEdition) -> HttpResponse:
    window = edition.as_window
    held = in_force.held_by([window])
    shown: dict[str, Any] = {
        "proposal": proposal,
        "edition": edition,
        "next": list(islice(_coming(window), NEXT)),
        "held": held[:MOST_HELD],
        "more": _more(held),
        "typed": [(name, str(http.POST.get(name, ""))) for name in proposal.form.fields],
        "back": reverse("onboarding:windows"),
    }
    return render(http, "onboarding/window_preview.html", shown)


def _more(held: Sequence[Held]) -> int:
    return max(0, len(held) - MOST_HELD)


def _coming(window: Window) -> Iterator[Occurrence]:
    moment = now()
    return occurrences(window, moment, moment + 5 * AHEAD)
