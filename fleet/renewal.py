"""Keeps the portal's own tokens fresh: each is renewed with itself at half of its life."""

import logging
from datetime import datetime, timedelta
from functools import partial

from fleet import abreast, account, toolbox
from fleet.models import Connection
from fleet.ports import IssuedToken
from portal.errors import BerthError

ROUND = 100  # connections in one round
TRY_AGAIN = timedelta(minutes=10)

log = logging.getLogger(__name__)


def renew_due(moment: datetime) -> list[str]:
    """Renew tokens that are due, and return the names of their clusters.

    A cluster that does not answer is tried again later; the old token lasts as long as the first
    half of its life has been.
    """
    due = Connection.objects.filter(token_renew_at__lte=moment).select_related("cluster")
    chosen = list(due.order_by("token_renew_at")[:ROUND])
    answers = abreast.ask([partial(_issue, connection) for connection in chosen])
    pairs = zip(chosen, answers, strict=True)
    return [each.cluster.slug for each, answer in pairs if _keep(each, answer, moment)]


def _issue(connection: Connection) -> IssuedToken:
    return account.issue(toolbox.issuer(connection))


def _keep(connection: Connection, answer: IssuedToken | BerthError, moment: datetime) -> bool:
    """Keep the new token, unless another sweeper was quicker."""
    as_seen = Connection.objects.filter(pk=connection.pk, token_sealed=connection.token_sealed)
    if isinstance(answer, BerthError):
        log.warning("the token for %s was not renewed: %s", connection.cluster.slug, answer.code)
        as_seen.update(token_renew_at=moment + TRY_AGAIN, last_error=answer.detail)
        return False
    return as_seen.update(**account.columns(answer, moment), heard_at=moment, last_error="") == 1
