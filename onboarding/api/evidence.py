"""Evidence over the API: the pack of one order, and the population that samples are drawn from."""

from typing import Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from onboarding import actions, lookups, population
from onboarding.api import access, filters, problems
from onboarding.api.views import NAMED
from tenants.api.dump import Csv, Ndjson
from tenants.api.filters import narrowed
from tenants.api.permissions import principal
from tenants.api.problems import MEDIA_TYPE
from tenants.api.throttles import PerPrincipal


class Zip(BaseRenderer):
    """Lets a caller ask for a ZIP; a problem is told as JSON all the same."""

    media_type = "application/zip"
    format = "zip"


class Evidence(APIView):
    """What both have in common: who may call, how often, and how errors read."""

    authentication_classes = (access.OrderTokens, SessionAuthentication)
    throttle_classes = (PerPrincipal,)
    throttle_scope = "export"

    def get_exception_handler(self) -> Any:
        """Tell errors with what they mean and what to do."""
        return problems.as_problem


class EvidencePack(Evidence):
    """Everything that is kept about an order, as a file that can be checked offline."""

    renderer_classes = (Zip,)

    @extend_schema(
        operation_id="orders_evidence_pack",
        description="The evidence pack of an order. Each call leaves an entry in the ledger.",
        parameters=[NAMED],
        responses={
            (200, "application/zip"): OpenApiResponse(
                OpenApiTypes.BINARY, "The pack; verify.py in it, or in the repository, checks it."
            ),
            (422, MEDIA_TYPE): OpenApiResponse(
                OpenApiTypes.OBJECT, "It would be larger than a pack may be."
            ),
        },
    )
    def get(self, request: Request, order: str) -> HttpResponseBase:
        """One order's evidence, finished or not."""
        found = lookups.order_named(principal(request), order)
        pack = actions.fetch_evidence(found, by=principal(request))
        return FileResponse(pack.file, as_attachment=True, filename=pack.name)


def _parameter(name: str, asked: Any) -> OpenApiParameter:
    """Describe a filter; one with choices names them."""
    choices = [value for value, _ in asked.extra.get("choices", ())]
    return OpenApiParameter(name, str, enum=choices or None, description=asked.label or "")


NARROWED_BY = [_parameter(*each) for each in filters.PopulationFilter.base_filters.items()]


class Population(Evidence):
    """Orders as a population to draw samples from, such as the production changes of a quarter."""

    renderer_classes = (Ndjson, Csv)
    filterset_class = filters.PopulationFilter

    @extend_schema(
        operation_id="orders_export",
        parameters=NARROWED_BY,
        responses={
            (200, "application/x-ndjson"): OpenApiResponse(
                OpenApiTypes.STR, "One JSON object a line and order, with its decisions."
            ),
            (200, "text/csv"): OpenApiResponse(
                OpenApiTypes.STR, "One line an order, cells in UTF-8."
            ),
        },
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """All orders that you may see in one stream; Accept or format chooses its form."""
        rows = narrowed(lookups.orders_of(principal(request)), self.filterset_class, request)
        chosen = request.accepted_renderer.format
        media_type, write = population.FORMATS[chosen]
        return StreamingHttpResponse(
            write(rows),
            content_type=media_type,
            headers={
                "Content-Disposition": f'attachment; filename="{population.filename(chosen)}"'
            },
        )
