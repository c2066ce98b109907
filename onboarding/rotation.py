"""After a new Git key: every live placement gets its credential again, made with that key.

Only the Secret of the placement's own plan is applied again, with what it says today.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction

from audit.ledger import Actor
from fleet import ground
from fleet.objects import Entry
from onboarding.models import Direction, Plan, StepRun
from onboarding.plans import drafting
from onboarding.stories import register
from portal.errors import BerthError
from tenants.actions import rows
from tenants.lifecycle import Lifecycle
from tenants.models import Placement

SETTLED = (Lifecycle.REHEARSED, Lifecycle.OPERATIONAL)
UNDER_WAY = (Lifecycle.DESIGNED, Lifecycle.RETIRING)  # an order has these in its hands


@dataclass
class Rewritten:
    """How many credentials were written, and what was not: placement and why."""

    count: int = 0
    left: list[str] = field(default_factory=list)


def write_credentials(*, by: Actor) -> Rewritten:
    """Write the credential of every live placement, made with the newest key; again is harmless.

    One that an order has in its hands, or whose cluster does not answer, is left and named.
    """
    done = Rewritten()
    for placement in _placements(*SETTLED):
        try:
            written = _write(placement, by)
        except BerthError as error:
            done.left.append(f"{placement}: {error}")
        else:
            done.count += written
    done.left += [f"{placement}: an order is under way." for placement in _placements(*UNDER_WAY)]
    return done


def _placements(*lifecycles: Lifecycle) -> Sequence[Placement]:
    chosen = Placement.objects.filter(lifecycle__in=lifecycles)
    return list(chosen.select_related("cluster", "tenant_cluster", "service").order_by("pk"))


def _write(placement: Placement, by: Actor) -> bool:
    """Apply the placement's Secrets; False where its plan has none."""
    secrets = _secrets(placement)
    if not secrets:
        return False
    ground.prime_placement(placement, secrets, resolve=register.resolver(placement))
    with transaction.atomic():
        rows.note("wrote Git credential of", placement, by=by)
    return True


def _secrets(placement: Placement) -> list[Entry]:
    """Return what the newest plan that was carried out for a placement says of its Secrets."""
    runs = StepRun.objects.filter(placement=placement, direction=Direction.ONWARD, succeeded=True)
    for order, revision in dict.fromkeys(runs.order_by("-pk").values_list("order_id", "revision")):
        plan = Plan.objects.filter(revision__order=order, revision__number=revision).first()
        if plan and str(placement.uuid) in drafting.content(plan)["clusters"]:
            entries = drafting.objects_of(plan, placement.uuid)["placement"]
            return [entry for entry in entries if entry["manifest"]["kind"] == "Secret"]
    return []
