"""What goes wrong outside is said on the order's page: what, what it means, whose move it is."""

from html import unescape
from pathlib import Path

import pygit2
import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from onboarding import actions
from onboarding.models import Evidence, Order, RunState
from tests.fleet.fake_api import status
from tests.fleet.keeping import Keeping
from tests.journey import POLICY, Portal, again
from tests.make import browser_of
from tests.onboarding.bad_input import odd

pytestmark = pytest.mark.django_db


def page(client: Client, order: Order, tab: str = "") -> str:
    answer = client.get(f"/orders/{order.pk}/{tab}")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def state_of(order: Order, step: str) -> str:
    run = order.runs.filter(step=step).last()
    return str(run and run.state)


def try_again(portal: Portal, order: Order) -> Order:
    actions.retry(order, by=order.requester)
    return portal.go_on(again(order))


def make_somebodys_repository() -> Path:
    """Make a repository where the application's is to be, which bears no mark of ours."""
    path = settings.BERTH_GIT_FOLDER / "retail" / "basket.git"
    pygit2.init_repository(str(path), bare=True)
    (path / "theirs").write_text("ours since 2019")
    return path


def test_a_repository_of_somebody_else_is_left_alone(
    portal: Portal, alice: User, hers: Client
) -> None:
    theirs = make_somebodys_repository()
    order = portal.go_on(portal.order(alice))
    text = page(hers, order)
    assert "The repository exists and is not ours" in text
    assert "An operator has to rename or hand over that repository" in text
    assert (theirs / "theirs").read_text() == "ours since 2019"
    theirs.rename(theirs.with_name("elsewhere.git"))
    assert try_again(portal, order).ended_as == "rehearsed"


def test_a_revoked_token_of_a_cluster_waits_for_an_operator(
    portal: Portal, keeping: Keeping, alice: User, hers: Client
) -> None:
    keeping.refuses = status(401, "Unauthorized", "Unauthorized")
    order = portal.go_on(portal.order(alice))
    text = page(hers, order)
    assert "Berth's account lacks a right on the cluster" in text
    assert "The cluster no longer takes the portal's credential" in text
    assert "An operator has to join the cluster again" in text
    keeping.refuses = None
    actions.retry(order, by=alice)
    assert state_of(portal.look(order), "prime") == RunState.OVER


def test_an_operator_sees_which_cluster_takes_the_credential_no_more(
    portal: Portal, keeping: Keeping, alice: User, olivia: User
) -> None:
    keeping.refuses = status(401, "Unauthorized", "Unauthorized")
    order = portal.go_on(portal.order(alice))
    stuck = unescape(browser_of(olivia).get("/operate/stuck/").content.decode())
    assert f"/orders/{order.pk}/" in stuck
    assert "An operator has to join the cluster again" in stuck


def delivering(portal: Portal, order: Order) -> Order:
    """Look until Flux has been asked a few times."""
    for _ in range(3):
        order = portal.look(order)
        portal.clock.shift(40)
    return order


def test_an_error_of_flux_is_told_in_its_words_and_in_ours(
    portal: Portal, keeping: Keeping, alice: User, hers: Client
) -> None:
    keeping.flux = "kustomize build failed: no such file deploy/overlays/dev"
    order = delivering(portal, portal.order(alice))
    text = page(hers, order)
    assert "Flux reports an error" in text
    assert keeping.flux in text
    assert "Mend it in the repository and push" in text
    assert not order.is_over
    keeping.flux = ""
    assert "Flux reports an error" not in page(hers, delivering(portal, order))


def test_nothing_that_flux_says_breaks_the_order_or_its_page(
    portal: Portal, keeping: Keeping, alice: User, hers: Client
) -> None:
    order = delivering(portal, portal.order(alice))
    foreign = {"null": "a\0b", "half a character": "\ud800", "oversized": odd.OVERSIZED}
    for oddity, said in (odd.TEXTS | foreign).items():
        keeping.flux = said
        portal.clock.shift(40)
        run = portal.look(order).runs.filter(step="await_delivery").last()
        assert run is not None
        assert (oddity, run.error_code) == (oddity, "delivery.failed")
        page_of_it = hers.get(f"/orders/{order.pk}/").content.decode()
        assert (oddity, odd.smuggled(page_of_it)) == (oddity, False)
        assert len(run.error_detail) < 1_000


def test_a_policy_that_is_lost_while_an_order_waits_takes_nothing_back(
    portal: Portal, alice: User, bob: User, hers: Client
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    (portal.folder / "entitlements.yaml").unlink()
    portal.clock.shift(600)
    order = portal.look(order)
    text = page(hers, order)
    assert "We could not check your entitlement" in text
    assert "An operator has to mend the entitlement file." in text
    assert order.direction == "onward"
    portal.write_policy(POLICY)
    assert portal.go_on(order).ended_as == "rehearsed"


def test_a_policy_that_is_replaced_by_a_broken_one_stays_in_force_and_says_so(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    asked = Evidence.objects.filter(order=order).exclude(policy_revision="")
    in_force = asked.latest("id").policy_revision
    portal.write_policy("version: 1\nrules: [")
    portal.clock.shift(600)
    assert portal.go_on(order).ended_as == "rehearsed"
    last = Evidence.objects.filter(order=order).latest("id")
    assert (last.outcome, last.policy_revision) == ("permit", in_force)
    assert "no YAML that can be read" in str(last.facts)
