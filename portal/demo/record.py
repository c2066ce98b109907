"""The tenants, applications, catalogue and rehearsal cluster of the demonstration."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accounts.models import User
from audit.ledger import Actor
from portal.demo.people import PEOPLE
from tenants.actions import eligibility, offers, owners
from tenants.actions.offers import Offer
from tenants.catalogue import ChangeType, Destination, Environment, Size
from tenants.gradings import Classification, Criticality
from tenants.models import Application, Cluster, Delivery, Edition, Rule, Tenant

TENANTS = {"payments": "Payments", "retail": "Retail"}
REGION = "eu1"
REHEARSAL = "rehearsal"


@dataclass(frozen=True)
class Portfolio:
    """An application as the portfolio has it."""

    tenant: str
    slug: str
    name: str
    owner: str
    reference: str
    criticality: Criticality
    classification: Classification


APPLICATIONS = (
    Portfolio(
        "payments",
        "checkout",
        "Checkout",
        "dana",
        "APP-1042",
        Criticality.CRITICAL,
        Classification.CONFIDENTIAL,
    ),
    Portfolio(
        "payments",
        "fraud-check",
        "Fraud check",
        "pat",
        "APP-1077",
        Criticality.HIGH,
        Classification.RESTRICTED,
    ),
    Portfolio(
        "payments",
        "ledger-archive",
        "Ledger archive",
        "dana",
        "APP-0311",
        Criticality.LOW,
        Classification.CONFIDENTIAL,
    ),
    Portfolio(
        "retail",
        "basket",
        "Basket",
        "rex",
        "APP-2210",
        Criticality.HIGH,
        Classification.INTERNAL,
    ),
    Portfolio(
        "retail",
        "catalogue",
        "Catalogue",
        "rex",
        "APP-2214",
        Criticality.MEDIUM,
        Classification.PUBLIC,
    ),
)


def _environments() -> Sequence[Environment]:
    return (
        Environment(
            slug="dev",
            name="Development",
            rank=10,
            change_type=ChangeType.STANDARD,
            reference="main",
        ),
        Environment(
            slug="test",
            name="Test",
            rank=20,
            change_type=ChangeType.NORMAL,
            approver_group="change-approvers",
            reference="main",
        ),
        Environment(
            slug="prod",
            name="Production",
            rank=30,
            production=True,
            change_type=ChangeType.NORMAL,
            approver_group="prod-approvers",
            reference="production",
            reference_protected=True,
            review_months=6,
            notice="No changes from 18 December to 4 January.",
        ),
    )


def _sizes() -> Sequence[Size]:
    small = ("500m", "1Gi", "1", "2Gi", "5Gi")
    medium = ("2", "4Gi", "4", "8Gi", "20Gi")
    large = ("8", "16Gi", "16", "32Gi", "50Gi")
    return (
        _size("s", 10, "Small", "One or two small services", small, 10),
        _size("m", 20, "Medium", "A service with a cache", medium, 20),
        _size("l", 30, "Large", "A busy service with workers", large, 40),
    )


def _size(
    slug: str, rank: int, name: str, fits: str, quota: tuple[str, str, str, str, str], pods: int
) -> Size:
    """Make a size, unsaved; `quota` is CPU and memory asked for, their limits, and storage."""
    cpu_requests, memory_requests, cpu_limits, memory_limits, storage = quota
    return Size(
        slug=slug,
        rank=rank,
        name=name,
        fits=fits,
        cpu_requests=cpu_requests,
        memory_requests=memory_requests,
        cpu_limits=cpu_limits,
        memory_limits=memory_limits,
        storage=storage,
        pods=pods,
    )


def _destinations() -> Sequence[Destination]:
    return (
        Destination(
            slug="orders-db",
            name="Orders database",
            description="PostgreSQL of the order desk",
            cidr="10.20.4.0/24",
            port=5432,
        ),
        Destination(
            slug="kafka-eu1",
            name="Kafka eu1",
            description="Event backbone of region eu1, mutual TLS",
            cidr="10.30.0.0/22",
            port=9093,
        ),
        Destination(
            slug="mail-relay",
            name="Mail relay",
            description="Outgoing mail, in the cluster",
            namespace="mail-relay",
            port=587,
        ),
    )


def make(*, by: Actor) -> None:
    """Make what is not there yet, through the record's own actions. People come first."""
    for slug, name in TENANTS.items():
        if not Tenant.objects.filter(slug=slug).exists():
            _make_tenant(slug, name, by)
    _offer(_environments(), Environment.objects.values_list("slug", flat=True), by)
    _offer(_sizes(), Size.objects.values_list("slug", flat=True), by)
    _offer(_destinations(), Destination.objects.values_list("slug", flat=True), by)
    for application in APPLICATIONS:
        _make_application(application, by)
    if not Cluster.objects.filter(slug=REHEARSAL).exists():
        _make_rehearsal_cluster(by)
    if not Edition.objects.exists():
        _make_matrix(by)


def _offer(rows: Sequence[Offer], there: Iterable[str], by: Actor) -> None:
    known = set(there)
    for row in rows:
        if row.slug not in known:
            offers.offer(row, by=by)


def _make_tenant(slug: str, name: str, by: Actor) -> None:
    tenant = owners.make_tenant(slug=slug, name=name, support_group=f"{slug}-support", by=by)
    members = [person.username for person in PEOPLE if person.tenant == slug]
    for user in User.objects.filter(username__in=members):
        owners.add_member(tenant, user, by=by)


def _make_application(wanted: Portfolio, by: Actor) -> None:
    tenant = Tenant.objects.get(slug=wanted.tenant)
    if Application.objects.filter(tenant=tenant, slug=wanted.slug).exists():
        return
    owners.make_application(
        tenant,
        slug=wanted.slug,
        name=wanted.name,
        owner=User.objects.get(username=wanted.owner),
        by=by,
        reference=wanted.reference,
        cost_centre=f"CC-{wanted.reference[-4:]}",
        criticality=wanted.criticality,
        classification=wanted.classification,
        support_group=f"{wanted.tenant}-support",
    )


def _make_rehearsal_cluster(by: Actor) -> None:
    cluster = Cluster(slug=REHEARSAL, region=REGION, tier="shared", delivery=Delivery.REHEARSAL)
    offers.make_cluster(cluster, list(Environment.objects.all()), by=by)


def _make_matrix(by: Actor) -> None:
    """Put rows in force that keep nothing of the demonstration from where it goes."""
    for seen, (rule, reason) in enumerate(_rules()):
        eligibility.put_in_force(eligibility.Proposal(rule, None, reason), seen=seen, by=by)


def _rules() -> Sequence[tuple[Rule, str]]:
    abroad = Rule(
        classification=Classification.RESTRICTED,
        region="us*",
        allows=False,
        why="Restricted data stays in Europe.",
        remedy="Choose a region that begins with eu.",
    )
    labs = Rule(
        environment_id="prod",
        tier="lab*",
        allows=False,
        why="Lab clusters are built anew without notice.",
        remedy="Ask an operator for another cluster.",
    )
    return (
        (abroad, "Data protection, decision 4"),
        (labs, "Production review"),
    )
