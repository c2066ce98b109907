"""The whole of the services somebody sees, as one streamed answer."""

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from portal.clock import now
from tenants import export, lookups
from tenants.api import filters
from tenants.api.permissions import principal


class Ndjson(BaseRenderer):
    """Lets a caller ask for NDJSON; the answer is written by tenants/export.py."""

    media_type = "application/x-ndjson"
    format = "ndjson"


class Csv(BaseRenderer):
    """Lets a caller ask for CSV; the answer is written by tenants/export.py."""

    media_type = "text/csv"
    format = "csv"


class ServiceExport(APIView):
    """All services with their placements in one stream, for other systems and spreadsheets."""

    renderer_classes = (Ndjson, Csv)
    throttle_scope = "export"
    filterset_class = filters.ServiceFilter

    @extend_schema(
        operation_id="services_export",
        responses={
            (200, "application/x-ndjson"): OpenApiResponse(
                OpenApiTypes.STR, "One JSON object a line and service."
            ),
            (200, "text/csv"): OpenApiResponse(
                OpenApiTypes.STR, "One line a service, cells in UTF-8."
            ),
        },
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """All services with their placements in one stream; Accept or format chooses its form."""
        rows = filters.narrowed(
            lookups.services_of(principal(request)), self.filterset_class, request
        )
        chosen = request.accepted_renderer.format
        media_type, write = export.FORMATS[chosen]
        name = f"berth-services-{now():%Y-%m-%d}.{chosen}"
        return StreamingHttpResponse(
            write(rows),
            content_type=media_type,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
