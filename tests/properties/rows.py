"""What a plan is rendered from, made without a database: rows, answers and choices."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from accounts.models import User
from onboarding.form.answers import Allotted, Answers, Spot
from onboarding.plans import basis, canonical, desired
from onboarding.plans.site import Site, Subject
from onboarding.ports import About, File
from tenants.catalogue import Destination, Environment, Size
from tenants.models import Application, Cluster, Tenant

PLACED, CLUSTER, PRESENCE, SERVICE, ORDER = (UUID(int=number) for number in range(1, 6))
PACE = {"source_interval": "1m", "interval": "10m", "retry_interval": "5m", "timeout": "5m"}


class PlainScaffolds:
    """One file that holds every answer, so that none of them can change unseen."""

    def names(self) -> Sequence[str]:
        return ["web-service"]

    def about(self, name: str) -> About:
        return About(name, self.version(name), name, name, [])

    def version(self, name: str) -> str:
        return f"{len(name)}.0.0"

    def render(self, name: str, answers: Mapping[str, Any]) -> Sequence[File]:
        return [File(f"{name}.json", json.dumps(answers, sort_keys=True))]


class PlainHost:
    """A Git host of which only the addresses matter here."""

    def address(self, repository: str) -> str:
        return f"https://git.example.com/{repository}{'' if repository.endswith('/') else '.git'}"


def _tenant() -> Tenant:
    return Tenant(slug="retail", name="Retail", support_group="retail-support")


def _owner() -> User:
    return User(username="alice", first_name="Alice", last_name="Adams", email="a@example.com")


def _application() -> Application:
    return Application(
        slug="basket", name="Basket", cost_centre="cc-1", tenant=_tenant(), owner=_owner()
    )


@dataclass
class Rows:
    """The rows of a site; each may be changed, and then rendered."""

    application: Application = field(default_factory=_application)
    environment: Environment = field(
        default_factory=lambda: Environment(slug="prod", name="Production", reference="main")
    )
    size: Size = field(
        default_factory=lambda: Size(
            slug="s",
            name="S",
            fits="little",
            cpu_requests="1",
            memory_requests="1Gi",
            cpu_limits="2",
            memory_limits="2Gi",
            storage="5Gi",
            pods=10,
        )
    )
    owner: User = field(default_factory=_owner)
    destination: Destination = field(
        default_factory=lambda: Destination(
            slug="orders-db", name="Orders", cidr="10.20.0.0/16", port=5432
        )
    )
    cluster: Cluster = field(
        default_factory=lambda: Cluster(slug="eu1-a", region="eu1", uuid=CLUSTER)
    )

    @property
    def tenant(self) -> Tenant:
        return self.application.tenant

    def site(self, subject: Subject) -> Site:
        clusters = {spot.cluster: self.cluster for spot in subject.allotted.spots}
        return Site(
            self.application, self.environment, self.size, self.owner, [self.destination], clusters
        )


def subject() -> Subject:
    spot = Spot(
        placement=PLACED,
        cluster=CLUSTER,
        tenant_cluster=PRESENCE,
        control_namespace="retail-flux",
        namespace="retail-basket-prod",
        name="basket-prod",
    )
    answers = Answers(
        application=UUID(int=11),
        environment="prod",
        region="eu1",
        name="basket",
        size="s",
        scaffold="web-service",
        destinations=("orders-db",),
        owner=UUID(int=12),
    )
    return Subject(ORDER, answers, Allotted(SERVICE, "retail/basket", (spot,)))


def choices(of: Subject) -> dict[str, Any]:
    """Return what could have been chosen for the subject, in the shape of `plans.choices`."""
    return {
        "scaffold": of.answers.scaffold,
        "scaffold_version": "1.0.0",
        "commit_at": "2026-11-23T09:00:00+00:00",
        "author": "Berth",
        "email": "berth@example.com",
        "spots": {
            str(spot.placement): {
                "pack": "standard",
                "pack_version": 1,
                "flux_namespace": spot.control_namespace,
                "shard": "",
                "pace": dict(PACE),
            }
            for spot in of.allotted.spots
        },
    }


def digest(
    rows: Rows | None = None, of: Subject | None = None, chosen: Mapping[str, Any] | None = None
) -> str:
    """Return the digest of the desired state of these; of the usual ones where nothing is given."""
    of = of or subject()
    site = (rows or Rows()).site(of)
    state = desired.state(of, site, chosen or choices(of), PlainScaffolds(), PlainHost())  # type: ignore[arg-type] # asked for addresses only
    return canonical.digest(canonical.text(state))


def inputs(rows: Rows) -> str:
    """Return the digest of the row values by which a waiting plan is found outdated."""
    return canonical.digest(canonical.text(basis.inputs(subject(), rows.site(subject()))))


def with_spot(**changes: Any) -> Subject:
    whole = subject()
    (spot,) = whole.allotted.spots
    return replace(whole, allotted=replace(whole.allotted, spots=(replace(spot, **changes),)))
