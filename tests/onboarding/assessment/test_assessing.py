"""What is kept of an order's risk, what it meets, and who reads which of the others."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django import Settings

from accounts.models import User
from audit import segments
from onboarding.assessment import assessing
from onboarding.assessment.conflicts import Meeting, Undertaking, met_by, shown
from onboarding.assessment.models import Assessment, Occasion
from onboarding.changes.builtin import BuiltinChanges
from onboarding.evidence import summary
from onboarding.models import Change, Order
from portal.clock import now
from portal.errors import ChangeRefused
from tenants.models import Application, Cluster
from tests.journey import Portal
from tests.make import browser_of, make_application, make_tenant, make_user

pytestmark = pytest.mark.django_db


def told(order: Order) -> list[tuple[str, str]]:
    return [(each.occasion, each.risk) for each in assessing.assessments_of(order.uuid)]


def elsewhere(portal: Portal, by: User, slug: str = "till") -> Order:
    """Order another application of the same tenant, whose owner is somebody else."""
    other = make_application(slug, tenant=portal.application.tenant, owner=make_user())
    return portal.order(by, "dev", application=str(other.uuid), name=slug)


def met(order: Order) -> dict[Meeting, list[int]]:
    revision = order.revisions.get(number=order.revision_number)
    found = met_by(assessing.undertaking(order, revision))
    return {each.meeting: list(each.orders) for each in found}


def test_an_order_is_assessed_when_planned_approved_and_started(
    portal: Portal, alice: User
) -> None:
    order = portal.finish(portal.order(alice, "prod"))
    assert told(order) == [(each, "medium") for each in Occasion]


def test_an_order_whose_start_was_refused_was_never_assessed_as_started(
    portal: Portal, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    monkeypatch.setattr(BuiltinChanges, "start", refused)
    assert portal.go_on(order).ended_as == "refused"
    assert [occasion for occasion, _ in told(order)] == ["planned", "approved"]


def refused(_self: BuiltinChanges, number: str) -> None:
    raise ChangeRefused(f"Change {number} is no longer approved.")


def test_what_started_is_not_looked_at_any_more_but_what_was_found_stays(
    portal: Portal, alice: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    assert assessing.outlook_of(order, alice) is not None
    order.change_started_at = now()
    assert assessing.outlook_of(order, alice) is None


def test_the_page_of_a_resize_tells_risk_and_conflicts(portal: Portal, alice: User) -> None:
    service = portal.berth(alice, "dev")
    first = elsewhere(portal, alice)
    page = browser_of(alice).get(f"/services/{service.uuid}/resize/").content.decode()
    assert "Low risk" in page
    assert f"/orders/{first.pk}/" in page


def test_the_summary_of_the_pack_tells_risk_and_conflicts(portal: Portal, alice: User) -> None:
    order = portal.finish(portal.order(alice, "prod"))
    page = summary.as_html(summary.of(order, segments.of(order.uuid, portal.folder / "none")))
    assert b"medium (impact medium, likelihood medium)" in page


def test_an_assessment_says_which_rules_counted(portal: Portal, alice: User) -> None:
    Application.objects.filter(pk=portal.application.pk).update(classification="restricted")
    order = portal.go_on(portal.order(alice, "prod"))
    (kept,) = assessing.assessments_of(order.uuid)
    assert kept.risk == "high"
    assert [each["rule"] for each in kept.trace] == [
        *("production", "data that must not leak", "the first time")
    ]


def test_an_amendment_is_assessed_anew(portal: Portal, alice: User) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.go_on(portal.amend(order, alice, destinations=[]))
    assert Assessment.objects.filter(order_uuid=order.uuid, revision=2).count() == 1


def test_rules_that_cannot_be_read_make_every_order_high(
    portal: Portal, alice: User, tmp_path: Path, settings: Settings
) -> None:
    settings.BERTH_RISK_RULES = tmp_path / "none.yaml"
    order = portal.go_on(portal.order(alice, "prod"))
    (kept,) = assessing.assessments_of(order.uuid)
    assert (kept.risk, kept.rules) == ("high", "")
    assert "cannot be read" in kept.trace[0]["why"]
    with pytest.raises(SystemCheckError, match=r"none\.yaml cannot be read"):
        call_command("check")


def test_orders_on_one_cluster_meet(portal: Portal, alice: User) -> None:
    first, second = elsewhere(portal, alice), portal.order(alice, "prod")
    assert met(second) == {Meeting.CLUSTER: [first.pk]}
    assert met(first) == {Meeting.CLUSTER: [second.pk]}


def test_orders_of_one_form_do_not_meet_each_other(portal: Portal, alice: User) -> None:
    mine, _ = portal.submit(portal.draft(alice, "dev", "prod"))
    assert met(mine) == {}


def test_orders_for_one_application_meet_there_and_on_the_cluster(
    portal: Portal, alice: User
) -> None:
    first, second = portal.order(alice, "dev"), portal.order(alice, "prod")
    assert met(second) == {Meeting.APPLICATION: [first.pk], Meeting.CLUSTER: [first.pk]}


def test_an_owner_of_two_applications_is_booked_twice(portal: Portal, alice: User) -> None:
    other = make_application(
        "till", tenant=portal.application.tenant, owner=portal.application.owner
    )
    first = portal.order(alice, "dev", application=str(other.uuid), name="till")
    assert met(portal.order(alice, "prod"))[Meeting.OWNER] == [first.pk]


def test_an_order_that_ended_or_goes_back_is_met_no_more(portal: Portal, alice: User) -> None:
    first, second = elsewhere(portal, alice), portal.order(alice, "prod")
    portal.finish(first)
    assert met(second) == {}


def test_an_order_for_a_service_that_is_there_is_met_on_its_cluster(
    portal: Portal, alice: User
) -> None:
    service = portal.berth(alice, "dev")
    first = portal.resize(service, alice, size="s", destinations=[])
    assert met(elsewhere(portal, alice)) == {Meeting.CLUSTER: [first.pk]}


def test_windows_that_lie_apart_never_meet(portal: Portal, alice: User) -> None:
    first = portal.go_on(elsewhere_in_prod(portal, alice))
    second = portal.go_on(portal.order(alice, "prod"))
    hour, later = timedelta(hours=1), now() + timedelta(days=1)
    window(first, later, later + hour)
    window(second, later + hour, later + 2 * hour)
    assert met(second) == {}
    window(second, later + hour / 2, later + 2 * hour)
    assert met(second) == {Meeting.CLUSTER: [first.pk]}


def elsewhere_in_prod(portal: Portal, by: User) -> Order:
    other = make_application("till", tenant=portal.application.tenant, owner=make_user())
    return portal.order(by, "prod", application=str(other.uuid), name="till")


def window(order: Order, begin: object, end: object) -> None:
    changes = Change.objects.filter(number=order.change_number)
    changes.update(window_start=begin, window_end=end)


def test_strangers_read_how_many_there_are_and_nothing_of_them(portal: Portal, alice: User) -> None:
    portal.order(alice, "dev")
    foreign = make_application("vault", tenant=make_tenant("treasury"))
    found = met_by(Undertaking(foreign, list(Cluster.objects.all())))
    stranger = make_user("stranger", "developer")
    ((conflict, orders),) = shown(found, stranger)
    assert (conflict.words, orders) == ("1 other order is open on cluster eu1-a.", [])


def test_the_api_names_only_orders_that_the_caller_may_see(portal: Portal, alice: User) -> None:
    first = elsewhere(portal, alice)
    order = portal.go_on(portal.order(alice, "prod"))
    address = f"/api/v1/orders/{order.pk}/assessments"
    (seen,) = browser_of(alice).get(address).json()
    assert seen["conflicts"][0]["orders"] == [first.pk]
    Order.objects.filter(pk=first.pk).update(tenant=make_tenant("treasury"), requester=make_user())
    (seen,) = browser_of(alice).get(address).json()
    assert (seen["conflicts"][0]["count"], seen["conflicts"][0]["orders"]) == (1, [])


def test_the_preview_tells_risk_and_conflicts_before_submit(portal: Portal, alice: User) -> None:
    first = elsewhere(portal, alice)
    draft = portal.draft(alice, "prod")
    page = browser_of(alice).get(f"/drafts/{draft.uuid}/preview/").content.decode()
    assert "Medium risk" in page
    assert "1 other order is open on cluster eu1-a." in page
    assert f"/orders/{first.pk}/" in page
