"""Health for whoever runs the portal: is the process alive, and can it answer people."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


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
    """Say whether the database answers and is migrated. The queue may be lost without harm."""
    try:
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return _said("the database does not answer", status=503)
    return _said("migrations are missing", status=503) if behind else _said("ready")


def _said(sentence: str, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", content_type="text/plain; charset=utf-8", status=status)
