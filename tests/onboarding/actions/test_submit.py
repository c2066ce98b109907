"""Submitting a form: all of its orders or none, each with its names taken."""

from functools import partial

import pytest
from django.http import Http404

from accounts.models import User
from audit.models import Entry
from onboarding.models import Draft, Evidence, Order, Revision
from portal.errors import (
    BerthError,
    EntitlementUnknown,
    NameTaken,
    NoCluster,
    NotEntitled,
    ServiceExists,
)
from tenants.actions import owners
from tenants.models import Claim, Tenant
from tests.journey import NOBODY, Portal, at_once
from tests.make import make_application, make_environment
from tests.stories import world

pytestmark = pytest.mark.django_db


def nothing_was_ordered() -> bool:
    there = (Order, Revision, Claim, Evidence)
    return not any(model.objects.exists() for model in there) and Draft.objects.count() == 1


def test_an_order_takes_its_names_and_remembers_who_asked_for_what(
    portal: Portal, alice: User
) -> None:
    order = portal.order(alice)
    revision = order.revisions.get()
    assert world.claimed(order) == {"retail-basket-dev", "retail/basket"}
    assert (order.requester, revision.made_by) == (alice, alice)
    assert revision.answers["size"] == "s"
    assert Entry.objects.get(object_uuid=order.uuid).verb == "submitted"
    assert not Draft.objects.exists()


def test_why_it_was_permitted_is_kept(portal: Portal, alice: User) -> None:
    order = portal.order(alice)
    evidence = Evidence.objects.get(order=order)
    assert (evidence.point, evidence.outcome, evidence.person) == (
        "submit",
        "permit",
        "local:alice",
    )
    assert evidence.facts["rule"]["groups"] == ["retail-developers"]
    assert evidence.policy_revision


def test_a_form_with_one_environment_that_is_not_permitted_orders_nothing(
    portal: Portal, alice: User
) -> None:
    make_environment("test").clusters.set(make_environment("dev").clusters.all())
    with pytest.raises(NotEntitled):
        portal.submit(portal.draft(alice, "dev", "test"))
    assert nothing_was_ordered()


def test_a_form_with_one_name_that_is_taken_orders_nothing(portal: Portal, alice: User) -> None:
    other = make_application("trolley", tenant=portal.application.tenant)
    portal.order(alice, "prod", application=str(other.uuid), name="basket")
    with pytest.raises(NameTaken):
        portal.submit(portal.draft(alice, "dev", "prod"))
    assert Order.objects.count() == 1
    assert not Claim.objects.filter(name="retail-basket-dev").exists()


def test_a_name_that_is_taken_is_told_without_telling_by_whom(
    portal: Portal, alice: User, charlie: User, payments: Tenant
) -> None:
    theirs = make_application("secret-project", tenant=payments, owner=charlie)
    world.claim_namespace("retail-basket-dev", theirs)
    with pytest.raises(NameTaken) as raised:
        portal.order(alice)
    told = str(raised.value)
    assert "retail-basket-dev" in told
    assert not [word for word in ("payments", "secret", "charlie", "Charlie") if word in told]


def test_a_namespace_that_somebody_else_made_on_the_cluster_is_taken(
    portal: Portal, alice: User
) -> None:
    world.make_foreign_namespace("retail-basket-dev")
    with pytest.raises(NameTaken, match="retail-basket-dev is taken on eu1-a"):
        portal.order(alice)
    assert nothing_was_ordered()


def test_a_second_order_for_a_service_that_is_being_ordered_is_refused(
    portal: Portal, alice: User
) -> None:
    portal.order(alice)
    with pytest.raises(ServiceExists, match="is being ordered"):
        portal.order(alice)
    assert Order.objects.count() == 1


def test_an_order_for_a_service_that_is_there_is_refused(portal: Portal, alice: User) -> None:
    portal.go_on(portal.order(alice))
    with pytest.raises(ServiceExists, match="is in dev already"):
        portal.order(alice)
    assert Order.objects.count() == 1


def test_the_same_form_sent_twice_is_one_order(portal: Portal, alice: User) -> None:
    draft = portal.draft(alice)
    twin = Draft.objects.get(pk=draft.pk)
    portal.submit(draft)
    with pytest.raises(ServiceExists):
        portal.submit(twin)
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("policy", "error"), [(NOBODY, NotEntitled), ("no policy", EntitlementUnknown)]
)
def test_nobody_orders_without_a_permit(
    portal: Portal, alice: User, policy: str, error: type[BerthError]
) -> None:
    portal.write_policy(policy)
    with pytest.raises(error):
        portal.order(alice)
    assert nothing_was_ordered()


def test_somebody_who_was_switched_off_orders_nothing(portal: Portal, alice: User) -> None:
    alice.is_active = False
    with pytest.raises(NotEntitled, match="can no longer sign in"):
        portal.order(alice)


def test_an_application_of_a_stranger_looks_like_one_that_does_not_exist(
    portal: Portal, charlie: User, payments: Tenant
) -> None:
    with pytest.raises(Http404):
        portal.order(charlie)


def test_a_region_without_a_cluster_is_told(portal: Portal, alice: User) -> None:
    with pytest.raises(NoCluster, match="No cluster in us1"):
        portal.order(alice, region="us1")
    assert nothing_was_ordered()


def test_a_retired_application_gets_nothing_new(portal: Portal, alice: User, olivia: User) -> None:
    owners.retire_application(portal.application, by=olivia)
    with pytest.raises(BerthError):
        portal.order(alice)
    assert nothing_was_ordered()


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_order_the_same_at_once_one_gets_it(portal: Portal, alice: User) -> None:
    forms = [portal.draft(alice), portal.draft(alice)]
    raised = at_once(*[partial(portal.submit, form) for form in forms])
    assert [type(error) for error in raised] == [ServiceExists]
    assert (Order.objects.count(), Claim.objects.count()) == (1, 2)
