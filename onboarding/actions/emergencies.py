"""Letting an order pass a freeze for an incident: asked, confirmed by a second person, reviewed."""

from django.db import IntegrityError, transaction

from accounts.models import User
from audit import ledger
from onboarding import subjects
from onboarding.calendar import glass, in_force
from onboarding.calendar.glass import GlassBreak
from onboarding.changes import control
from onboarding.changes.policies import Emergency
from onboarding.models import Direction, Order
from onboarding.running import doorbell
from onboarding.wording import said_by
from portal.clock import now
from portal.errors import (
    BerthError,
    ControlBroken,
    NotForEmergencies,
    NothingToBreak,
    NotReviewer,
    ReasonMissing,
)


def why_not_break(order: Order, *, by: User) -> BerthError | None:
    """Return what keeps this person from asking to pass the calendar, or None."""
    try:
        _refuse_others(by)
    except (NotForEmergencies, ControlBroken) as error:
        return error
    return _nothing_to_break(order)


def break_glass(order: Order, *, incident: str, why: str, by: User) -> GlassBreak:
    """Ask that an order may pass the calendar for an incident. A second person has to confirm.

    Raises NotForEmergencies unless the file of change control names a group of theirs,
    NothingToBreak when no window holds the order, or somebody has asked already, and ReasonMissing.
    """
    hindrance = why_not_break(order, by=by)
    if hindrance is not None:
        raise hindrance
    incident, why = said_by(incident), said_by(why)
    if not incident or not why:
        raise ReasonMissing("An emergency needs the number of its incident, and a reason.")
    with transaction.atomic():
        made = GlassBreak.objects.create(order=order, incident=incident[:100], why=why, asked_by=by)
        said = f"{incident}: {why}"
        ledger.note("asked to pass the calendar", subjects.of(order), by=by.actor, reason=said)
    return made


def confirm(order: Order, *, by: User, reason: str = "") -> None:
    """Confirm as the second person: from now on the order may pass the calendar, for a while.

    Raises NotForEmergencies for the person who asked, whoever ordered, and who is in none of the
    groups; NothingToBreak when nobody has asked lately, or somebody was quicker.
    """
    emergency = _refuse_others(by)
    asked = glass.latest(order.pk)
    if asked is None or not asked.waits_for_second or order.direction == Direction.BACK:
        raise NothingToBreak("Nobody has asked within the last hour, or it is confirmed already.")
    if by.pk in (asked.asked_by_id, order.requester_id):
        raise NotForEmergencies("The second person is neither who asked nor who ordered.")
    moment, said = now(), f"{asked.incident}. {said_by(reason)}".strip()
    there = GlassBreak.objects.filter(pk=asked.pk, confirmed_at=None)
    try:
        with transaction.atomic():
            if not there.update(
                confirmed_by=by,
                confirmed_at=moment,
                until=moment + emergency.within,
                review_due=moment + emergency.review_within,
            ):
                raise NothingToBreak("Somebody else was quicker.")
            ledger.note("passed the calendar", subjects.of(order), by=by.actor, reason=said)
            doorbell.wake(order.pk)
    except IntegrityError as error:
        raise NothingToBreak("The emergency before has not been reviewed yet.") from error


def review(order: Order, *, by: User, was_justified: bool, text: str) -> None:
    """Review an emergency afterwards; the change of the order can close then.

    Raises NotReviewer for whoever had a part in it or is in none of the groups that review,
    NothingToBreak when nothing waits for a review, and ReasonMissing.
    """
    done = glass.unreviewed(order.pk)
    if done is None:
        raise NothingToBreak("No emergency of this order waits for a review.")
    hindrance = why_not_review(done, by=by)
    if hindrance is not None:
        raise hindrance
    said = said_by(text)
    if not said:
        raise ReasonMissing("A review says what was found.")
    with transaction.atomic():
        there = GlassBreak.objects.filter(pk=done.pk, reviewed_at=None)
        columns = {"reviewed_by": by, "reviewed_at": now(), "review": said}
        if not there.update(**columns, was_justified=was_justified):
            raise NothingToBreak("Somebody else was quicker.")
        verdict = "justified" if was_justified else "not justified"
        reason = f"{done.incident}, {verdict}: {said}"
        ledger.note("reviewed the emergency", subjects.of(order), by=by.actor, reason=reason)
        doorbell.wake(order.pk)


def why_not_review(done: GlassBreak, *, by: User) -> BerthError | None:
    """Return what keeps this person from reviewing an emergency, or None."""
    try:
        emergency = control.in_force().emergency
    except ControlBroken as error:
        return error
    part = (done.asked_by_id, done.confirmed_by_id, done.order.requester_id)
    if by.pk in part:
        return NotReviewer("You had a part in it.")
    if emergency is None or not _is_member(by, emergency.reviewers):
        return NotReviewer("The file of change control names no group of yours as reviewers.")
    return None


def to_review(by: User) -> list[GlassBreak]:
    """Return the emergencies that wait for this person's review, the next due first."""
    try:
        emergency = control.in_force().emergency
    except ControlBroken:
        return []
    if emergency is None or not _is_member(by, emergency.reviewers):
        return []
    waiting = glass.waiting_for_review().exclude(asked_by=by).exclude(confirmed_by=by)
    return list(waiting.exclude(order__requester=by))


def is_able(by: User) -> bool:
    """Say whether emergencies are foreseen, and this person may ask or confirm in one."""
    try:
        _refuse_others(by)
    except (NotForEmergencies, ControlBroken):
        return False
    return True


def _refuse_others(by: User) -> Emergency:
    emergency = control.in_force().emergency
    if emergency is None:
        raise NotForEmergencies("The file of change control foresees no emergencies.")
    if not _is_member(by, emergency.groups):
        raise NotForEmergencies(f"Members of {' or '.join(emergency.groups)} may.")
    return emergency


def _nothing_to_break(order: Order) -> BerthError | None:
    if order.is_over or order.direction == Direction.BACK:
        return NothingToBreak("The order is over, or on its way back.")
    if glass.unreviewed(order.pk) is not None:
        return NothingToBreak("The emergency before has not been reviewed yet.")
    asked = glass.latest(order.pk)
    if asked is not None and asked.waits_for_second:
        return NothingToBreak(f"{asked.asked_by} has asked; a second person has to confirm.")
    revision = order.revisions.get(number=order.revision_number)
    if in_force.closure(in_force.places_of(order, revision)) is None:
        return NothingToBreak("No window holds the order now.")
    return None


def _is_member(by: User, groups: tuple[str, ...]) -> bool:
    return by.groups.filter(name__in=groups).exists()
