"""Pages of the ledger, for operators and auditors."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit import lookups
from audit.forms import SearchForm
from audit.lookups import Reader
from portal import lists
from portal.errors import RoleMissing


@require_safe
def entries(http: HttpRequest) -> HttpResponse:
    reader = _reader(http)
    form = SearchForm(http.GET)
    page = lists.page(lookups.narrowed(lookups.entries_for(reader), form.search()), http)
    shown = {
        "form": form,
        "page": page,
        "lines": lookups.lines(page.rows),
        "standing": lookups.standing_for(reader),
    }
    return render(http, "audit/list.html", shown)


@require_safe
def entry(http: HttpRequest, uuid: UUID) -> HttpResponse:
    line = lookups.line_for(_reader(http), uuid)
    return render(http, "audit/detail.html", {"line": line, "entry": line.entry})


def _reader(http: HttpRequest) -> Reader:
    """Return the person, whose class this room does not know."""
    if http.user.is_authenticated:
        return http.user
    raise RoleMissing("Operator or Auditor")
