"""Whether a name is free, in the record and on the clusters, and if not, which one is."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from fleet import ground
from onboarding.form import offers
from portal.errors import NameUnfit
from tenants import lookups as record
from tenants import names
from tenants.catalogue import Environment
from tenants.models import Application, Claim, ClaimKind, Cluster


@dataclass(frozen=True)
class Spot:
    """A namespace on a cluster: free, taken, or (None) not known as the cluster did not answer."""

    cluster: str
    namespace: str
    free: bool | None


@dataclass(frozen=True)
class Verdict:
    """What is to be said of a name. `fault` says why it can be no name at all."""

    name: str
    spots: Sequence[Spot]
    fault: str = ""
    offer: str = ""  # another name that is free in the record

    @property
    def is_taken(self) -> bool:
        return any(spot.free is False for spot in self.spots)

    @property
    def why_not(self) -> str:
        """What keeps the name from being used; a cluster that does not answer is no reason."""
        taken = [spot.cluster for spot in self.spots if spot.free is False]
        return self.fault or (f"This name is taken on {', '.join(taken)}." if taken else "")


@dataclass(frozen=True)
class Ground:
    """Where a name is wanted. `order` is the order that may hold it already (an amendment)."""

    application: Application
    places: Sequence[tuple[Environment, Cluster]]
    order: UUID | None = None

    def __contains__(self, name: object) -> bool:
        """Say whether the record holds this name somewhere; `names.suggest` asks this."""
        return any(
            _is_recorded(cluster, _namespace(self.application, str(name), environment), self.order)
            for environment, cluster in self.places
        )


def ground_of(
    application: Application,
    environments: Sequence[Environment],
    region: str,
    order: UUID | None = None,
) -> Ground:
    """Return the clusters on which the name would be used."""
    places = [
        (environment, cluster)
        for environment in environments
        for cluster in offers.ground(application, environment, region).clusters
    ]
    return Ground(application, places, order)


def look(name: str, where: Ground) -> Verdict:
    """Look into the record and, where the record says nothing, on the clusters themselves."""
    try:
        spots = [_spot(name, where, *place) for place in where.places]
    except NameUnfit as error:
        return Verdict(name, (), fault=error.detail)
    verdict = Verdict(name, spots)
    if not verdict.is_taken:
        return verdict
    return Verdict(name, spots, offer=names.suggest(name, where, limit=names.LIMIT // 2))


def _spot(name: str, where: Ground, environment: Environment, cluster: Cluster) -> Spot:
    namespace = _namespace(where.application, name, environment)
    if _is_recorded(cluster, namespace, where.order):
        return Spot(cluster.slug, namespace, free=False)
    return Spot(cluster.slug, namespace, free=ground.name_is_free(cluster, namespace))


def _namespace(application: Application, name: str, environment: Environment) -> str:
    return names.workload_namespace(
        application.tenant.slug, name, environment.slug, settings.BERTH_NAME_PATTERNS
    )


def _is_recorded(cluster: Cluster, namespace: str, order: UUID | None) -> bool:
    scope = str(cluster.uuid)
    claims = Claim.objects.filter(scope=scope, name=namespace, released_at=None)
    if order is not None and claims.filter(order_uuid=order).exists():
        return False
    return record.is_name_taken(ClaimKind.NAMESPACE, scope, namespace)
