"""Deciding in somebody's place: whose vote it is, for how long, and what keeps both from it."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from accounts.models import Role, User
from audit.models import Entry
from onboarding import actions, lookups
from onboarding.changes import decisions
from onboarding.changes.models import Approval, Change, Decision
from onboarding.changes.policies import Stage
from onboarding.models import Delegation, Order, Revision
from portal.clock import now
from portal.errors import (
    AlreadyDecided,
    BerthError,
    DelegationUnfit,
    NotApprover,
    NotEntitled,
    OwnersOnly,
)
from tests.journey import again, at_once
from tests.make import browser_of, make_change, make_delegation, make_user
from tests.onboarding.conftest import MakeOrder

Clock = time_machine.Traveller
pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@pytest.fixture
def order(make_order: MakeOrder) -> Order:
    """Make an order of alice's that waits for a member of the team."""
    order = make_order()
    make_change(order, "team")
    return again(order)


def person(name: str, *groups: str) -> User:
    made = make_user(name, Role.APPROVER)
    made.groups.add(*(Group.objects.get_or_create(name=each)[0] for each in groups))
    return made


@pytest.fixture
def tim(db: None) -> User:
    return person("tim", "team")


@pytest.fixture
def dora(db: None) -> User:
    """An approver who is in no group."""
    return person("dora")


def approve(order: Order, by: User) -> None:
    decisions.decide(order, by=by, decision=Decision.APPROVED, digest="d" * 64, reason="Fine.")


def refused(error: type[BerthError], order: Order, by: User) -> None:
    with pytest.raises(error):
        approve(order, by)
    assert not Approval.objects.filter(person=by).exists()


def test_a_deputy_decides_with_the_vote_that_was_lent(order: Order, tim: User, dora: User) -> None:
    refused(NotApprover, order, dora)
    make_delegation(tim, dora)
    assert list(lookups.inbox_of(dora)) == [order]
    assert lookups.order_for(dora, order.pk) == order
    approve(order, dora)
    vote = Approval.objects.get()
    assert (vote.person, vote.voter, vote.capacity) == (dora, tim, "team")
    entry = Entry.objects.get(verb="approved")
    assert (entry.actor, entry.changes) == (dora.ident, {"in the place of": ["", "Tim"]})
    assert Change.objects.get().status == "scheduled"


def test_ones_own_vote_comes_before_a_lent_one(order: Order, tim: User) -> None:
    tom = person("tom", "team")
    make_delegation(tim, tom)
    approve(order, tom)
    assert Approval.objects.get().voter == tom


@pytest.mark.parametrize("first", ["tim", "dora"])
def test_approver_and_deputy_never_count_twice(
    order: Order, tim: User, dora: User, first: str
) -> None:
    Approval.objects.all().delete()
    Change.objects.all().delete()
    make_change(order, stages=[Stage("Team", ("team",), needed=2)])
    order = again(order)
    make_delegation(tim, dora)
    one, other = (tim, dora) if first == "tim" else (dora, tim)
    approve(order, one)
    assert list(lookups.inbox_of(other)) == []
    with pytest.raises((AlreadyDecided, NotApprover)):
        approve(order, other)
    assert Change.objects.get().status == "authorize"


def test_the_database_itself_counts_no_vote_twice(order: Order, tim: User, dora: User) -> None:
    make_delegation(tim, dora)
    approve(order, dora)
    vote = Approval.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.create(
            change=vote.change, person=tim, voter=tim, decision="approved", digest=vote.digest
        )


def test_what_the_approver_asked_for_the_deputy_does_not_decide(
    order: Order, tim: User, dora: User
) -> None:
    make_delegation(tim, dora)
    Order.objects.update(requester=tim)
    refused(NotApprover, again(order), dora)
    assert list(lookups.inbox_of(dora)) == []


def test_what_the_approver_amended_the_deputy_does_not_decide(
    order: Order, tim: User, dora: User
) -> None:
    make_delegation(tim, dora)
    Revision.objects.create(order=order, number=2, answers={}, allotted={}, made_by=tim)
    refused(NotApprover, order, dora)


def test_an_owner_is_not_got_round_by_a_deputy(order: Order, tim: User, dora: User) -> None:
    make_delegation(tim, dora)
    order.application.owner = tim
    order.application.save()
    refused(OwnersOnly, again(order), dora)


def test_what_the_deputy_asked_for_themselves_they_do_not_decide(
    order: Order, tim: User, alice: User
) -> None:
    alice.role_grants.create(role=Role.APPROVER)
    make_delegation(tim, alice)
    with pytest.raises(BerthError) as raised:
        approve(order, alice)
    assert raised.value.code == "change.own-order"


def test_nobody_delegates_on(order: Order, tim: User, dora: User) -> None:
    ella = person("ella")
    make_delegation(tim, dora)
    make_delegation(dora, ella)
    assert list(lookups.inbox_of(ella)) == []
    refused(NotApprover, order, ella)


def test_a_vote_is_lent_from_its_day_until_its_day(
    order: Order, tim: User, dora: User, clock: Clock
) -> None:
    begins = now() + timedelta(days=1)
    make_delegation(tim, dora, begins=begins, ends=begins + timedelta(days=2))
    Change.objects.update(expires_at=now() + timedelta(days=9))
    refused(NotApprover, order, dora)
    clock.move_to(begins)
    assert list(lookups.inbox_of(dora)) == [order]
    clock.move_to(begins + timedelta(days=2))
    refused(NotApprover, order, dora)
    assert not lookups.delegations_of(tim).exists()


@pytest.mark.parametrize("lost", ["role", "group", "account", "the deputy's role"])
def test_with_the_right_of_either_what_was_lent_is_gone(
    order: Order, tim: User, dora: User, lost: str
) -> None:
    make_delegation(tim, dora)
    match lost:
        case "role":
            tim.role_grants.all().delete()
        case "group":
            tim.groups.clear()
        case "account":
            User.objects.filter(pk=tim.pk).update(is_active=False)
        case _:
            dora.role_grants.all().delete()
    refused(NotApprover, order, User.objects.get(pk=dora.pk))


def test_ending_it_ends_it_now_and_what_was_decided_stands(
    order: Order, tim: User, dora: User
) -> None:
    lent = make_delegation(tim, dora)
    approve(order, dora)
    actions.end_delegation(lent, by=tim)
    actions.end_delegation(lent, by=tim)
    assert Change.objects.get().status == "scheduled"
    assert list(Entry.objects.filter(object_class="Delegation").values_list("verb", flat=True)) in (
        ["delegated", "ended"],
        ["ended", "delegated"],
    )


def test_only_the_approver_or_an_operator_ends_it(tim: User, dora: User, olivia: User) -> None:
    lent = make_delegation(tim, dora)
    with pytest.raises(NotEntitled):
        actions.end_delegation(lent, by=dora)
    actions.end_delegation(lent, by=olivia)
    assert not lookups.delegations_of(dora).exists()


def test_who_is_back_takes_back_what_the_deputy_approved(
    order: Order, tim: User, dora: User
) -> None:
    make_delegation(tim, dora)
    approve(order, dora)
    decisions.take_back(order, by=tim, reason="I know more than Dora.")
    assert Change.objects.get().status == "authorize"


UNFIT = {
    "oneself": ({"deputy": "tim"}, "their own deputy"),
    "no approver": ({"deputy": "charlie"}, "no approver"),
    "turned round": ({"ends": -timedelta(days=1)}, "end before it begins"),
    "no time at all": ({"ends": timedelta()}, "end before it begins"),
    "over": ({"begins": -2 * WEEK, "ends": -WEEK}, "time is over"),
    "too long": ({"ends": timedelta(days=93)}, "longer than 92 days"),
}


@pytest.mark.parametrize(("said", "told"), UNFIT.values(), ids=UNFIT.keys())
@pytest.mark.usefixtures("charlie", "clock", "dora")
def test_what_cannot_be_lent_is_told(tim: User, said: dict[str, object], told: str) -> None:
    deputy = User.objects.get(username=said.get("deputy", "dora"))
    times = {name: now() + said.get(name, usual) for name, usual in TIMES.items()}  # type: ignore[operator]  # each is a length of time
    with pytest.raises(DelegationUnfit, match=told):
        actions.delegate(deputy, **times, why="", by=tim)
    assert not Delegation.objects.exists()


TIMES = {"begins": timedelta(), "ends": WEEK}


def test_whoever_is_no_approver_has_nothing_to_lend(dora: User, charlie: User) -> None:
    with pytest.raises(NotApprover):
        make_delegation(charlie, dora)


def test_it_is_lent_and_ended_on_a_page_by_days_of_ones_own_clock(
    tim: User, dora: User, clock: Clock
) -> None:
    User.objects.filter(pk=tim.pk).update(time_zone="Europe/Zurich")
    browser = browser_of(tim)
    sent = {
        "deputy": str(dora.uuid),
        "first_day": "2026-11-24",
        "last_day": "2026-11-25",
        "why": "At sea.",
    }
    assert browser.post("/approvals/deputies/", sent).status_code == 302
    lent = Delegation.objects.get()
    assert lent.begins_at.isoformat() == "2026-11-23T23:00:00+00:00"
    assert lent.ends_at.isoformat() == "2026-11-25T23:00:00+00:00"
    page = browser.get("/approvals/deputies/").text
    assert "Dora for Tim" in page
    assert "At sea." in page
    assert "Dora for Tim" in browser_of(dora).get("/approvals/deputies/").text
    assert browser.post(f"/approvals/deputies/{lent.uuid}/end/").status_code == 302
    assert "Dora for Tim" not in browser.get("/approvals/deputies/").text


def test_a_time_that_cannot_be_is_told_on_the_form(tim: User, dora: User) -> None:
    sent = {"deputy": str(dora.uuid), "first_day": "2026-11-24", "last_day": "2026-11-20"}
    answer = browser_of(tim).post("/approvals/deputies/", sent)
    assert answer.status_code == 422
    assert "end before it begins" in answer.text


@pytest.mark.django_db(transaction=True)
def test_of_approver_and_deputy_at_once_one_counts(order: Order, tim: User, dora: User) -> None:
    make_delegation(tim, dora)
    raised = at_once(lambda: approve(order, tim), lambda: approve(order, dora))
    assert len(raised) == 1
    assert isinstance(raised[0], AlreadyDecided | NotApprover)
    assert Approval.objects.count() == 1
