"""The API described as OpenAPI: made from the code, with what the code does not say by itself."""

from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView

from tenants.api.problems import MEDIA_TYPE

PROBLEMS = {
    "400": "A parameter cannot be used; `errors` says which.",
    "401": "No token or session, or one that is no longer valid.",
    "404": "There is no such record, or it is not yours to see.",
    "429": "Too many calls; `Retry-After` says when the next is taken.",
    "503": "Something did not answer; the same call may succeed later.",
}
# what only a call that changes something may be answered
REFUSALS = {
    "403": "Not yours to do, or a token without the scope.",
    "409": "It has moved on meanwhile; look again, then decide.",
    "422": "Something in it cannot be used; `errors` names the fields.",
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Tells of the machine token."""

    target_class = "accounts.authentication.MachineTokenAuthentication"
    name = "machineToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        del auto_schema
        words = "A token of a machine, a person or a workload, with the scope cmdb:read."
        return {"type": "http", "scheme": "bearer", "description": words}


class Schema(SpectacularAPIView):
    """The description of this API as YAML, or as JSON by `Accept`."""

    def _get_version_parameter(self, request: Any) -> None:
        """There is one version: whatever `?version=` says would only reach a header and a title."""


@cache
def document() -> dict[str, Any]:
    """Return the whole description; it changes only with the code."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]  # drf-spectacular is typed in part
    whole: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # the same
    return whole


def tell_problems(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Add to every operation the problems that it may answer with."""
    result["components"]["schemas"]["Problem"] = _problem()
    for operations in result["paths"].values():
        for method, operation in operations.items():
            for status, words in (PROBLEMS if method == "get" else PROBLEMS | REFUSALS).items():
                operation["responses"].setdefault(status, _answer(words))
    return result


def _answer(words: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": words, "content": {MEDIA_TYPE: {"schema": schema}}}


def _problem() -> dict[str, Any]:
    text = {"type": "string"}
    fault = {"type": "object", "properties": {"parameter": text, "detail": text}}
    return {
        "type": "object",
        "description": "What went wrong, after RFC 9457.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "code": {**text, "description": "Our own word for it, where there is one."},
            "meaning": {**text, "description": "What it means for you, where there is a code."},
            "next_step": {**text, "description": "What to do now, and who does it."},
            "errors": {"type": "array", "items": fault},
        },
    }
