"""Asking whether somebody may: every answer is kept, and a permit is good for minutes at most."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from pytest_django import Settings

from accounts.models import User
from onboarding.entitlement import checks
from onboarding.entitlement.asking import digest_of, together
from onboarding.models import Evidence, Order
from onboarding.ports import Answer, Outcome, Query
from portal.clock import now
from portal.errors import EntitlementUnknown, NotEntitled
from tests.journey import again
from tests.onboarding.conftest import MakeOrder
from tests.onboarding.entitlement.asked import Told, said

pytestmark = pytest.mark.django_db
Clock = time_machine.Traveller


@dataclass
class Oracle:
    """A source that says what it is told to say, and remembers what it was asked."""

    says: Outcome = Outcome.PERMIT
    name: str = "oracle"
    asked: list[Query] = field(default_factory=list)

    def check(self, query: Query) -> Answer:
        self.asked.append(query)
        return Answer(
            self.says,
            self.name,
            "said_so",
            "The oracle said so.",
            remedy="Ask another day.",
            evidence={"oracle": "Delphi"},
            revision="r7",
        )


@pytest.fixture
def order(make_order: MakeOrder, settings: Settings) -> Order:
    settings.BERTH_ENTITLEMENT_TTL = timedelta(minutes=2)
    return make_order()


@pytest.fixture
def oracle() -> Oracle:
    return Oracle()


def require(oracle: Oracle, order: Order, point: str = "effect") -> Answer:
    return checks.require(together([oracle]), again(order), point=point)


def kept() -> Sequence[tuple[str, str]]:
    return list(Evidence.objects.values_list("point", "outcome"))


def test_the_question_names_person_groups_act_and_place(order: Order, oracle: Oracle) -> None:
    order.requester.groups.add(Group.objects.create(name="retail-developers"))
    require(oracle, order)
    assert oracle.asked == [
        Query(
            subject="local:alice",
            groups=frozenset({"retail-developers"}),
            action="onboard",
            tenant="retail",
            application="basket",
            environment="dev",
        )
    ]


def test_groups_are_read_when_it_is_asked(order: Order, oracle: Oracle, clock: Clock) -> None:
    order.requester.groups.add(Group.objects.create(name="retail-developers"))
    require(oracle, order, "check")
    order.requester.groups.clear()
    require(oracle, order, "check")
    assert [bool(query.groups) for query in oracle.asked] == [True, False]


def test_a_permit_is_kept_with_what_it_rests_on(order: Order, oracle: Oracle) -> None:
    require(oracle, order, "check")
    evidence = Evidence.objects.get()
    assert (evidence.order, evidence.point, evidence.person) == (order, "check", "local:alice")
    assert (evidence.outcome, evidence.source, evidence.policy_revision) == (
        "permit",
        "oracle",
        "r7",
    )
    assert evidence.facts == {"oracle": "Delphi"}


@pytest.mark.parametrize(
    ("says", "error"),
    [
        (Outcome.DENY, NotEntitled),
        (Outcome.SILENT, NotEntitled),
        (Outcome.UNKNOWN, EntitlementUnknown),
    ],
)
def test_whatever_is_no_permit_is_kept_too_and_stops(
    order: Order, says: Outcome, error: type[Exception]
) -> None:
    with pytest.raises(error, match="Ask another day"):
        require(Oracle(says), order)
    assert [outcome for _, outcome in kept()] != ["permit"]


def test_without_any_source_nobody_may(order: Order) -> None:
    with pytest.raises(EntitlementUnknown):
        checks.require(together([]), order, point="effect")


def test_every_source_is_asked_and_a_deny_of_one_counts(order: Order) -> None:
    sources = [Oracle(), Oracle(Outcome.DENY, "second"), Oracle(name="third")]
    with pytest.raises(NotEntitled):
        checks.require(together(sources), order, point="effect")
    assert [len(source.asked) for source in sources] == [1, 1, 1]


def test_what_each_source_said_is_kept_beside_what_counts(order: Order, clock: Clock) -> None:
    ends = now() + timedelta(hours=1)
    careful = Told(lambda: said(decision="d7", expires_at=ends, revision="r8"), "careful")
    checks.require(together([careful, Oracle(Outcome.SILENT, "second")]), order, point="check")
    evidence = Evidence.objects.get()
    assert (evidence.decision, evidence.expires_at) == ("d7", ends)
    assert evidence.query_digest == digest_of(careful.queries[0])
    assert [(each["source"], each["outcome"]) for each in evidence.heard] == [
        ("careful", "permit"),
        ("second", "silent"),
    ]
    assert evidence.heard[0]["at"] == now().isoformat()


def test_no_effect_rests_on_a_permit_that_its_source_called_over(
    order: Order, clock: Clock
) -> None:
    ends = now() + timedelta(seconds=10)
    checks.require(together([Told(lambda: said(expires_at=ends))]), order, point="check")
    clock.shift(timedelta(seconds=10))
    with pytest.raises(NotEntitled):
        require(Oracle(Outcome.DENY), order)


def test_for_effects_a_permit_of_a_moment_ago_is_good_enough(
    order: Order, oracle: Oracle, clock: Clock
) -> None:
    require(oracle, order, "check")
    clock.shift(timedelta(seconds=119))
    require(Oracle(Outcome.DENY), order)
    assert kept() == [("check", "permit")]


def test_a_permit_that_has_grown_old_is_asked_for_again(
    order: Order, oracle: Oracle, clock: Clock
) -> None:
    require(oracle, order, "check")
    clock.shift(timedelta(minutes=2))
    with pytest.raises(NotEntitled):
        require(Oracle(Outcome.DENY), order)


def test_a_permit_that_was_only_remembered_does_not_grow_younger(
    order: Order, oracle: Oracle, clock: Clock
) -> None:
    require(oracle, order, "check")
    for _ in range(3):
        clock.shift(timedelta(seconds=50))
        require(oracle, order)
    assert len(oracle.asked) == 2


@pytest.mark.parametrize("point", ["submit", "check", "approval"])
def test_only_effects_live_on_memory(order: Order, oracle: Oracle, point: str) -> None:
    require(oracle, order, "check")
    require(oracle, order, point)
    assert len(oracle.asked) == 2


def test_an_answer_that_was_no_permit_is_the_last_word(
    order: Order, oracle: Oracle, clock: Clock
) -> None:
    require(oracle, order, "check")
    with pytest.raises(NotEntitled):
        require(Oracle(Outcome.DENY), order, "approval")
    with pytest.raises(NotEntitled):
        require(Oracle(Outcome.DENY), order)


def test_a_permit_for_another_order_is_none_for_this_one(
    order: Order, oracle: Oracle, make_order: MakeOrder
) -> None:
    require(oracle, make_order("wishlist"), "check")
    with pytest.raises(NotEntitled):
        require(Oracle(Outcome.DENY), order)


def test_somebody_who_was_switched_off_is_permitted_nothing_whatever_is_remembered(
    order: Order, oracle: Oracle, alice: User
) -> None:
    require(oracle, order, "check")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(NotEntitled, match="can no longer sign in"):
        require(oracle, order)
    assert Evidence.objects.latest("id").source == "accounts"
    assert len(oracle.asked) == 1
