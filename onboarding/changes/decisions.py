"""What people do with a change of the built-in system: four eyes, one digest, stage after stage."""

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import User
from audit import ledger
from onboarding import lookups, subjects
from onboarding.changes import moves, situations
from onboarding.changes.guards import PERSONAL
from onboarding.changes.lifecycle import Verb
from onboarding.changes.models import Approval, Change, ChangeStatus, Decision, Question
from onboarding.models import Direction, Order
from onboarding.running import doorbell
from onboarding.wording import said_by
from portal.clock import now
from portal.errors import AlreadyDecided, BerthError, NothingToTakeBack

VERBS = {Decision.APPROVED: Verb.APPROVE, Decision.REFUSED: Verb.REFUSE}


def why_not(order: Order, change: Change | None, by: User) -> BerthError | None:
    """Return what keeps this person from deciding on this order, or None."""
    found = situations.hindrances_of(order, change, by, Verb.REFUSE)
    return found[0].error if found else None


def refuse_others(order: Order, *, by: User) -> None:
    """Raise OwnOrder or NotApprover unless this person decides on such orders."""
    found = situations.hindrances_of(order, lookups.change_of(order), by, Verb.REFUSE)
    for each in found:
        if each.guard in PERSONAL:
            raise each.error


def who_decides(order: Order) -> str:
    """Say who decides now, or did."""
    change = lookups.change_of(order)
    stage = change.stage if change else None
    return stage.words if stage else "nobody"


def capacity_in_words(order: Order, by: User) -> str:
    """Say by what right this person decides on the order."""
    change = lookups.change_of(order)
    stage = change.stage if change else None
    voter = situations.voter_of(change, order, by) if change else None
    if stage is None or voter is None:
        return f"{by} has the role approver."
    seat = "" if stage.is_anybodys else f" a member of {situations.capacity(stage, voter)}"
    if voter != by:
        return f"{by} has the role approver, in the place of {voter},{seat or ' an approver'}."
    return f"{by} has the role approver{f' and is{seat}' if seat else ''}."


def allowed(
    order: Order, verb: Verb, *, by: User, shown: str | None = None, reason: str | None = None
) -> Change:
    """Return the change if this person may do this with it now.

    Raises the error of the first guard that does not hold; docs/changes.md has them by name.
    """
    change = lookups.change_of(order)
    found = situations.hindrances_of(order, change, by, verb, shown=shown, reason=reason)
    if found:
        raise found[0].error
    if change is None:
        raise AlreadyDecided("This order does not wait for approval.")
    return change


def decide(order: Order, *, by: User, decision: Decision, digest: str, reason: str = "") -> None:
    """Record one person's decision on the digest that they were shown.

    Raises what `allowed` raises, or AlreadyDecided when somebody or something was quicker.
    """
    verb, said = VERBS[decision], said_by(reason)
    change = allowed(order, verb, by=by, shown=digest, reason=said)
    with transaction.atomic():
        _hold(order, change)
        # once more, now that nobody else can decide: somebody may have been quicker
        change = allowed(order, verb, by=by, shown=digest, reason=said)
        voter = _record(order, change, by, decision, said)
        changes = {} if voter == by else {"in the place of": ("", str(voter))}
        ledger.note(decision.value, subjects.of(order), by=by.actor, reason=said, changes=changes)
        doorbell.wake(order.pk)


def take_back(order: Order, *, by: User, reason: str) -> None:
    """Take one's own approval back; the stage that it was given in is open again.

    Raises what `allowed` raises, and NothingToTakeBack when the change has started meanwhile.
    """
    said = said_by(reason)
    change = allowed(order, Verb.TAKE_BACK, by=by, reason=said)
    with transaction.atomic():
        _hold(order, change)
        waiting = Change.objects.filter(
            pk=change.pk, status__in=(ChangeStatus.AUTHORIZE, ChangeStatus.SCHEDULED)
        )
        mine = situations.in_force(change, by)
        if mine is None or not waiting.update(status=ChangeStatus.AUTHORIZE):
            raise NothingToTakeBack("The change has started, or is over.")
        gone = {"taken_back_at": now(), "taken_back_why": said}
        Approval.objects.filter(pk=mine.pk).update(**gone)
        moves.reopen(change, mine.stage)
        ledger.note("took back", subjects.of(order), by=by.actor, reason=said)
        doorbell.wake(order.pk)


def ask(order: Order, *, by: User, text: str) -> None:
    """Ask the requester something; until it is answered the clock stands still.

    Raises what `allowed` raises.
    """
    said = said_by(text)
    change = allowed(order, Verb.ASK, by=by, reason=said)
    with transaction.atomic():
        _hold(order, change)
        allowed(order, Verb.ASK, by=by, reason=said)
        Question.objects.create(change=change, asked_by=by, text=said)
        moves.pause(change)
        ledger.note("asked", subjects.of(order), by=by.actor, reason=said)
        doorbell.wake(order.pk)


def answer(order: Order, *, by: User, text: str) -> None:
    """Answer the first question that is open. Raises what `allowed` raises."""
    said = said_by(text)
    change = allowed(order, Verb.ANSWER, by=by, reason=said)
    with transaction.atomic():
        _hold(order, change)
        change = allowed(order, Verb.ANSWER, by=by, reason=said)
        unanswered = Question.objects.filter(change=change, answered_at=None).order_by("pk")
        for question in unanswered[:1]:
            Question.objects.filter(pk=question.pk).update(
                answer=said, answered_by=by, answered_at=now()
            )
        if not unanswered.exists():
            moves.go_on(change)
        ledger.note("answered", subjects.of(order), by=by.actor, reason=said)
        doorbell.wake(order.pk)


def _hold(order: Order, change: Change) -> None:
    """Keep the order from moving until commit, if it still waits for a decision on this change."""
    waiting = Order.objects.filter(
        pk=order.pk, change_number=change.number, direction=Direction.ONWARD, ended_as=""
    )
    if not waiting.update(bell=F("bell") + 1):
        raise AlreadyDecided("The order was amended or withdrawn meanwhile.")


def _record(order: Order, change: Change, by: User, decision: Decision, reason: str) -> User:
    """Write the decision down and move the change; return with whose vote."""
    stage, voter = change.stage, situations.voter_of(change, order, by)
    if stage is None or voter is None:
        raise AlreadyDecided("Nobody decides on this change.")
    vote = Approval(
        change=change,
        person=by,
        voter=voter,
        decision=decision,
        digest=change.digest,
        reason=reason,
        capacity=situations.capacity(stage, voter),
        stage=stage.number,
    )
    _keep(vote)
    if decision is Decision.APPROVED:
        moves.end_stage_if_enough(change, stage)
        return voter
    waiting = Change.objects.filter(pk=change.pk, status=ChangeStatus.AUTHORIZE)
    if not waiting.update(status=ChangeStatus.REFUSED, close_note=reason, closed_at=now()):
        raise AlreadyDecided("Somebody else was quicker.")
    return voter


def _keep(vote: Approval) -> None:
    try:
        with transaction.atomic():
            vote.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyDecided("You decided on this before.") from error
