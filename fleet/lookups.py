"""The fleet as its operators and auditors see it: how each cluster stands, and what is on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Case, CharField, Count, Q, QuerySet, Value, When
from django.db.models.functions import Concat
from django.http import Http404

from accounts.models import User
from fleet.models import Beat, Connection, Observation, Stray, StrayKind
from fleet.ports import Health
from portal.clock import now
from portal.errors import RoleMissing
from tenants.lifecycle import LIVE
from tenants.models import Cluster, Delivery, Placement, Service

STALE_AFTER = timedelta(minutes=5)  # five rounds without an answer
TROUBLED = (Health.FAILED.value, Health.BLOCKED.value, Health.ABSENT.value, Health.DELETING.value)

# the worst first; each is a word of the table of badges
STANDINGS = ("unreachable", "stale", "unjoined", "joined", "rehearsal")


@dataclass(frozen=True)
class Standing:
    """A standing of clusters, and how many stand so."""

    name: str
    count: int


def clusters_of(person: User, *, standing: str = "") -> QuerySet[Cluster]:
    """Return the fleet, or those that stand so; with `standing`, `place`, `live` and `troubled`.

    Ordered by `place`, the worst stand first. Raises RoleMissing for people who see tenants only.
    """
    _watchers_only(person)
    on_it = Q(placements__lifecycle__in=LIVE)
    trouble = on_it & Q(placements__observation__kustomization__in=TROUBLED)
    return (
        Cluster.objects.select_related("connection")
        .prefetch_related("environments")
        .annotate(standing=how_it_stands())
        .filter(Q(standing=standing) if standing else Q())
        .annotate(
            place=_place(),
            live=Count("placements", filter=on_it),
            troubled=Count("placements", filter=trouble),
        )
        .order_by("place")
    )


def standings_of(person: User) -> list[Standing]:
    """Return how many clusters stand how, the worst first, without those that nobody has."""
    _watchers_only(person)
    stand = Cluster.objects.order_by().annotate(standing=how_it_stands()).values_list("standing")
    counted = dict(stand.annotate(Count("pk")))
    return [Standing(name, counted[name]) for name in STANDINGS if name in counted]


def _watchers_only(person: User) -> None:
    if not person.sees_everything:
        raise RoleMissing("Operator or Auditor")


def cluster_for(person: User, uuid: UUID) -> Cluster:
    """Return one cluster of the fleet, as `clusters_of` does."""
    cluster = clusters_of(person).filter(uuid=uuid).first()
    if cluster is None:
        raise Http404
    return cluster


def strays_of(person: User, *, gone: bool = False) -> QuerySet[Stray]:
    """Return what the nightly look found and still finds, or what is gone again.

    Raises RoleMissing for people who see tenants only.
    """
    _watchers_only(person)
    found = Stray.objects.filter(settled_at__isnull=False, gone_at__isnull=not gone)
    return found.select_related("beat__cluster")


def stray_counts(person: User) -> list[tuple[str, int]]:
    """Return how many findings of each kind there are, by the kind's name for people."""
    counted = strays_of(person).order_by().values_list("kind").annotate(Count("pk"))
    return sorted((StrayKind(kind).label, count) for kind, count in counted)


def open_guards(person: User) -> list[str]:
    """Return the clusters whose guards refuse nothing."""
    found = strays_of(person).filter(kind=StrayKind.GUARD)
    return sorted(found.values_list("beat__cluster__slug", flat=True))


def beats_of(person: User) -> QuerySet[Beat]:
    """Return the places that the nightly look goes over, those that failed first."""
    _watchers_only(person)
    failed = Case(When(last_error="", then=Value(1)), default=Value(0))
    return Beat.objects.select_related("cluster").order_by(failed, "looked_at")


def connection_of(cluster: Cluster) -> Connection | None:
    """Return how a cluster is reached, or None where it has not joined."""
    return Connection.objects.filter(cluster=cluster).first()


def placements_on(cluster: Cluster) -> QuerySet[Placement]:
    """Return what is on a cluster that was found by who is asking, with Flux's last word."""
    live = Placement.objects.filter(cluster=cluster, lifecycle__in=LIVE)
    return live.select_related("service__application__tenant", "observation")


def deliveries_of(service: Service) -> QuerySet[Placement]:
    """Return the live placements of a service that was found by who is asking, with Flux's word."""
    live = Placement.objects.filter(service=service, lifecycle__in=LIVE)
    return live.select_related("cluster__connection", "tenant_cluster", "observation")


def standing_of(placement: Placement) -> str:
    """Return how a placement stands, as a word of the table of badges. Silence is never green."""
    if placement.cluster.is_rehearsal:
        return "rehearsal"
    word = Observation.objects.filter(placement=placement).first()
    if word is None:
        return "never"
    if word.seen_at < now() - STALE_AFTER:
        return "stale"
    return word.kustomization if word.source == Health.READY.value else word.source


def last_words(places: Sequence[Placement]) -> list[tuple[Placement, Observation | None]]:
    """Return what Flux last said of placements that were found by who is asking."""
    found = Observation.objects.filter(placement__in=places)
    said = {each.placement_id: each for each in found}
    return [(place, said.get(place.pk)) for place in places]


def words_on(cluster: Cluster) -> list[tuple[str, int]]:
    """Return how many placements of a cluster Flux reports in which state."""
    words = Observation.objects.filter(placement__in=placements_on(cluster))
    return sorted(words.values_list("kustomization").annotate(Count("pk")))


def is_stale(connection: Connection | None) -> bool:
    """Say whether what is known of a cluster may no longer hold."""
    heard = connection.heard_at if connection else None
    return heard is None or heard < now() - STALE_AFTER


def how_it_stands() -> Case:
    """Return how a cluster stands, as a column: a word of STANDINGS."""
    silent = Q(connection__heard_at=None) | Q(connection__heard_at__lt=now() - STALE_AFTER)
    return Case(
        When(delivery=Delivery.REHEARSAL, then=Value("rehearsal")),
        When(connection=None, then=Value("unjoined")),
        When(~Q(connection__last_error=""), then=Value("unreachable")),
        When(silent, then=Value("stale")),
        default=Value("joined"),
        output_field=CharField(),
    )


def _place() -> Concat:
    rank = [When(standing=name, then=Value(str(number))) for number, name in enumerate(STANDINGS)]
    return Concat(
        Case(*rank, output_field=CharField()), Value(" "), "slug", output_field=CharField()
    )
