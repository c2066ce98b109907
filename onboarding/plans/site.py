"""The rows a plan is drafted from, read once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from onboarding.form.answers import Allotted, Answers, Spot
from portal.errors import PlanRefused
from tenants.catalogue import Destination, Environment, Size
from tenants.models import Application, Cluster


@dataclass(frozen=True)
class Subject:
    """What a plan is about: the answers of an order and what was allotted to it."""

    order_uuid: UUID
    answers: Answers
    allotted: Allotted


@dataclass(frozen=True)
class Site:
    """The rows behind a subject's answers, as they are now."""

    application: Application
    environment: Environment
    size: Size
    owner: User
    destinations: Sequence[Destination]
    clusters: Mapping[UUID, Cluster]

    def cluster(self, spot: Spot) -> Cluster:
        """Return the cluster of a spot."""
        return self.clusters[spot.cluster]


def read(subject: Subject) -> Site:
    """Read the rows. Raises PlanRefused in words when one has gone meanwhile."""
    answers = subject.answers
    application = (
        Application.objects.filter(uuid=answers.application, retired_at=None)
        .select_related("tenant", "owner")
        .first()
    )
    environment = Environment.objects.filter(slug=answers.environment).first()
    size = Size.objects.filter(slug=answers.size).first()
    owner = User.objects.filter(uuid=answers.owner).first()
    if application is None or environment is None or size is None or owner is None:
        raise PlanRefused("The application, environment, size or owner is no longer offered.")
    return Site(
        application,
        environment,
        size,
        owner,
        _destinations(answers),
        _clusters(subject.allotted),
    )


def _destinations(answers: Answers) -> Sequence[Destination]:
    found = list(Destination.objects.filter(slug__in=answers.destinations).order_by("slug"))
    missing = set(answers.destinations) - {destination.slug for destination in found}
    if missing:
        raise PlanRefused(f"No longer in the catalogue: {', '.join(sorted(missing))}.")
    return found


def _clusters(allotted: Allotted) -> Mapping[UUID, Cluster]:
    wanted = {spot.cluster for spot in allotted.spots}
    found = {cluster.uuid: cluster for cluster in Cluster.objects.filter(uuid__in=wanted)}
    if wanted - found.keys():
        raise PlanRefused("A chosen cluster is no longer part of the fleet.")
    return found
