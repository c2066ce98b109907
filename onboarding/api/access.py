"""Who calls the API of orders, how often, and what may stand in a body."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.parsers import JSONParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts.authentication import MachineTokenAuthentication
from accounts.models import Scope, User
from portal.errors import PersonNeeded
from tenants.api.throttles import PerPrincipal

LARGEST_BODY = 65_536  # bytes; the largest form has about a thousand


class OrderTokens(MachineTokenAuthentication):
    """A token that reads, or one of a person that also places and moves."""

    def scopes(self, request: Request) -> Sequence[Scope]:
        """Return the scopes of which a token needs one for this call."""
        if request.method in SAFE_METHODS:
            return (Scope.ORDERS_READ, Scope.ORDERS_WRITE)
        return (Scope.ORDERS_WRITE,)


class OrderTokensScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Tells of the tokens for orders."""

    target_class = OrderTokens
    name = "orderToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        del auto_schema
        words = "A token with the scope orders:write, or orders:read for what only reads."
        return {"type": "http", "scheme": "bearer", "description": words}


class ByMethod(PerPrincipal):
    """Counts what changes something apart from what reads."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Take the count by the method of the call."""
        view.throttle_scope = "record" if request.method in SAFE_METHODS else "order"
        return super().allow_request(request, view)


class BoundedJSON(JSONParser):
    """JSON of a size and depth that an order can have."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return what the body says. Raises ParseError in words, whatever is wrong with it."""
        del media_type, parser_context
        text = stream.read(LARGEST_BODY + 1)
        if len(text) > LARGEST_BODY:
            raise ParseError(f"The body is larger than {LARGEST_BODY} bytes.")
        try:
            said = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ParseError("The body is not JSON that can be read.") from error
        if not isinstance(said, dict):
            raise ParseError("The body is an object with named fields.")
        return said


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def person(request: Request) -> User:
    """Return the person who calls, or whose token does. Raises PermissionDenied for a machine."""
    if isinstance(request.user, User):
        return request.user
    raise PermissionDenied("A machine of its own orders nothing: the token needs an owner.")


def present_person(request: Request) -> User:
    """Return the person at the browser. Raises PersonNeeded for whoever comes with a token."""
    if request.auth is not None or not isinstance(request.user, User):
        raise PersonNeeded("This call came with a token.")
    return request.user
