"""Web helpers that every room may use: ETags for fragments, methods, and what a fault means."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_http_methods

from portal.errors import BerthError, DatabaseAway

P = ParamSpec("P")
Http = TypeVar("Http", bound=HttpRequest)


def with_etag(
    view: Callable[Concatenate[Http, P], HttpResponse],
) -> Callable[Concatenate[Http, P], HttpResponse]:
    """Answer 304 when the body is what the browser already has, so that polling costs little."""

    @wraps(view)
    def answer(http: Http, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        page = view(http, *args, **kwargs)
        tag = f'"{hashlib.sha256(page.content).hexdigest()[:32]}"'
        if http.headers.get("If-None-Match") == tag:
            return HttpResponseNotModified(headers={"ETag": tag})
        page.headers["ETag"] = tag
        page.headers["Cache-Control"] = "private, no-cache"
        return page

    return answer


# a form's page: shown by GET, answered by POST, and nothing else
safe_or_post = require_http_methods(["GET", "HEAD", "POST"])


def foreseen(error: Exception) -> BerthError | None:
    """Return what an error that a view let go means, or None for one that nobody foresaw.

    The database's own words name hosts and queries, so they are for the log alone.
    """
    if isinstance(error, OperationalError):
        return DatabaseAway("No lock was given in time, or the connection broke off.")
    return error if isinstance(error, BerthError) else None
