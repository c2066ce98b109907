"""What every verb does to an order in every state: by whom, by page and over the API.

A row says what comes of each verb where the person may do it, and how the order goes on without:

exists     refused: the service is there, or being ordered
none, busy refused: there is no such service yet or any more, or it has an order under way
new        another order is placed
withdrawn  the order goes back, and nothing of it is left
amended    the next revision begins from the beginning
again      the stuck step is tried again
approved, refused   the approver's word counts
expired    time alone takes the order back, and its names are free
lives      time alone does nothing to it
asked      the clock stands still until the requester answers
scheduled  it starts no earlier
taken      the approval counts no longer, and nothing starts
late, calm, decided   refused: too late, nothing is stuck, there is nothing to decide
unasked, untaken      refused: no question is open, no approval can be taken back
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache

from accounts.models import Role, User
from audit.models import Entry
from onboarding import actions
from onboarding.changes.models import Change
from onboarding.messages import text_of
from onboarding.models import Kind, Order, Progress, RunState
from onboarding.running import deadlines
from tenants.catalogue import Environment
from tenants.models import Tenant
from tests.journey import Portal, again
from tests.make import make_cluster, make_tenant, make_user
from tests.stories import deeds, world
from tests.stories.standings import STATES, STORY, TTL, Stage, stand
from tests.stories.state_table import DECIDE, REFUSALS, TABLE, VERBS, WRITTEN
from tests.stories.world import World
from tests.thorough import THOROUGH

pytestmark = pytest.mark.django_db

CHANNELS = {"page": (deeds.BY_PAGE, "web"), "API": (deeds.BY_API, "api")}


def row(state: str) -> dict[str, str]:
    return dict(zip((*VERBS, "otherwise"), TABLE[state].split(), strict=True))


def cases(wanted: Callable[[str, str], bool]) -> list[Any]:
    """Return (state, verb, what comes of it) for the cells of the table that are wanted."""
    return [
        pytest.param(state, verb, result, id=f"{state}, {verb}: {result}")
        for state in TABLE
        for verb, result in row(state).items()
        if wanted(verb, result)
    ]


def done_by_people(verb: str, result: str) -> bool:
    return result in WRITTEN and verb in deeds.BY_PAGE


# The table is whole


def test_every_state_of_the_models_has_a_row() -> None:
    steps = {f"in {step.name}" for step in STORY.steps}
    assert set(TABLE) == set(STATES)
    assert steps | set(Progress.values) <= set(TABLE)
    assert [state for state in TABLE if len(TABLE[state].split()) != len(VERBS) + 1] == []


def test_every_verb_of_the_actions_has_a_column() -> None:
    other_ways = {"submit_once": "submit", "amend_to": "amend", "begin_amendment": "amend"}
    other_ways |= {"to_resize": "resize", "to_offboard": "offboard", "place_once": "submit"}
    aside = {"report_unlisted", "settle_unlisted", "hindrance"}  # they move no order themselves
    aside |= {"break_glass", "confirm", "review"}
    aside |= {"put_in_force", "suppose", "try_connection", "turn_away"}
    aside |= {
        "delegate",
        "drop_view",
        "keep_view",
        "end_delegation",
        "fetch_evidence",
        "put_window",
        "withdraw_window",
    }
    verbs = {other_ways.get(name, name) for name in actions.__all__} - aside
    assert verbs == set(VERBS)
    assert set(deeds.BY_PAGE) == set(deeds.BY_API) == set(VERBS) - {"expire"}


# What comes of it


@pytest.fixture
def stage(portal: Portal, alice: User, bob: User) -> Stage:
    """An order of alice's for prod on two clusters, just submitted."""
    prod = Environment.objects.get(slug="prod")
    Environment.objects.filter(pk=prod.pk).update(clusters_per_service=2)
    make_cluster("eu1-b", environments=[prod])
    cache.clear()
    return Stage(portal, alice, bob)


def entitled(stage: Stage, verb: str) -> User:
    return stage.bob if verb in DECIDE else stage.alice


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(("state", "verb", "result"), cases(done_by_people))
def test_who_may_do_it_brings_it_about(
    stage: Stage, state: str, verb: str, result: str, channel: str
) -> None:
    acts, origin = CHANNELS[channel]
    by = entitled(stage, verb)

    def do_it() -> None:
        answer = acts[verb](stage.portal, stage.order, by)
        assert answer.status_code in {200, 201, 302}, answer.content.decode()[-3000:]
        entry = Entry.objects.exclude(object_class="Claim").latest("id")
        assert (entry.verb, entry.actor) == (WRITTEN[result], by.ident)
        assert entry.channel == origin

    stand(stage, state, do_it)
    AFTERWARDS[result](stage)


@pytest.mark.parametrize(("state", "verb", "result"), cases(lambda verb, _result: verb == "expire"))
def test_time_alone(stage: Stage, state: str, verb: str, result: str) -> None:
    stand(stage, state, lambda: stage.portal.clock.shift(TTL))
    deadlines.expire_overdue()
    AFTERWARDS[result if result == "expired" else row(state)["otherwise"]](stage)


def placed_anew(stage: Stage) -> None:
    first, second = Order.objects.order_by("pk")
    assert (first.ended_as != "", second.ended_as) == (True, "")
    holder = second if second.kind == Kind.ONBOARD else first
    assert world.claimed(holder) == {"retail-basket-prod", "retail/basket"}


def ended_as(ending: Progress) -> Callable[[Stage], None]:
    def check(stage: Stage) -> None:
        order = stage.go_on()
        assert order.ended_as == ending
        if ending not in {Progress.DONE, Progress.REHEARSED}:
            world.nothing_is_left()

    return check


def amended(stage: Stage) -> None:
    order = stage.go_on()
    assert (order.revision_number, order.ended_as) == (2, "")
    waits_for_approval(stage)
    assert [change[0] for change in world.now_there().changes][-1] == "authorize"
    assert (
        Change.objects.exclude(number=order.change_number).filter(status="authorize").count() == 0
    )
    assert world.claimed(order) == {"retail-basket-prod", "retail/basket"}
    assert order.revisions.get(number=2).answers["destinations"] == []


def waits_for_approval(stage: Stage) -> None:
    order = stage.go_on()
    assert order.runs.get(state=RunState.WAITING).step == "await_approval"
    assert world.namespaces() == []


def tried_again(stage: Stage) -> None:
    order = stage.go_on()
    assert order.ended_as == (order.back_as or Progress.REHEARSED)
    assert not order.runs.exclude(state=RunState.OVER).exists()


def stays_stuck(stage: Stage) -> None:
    order = stage.go_on()
    assert (order.ended_as, order.runs.filter(state=RunState.STUCK).count()) == ("", 1)


def is_asked(stage: Stage) -> None:
    waits_for_approval(stage)
    assert stage.order.runs.get(state=RunState.WAITING).waits_for == "the answer of Alice to Bob"


def nothing_counts(stage: Stage) -> None:
    order = stage.go_on()
    change = Change.objects.get(number=order.change_number)
    assert (change.status, order.change_started_at) == ("authorize", None)
    assert not change.approvals.filter(taken_back_at=None).exists()
    assert world.namespaces() == []


def is_put_off(stage: Stage) -> None:
    waits_for_approval(stage)
    order = again(stage.order)
    assert order.not_before == deeds.LATER
    stage.portal.approve(order, stage.bob)
    waits = stage.portal.look(order).runs.get(step="await_approval", finished_at=None)
    assert waits.waits_for.startswith("its start")


AFTERWARDS: Mapping[str, Callable[[Stage], None]] = {
    "new": placed_anew,
    "amended": amended,
    "again": tried_again,
    "approved": ended_as(Progress.REHEARSED),
    "asked": is_asked,
    "scheduled": is_put_off,
    "taken": nothing_counts,
    "waits": waits_for_approval,
    "stuck": stays_stuck,
    **{ending: ended_as(ending) for ending in Progress},
}


# What is refused changes nothing


@pytest.fixture
def people(
    retail: Tenant, payments: Tenant, alice: User, bob: User, charlie: User, audra: User
) -> dict[str, User]:
    """Everybody who might try."""
    adam, erin = make_user("adam", Role.APPROVER), make_user("erin", Role.APPROVER)
    adam.groups.add(Group.objects.get_or_create(name="prod-approvers")[0])
    dana = make_user("dana", Role.DEVELOPER)
    make_tenant("retail", members=[dana])
    return {
        "requester": alice,
        "approver": bob,
        "colleague": dana,
        "stranger": charlie,
        "approver of no tenant": adam,
        "approver of another group": erin,
        "operator": make_user("oscar", Role.OPERATOR),
        "auditor": audra,
    }


MOVES = ("withdraw", "amend", "retry", "answer", "schedule")
ALL = ("submit", *MOVES, *DECIDE)  # what stands is ordered for by other people in other states


def everything(status: int) -> dict[str, int]:
    return dict.fromkeys(ALL, status)


# who is refused what with which status, whatever the state; a page is refused before it looks
UNENTITLED: Mapping[str, Mapping[str, int]] = {
    "requester": dict.fromkeys(DECIDE, 403),
    "approver": {"submit": 403, **dict.fromkeys(MOVES, 403)},
    "colleague": everything(403),
    "stranger": everything(404) | {"submit": 422},
    "approver of no tenant": {"submit": 422, **dict.fromkeys(MOVES, 403)},
    "approver of another group": everything(404) | {"submit": 422},
    "operator": {"submit": 403, **dict.fromkeys(DECIDE, 403)},
    "auditor": everything(403),
}
WITHOUT_THE_ROLE = ("stranger",)  # the pages of approvers say so to anybody
TOKENS = (
    # the requester's, the approver's, one that only reads, and none
    ("requester", deeds.BY_TOKEN, dict.fromkeys(DECIDE, 403)),
    ("approver", deeds.BY_TOKEN, dict.fromkeys(DECIDE, 403)),
    ("requester", deeds.BY_READING_TOKEN, everything(403)),
    ("operator", deeds.BY_READING_TOKEN, everything(403)),
    ("requester", deeds.BY_NOBODY, everything(401)),
)


@pytest.mark.parametrize("state", TABLE)
def test_nobody_else_changes_anything(stage: Stage, people: dict[str, User], state: str) -> None:
    def all_try() -> None:
        before = world.now_there()
        assert _wrong_by_people(stage, people, list(TABLE).index(state)) == []
        assert _wrong_by_tokens(stage, people) == []
        assert _but_for_what_it_tells(world.now_there()) == _but_for_what_it_tells(before)

    stand(stage, state, all_try)


def _but_for_what_it_tells(there: World) -> World:
    """Leave out that somebody wanted to decide who may not: that is told to auditors."""
    kept = [entry for entry in there.entries if entry[0] != "refused decision"]
    return replace(there, entries=kept)


def _wrong_by_people(
    stage: Stage, people: Mapping[str, User], turn: int
) -> list[tuple[str, str, str, int]]:
    """Let everybody try everything: when quick, by page in one state and by the API in the next."""
    wrong = []
    tries = [(who, verb, status) for who, of in UNENTITLED.items() for verb, status in of.items()]
    for number, (who, verb, status) in enumerate(tries, start=turn):
        for channel in CHANNELS if THOROUGH else [list(CHANNELS)[number % 2]]:
            at_door = channel == "page" and verb in DECIDE and who in WITHOUT_THE_ROLE
            acts, _ = CHANNELS[channel]
            got = acts[verb](stage.portal, stage.order, people[who]).status_code
            if got != (403 if at_door else status):
                wrong.append((who, verb, channel, got))
    return wrong


def _wrong_by_tokens(stage: Stage, people: Mapping[str, User]) -> list[tuple[str, str, int]]:
    wrong = []
    for who, acts, refused in TOKENS:
        for verb, status in refused.items():
            got = acts[verb](stage.portal, stage.order, people[who]).status_code
            if got != status:
                wrong.append((who, verb, got))
    return wrong


@pytest.mark.parametrize("state", TABLE)
def test_what_cannot_be_done_now_is_refused_in_words_and_changes_nothing(
    stage: Stage, state: str
) -> None:
    refused = {verb: REFUSALS[each] for verb, each in row(state).items() if each in REFUSALS}

    def try_in_vain() -> None:
        for verb, code in refused.items():
            before = world.now_there()
            told = deeds.BY_API[verb](stage.portal, stage.order, entitled(stage, verb))
            absent = code == REFUSALS["none"]
            status = 422 if absent else 409
            assert (verb, told.status_code, told.json().get("code")) == (verb, status, code)
            page = deeds.BY_PAGE[verb](stage.portal, stage.order, entitled(stage, verb))
            assert (verb, page.status_code) == (verb, 404 if absent else 409)
            assert absent or text_of(code).title in page.content.decode()
            assert world.now_there() == before

    stand(stage, state, try_in_vain)
    AFTERWARDS[row(state)["otherwise"]](stage)
    assert again(stage.order).revision_number == 1
