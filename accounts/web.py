"""The request after sign-in, and the mark on views that only some roles may open."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeAlias

from django.http import HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails

from accounts.models import Role, User
from portal.errors import RoleMissing

P = ParamSpec("P")


class SignedIn(HttpRequest):
    """A web request of a person. Every view gets one unless it is marked `login_not_required`."""

    user: User
    htmx: HtmxDetails


View: TypeAlias = Callable[Concatenate[SignedIn, P], HttpResponse]


def for_roles(*roles: Role) -> Callable[[View[P]], View[P]]:
    """Open a view to people who hold at least one of the roles; others are refused in words."""

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def answer(http: SignedIn, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if http.user.roles.isdisjoint(roles):
                raise RoleMissing(" or ".join(role.label for role in roles))
            return view(http, *args, **kwargs)

        return answer

    return guard
