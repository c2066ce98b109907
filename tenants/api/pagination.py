"""Keyset pages: an opaque, signed cursor names the last row seen, so pages never shift."""

import re
from typing import Any

from django.core import signing
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

SIZE = 50
MOST = 500
SALT = "tenants.api.cursor"
_WHOLE = re.compile("[1-9][0-9]{0,8}")


class KeysetPagination(BasePagination):
    """Forward pages in the order in which rows were made; `?count=1` also counts them all."""

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        """Return the page that the cursor asks for, and remember where the next begins."""
        del view
        limit = _limit(request)
        rows = queryset.order_by("pk").filter(pk__gt=_after(request))
        found = list(rows[: limit + 1])
        page = found[:limit]
        self.count = queryset.count() if request.query_params.get("count") == "1" else None
        self.next = _address(request, page[-1].pk) if len(found) > limit else None
        return page

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page, with the way to the next one in the body and as a `Link` header."""
        body = {"next": self.next, "results": data}
        if self.count is not None:
            body["count"] = self.count
        return Response(body, headers={"Link": f'<{self.next}>; rel="next"'} if self.next else {})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page for the schema."""
        address = "Address of the next page; null on the last one."
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {
                "next": {
                    "type": "string",
                    "format": "uri",
                    "nullable": True,
                    "description": address,
                },
                "count": {"type": "integer", "description": "Of all rows, where count=1 asked."},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Describe the parameters of a page for the schema."""
        del view
        return [
            _parameter("cursor", "Where the page begins, as `next` gave it.", {"type": "string"}),
            _parameter(
                "limit",
                f"How many rows a page has; {SIZE} unless given.",
                {"type": "integer", "minimum": 1, "maximum": MOST},
            ),
            _parameter("count", "1 also counts all rows.", {"type": "string", "enum": ["1"]}),
        ]


PARAMETERS = frozenset({"cursor", "limit", "count"})


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(SIZE))
    if not (_WHOLE.fullmatch(text) and int(text) <= MOST):
        raise ValidationError({"limit": f"A page has 1 to {MOST} rows."})
    return int(text)


def _after(request: Request) -> int:
    text = request.query_params.get("cursor")
    if text is None:
        return 0
    try:
        seen = signing.loads(text, salt=SALT)
    except signing.BadSignature as error:
        raise ValidationError({"cursor": "This is no cursor that we gave out."}) from error
    if seen["of"] != request.path:
        raise ValidationError({"cursor": "This cursor belongs to another list."})
    return int(seen["after"])


def _address(request: Request, last: int) -> str:
    query = request.query_params.copy()
    query["cursor"] = signing.dumps({"of": request.path, "after": last}, salt=SALT)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
