"""No sequence of what people do reaches an approved change without those that its policy asks for.

What counts is written down here by the test, from what was let through, and not read from rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Role, User
from onboarding.changes import decisions
from onboarding.changes.lifecycle import Verb
from onboarding.changes.models import Approval, Change, Decision
from onboarding.changes.policies import Stage
from onboarding.models import Order, Revision
from portal.errors import BerthError
from tests.journey import again
from tests.make import make_change, make_user
from tests.onboarding.conftest import MakeOrder, make_order

__all__ = ["make_order"]
GROUPS = ("team", "security", "board")
PEOPLE = ("requester", "amender", "owner", "tim", "sue", "ben", "dev")
DIGEST = "d" * 64

stages = st.lists(
    st.builds(
        Stage,
        name=st.just("Stage"),
        groups=st.lists(st.sampled_from(GROUPS), unique=True, max_size=2).map(tuple),
        needed=st.integers(1, 3),
    ),
    min_size=1,
    max_size=3,
)
memberships = st.fixed_dictionaries(
    {name: st.frozensets(st.sampled_from(GROUPS)) for name in PEOPLE}
)
deeds = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from([*Verb, Verb.APPROVE, Verb.APPROVE])),
    max_size=25,
)


@dataclass
class Tally:
    """Whose approvals are in force, by stage, as the test saw them given and taken back."""

    given: list[tuple[int, str]] = field(default_factory=list)

    def take_back(self, name: str) -> None:
        """Forget the approval, and what later stages rested on it."""
        stage = next(number for number, who in self.given if who == name)
        self.given = [each for each in self.given if each[0] <= stage and each != (stage, name)]


def do(order: Order, by: User, verb: Verb, tally: Tally) -> None:
    match verb:
        case Verb.APPROVE:
            stage = Change.objects.get().stage
            decisions.decide(order, by=by, decision=Decision.APPROVED, digest=DIGEST)
            assert stage is not None
            tally.given.append((stage.number, by.username))
        case Verb.REFUSE:
            decisions.decide(
                order, by=by, decision=Decision.REFUSED, digest=DIGEST, reason="Not so."
            )
        case Verb.ASK:
            decisions.ask(order, by=by, text="Why?")
        case Verb.ANSWER:
            decisions.answer(order, by=by, text="Because.")
        case Verb.TAKE_BACK:
            decisions.take_back(order, by=by, reason="I misread it.")
            tally.take_back(by.username)


def seats(asked: Stage, member_of: dict[str, frozenset[str]]) -> set[str]:
    """Return who may count in a stage."""
    able = {"owner", "tim", "sue", "ben"}
    return {name for name in able if not asked.groups or set(asked.groups) & member_of[name]}


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def people(db: None) -> dict[str, User]:
    for name in GROUPS:
        Group.objects.create(name=name)
    return {
        name: make_user(name, Role.DEVELOPER if name == "dev" else Role.APPROVER) for name in PEOPLE
    }


@pytest.fixture
def order(make_order: MakeOrder, people: dict[str, User]) -> Order:
    order = make_order()
    Order.objects.update(requester=people["requester"])
    Revision.objects.create(
        order=order, number=2, answers={}, allotted={}, made_by=people["amender"]
    )
    order.application.owner = people["owner"]
    order.application.save()
    return again(order)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(policy=stages, member_of=memberships, done=deeds)
def test_nothing_is_approved_without_the_people_that_the_policy_asks_for(
    order: Order,
    people: dict[str, User],
    policy: list[Stage],
    member_of: dict[str, frozenset[str]],
    done: list[tuple[str, Verb]],
) -> None:
    with undone():
        for name, groups in member_of.items():
            people[name].groups.set(Group.objects.filter(name__in=groups))
        make_change(order, stages=policy, digest=DIGEST)
        tally = Tally()
        for name, verb in done:
            with suppress(BerthError):
                do(again(order), people[name], verb, tally)
            is_approved = Change.objects.get().status == "scheduled"
            assert is_approved is _is_enough(policy, member_of, tally)
        assert Approval.objects.filter(taken_back_at=None, decision="approved").count() == len(
            tally.given
        )


def _is_enough(policy: list[Stage], member_of: dict[str, frozenset[str]], tally: Tally) -> bool:
    """Say whether every stage has its people: entitled, each counted once, not owners alone."""
    names = [who for _, who in tally.given]
    assert len(names) == len(set(names))
    for number, asked in enumerate(policy, start=1):
        here = {who for stage, who in tally.given if stage == number}
        assert here <= seats(asked, member_of)
        if len(here) < asked.needed:
            return False
        assert here - {"owner"}
    return True
