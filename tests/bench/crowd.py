"""The rows of a large company: 20,000 services on 50 clusters, and 10,000 orders."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice, product

from accounts.models import LOCAL, User
from audit.models import Entry, Seal
from onboarding.models import Order, Progress, Revision, RunState, StepRun
from onboarding.stories import onboard
from portal.clock import now
from tenants.catalogue import Environment, Size
from tenants.lifecycle import Lifecycle
from tenants.models import Application, Cluster, Placement, Service, Tenant, TenantCluster
from tests.make import make_environment, make_size

TENANTS, APPLICATIONS, CLUSTERS = 40, 250, 50  # applications of each tenant
ORDERS, OPEN, STUCK = 10_000, 300, 40
ENTRIES = 50_000
PEOPLE = 200
AT_ONCE = 2_000


def fill(retail: Tenant, owner: User) -> None:
    """Make all of it; `retail` is the largest tenant among many alike."""
    environments = [make_environment("dev"), make_environment("prod")]
    size = make_size()
    tenants = [retail, *_tenants()]
    applications = Application.objects.bulk_create(
        Application(slug=f"app{n}", name=f"App {n}", cost_centre="cc-1", tenant=tenant, owner=owner)
        for tenant, n in product(tenants, range(APPLICATIONS))
    )
    services = Service.objects.bulk_create(
        _service(application, environment, size)
        for application, environment in product(applications, environments)
    )
    _place(services, tenants, environments)
    _order(services, owner)
    _note(services, owner)


def _tenants() -> list[Tenant]:
    made = (Tenant(slug=f"team{n}", name=f"Team {n}") for n in range(TENANTS - 1))
    return Tenant.objects.bulk_create(made)


def _service(application: Application, environment: Environment, size: Size) -> Service:
    return Service(
        application=application,
        environment=environment,
        region="eu1",
        owner=application.owner,
        size=size,
        lifecycle=Lifecycle.OPERATIONAL,
    )


def _place(
    services: Sequence[Service], tenants: Sequence[Tenant], environments: Sequence[Environment]
) -> None:
    clusters = Cluster.objects.bulk_create(
        Cluster(slug=f"eu1-{n:03}", region="eu1", tier="shared") for n in range(CLUSTERS)
    )
    for cluster in clusters:
        cluster.environments.set(environments)
    presences = TenantCluster.objects.bulk_create(
        TenantCluster(
            tenant=tenant, cluster=cluster, control_namespace=f"{tenant.slug}-flux", pack="standard"
        )
        for tenant, cluster in product(tenants, clusters)
    )
    found = {(each.tenant_id, each.cluster_id): each for each in presences}
    Placement.objects.bulk_create(
        (
            _placement(service, found[service.application.tenant_id, clusters[n % CLUSTERS].pk])
            for n, service in enumerate(services)
        ),
        batch_size=AT_ONCE,
    )


def _placement(service: Service, presence: TenantCluster) -> Placement:
    application = service.application
    name = f"{application.slug}-{service.environment_id}"
    return Placement(
        service=service,
        tenant_cluster=presence,
        pack="standard",
        flux_namespace=f"{application.tenant.slug}-flux",
        cluster=presence.cluster,
        namespace=f"{application.tenant.slug}-{name}",
        name=name,
        lifecycle=Lifecycle.OPERATIONAL,
        live_at=now(),
    )


def _order(services: Sequence[Service], owner: User) -> None:
    people = [owner, *_people()]
    orders = Order.objects.bulk_create(
        (
            _ordered(n, each, people[n % len(people)])
            for n, each in enumerate(services[::-2][:ORDERS])
        ),
        batch_size=AT_ONCE,
    )
    Revision.objects.bulk_create(
        (Revision(order=each, number=1, answers={}, allotted={}, made_by=owner) for each in orders),
        batch_size=AT_ONCE,
    )
    runs = (run for n, each in enumerate(orders) for run in _runs(n, each))
    while batch := list(islice(runs, AT_ONCE)):
        StepRun.objects.bulk_create(batch)


def _people() -> list[User]:
    names = (f"dev{n}" for n in range(PEOPLE))
    return User.objects.bulk_create(User(username=n, issuer=LOCAL, subject=n) for n in names)


def _ordered(number: int, service: Service, owner: User) -> Order:
    is_open = number < OPEN
    return Order(
        requester=owner,
        tenant=service.application.tenant,
        application=service.application,
        environment=service.environment,
        service=None if is_open else service,
        submitted_at=now() - timedelta(minutes=number),
        ended_as="" if is_open else Progress.DONE,
        ended_at=None if is_open else now(),
        next_try_at=None,
    )


def _runs(number: int, order: Order) -> Iterator[StepRun]:
    steps = [step.name for step in onboard.STORY.steps]
    taken = steps[: 5 if number < OPEN else len(steps)]
    for step in taken:
        yield StepRun(order=order, revision=1, step=step, state=RunState.OVER, succeeded=True)
    if number < STUCK:
        code = "cluster.object-refused"
        yield StepRun(order=order, revision=1, step=steps[5], state=RunState.STUCK, error_code=code)


def _note(about: Sequence[Service], owner: User) -> None:
    entries = Entry.objects.bulk_create(
        (_entry(n, about[n % len(about)], owner) for n in range(ENTRIES)), batch_size=AT_ONCE
    )
    Seal.objects.bulk_create(
        (Seal(seq=n, entry_id=each.pk, hash="h") for n, each in enumerate(entries, start=1)),
        batch_size=AT_ONCE,
    )


def _entry(number: int, about: Service, owner: User) -> Entry:
    return Entry(
        at=now() - timedelta(seconds=number),
        actor=owner.ident,
        actor_name=str(owner),
        channel="web",
        verb="changed",
        object_class="Service",
        object_uuid=about.uuid,
        object_name=str(about.pk),
    )
