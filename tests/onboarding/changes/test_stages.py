"""Stages of approval: who counts, in which order, until when; asking, answering, taking back."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group

from accounts.models import Role, User
from audit.models import Entry
from onboarding import lookups
from onboarding.changes import decisions
from onboarding.changes.builtin import BuiltinChanges
from onboarding.changes.models import Approval, Change, ChangeStatus, Decision, Question
from onboarding.changes.policies import OnExpiry, Stage
from onboarding.models import Order
from onboarding.ports import Verdict
from portal.clock import now
from portal.errors import (
    AlreadyDecided,
    BerthError,
    ChangeExpired,
    NoQuestion,
    NotApprover,
    NotEntitled,
    NothingToTakeBack,
    OwnersOnly,
    ReasonMissing,
)
from tests.journey import again, at_once
from tests.make import make_change, make_user
from tests.onboarding.conftest import MakeOrder

Clock = time_machine.Traveller
TEAM, SECURITY = Stage("Team", ("team",)), Stage("Security", ("security",), needed=2)
SOON = timedelta(hours=4)
ESCALATING = Stage(
    "Team", ("team",), within=SOON, on_expiry=OnExpiry.ESCALATE, escalate_to=("board",)
)


@pytest.fixture
def order(make_order: MakeOrder) -> Order:
    """Make an order of alice's that waits for the team and then for two of security."""
    order = make_order()
    make_change(order, stages=(TEAM, SECURITY))
    return again(order)


def person(name: str, *groups: str) -> User:
    made = make_user(name, Role.APPROVER)
    made.groups.add(*(Group.objects.get_or_create(name=each)[0] for each in groups))
    return made


def approve(order: Order, by: User) -> None:
    decisions.decide(order, by=by, decision=Decision.APPROVED, digest="d" * 64, reason="Fine.")


def change() -> Change:
    return Change.objects.get()


def status() -> str:
    return change().status


def staged(order: Order, *stages: Stage) -> Order:
    """Let the order wait for these stages instead."""
    Approval.objects.all().delete()
    Change.objects.all().delete()
    make_change(order, stages=stages)
    return again(order)


def test_stages_follow_one_another_and_the_last_one_approves(order: Order) -> None:
    tim, sue, sam = person("tim", "team"), person("sue", "security"), person("sam", "security")
    with pytest.raises(NotApprover):
        approve(order, sue)
    approve(order, tim)
    assert status() == ChangeStatus.AUTHORIZE
    approve(order, sue)
    assert status() == ChangeStatus.AUTHORIZE
    approve(order, sam)
    assert status() == ChangeStatus.SCHEDULED
    kept = Approval.objects.order_by("pk").values_list("person__username", "stage", "capacity")
    assert list(kept) == [("tim", 1, "team"), ("sue", 2, "security"), ("sam", 2, "security")]


def test_one_person_never_counts_twice_even_with_a_seat_in_every_stage(order: Order) -> None:
    both = person("both", "team", "security")
    approve(order, both)
    with pytest.raises(AlreadyDecided):
        approve(order, both)
    assert Approval.objects.count() == 1


def test_a_refusal_in_any_stage_refuses_the_change(order: Order) -> None:
    approve(order, person("tim", "team"))
    sue = person("sue", "security")
    decisions.decide(
        order, by=sue, decision=Decision.REFUSED, digest="d" * 64, reason="Use the small size."
    )
    assert (status(), change().close_note) == (ChangeStatus.REFUSED, "Use the small size.")


def test_the_inbox_follows_the_stage(order: Order) -> None:
    tim, sue = person("tim", "team"), person("sue", "security")
    assert list(lookups.inbox_of(tim)) == [order]
    assert list(lookups.inbox_of(sue)) == []
    approve(order, tim)
    assert list(lookups.inbox_of(tim)) == []
    assert list(lookups.inbox_of(sue)) == [order]
    assert lookups.order_for(tim, order.pk) == order


def test_an_owner_alone_approves_nothing_and_counts_beside_another(order: Order) -> None:
    owner = person("owner", "team")
    order.application.owner = owner
    order.application.save()
    order = staged(order, Stage("Team", ("team",), needed=2))
    approve(order, owner)
    approve(order, person("tim", "team"))
    assert status() == ChangeStatus.SCHEDULED
    order = staged(order, TEAM)
    with pytest.raises(OwnersOnly):
        approve(again(order), owner)
    assert status() == ChangeStatus.AUTHORIZE


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_both_count_and_the_stage_ends_once(order: Order) -> None:
    approve(order, person("tim", "team"))
    sue, sam = person("sue", "security"), person("sam", "security")
    raised = at_once(lambda: approve(order, sue), lambda: approve(order, sam))
    assert raised == []
    assert (status(), Approval.objects.count()) == (ChangeStatus.SCHEDULED, 3)


# Time


def test_each_stage_has_its_own_time_but_never_more_than_the_change(
    order: Order, clock: Clock
) -> None:
    slow = Stage("Security", ("security",), within=timedelta(days=90))
    order = staged(order, Stage("Team", ("team",), within=SOON), slow)
    begun = now()
    assert change().stage == change().stages.get(number=1)
    clock.shift(timedelta(hours=3))
    Change.objects.update(expires_at=begun + SOON)
    approve(order, person("tim", "team"))
    assert change().expires_at == change().lapses_at


def test_nobody_decides_after_the_time_of_the_stage(order: Order, clock: Clock) -> None:
    Change.objects.update(expires_at=now() + SOON)
    clock.shift(SOON)
    with pytest.raises(ChangeExpired):
        approve(order, person("tim", "team"))
    assert BuiltinChanges().state(change().number).verdict is Verdict.EXPIRED


def test_a_stage_escalates_once_and_then_expires(order: Order, clock: Clock) -> None:
    order, board = staged(order, ESCALATING), person("ben", "board")
    Change.objects.update(expires_at=now() + SOON)
    clock.shift(SOON)
    for _ in range(2):
        assert BuiltinChanges().state(change().number).verdict is Verdict.PENDING
    assert change().expires_at == now() + SOON
    assert Entry.objects.filter(verb="escalated").count() == 1
    assert list(lookups.inbox_of(board)) == [order]
    clock.shift(SOON)
    assert BuiltinChanges().state(change().number).verdict is Verdict.EXPIRED


def test_whoever_was_asked_by_escalation_decides(order: Order, clock: Clock) -> None:
    order, board = staged(order, ESCALATING), person("ben", "board")
    with pytest.raises(NotApprover):
        approve(order, board)
    Change.objects.update(expires_at=now() + SOON)
    clock.shift(SOON)
    BuiltinChanges().state(change().number)
    approve(order, board)
    assert (status(), Approval.objects.get().capacity) == (ChangeStatus.SCHEDULED, "board")


# Asking


def test_a_question_stops_the_clock_until_it_is_answered(
    order: Order, alice: User, clock: Clock
) -> None:
    tim = person("tim", "team")
    due, lapses = change().expires_at, change().lapses_at
    decisions.ask(order, by=tim, text="For how long?")
    clock.shift(timedelta(days=3))
    decisions.answer(order, by=alice, text="For a year.")
    three = timedelta(days=3)
    assert (change().expires_at, change().lapses_at) == (due + three, lapses + three)
    asked = Question.objects.get()
    assert (asked.asked_by, asked.text) == (tim, "For how long?")
    assert (asked.answered_by, asked.answer) == (alice, "For a year.")
    assert list(Entry.objects.order_by("pk").values_list("verb", flat=True)[:2]) == [
        "asked",
        "answered",
    ]


def test_of_two_questions_the_clock_waits_for_both(order: Order, alice: User, clock: Clock) -> None:
    tim, tom = person("tim", "team"), person("tom", "team")
    decisions.ask(order, by=tim, text="For how long?")
    decisions.ask(order, by=tom, text="Why prod?")
    clock.shift(timedelta(days=1))
    decisions.answer(order, by=alice, text="For a year.")
    assert change().paused_at is not None
    decisions.answer(order, by=alice, text="It is ready.")
    assert change().paused_at is None
    answers = Question.objects.order_by("pk").values_list("answer", flat=True)
    assert list(answers) == ["For a year.", "It is ready."]


def test_while_a_question_is_open_others_may_still_decide(order: Order, clock: Clock) -> None:
    order = staged(order, TEAM)
    decisions.ask(order, by=person("tim", "team"), text="For how long?")
    clock.shift(timedelta(days=30) - timedelta(days=26))
    approve(order, person("tom", "team"))
    assert status() == ChangeStatus.SCHEDULED
    assert change().paused_at is None
    assert change().expires_at > now()


def test_a_question_that_nobody_answers_does_not_hold_names_for_ever(
    order: Order, clock: Clock
) -> None:
    decisions.ask(order, by=person("tim", "team"), text="For how long?")
    clock.shift(timedelta(days=5) - timedelta(seconds=1))
    assert BuiltinChanges().state(change().number).verdict is Verdict.PENDING
    clock.shift(timedelta(seconds=1))
    state = BuiltinChanges().state(change().number)
    assert (state.verdict, state.note) == (Verdict.EXPIRED, "A question was not answered in time.")


def test_only_who_asked_for_it_or_operates_the_portal_answers(
    order: Order, olivia: User, bob: User
) -> None:
    decisions.ask(order, by=person("tim", "team"), text="For how long?")
    with pytest.raises(NotEntitled):
        decisions.answer(order, by=bob, text="For ever.")
    decisions.answer(order, by=olivia, text="For a year.")
    with pytest.raises(NoQuestion):
        decisions.answer(order, by=olivia, text="For a year.")


def test_neither_a_question_nor_an_answer_is_empty(order: Order, alice: User) -> None:
    tim = person("tim", "team")
    with pytest.raises(ReasonMissing):
        decisions.ask(order, by=tim, text=" \0 ")
    decisions.ask(order, by=tim, text="For how long?")
    with pytest.raises(ReasonMissing):
        decisions.answer(order, by=alice, text="\n")


# Taking back


@pytest.mark.usefixtures("clock")
def test_an_approval_that_is_taken_back_no_longer_counts(order: Order) -> None:
    order, tim = staged(order, TEAM), person("tim", "team")
    approve(order, tim)
    assert status() == ChangeStatus.SCHEDULED
    decisions.take_back(order, by=tim, reason="I misread the size.")
    assert status() == ChangeStatus.AUTHORIZE
    kept = Approval.objects.get()
    assert (kept.taken_back_at, kept.taken_back_why) == (now(), "I misread the size.")
    assert list(lookups.inbox_of(tim)) == [order]
    approve(order, tim)
    assert (status(), Approval.objects.count()) == (ChangeStatus.SCHEDULED, 2)


def test_what_later_stages_approved_rested_on_it_and_goes_too(order: Order) -> None:
    tim, sue = person("tim", "team"), person("sue", "security")
    approve(order, tim)
    approve(order, sue)
    decisions.take_back(order, by=tim, reason="I misread the size.")
    assert not Approval.objects.filter(taken_back_at=None).exists()
    with pytest.raises(NotApprover):
        approve(order, sue)
    approve(order, tim)
    approve(order, sue)
    assert status() == ChangeStatus.AUTHORIZE


def test_nobody_takes_back_what_somebody_else_approved(order: Order) -> None:
    approve(order, person("tim", "team"))
    with pytest.raises(NothingToTakeBack):
        decisions.take_back(order, by=person("tom", "team"), reason="I would not.")


@pytest.mark.parametrize("over", ["implement", "closed", "canceled", "expired"])
def test_once_the_change_has_started_nothing_is_taken_back(order: Order, over: str) -> None:
    order, tim = staged(order, TEAM), person("tim", "team")
    approve(order, tim)
    Change.objects.update(status=over)
    with pytest.raises(NothingToTakeBack):
        decisions.take_back(order, by=tim, reason="Too late.")
    assert (status(), Approval.objects.filter(taken_back_at=None).count()) == (over, 1)


def test_a_change_that_starts_just_before_an_approval_is_taken_back_goes_on(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, tim = staged(order, TEAM), person("tim", "team")
    approve(order, tim)
    number = change().number
    monkeypatch.setattr(decisions, "_hold", lambda *_: BuiltinChanges().start(number))
    with pytest.raises(NothingToTakeBack):
        decisions.take_back(order, by=tim, reason="Wait.")
    assert not Approval.objects.exclude(taken_back_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_taking_back_and_starting_at_once_one_of_them_happens(order: Order) -> None:
    order, tim = staged(order, TEAM), person("tim", "team")
    approve(order, tim)
    raised: list[BaseException] = list(
        at_once(
            lambda: decisions.take_back(order, by=tim, reason="Wait."),
            lambda: BuiltinChanges().start(change().number),
        )
    )
    assert len(raised) == 1
    assert isinstance(raised[0], BerthError)
    taken = Approval.objects.filter(taken_back_at=None).exists()
    assert status() == (ChangeStatus.IMPLEMENT if taken else ChangeStatus.AUTHORIZE)
