"""Reviews of services: an owner says that it is still needed and theirs, or hands it over."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from accounts.models import User
from audit.ledger import Actor
from portal.clock import now
from portal.errors import NoReview, NotOwner, RecordMoved
from tenants import lookups, reviews
from tenants.actions import rows
from tenants.catalogue import Environment
from tenants.lifecycle import LIVE
from tenants.models import Service


def may_review(service: Service, by: User) -> bool:
    """Say whether somebody answers for a service: its owner, its application's, or an operator."""
    owners = (service.owner_id, service.application.owner_id)
    return service.lifecycle in LIVE and (by.pk in owners or by.is_operator)


def require_reviewer(service: Service, by: User) -> Actor:
    """Return who acts. Raises NotOwner, and NoReview for a service that is retired."""
    if service.lifecycle not in LIVE:
        raise NoReview(rows.title(service))
    if not may_review(service, by):
        raise NotOwner(rows.title(service))
    return by.actor


@transaction.atomic
def confirm(service: Service, *, by: User) -> bool:
    """Say that a service is still needed and whose it is. False when that was said today already.

    Raises NotOwner, NoReview, and RecordMoved when somebody else was faster.
    """
    actor = require_reviewer(service, by)
    due = reviews.next_due(service.environment, reviews.today())
    if due is None or service.lifecycle in reviews.NOT_ASKED:
        raise NoReview(rows.title(service))
    if due == service.review_due:
        return False
    seen = {"review_due": service.review_due, "owner": service.owner_id}
    _move(service, {"review_due": due}, seen)
    changes = {"review_due": (seen["review_due"], due)}
    rows.note("confirmed", service, by=actor, changes=changes, reason=_for_whom(service, by))
    return True


@transaction.atomic
def hand_over(service: Service, to: User, *, by: User) -> bool:
    """Make a member of the tenant the owner, who has thirty days to look at it.

    False when they are the owner already. Raises NotOwner, also where `to` cannot be one,
    NoReview, and RecordMoved when somebody else was faster.
    """
    actor = require_reviewer(service, by)
    if to.pk == service.owner_id:
        return False
    if not lookups.next_owners(service).filter(pk=to.pk).exists():
        raise NotOwner(f"{to} is no active member of {service.application.tenant}.")
    before = service.owner
    due = reviews.in_hand(service.environment, reviews.today())
    seen = {"review_due": service.review_due, "owner": before}
    _move(service, {"owner": to, "review_due": due}, seen)
    changes = {"owner": (before.ident, to.ident), "review_due": (seen["review_due"], due)}
    on_behalf = _for_whom(service, by)
    rows.note("handed over", service, by=actor, changes=changes, reason=on_behalf)
    return True


def follow_interval(environment: Environment) -> int:
    """Let no service of an environment wait longer than its interval; earlier dates stay.

    Where there are no reviews any more, no date stays. Returns how many dates it moved; the entry
    is that of the change of the environment.
    """
    live = Service.objects.filter(environment=environment, lifecycle__in=LIVE)
    due = reviews.next_due(environment, reviews.today())
    later = (
        Q(review_due__isnull=False) if due is None else Q(review_due=None) | Q(review_due__gt=due)
    )
    return live.filter(later).update(review_due=due, version=F("version") + 1, updated_at=now())


def _for_whom(service: Service, by: User) -> str:
    own = by.pk in (service.owner_id, service.application.owner_id)
    return "" if own else f"On behalf of {service.owner} ({service.owner.ident})."


def _move(service: Service, to: Mapping[str, Any], seen: Mapping[str, Any]) -> None:
    if not rows.move(service, to=to, lifecycle__in=LIVE, **seen):
        raise RecordMoved(rows.title(service))
