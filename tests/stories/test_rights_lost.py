"""A right that is taken away after approval: no effect comes after it, and nothing is left."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from accounts.models import User
from audit.models import Entry
from onboarding.changes.models import Change
from onboarding.models import Evidence, Order, Progress
from portal.clock import now
from tenants.catalogue import Environment
from tenants.models import Service
from tests.journey import NOBODY, POLICY, Portal, again
from tests.make import browser_of, make_cluster
from tests.stories import world

pytestmark = pytest.mark.django_db
WHY = "No rule and no group of yours permits this."
DENY = (
    POLICY
    + """\
  - effect: deny
    people: ["local:alice"]
    actions: ["*"]
    tenant: "*"
    applications: ["*"]
    environments: ["*"]
    reason: Alice moved to another department.
    remedy: Let a colleague order it.
"""
)


@pytest.fixture(autouse=True)
def _asked_at_every_effect(settings: Settings) -> None:
    settings.BERTH_ENTITLEMENT_TTL = timedelta()


@pytest.fixture
def two_clusters(portal: Portal) -> None:
    """Let every service of prod run on two clusters."""
    make_cluster("eu1-b", environments=[Environment.objects.get(slug="prod")])
    Environment.objects.filter(slug="prod").update(clusters_per_service=2)


def approved(portal: Portal, alice: User, bob: User) -> Order:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    return order


def lost_after(portal: Portal, step: str) -> list[str]:
    """Take the right away once the step has acted; return what stands then, when it happens."""
    stood: list[str] = []

    def lose() -> None:
        if not stood:
            stood.extend(standing())
            portal.write_policy(NOBODY)

    portal.after(step, lose)
    return stood


def standing() -> list[str]:
    """Name what is there: services in the record, repositories, and clusters with objects."""
    record = ["record" for _ in Service.objects.exclude(lifecycle="retired")]
    clusters = {name.partition("/")[0].rpartition("-")[0] for name in world.namespaces()}
    return [*record, *world.now_there().repositories, *sorted(clusters)]


def is_taken_back(order: Order, why: str = WHY) -> None:
    """Assert that the order ended as refused for this reason, and left nothing behind."""
    assert order.ended_as == Progress.REFUSED
    assert why in order.back_reason
    world.nothing_is_left()
    ended = Entry.objects.filter(object_uuid=order.uuid, verb="ended").get()
    assert why in ended.reason
    last = Evidence.objects.filter(order=order).latest("pk")
    assert (last.point, last.outcome, last.person) == ("effect", "deny", "local:alice")


STOOD = {
    "await_approval": [],
    "start_change": [],
    "register": ["record"],
    "push_scaffold": ["record", "retail/basket.git"],
    "prime": ["record", "retail/basket.git", "eu1-a"],
}


@pytest.mark.usefixtures("two_clusters")
@pytest.mark.parametrize("step", STOOD)
def test_it_stops_before_the_next_effect_and_takes_back_what_stands(
    portal: Portal, alice: User, bob: User, step: str
) -> None:
    order = approved(portal, alice, bob)
    stood = lost_after(portal, step)
    is_taken_back(portal.go_on(order))
    assert stood == STOOD[step]
    primed = order.runs.filter(step="prime", direction="onward", succeeded=True)
    assert primed.count() == (1 if step == "prime" else 0)
    change = Change.objects.get(number=again(order).change_number)
    begun = step != "await_approval"
    assert (change.status, change.successful) == (
        ("closed", False) if begun else ("canceled", None)
    )


@pytest.mark.usefixtures("two_clusters")
def test_the_page_says_why_who_said_so_and_what_to_do(
    portal: Portal, alice: User, bob: User
) -> None:
    order = approved(portal, alice, bob)
    portal.after("push_scaffold", lambda: portal.write_policy(DENY))
    is_taken_back(portal.go_on(order), "Alice moved to another department.")
    browser = browser_of(alice)
    page = browser.get(f"/orders/{order.pk}/").text
    assert "Alice moved to another department. Let a colleague order it." in page
    evidence = browser.get(f"/orders/{order.pk}/evidence/").text
    assert "Let a colleague order it." in evidence
    assert "denied_by_rule" in evidence


def test_after_the_last_effect_it_stops_nothing_more(
    portal: Portal, alice: User, bob: User
) -> None:
    order = approved(portal, alice, bob)
    assert lost_after(portal, "prime") == []
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    assert Evidence.objects.filter(order=order, outcome="deny").count() == 0


def test_somebody_who_is_switched_off_carries_nothing_on(
    portal: Portal, alice: User, bob: User
) -> None:
    order = approved(portal, alice, bob)
    off = User.objects.filter(pk=alice.pk)
    portal.after("push_scaffold", lambda: off.update(is_active=False))
    is_taken_back(portal.go_on(order), "Alice can no longer sign in to Berth.")


def test_who_gets_the_right_back_orders_anew_and_gets_the_same_names(
    portal: Portal, alice: User, bob: User
) -> None:
    order = approved(portal, alice, bob)
    lost_after(portal, "push_scaffold")
    is_taken_back(portal.go_on(order))
    portal = Portal.on(portal.folder, portal.application, portal.clock)
    portal.write_policy(POLICY)
    again_ordered = approved(portal, alice, bob)
    assert portal.go_on(again_ordered).ended_as == Progress.REHEARSED


TTL = timedelta(seconds=30)


@pytest.mark.parametrize(
    ("later", "end"), [(TTL - timedelta(seconds=1), Progress.REHEARSED), (TTL, Progress.REFUSED)]
)
def test_a_permit_that_is_remembered_covers_effects_for_its_time_and_not_a_second_longer(
    portal: Portal, alice: User, bob: User, settings: Settings, later: timedelta, end: Progress
) -> None:
    settings.BERTH_ENTITLEMENT_TTL = TTL
    order = approved(portal, alice, bob)

    def lose() -> None:
        portal.write_policy(NOBODY)
        portal.clock.shift(later)

    portal.after("register", lose)
    assert portal.go_on(order).ended_as == end


def test_a_remembered_permit_is_never_renewed_by_being_used(
    portal: Portal, alice: User, bob: User, settings: Settings
) -> None:
    settings.BERTH_ENTITLEMENT_TTL = TTL
    order = approved(portal, alice, bob)
    portal.after("register", lambda: portal.write_policy(NOBODY))
    portal.before("push_scaffold", lambda: portal.clock.shift(TTL * 0.9))
    portal.after("push_scaffold", lambda: portal.clock.shift(TTL * 0.1))
    is_taken_back(portal.go_on(order))
    said = Evidence.objects.filter(order=order, person=alice.ident).order_by("pk")
    assert list(said.values_list("point", "outcome"))[2:] == [
        ("approval", "permit"),  # by which the start and the repository went on
        ("effect", "deny"),
    ]


BROKEN = "version: 1\nrules: [\n"


def test_a_broken_file_in_the_middle_leaves_the_old_one_in_force_and_says_so(
    portal: Portal, alice: User, bob: User, caplog: pytest.LogCaptureFixture
) -> None:
    order = approved(portal, alice, bob)
    portal.after("register", lambda: portal.write_policy(BROKEN))
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    kept = Evidence.objects.filter(order=order, point="effect")
    good, doubtful = kept.first(), kept.last()
    assert good is not None
    assert doubtful is not None
    assert "broken_file" not in good.facts
    assert doubtful.facts["broken_file"]
    assert (doubtful.outcome, doubtful.policy_revision) == ("permit", good.policy_revision)
    assert "broken_file" in browser_of(alice).get(f"/orders/{order.pk}/evidence/").text
    (line,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "stays in force" in line.getMessage()


def test_a_good_file_after_a_broken_one_takes_the_right_away(
    portal: Portal, alice: User, bob: User
) -> None:
    order = approved(portal, alice, bob)
    portal.after("register", lambda: portal.write_policy(BROKEN))
    portal.after("push_scaffold", lambda: portal.write_policy(NOBODY))
    is_taken_back(portal.go_on(order))


def test_a_file_that_is_gone_stops_the_order_until_there_is_one_again(
    portal: Portal, alice: User, bob: User
) -> None:
    order = approved(portal, alice, bob)
    portal.after("register", (portal.folder / "entitlements.yaml").unlink)
    order = portal.look(order)
    waits = order.runs.get(step="push_scaffold", finished_at=None)
    assert (waits.error_code, world.namespaces()) == ("entitlement.unknown", [])
    portal.clock.shift(timedelta(hours=3))
    assert now() >= again(order).next_try_at  # type: ignore[operator] # it is set
    order = portal.look(order)
    assert (order.direction, world.now_there().repositories) == ("onward", {})
    portal.write_policy(POLICY)
    assert portal.go_on(order).ended_as == Progress.REHEARSED
