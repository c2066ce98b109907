"""Evidence for auditors: the pack of an order, and the changes of a time to draw samples from."""

from http import HTTPStatus
from urllib.parse import urlencode

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from accounts.models import Role
from accounts.web import SignedIn, for_roles
from audit import signing
from onboarding import actions, lookups
from onboarding.display import histories
from onboarding.display.outlook import outlook
from onboarding.form.population import PopulationForm
from portal import lists


@require_GET
def pack(http: SignedIn, number: int) -> FileResponse:
    """Hand out the evidence pack of an order to whoever may read its evidence."""
    made = actions.fetch_evidence(lookups.order_for(http.user, number), by=http.user)
    return FileResponse(made.file, as_attachment=True, filename=made.name)


@require_safe
@for_roles(Role.OPERATOR, Role.AUDITOR)
def population(http: SignedIn) -> HttpResponse:
    """List the changes of a time, and offer all of them as a file."""
    form = PopulationForm(http.GET)
    page = lists.page(form.narrowed(lookups.orders_of(http.user)), http)
    steps = histories.steps_of_many(page.rows)
    at = reverse("order-api:export")
    shown = {
        "form": form,
        "page": page,
        "lines": [(order, outlook(order, steps[order.pk])) for order in page.rows],
        "dumps": [
            (word, f"{at}?{urlencode({'format': kind} | form.asked)}")
            for kind, word in (("csv", "CSV"), ("ndjson", "NDJSON"))
        ],
        "fingerprints": signing.fingerprints(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(http, "onboarding/population.html", shown, status=status)
