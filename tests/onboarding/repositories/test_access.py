"""Who may clone and push which repository."""

from uuid import UUID, uuid4

import pytest

from accounts import tokens
from accounts.models import Role, Scope, User
from onboarding.repositories import access, credentials
from onboarding.repositories.visits import Admitted, Refusal, Visit
from portal.clock import now
from tenants.lifecycle import Lifecycle
from tenants.models import Application, Claim, ClaimKind, Placement, Tenant
from tests.make import make_application, make_placement, make_service, make_tenant, make_user

pytestmark = pytest.mark.django_db

HOST = "embedded"
KEYS = {"1": "a key"}
NAME = "retail/basket"


@pytest.fixture
def basket(retail: Tenant) -> Application:
    return claimed(make_application("basket", tenant=retail), NAME)


def claimed(application: Application, name: str, scope: str = HOST) -> Application:
    Claim.objects.create(
        kind=ClaimKind.REPOSITORY,
        scope=scope,
        name=name,
        order_uuid=uuid4(),
        application=application,
    )
    return application


@pytest.fixture
def placement(basket: Application) -> Placement:
    return make_placement(make_service(basket))


def as_person(person: User, *, writes: bool = False, name: str = NAME) -> Admitted | Refusal:
    secret = tokens.issue("laptop", scope=Scope.GIT, owner=person)[1]
    return decide(person.username, secret, writes=writes, name=name)


def as_flux(
    uuid: UUID, *, generation: int = 1, writes: bool = False, name: str = NAME
) -> Admitted | Refusal:
    secret = credentials.password(KEYS, uuid, generation)
    return decide(credentials.username(uuid), secret, writes=writes, name=name)


def decide(user: str, secret: str, *, writes: bool = False, name: str = NAME) -> Admitted | Refusal:
    return access.decide(
        Visit(user, secret, name, writes, {"REMOTE_ADDR": "127.0.0.1"}), HOST, KEYS
    )


def test_a_developer_of_the_tenant_reads_and_develops(basket: Application, alice: User) -> None:
    assert as_person(alice, writes=True) == Admitted("alice", may_develop=True)


def test_an_approver_of_the_tenant_releases(basket: Application, bob: User) -> None:
    assert as_person(bob, writes=True) == Admitted("bob", may_develop=True, may_release=True)


def test_a_member_without_a_role_for_it_reads_only(basket: Application, retail: Tenant) -> None:
    member = make_user("mia", Role.AUDITOR)
    make_tenant("retail", members=[member])
    assert as_person(member) == Admitted("mia")
    assert as_person(member, writes=True) is Refusal.READ_ONLY


def test_an_operator_reads_and_does_not_push(basket: Application, olivia: User) -> None:
    assert as_person(olivia) == Admitted("olivia")
    assert as_person(olivia, writes=True) is Refusal.READ_ONLY


def test_an_operator_who_also_approves_does_not_push_for_a_tenant(
    basket: Application,
) -> None:
    assert as_person(make_user("otto", Role.OPERATOR, Role.APPROVER)) == Admitted("otto")


def test_a_stranger_gets_the_answer_of_a_repository_that_does_not_exist(
    basket: Application, charlie: User, payments: Tenant
) -> None:
    for writes in (False, True):
        assert as_person(charlie, writes=writes) is Refusal.INVISIBLE
        assert as_person(charlie, writes=writes, name="retail/absent") is Refusal.INVISIBLE


def test_an_approver_who_is_no_member_is_a_stranger(basket: Application) -> None:
    assert as_person(make_user("nora", Role.APPROVER)) is Refusal.INVISIBLE


def test_an_auditor_does_not_read_code(basket: Application, audra: User) -> None:
    assert as_person(audra) is Refusal.INVISIBLE


def test_a_password_of_another_person_is_refused(
    basket: Application, alice: User, bob: User
) -> None:
    secret = tokens.issue("laptop", scope=Scope.GIT, owner=bob)[1]
    assert decide("alice", secret) is Refusal.UNKNOWN


def test_a_token_for_the_record_opens_no_repository(basket: Application, alice: User) -> None:
    secret = tokens.issue("export", scope=Scope.CMDB_READ, owner=alice)[1]
    assert decide("alice", secret) is Refusal.UNKNOWN


def test_who_has_left_is_unknown(basket: Application, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert as_person(alice) is Refusal.UNKNOWN


def test_a_name_that_was_given_back_is_nobodys(basket: Application, alice: User) -> None:
    Claim.objects.update(released_at=now())
    assert as_person(alice) is Refusal.INVISIBLE


def test_a_name_on_another_host_says_nothing_here(retail: Tenant, alice: User) -> None:
    claimed(make_application("basket", tenant=retail), NAME, scope="another")
    assert as_person(alice) is Refusal.INVISIBLE


def test_flux_reads_its_own_applications_repository(placement: Placement) -> None:
    assert as_flux(placement.uuid) == Admitted(f"placement-{placement.uuid}")


def test_flux_does_not_push(placement: Placement) -> None:
    assert as_flux(placement.uuid, writes=True) is Refusal.READ_ONLY


def test_flux_sees_no_repository_of_another_application(
    placement: Placement, retail: Tenant
) -> None:
    claimed(make_application("other", tenant=retail), "retail/other")
    assert as_flux(placement.uuid, name="retail/other") is Refusal.INVISIBLE
    assert as_flux(placement.uuid, name="retail/absent") is Refusal.INVISIBLE


def test_a_credential_of_no_placement_is_unknown(placement: Placement) -> None:
    assert as_flux(uuid4()) is Refusal.UNKNOWN


def test_a_wrong_credential_is_unknown(placement: Placement) -> None:
    name = credentials.username(placement.uuid)
    assert decide(name, credentials.password({"1": "guess"}, placement.uuid, 1)) is Refusal.UNKNOWN


def test_a_retired_placement_fetches_no_more(placement: Placement) -> None:
    Placement.objects.update(lifecycle=Lifecycle.RETIRED)
    assert as_flux(placement.uuid) is Refusal.UNKNOWN


def test_the_old_generation_counts_until_flux_has_fetched_with_the_new(
    placement: Placement,
) -> None:
    as_flux(placement.uuid, generation=1)
    Placement.objects.update(credential_generation=2)
    assert isinstance(as_flux(placement.uuid, generation=1), Admitted)
    assert isinstance(as_flux(placement.uuid, generation=2), Admitted)
    assert as_flux(placement.uuid, generation=1) is Refusal.UNKNOWN


def test_a_generation_to_come_does_not_count_yet(placement: Placement) -> None:
    assert as_flux(placement.uuid, generation=2) is Refusal.UNKNOWN


def test_a_refused_fetch_ends_no_older_generation(placement: Placement) -> None:
    as_flux(placement.uuid, generation=1)
    Placement.objects.update(credential_generation=2)
    as_flux(placement.uuid, generation=2, name="retail/absent")
    assert isinstance(as_flux(placement.uuid, generation=1), Admitted)
