"""Operators make and change tenants, applications and offers; everybody else is refused."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from audit.models import Entry
from portal.errors import RecordMoved, RoleMissing
from tenants.actions import offers, owners
from tenants.catalogue import Destination
from tenants.models import Application, Cluster, Membership, Tenant
from tests.make import make_environment, make_size
from tests.tenants.conftest import AtOnce


def test_a_tenant_is_made_with_one_entry(olivia: User) -> None:
    tenant = owners.make_tenant(slug="retail", name="Retail", by=olivia)
    entry = Entry.objects.get()
    assert (entry.verb, entry.object_uuid, entry.actor) == ("made", tenant.uuid, olivia.ident)
    assert entry.changes["name"] == [None, "Retail"]


def test_only_operators_write_the_record(alice: User, audra: User) -> None:
    for person in (alice, audra):
        with pytest.raises(RoleMissing):
            owners.make_tenant(slug="retail", name="Retail", by=person)
    assert not Tenant.objects.exists()


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("flux", "This name is reserved."),
        ("kube-system", "This name is reserved."),
        ("Retail", "Use lower-case letters"),
        ("retail\n", "Use lower-case letters"),
    ],
)
def test_a_name_that_breaks_a_rule_is_refused_in_words(olivia: User, slug: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        owners.make_tenant(slug=slug, name="X", by=olivia)


def test_the_database_refuses_what_got_past_the_check(db: None) -> None:
    with pytest.raises(Exception, match="slug_shape"):
        Tenant.objects.create(slug="Retail", name="Retail")


def test_of_two_tenants_made_at_once_the_second_is_refused_in_words(
    at_once: AtOnce, olivia: User
) -> None:
    make = lambda: owners.make_tenant(slug="retail", name="Retail", by=olivia)  # noqa: E731
    outcomes = at_once(make, make)
    assert sorted(type(each).__name__ for each in outcomes) == ["Tenant", "ValidationError"]


def test_a_change_says_what_was_before(retail: Tenant, olivia: User) -> None:
    owners.change_tenant(retail, {"name": "Retail bank"}, seen=1, by=olivia)
    retail.refresh_from_db()
    assert (retail.name, retail.version) == ("Retail bank", 2)
    assert Entry.objects.get().changes == {"name": ["Retail", "Retail bank"]}


def test_a_form_that_was_overtaken_changes_nothing(retail: Tenant, olivia: User) -> None:
    owners.change_tenant(retail, {"name": "First"}, seen=1, by=olivia)
    for row in (retail, Tenant.objects.get()):
        with pytest.raises(RecordMoved):
            owners.change_tenant(row, {"name": "Second"}, seen=1, by=olivia)
    assert Tenant.objects.get().name == "First"


def test_of_two_changes_at_once_one_wins(at_once: AtOnce, retail: Tenant, olivia: User) -> None:
    def change_to(name: str) -> None:
        row = Tenant.objects.get(pk=retail.pk)
        owners.change_tenant(row, {"name": name}, seen=1, by=olivia)

    outcomes = at_once(lambda: change_to("First"), lambda: change_to("Second"))
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "RecordMoved"]
    assert Tenant.objects.get().version == 2


def test_a_slug_stays_for_ever(retail: Tenant, olivia: User) -> None:
    with pytest.raises(ValueError, match="slug"):
        owners.change_tenant(retail, {"slug": "other"}, seen=1, by=olivia)


def test_a_change_to_what_it_is_already_leaves_no_entry(retail: Tenant, olivia: User) -> None:
    assert owners.change_tenant(retail, {"name": retail.name}, seen=1, by=olivia) == {}
    assert not Entry.objects.exists()


def test_membership_is_given_and_taken_once(retail: Tenant, charlie: User, olivia: User) -> None:
    assert owners.add_member(retail, charlie, by=olivia)
    assert not owners.add_member(retail, charlie, by=olivia)
    assert owners.remove_member(retail, charlie, by=olivia)
    assert not owners.remove_member(retail, charlie, by=olivia)
    assert not Membership.objects.filter(user=charlie).exists()
    assert Entry.objects.count() == 2


def test_a_cost_centre_must_fit_a_label(retail: Tenant, alice: User, olivia: User) -> None:
    with pytest.raises(ValidationError, match="Use letters, digits"):
        owners.make_application(
            retail, slug="basket", name="Basket", owner=alice, cost_centre="CC 12/3", by=olivia
        )


def test_two_applications_of_one_name_are_refused_in_words(
    basket: Application, olivia: User
) -> None:
    with pytest.raises(ValidationError, match="This tenant has an application of this name"):
        owners.make_application(
            basket.tenant,
            slug="basket",
            name="Again",
            owner=basket.owner,
            cost_centre="1",
            by=olivia,
        )


def test_the_repository_of_an_application_is_noted_once(basket: Application, olivia: User) -> None:
    where = {"host": "bare", "name": "retail/basket", "url": "http://127.0.0.1/git/retail/basket"}
    assert owners.note_repository(basket, by=olivia.actor, **where)
    assert not owners.note_repository(basket, by=olivia.actor, **where)
    assert basket.repository_name == "retail/basket"


def test_a_destination_names_one_target(olivia: User) -> None:
    both = Destination(slug="db", name="DB", cidr="10.0.0.0/8", namespace="db", port=1)
    with pytest.raises(ValidationError, match="an address range or a namespace, not both"):
        offers.offer(both, by=olivia)


def test_an_offer_changes_with_an_entry(olivia: User) -> None:
    size = make_size("s")
    offers.change_offer(size, {"pods": 20}, seen=1, by=olivia)
    assert Entry.objects.get().changes == {"pods": [10, 20]}


def test_the_rules_of_a_cluster_change_together_with_its_environments(
    eu1: Cluster, olivia: User
) -> None:
    prod = make_environment("prod")
    changes = offers.change_cluster(
        eu1, {"accepting": False}, seen=1, by=olivia, environments=[prod]
    )
    assert changes == {"accepting": (True, False), "environments": ("dev", "prod")}
    assert list(Cluster.objects.get().environments.all()) == [prod]
