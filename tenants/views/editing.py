"""How operators change the record: fill in, see what would change, confirm."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.web import SignedIn
from tenants.forms import RecordForm

safe_or_post = require_http_methods(["GET", "HEAD", "POST"])
CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Sheet:
    """What a page of editing says: its title, the word on its button, and the way back."""

    title: str
    verb: str
    back: str
    crumb: str


def make(
    http: SignedIn,
    form: RecordForm,
    act: Callable[[dict[str, Any]], Model],
    *,
    sheet: Sheet,
    to: Callable[[Any], str],
) -> HttpResponse:
    """Let a person fill in a new row; `act` makes it, `to` says where it is shown."""
    if not form.is_valid():
        return _draw(http, form, sheet)
    try:
        row = act(form.wanted)
    except ValidationError as error:
        return _refused(http, form, sheet, error)
    messages.success(http, f"{row} is in the record now.")
    return redirect(to(row))


def change(
    http: SignedIn,
    form: RecordForm,
    act: Callable[[dict[str, Any], int], object],
    *,
    sheet: Sheet,
) -> HttpResponse:
    """Let a person change a row; nothing happens before they saw what would."""
    if not form.is_valid():
        return _draw(http, form, sheet)
    differences = form.differences()
    if not differences:
        messages.info(http, "You changed nothing, so nothing was written.")
        return redirect(sheet.back)
    if CONFIRMED not in http.POST:
        return _ask(http, form, sheet)
    try:
        act({name: form.wanted[name] for name in form.changed_data if name != "version"}, form.seen)
    except ValidationError as error:
        return _refused(http, form, sheet, error)
    messages.success(http, f"{sheet.crumb} was changed.")
    return redirect(sheet.back)


def _draw(http: SignedIn, form: RecordForm, sheet: Sheet) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(http, "tenants/edit.html", {"form": form, "sheet": sheet}, status=status)


def _refused(
    http: SignedIn, form: RecordForm, sheet: Sheet, error: ValidationError
) -> HttpResponse:
    form.add_error(None, ValidationError(error.messages))
    return _draw(http, form, sheet)


def _ask(http: SignedIn, form: RecordForm, sheet: Sheet) -> HttpResponse:
    typed = [
        (name, value)
        for name, values in http.POST.lists()
        if name != "csrfmiddlewaretoken"
        for value in values
    ]
    shown = {"sheet": sheet, "differences": form.differences(), "typed": typed}
    return render(http, "tenants/confirm_change.html", shown)
