"""Health for whoever runs the portal: is the process alive, and can it answer people.

Strangers may ask, so the answer is one word; what is wrong stands in the log.
"""

import logging
from functools import cache

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = logging.getLogger(__name__)


@login_not_required
@require_safe
@never_cache
def livez(http: HttpRequest) -> HttpResponse:
    """Answer as long as the process does."""
    return _said("alive")


@login_not_required
@require_safe
@never_cache
def readyz(http: HttpRequest) -> HttpResponse:
    """Say whether the database answers and is migrated.

    A database that is ahead is fine: the next version migrates it before this one stops. The queue
    may be lost without harm, so it is not asked.
    """
    why_not = _why_not_ready()
    if why_not:
        log.warning("not ready: %s", why_not)
        return _said("not ready", status=503)
    return _said("ready")


def _why_not_ready() -> str:
    try:
        missing = _wanted() - set(MigrationRecorder(connection).applied_migrations())
    except DatabaseError as error:
        return f"the database does not answer ({type(error).__name__})"
    return f"{len(missing)} migrations are missing" if missing else ""


@cache
def _wanted() -> frozenset[tuple[str, str]]:
    """Return every migration of this version; they cannot change while the process lives."""
    return frozenset(MigrationLoader(None).disk_migrations)


def _said(sentence: str, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", content_type="text/plain; charset=utf-8", status=status)
