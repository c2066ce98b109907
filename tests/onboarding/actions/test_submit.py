"""Submitting a form: all of its orders or none, each with its names taken."""

from functools import partial
from uuid import uuid4

import pytest

from accounts.models import User
from audit.models import Entry
from onboarding import actions
from onboarding.actions import placing
from onboarding.models import Draft, Evidence, Order, Revision, Sending
from portal.errors import (
    AnswersUnfit,
    BerthError,
    EntitlementUnknown,
    KeyReused,
    NameTaken,
    NotEntitled,
    ServiceExists,
)
from tenants.actions import owners
from tenants.models import Claim, Tenant
from tests.journey import NOBODY, POLICY, Killed, Portal, at_once
from tests.make import make_application, make_cluster, make_environment
from tests.stories import world

pytestmark = pytest.mark.django_db


def send(portal: Portal, by: User, key: str, environment: str = "dev") -> tuple[list[Order], bool]:
    """Send the answers as a program does, which has no draft."""
    answers = {**portal.answers, "environments": [environment]}
    return actions.submit_once(answers, key=key, by=by, tools=portal.tools)


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
    wrong = []
    for uuid in (portal.application.uuid, uuid4()):
        with pytest.raises(AnswersUnfit) as raised:
            portal.order(charlie, application=str(uuid))
        wrong.append(raised.value.faults)
    assert wrong[0] == wrong[1] == {"application": ["This application is not one of yours."]}


def test_a_region_without_a_cluster_is_told(portal: Portal, alice: User) -> None:
    make_cluster("us1-a", region="us1", environments=[make_environment("prod")])
    with pytest.raises(AnswersUnfit, match="region: No cluster in us1 takes services for Dev"):
        portal.order(alice, region="us1")
    assert nothing_was_ordered()


@pytest.mark.parametrize(
    ("field", "gone"),
    [
        ("size", "xxl"),
        ("region", "mars"),
        ("scaffold", "no-such-thing"),
        ("destinations", ["a-database"]),
        ("owner", "0b5e0000-0000-4000-8000-000000000000"),
        ("name", "Not A Name"),
        ("environments", ["dev", "nowhere"]),
    ],
)
def test_a_draft_that_names_what_is_no_longer_offered_says_which_answer_it_is(
    portal: Portal, alice: User, field: str, gone: object
) -> None:
    draft = portal.draft(alice, "dev")
    draft.answers = {**draft.answers, field: gone}
    with pytest.raises(AnswersUnfit) as raised:
        portal.submit(draft)
    assert list(raised.value.faults) == [field]
    assert nothing_was_ordered()


def test_an_environment_that_is_named_twice_is_ordered_once(portal: Portal, alice: User) -> None:
    assert len(portal.submit(portal.draft(alice, "dev", "dev"))) == 1


def test_somebody_of_another_tenant_owns_nothing_here(
    portal: Portal, alice: User, charlie: User
) -> None:
    with pytest.raises(AnswersUnfit, match="is a member of its tenant"):
        portal.order(alice, owner=str(charlie.uuid))


def test_the_same_call_under_one_key_is_one_order(portal: Portal, alice: User) -> None:
    first, placed = send(portal, alice, "a-key")
    again, placed_again = send(portal, alice, "a-key")
    assert (first, placed, placed_again) == (again, True, False)
    assert (Order.objects.count(), Sending.objects.count()) == (1, 1)


def test_a_key_gives_its_orders_also_after_their_end(portal: Portal, alice: User) -> None:
    (order,), _ = send(portal, alice, "a-key")
    portal.go_on(order)
    assert send(portal, alice, "a-key") == ([order], False)


def test_a_key_with_other_answers_is_refused(portal: Portal, alice: User) -> None:
    send(portal, alice, "a-key")
    with pytest.raises(KeyReused):
        send(portal, alice, "a-key", "prod")
    assert Order.objects.count() == 1


def test_a_key_is_its_senders_own(portal: Portal, alice: User, olivia: User) -> None:
    send(portal, alice, "a-key")
    olivia.groups.set(alice.groups.all())
    with pytest.raises(ServiceExists):
        send(portal, olivia, "a-key")


def test_a_call_that_failed_leaves_its_key_free(portal: Portal, alice: User) -> None:
    portal.write_policy(NOBODY)
    with pytest.raises(NotEntitled):
        send(portal, alice, "a-key")
    portal.write_policy(POLICY)
    assert send(portal, alice, "a-key")[1]


def test_killed_in_mid_submit_there_is_neither_order_nor_key(
    portal: Portal, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_args: object, **_named: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(placing, "claim_names", killed)
        with pytest.raises(Killed):
            send(portal, alice, "a-key")
    assert not Order.objects.exists()
    assert not Sending.objects.exists()
    assert send(portal, alice, "a-key")[1]


@pytest.mark.django_db(transaction=True)
def test_of_two_calls_at_once_under_one_key_both_get_the_one_order(
    portal: Portal, alice: User
) -> None:
    got: list[Order] = []

    def call() -> None:
        got.extend(send(portal, alice, "a-key")[0])

    assert at_once(call, call) == []
    assert len(got) == 2
    assert got[0] == got[1]
    assert Order.objects.count() == 1


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
