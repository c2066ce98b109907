"""A preview is the plan itself, but for identities that only an order has."""

import json
import re

import pytest

from accounts.models import User
from onboarding.form import previews
from onboarding.models import Order, Plan
from onboarding.plans import drafting
from tenants.models import Claim, Service, TenantCluster
from tests.journey import Portal, plan_of

pytestmark = pytest.mark.django_db

UUID_TEXT = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def anonymous(desired: object) -> str:
    """Return the state with each UUID shown as the place where it was first met."""
    met: dict[str, str] = {}
    text = json.dumps(desired, sort_keys=True)
    return UUID_TEXT.sub(lambda found: met.setdefault(found[0], f"uuid-{len(met)}"), text)


def test_what_is_previewed_is_what_is_planned(portal: Portal, alice: User) -> None:
    draft = portal.draft(alice, "prod")
    (preview,) = previews.of_draft(draft, by=alice, tools=portal.tools)
    (order,) = portal.submit(draft)
    plan = plan_of(portal.go_on(order))
    assert anonymous(preview.desired) == anonymous(drafting.content(plan))
    assert preview.in_words == previews.of_plan(order, plan).in_words


def test_a_preview_writes_nothing(portal: Portal, alice: User) -> None:
    previews.of_draft(portal.draft(alice, "dev", "prod"), by=alice, tools=portal.tools)
    for model in (Order, Plan, Claim, Service, TenantCluster):
        assert not model.objects.exists()


def test_each_environment_has_its_preview_and_says_who_decides(portal: Portal, alice: User) -> None:
    shown = previews.of_draft(portal.draft(alice, "dev", "prod"), by=alice, tools=portal.tools)
    assert [preview.environment.slug for preview in shown] == ["dev", "prod"]
    assert shown[0].approvers == "Approved by policy at once: a standard change."
    assert shown[1].approvers.startswith("A member of prod-approvers approves")


def test_only_a_stored_plan_has_a_digest(portal: Portal, alice: User) -> None:
    draft = portal.draft(alice)
    (preview,) = previews.of_draft(draft, by=alice, tools=portal.tools)
    (order,) = portal.submit(draft)
    plan = plan_of(portal.go_on(order))
    assert preview.digest == ""
    assert previews.of_plan(order, plan).digest == plan.digest


def test_a_plan_is_told_in_words_that_need_no_kubernetes(portal: Portal, alice: User) -> None:
    (preview,) = previews.of_draft(portal.draft(alice, "prod"), by=alice, tools=portal.tools)
    told = " ".join(preview.in_words)
    assert "orders-db" in told
    assert "retail/basket" in told
    assert "production" in told
    assert "eu1-a" in told
