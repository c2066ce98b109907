"""How a change stands towards one person: the rows, read into what guards look at."""

from dataclasses import replace

from django.db.models import Q

from accounts.models import User
from onboarding.changes import control, deputies
from onboarding.changes.guards import Hindrance, Situation, hindrances, is_over_time
from onboarding.changes.lifecycle import Verb
from onboarding.changes.models import Approval, Change, Decision, Stage
from onboarding.models import Order
from portal.clock import now
from portal.errors import ControlBroken
from tenants.catalogue import ChangeType


def hindrances_of(
    order: Order,
    change: Change | None,
    by: User,
    verb: Verb,
    *,
    shown: str | None = None,
    reason: str | None = None,
) -> list[Hindrance]:
    """Tell what keeps this person from this verb now; nothing where they may.

    `shown` is the digest that they were shown and `reason` what they wrote, where they have sent
    something. While nobody knows the rules nobody may.
    """
    try:
        models = control.in_force().models
    except ControlBroken as error:
        return [Hindrance("control", error)]
    model = models[change.type if change else ChangeType.NORMAL.value]
    here = situation(order, change, by, shown=shown, reason=reason)
    return list(hindrances(model, verb, here))


def situation(
    order: Order,
    change: Change | None,
    by: User,
    *,
    shown: str | None = None,
    reason: str | None = None,
) -> Situation:
    """Read what guards look at."""
    person = Situation(
        status="",
        who_decides=_environments(order),
        is_approver=by.is_approver,
        is_operator=by.is_operator,
        is_requester=by.pk == order.requester_id,
        has_amended=order.revisions.filter(made_by=by).exists(),
        is_owner=by.pk in owners(order),
        sits_here=_sits_in(order, by),
        shown=shown,
        reason=reason,
    )
    return person if change is None else _towards(person, change, order, by)


def _towards(person: Situation, change: Change, order: Order, by: User) -> Situation:
    """Add what the change says."""
    stage = change.stage
    in_force = [each for each in change.approvals.all() if each.taken_back_at is None]
    given = [each for each in in_force if stage is not None and each.counts_in(stage)]
    own = [each for each in in_force if by.pk in (each.person_id, each.voter_id)]
    voter = voter_of(change, order, by) if stage else None
    return replace(
        person,
        status=change.status,
        who_decides=stage.words if stage else "nobody",
        sits_here=voter is not None,
        is_owner=person.is_owner or (voter is not None and voter.pk in owners(order)),
        has_decided=bool(own),
        has_approved=any(each.is_in_force for each in own),
        needed=stage.needed if stage else 1,
        given=len(given),
        by_others=len([each for each in given if not _is_owners(each, order)]),
        questions=len([each for each in change.questions.all() if each.answered_at is None]),
        is_over_time=is_over_time(change.expires_at, change.paused_at, now()),
        digest=change.digest,
    )


def _is_owners(approval: Approval, order: Order) -> bool:
    return not owners(order).isdisjoint({approval.person_id, approval.voter_id})


def voter_of(change: Change, order: Order, by: User) -> User | None:
    """Return with whose vote this person decides in the open stage: their own, or one lent to them.

    Whoever asked for the order or amended it, or has voted on it, lends none.
    """
    stage = change.stage
    if stage is None:
        return None
    if sits_in(stage, by):
        return by
    voted = {each.voter_id for each in change.approvals.all() if each.taken_back_at is None}
    lent = deputies.represented_by(by)
    return next(
        (each for each in lent if each.pk not in voted and _may_lend(stage, order, each)), None
    )


def _may_lend(stage: Stage, order: Order, person: User) -> bool:
    if person.pk == order.requester_id or order.revisions.filter(made_by=person).exists():
        return False
    return sits_in(stage, person)


def owners(order: Order) -> set[int]:
    """Return who owns the application or the service that the order is about, by row."""
    service = order.service
    return (
        {order.application.owner_id, service.owner_id} if service else {order.application.owner_id}
    )


def sits_in(stage: Stage, by: User) -> bool:
    """Say whether a group of this person decides in the stage."""
    return stage.is_anybodys or by.groups.filter(name__in=stage.group_names).exists()


def capacity(stage: Stage, voter: User) -> str:
    """Return for which group this vote is given; for the role alone where none is named."""
    own = voter.groups.filter(name__in=stage.group_names).order_by("name").first()
    return own.name if own else "approver"


def in_force(change: Change, person: User) -> Approval | None:
    """Return the approval that this person gave, or that was given in their place, if it counts."""
    theirs = Q(person=person) | Q(voter=person)
    found = Approval.objects.filter(theirs, change=change, decision=Decision.APPROVED)
    return found.filter(taken_back_at=None).first()


def _environments(order: Order) -> str:
    group = order.environment.approver_group
    return f"a member of {group}" if group else "an approver"


def _sits_in(order: Order, by: User) -> bool:
    """Before there is a change, the environment says whose it will be."""
    group = order.environment.approver_group
    return not group or by.groups.filter(name=group).exists()
