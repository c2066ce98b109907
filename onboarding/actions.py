"""What people do with orders: each is one transaction with one audit entry.

Nothing outside the database happens in here. The bell rings on commit.
"""

from collections.abc import Sequence
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import F, Subquery

from accounts.models import User
from audit import ledger
from onboarding import subjects
from onboarding.changes import decisions
from onboarding.changes.models import Decision
from onboarding.engine.runs import close_open
from onboarding.entitlement import checks
from onboarding.form import answers as forms
from onboarding.form import drafts, submission
from onboarding.form.answers import Allotted, Answers
from onboarding.models import (
    Direction,
    Draft,
    Order,
    Progress,
    Revision,
    RunState,
    StepRun,
    Unlisted,
)
from onboarding.ports import Answer, EntitlementSource
from onboarding.running import doorbell
from portal.clock import now
from portal.errors import (
    AmendsElsewhere,
    NotEntitled,
    NotStuck,
    ReasonMissing,
    RequesterNotEntitled,
    ServiceExists,
    TooLate,
)
from tenants import lookups as record_lookups
from tenants.actions import claims
from tenants.catalogue import Environment
from tenants.models import Application, ClaimKind, Cluster


def submit(
    draft: Draft, *, by: User, sources: Sequence[EntitlementSource], githost: str
) -> list[Order]:
    """Turn a filled form into one order for each environment, all of them or none.

    `githost` names the host on which the repository's name is claimed.

    Raises NotEntitled, NoCluster, NameTaken, NameUnfit or ServiceExists in words; the draft stays.
    """
    wanted = submission.answers_of(draft.answers)
    application = record_lookups.application_for(by, wanted[0].application)
    permits = [_permit(each, application, by, sources) for each in wanted]
    places = [_places(each, application) for each in wanted]
    family = uuid4()
    with transaction.atomic():
        orders = [
            _place(each, application, clusters, by=by, family=family, githost=githost)
            for each, clusters in zip(wanted, places, strict=True)
        ]
        for order, permit in zip(orders, permits, strict=True):
            checks.keep(permit, by, point="submit", order=order)
        draft.delete()
    return orders


def _permit(
    wanted: Answers, application: Application, by: User, sources: Sequence[EntitlementSource]
) -> Answer:
    environment = Environment.objects.get(slug=wanted.environment)
    answer = checks.ask(sources, by, checks.query_of(by, "onboard", application, environment))
    checks.refuse_unless_permitted(answer)
    return answer


def _places(wanted: Answers, application: Application) -> Sequence[Cluster]:
    environment = Environment.objects.get(slug=wanted.environment)
    clusters = submission.clusters_for(environment, wanted.region)
    submission.refuse_taken(clusters, submission.namespace_of(application, wanted))
    return clusters


def _place(
    wanted: Answers,
    application: Application,
    clusters: Sequence[Cluster],
    *,
    by: User,
    family: UUID,
    githost: str,
) -> Order:
    try:
        with transaction.atomic():
            order = Order.objects.create(
                family=family,
                requester=by,
                tenant=application.tenant,
                application=application,
                environment_id=wanted.environment,
            )
    except IntegrityError as error:
        raise ServiceExists(f"{application.name} is being ordered in this environment.") from error
    # after the insert: an order that ended while it waited for our turn has left a service
    _refuse_second(application, wanted.environment)
    allotted = submission.allot(application, wanted, clusters)
    Revision.objects.create(
        order=order, number=1, answers=wanted.as_json(), allotted=allotted.as_json(), made_by=by
    )
    _claim(order, allotted, githost)
    ledger.note("submitted", subjects.of(order), by=by.actor)
    doorbell.ring(order.pk)
    return order


def _refuse_second(application: Application, environment: str) -> None:
    if record_lookups.live_service(application, environment) is not None:
        raise ServiceExists(f"{application.name} is in {environment} already.")


def _claim(order: Order, allotted: Allotted, githost: str) -> None:
    for spot in allotted.spots:
        claims.claim(
            ClaimKind.NAMESPACE,
            str(spot.cluster),
            spot.namespace,
            order_uuid=order.uuid,
            application=order.application,
            placement_uuid=spot.placement,
        )
    claims.claim(
        ClaimKind.REPOSITORY,
        githost,
        allotted.repository,
        order_uuid=order.uuid,
        application=order.application,
    )


def begin_amendment(order: Order, *, by: User) -> Draft:
    """Open a form filled with what was asked for. Raises NotEntitled as `amend` does."""
    _require_owner(order, by, "amend")
    return drafts.of_order(order, by)


def amend(
    order: Order, draft: Draft, *, by: User, sources: Sequence[EntitlementSource], githost: str
) -> None:
    """Ask for something else before the change has started: a new revision from the beginning.

    Names that are no longer needed are given back in the same transaction. Raises NotEntitled
    unless the person asked for it or operates the portal: whoever amends must not be one who may
    approve. Raises AmendsElsewhere for another application or environment, TooLate once the change
    has started, and whatever `submit` raises.
    """
    _require_owner(order, by, "amend")
    wanted = _amended(order, draft)
    application = order.application
    permit = _permit(wanted, application, by, sources)
    clusters = _places(wanted, application)
    with transaction.atomic():
        last = order.revisions.get(number=order.revision_number)
        _next_revision(order, last)
        claims.release_claims(order.uuid)
        allotted = submission.allot(application, wanted, clusters)
        Revision.objects.create(
            order=order,
            number=last.number + 1,
            answers=wanted.as_json(),
            allotted=allotted.as_json(),
            made_by=by,
            why=f"{by} amended the order.",
        )
        _claim(order, allotted, githost)
        checks.keep(permit, by, point="submit", order=order)
        changes = _differences(forms.read(last.answers), wanted)
        ledger.note("amended", subjects.of(order), by=by.actor, changes=changes)
        draft.delete()
        doorbell.wake(order.pk)


def _amended(order: Order, draft: Draft) -> Answers:
    """Return the answers if they are for this very service: its rules and approvers were asked."""
    wanted = submission.answers_of(draft.answers)
    service = (order.application.uuid, order.environment_id)
    elsewhere = [each for each in wanted if (each.application, each.environment) != service]
    if draft.amends_id != order.pk or elsewhere or len(wanted) != 1:
        raise AmendsElsewhere(f"{order} is for {order.application.slug} in {order.environment_id}.")
    return wanted[0]


def _next_revision(order: Order, last: Revision) -> None:
    moved = Order.objects.filter(
        pk=order.pk,
        revision_number=last.number,
        direction=Direction.ONWARD,
        change_started_at=None,
        ended_as="",
    ).update(revision_number=last.number + 1)
    if not moved:
        raise TooLate("The change has started, so the order can no longer be amended.")
    # now that the order is ours: a worker may have opened the change since the order was read
    here = Order.objects.filter(pk=order.pk)
    Revision.objects.filter(pk=last.pk).update(change_number=Subquery(here.values("change_number")))
    here.update(change_number="")
    close_open(order, note="Amended.")


def _differences(before: Answers, after: Answers) -> dict[str, tuple[object, object]]:
    old, new = before.as_json(), after.as_json()
    return {key: (old[key], new[key]) for key in old if old[key] != new[key]}


def withdraw(order: Order, *, by: User, reason: str) -> None:
    """Turn the order round: everything it made is taken away again.

    Raises NotEntitled unless the person asked for it or operates the portal, and TooLate once the
    berth is operational or the order is over.
    """
    _require_owner(order, by, "withdraw")
    with transaction.atomic():
        turned = Order.objects.filter(
            pk=order.pk, direction=Direction.ONWARD, settled_at=None, ended_as=""
        ).update(
            direction=Direction.BACK,
            back_as=Progress.WITHDRAWN,
            back_reason=reason.strip() or f"{by} withdrew the order.",
            next_try_at=now(),
            bell=F("bell") + 1,
        )
        if not turned:
            raise TooLate("The order is over, on its way back, or already operational.")
        close_open(order, note="Withdrawn.")
        ledger.note("withdrew", subjects.of(order), by=by.actor, reason=reason)
        doorbell.ring(order.pk)


def retry(order: Order, *, by: User, reason: str = "") -> None:
    """Try the stuck steps of an order again. Raises NotStuck when nothing is stuck."""
    _require_owner(order, by, "try again")
    with transaction.atomic():
        doorbell.wake(order.pk)
        stuck = list(StepRun.objects.filter(order=order, state=RunState.STUCK))
        again = [run for run in stuck if _again(run)]
        if not again:
            raise NotStuck("Nothing in this order is stuck any more.")
        ledger.note("tried again", subjects.of(order), by=by.actor, reason=reason)


def _again(run: StepRun) -> bool:
    """Close a stuck run and open the next attempt; False when somebody else was quicker."""
    closed = StepRun.objects.filter(pk=run.pk, state=RunState.STUCK).update(
        state=RunState.OVER, succeeded=False, finished_at=now()
    )
    if closed:
        StepRun.objects.create(
            order_id=run.order_id,
            revision=run.revision,
            step=run.step,
            placement_id=run.placement_id,
            direction=run.direction,
            attempt=run.attempt + 1,
            state=RunState.WAITING,
            next_try_at=now(),
            waits_for="Berth",
        )
    return bool(closed)


def _require_owner(order: Order, by: User, what: str) -> None:
    if by.is_operator or by.pk == order.requester_id:
        return
    raise NotEntitled(f"Only the person who asked or an operator may {what}.")


def approve(
    order: Order, *, by: User, digest: str, reason: str, sources: Sequence[EntitlementSource]
) -> None:
    """Approve what the digest names. The requester's entitlement is checked once more.

    Raises what `decisions.decide` raises, RequesterNotEntitled when the requester has lost the
    right, and EntitlementUnknown when no source could tell.
    """
    decisions.decidable(order, by=by, digest=digest)
    try:
        checks.require(sources, order, point="approval")
    except NotEntitled as error:
        raise RequesterNotEntitled(error.detail) from error
    decisions.decide(order, by=by, decision=Decision.APPROVED, digest=digest, reason=reason)


def refuse(order: Order, *, by: User, digest: str, reason: str) -> None:
    """Refuse the order, with a reason that the requester reads. It goes back by itself."""
    decisions.decide(order, by=by, decision=Decision.REFUSED, digest=digest, reason=reason)


def report_unlisted(*, by: User, name: str, note: str) -> Unlisted:
    """Tell the operators about an application that the form does not list."""
    if not name.strip():
        raise ReasonMissing("The name of the application is needed.")
    with transaction.atomic():
        wish = Unlisted.objects.create(person=by, name=name.strip()[:100], note=note.strip())
        about = ledger.Subject("Unlisted", uuid4(), wish.name)
        ledger.note("missed an application", about, by=by.actor, reason=wish.note)
    return wish


def settle_unlisted(wish: Unlisted, *, by: User) -> None:
    """Take a wish off the operators' list; again is nothing."""
    with transaction.atomic():
        settled = Unlisted.objects.filter(pk=wish.pk, settled_at=None).update(
            settled_at=now(), settled_by=by
        )
        if settled:
            about = ledger.Subject("Unlisted", uuid4(), wish.name)
            ledger.note("settled a missed application", about, by=by.actor)
