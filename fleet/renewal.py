"""Keeps the portal's own tokens fresh: each is renewed with itself at half of its life."""

import logging
from datetime import datetime, timedelta

from fleet import account, toolbox
from fleet.models import Connection
from portal.errors import BerthError

ROUND = 20  # connections in one round, so that silent clusters hold it up for minutes at most
TRY_AGAIN = timedelta(minutes=10)

log = logging.getLogger(__name__)


def renew_due(moment: datetime) -> list[str]:
    """Renew tokens that are due, and return the names of their clusters.

    A cluster that does not answer is tried again later; the old token lasts as long as the first
    half of its life has been.
    """
    due = Connection.objects.filter(token_renew_at__lte=moment).select_related("cluster")
    chosen = due.order_by("token_renew_at")[:ROUND]
    return [connection.cluster.slug for connection in chosen if _renew(connection, moment)]


def _renew(connection: Connection, moment: datetime) -> bool:
    as_seen = Connection.objects.filter(pk=connection.pk, token_sealed=connection.token_sealed)
    try:
        token = account.issue(toolbox.issuer(connection))
    except BerthError as error:
        log.warning("the token for %s was not renewed: %s", connection.cluster.slug, error.code)
        as_seen.update(token_renew_at=moment + TRY_AGAIN, last_error=error.detail)
        return False
    fresh = account.columns(token, moment)
    return as_seen.update(**fresh, heard_at=moment, last_error="") == 1
