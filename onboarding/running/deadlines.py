"""Changes that expire while their order is stuck: nothing else would look at them again.

An order that waits looks at its change by itself; one that is stuck waits for a person, and would
hold its names for ever.
"""

import logging

from onboarding import actions, lookups
from onboarding.ports import Verdict
from onboarding.toolbox import tools
from portal.errors import BerthError

log = logging.getLogger(__name__)


def expire_overdue() -> int:
    """Turn orders round that are stuck before the start with an expired change; return how many."""
    changes = tools().changes
    count = 0
    for order in lookups.stuck_before_start():
        try:
            state = changes.state(order.change_number)
        except BerthError as error:
            log.info("order %s: the change system does not answer: %s", order.pk, error)
            continue
        if state.verdict is Verdict.EXPIRED:
            count += actions.expire(order, reason=state.note or "The change expired.")
    return count
