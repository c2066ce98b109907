"""Amending an order before its change has started: the next revision, from the beginning."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Subquery

from accounts.models import User
from audit import ledger
from onboarding import subjects
from onboarding.actions.owning import require_amendable, require_owner
from onboarding.actions.placing import Wish, claim_names, wishes_of
from onboarding.engine.runs import close_open
from onboarding.engine.steps import Tools
from onboarding.entitlement import checks
from onboarding.form import answers as forms
from onboarding.form import drafts, submission
from onboarding.form.answers import Answers
from onboarding.models import Direction, Draft, Order, Revision
from onboarding.running import doorbell
from portal.errors import AmendsElsewhere, TooLate
from tenants.actions import claims


def begin_amendment(order: Order, *, by: User) -> Draft:
    """Open a form filled with what was asked for.

    Raises NotEntitled, NotAmendable and TooLate as `amend` does, before anybody fills in a form in
    vain.
    """
    require_owner(order, by, "amend")
    require_amendable(order)
    if order.is_over or order.direction == Direction.BACK or order.change_started_at:
        raise TooLate("The change has started, or the order is over or on its way back.")
    return drafts.of_order(order, by)


def amend(order: Order, draft: Draft, *, by: User, tools: Tools) -> None:
    """Ask for what the form says instead; the form is used up. Raises what `amend_to` raises."""
    if draft.amends_id != order.pk:
        raise AmendsElsewhere(f"This form is not about {order}.")
    seen = draft.answers.get(drafts.SEEN, order.revision_number)
    wish = _wish(order, draft.answers, by=by, tools=tools)
    with transaction.atomic():
        _amend(order, wish, seen, by=by, githost=tools.githost.name)
        draft.delete()


def amend_to(
    order: Order, answers: Mapping[str, Any], *, seen: int, by: User, tools: Tools
) -> None:
    """Ask for something else before the change has started: a new revision from the beginning.

    `answers` are those that differ, `seen` is the number of the revision that the person looked at.
    Names that are no longer needed are given back in the same transaction. Raises NotEntitled
    unless the person asked for it or operates the portal: whoever amends must not be one who may
    approve. Raises NotAmendable for what is placed anew instead, AmendsElsewhere for another
    application or environment, TooLate once the change has started or somebody else has amended,
    and whatever `submit` raises.
    """
    require_owner(order, by, "amend")
    require_amendable(order)
    whole = drafts.asked_of(order) | dict(answers)
    wish = _wish(order, whole, by=by, tools=tools)
    with transaction.atomic():
        _amend(order, wish, seen, by=by, githost=tools.githost.name)


def _wish(order: Order, answers: Mapping[str, Any], *, by: User, tools: Tools) -> Wish:
    """Return what is asked for now, for this very service: its rules and approvers were asked."""
    require_owner(order, by, "amend")
    require_amendable(order)
    service = (str(order.application.uuid), [order.environment_id])
    if (str(answers.get("application")), answers.get("environments")) != service:
        raise AmendsElsewhere(f"{order} is for {order.application.slug} in {order.environment_id}.")
    return wishes_of(answers, by=by, tools=tools)[0]


def _amend(order: Order, wish: Wish, seen: int, *, by: User, githost: str) -> None:
    last = _leave(order, seen)
    claims.release_claims(order.uuid)
    allotted = submission.allot(order.application, wish.answers, wish.clusters)
    Revision.objects.create(
        order=order,
        number=last.number + 1,
        answers=wish.answers.as_json(),
        allotted=allotted.as_json(),
        made_by=by,
        why=f"{by} amended the order.",
    )
    claim_names(order, allotted, githost)
    checks.keep(wish.permit, by, point="submit", order=order)
    changes = _differences(forms.read(last.answers), wish.answers)
    ledger.note("amended", subjects.of(order), by=by.actor, changes=changes)
    doorbell.wake(order.pk)


def _leave(order: Order, seen: int) -> Revision:
    """Leave the revision that the person looked at, if it is still the present one."""
    moved = Order.objects.filter(
        pk=order.pk,
        revision_number=seen,
        direction=Direction.ONWARD,
        change_started_at=None,
        ended_as="",
    ).update(revision_number=seen + 1)
    if not moved:
        raise TooLate("The change has started, or somebody else amended or withdrew the order.")
    # now that the order is ours: a worker may have opened the change since the order was read
    here = Order.objects.filter(pk=order.pk)
    left = Revision.objects.filter(order=order, number=seen)
    left.update(change_number=Subquery(here.values("change_number")))
    here.update(change_number="")
    close_open(order, note="Amended.")
    return left.get()


def _differences(before: Answers, after: Answers) -> dict[str, tuple[object, object]]:
    old, new = before.as_json(), after.as_json()
    return {key: (old[key], new[key]) for key in old if old[key] != new[key]}
