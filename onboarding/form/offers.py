"""What the order form offers: environments, regions, sizes, destinations, scaffolds, owners."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from accounts import lookups as door
from accounts.models import User
from onboarding.entitlement import checks
from onboarding.entitlement.asking import Sources
from onboarding.form import submission
from onboarding.models import Kind
from onboarding.ports import About, Answer, Outcome, Scaffolder
from portal.errors import NoCluster, PlaceRefused
from tenants import listings
from tenants import lookups as record
from tenants.catalogue import Destination, Environment, Size
from tenants.eligibility import Matrix
from tenants.models import Application, Cluster, Delivery

SHOWN = 12  # applications; more are found by typing


@dataclass(frozen=True)
class Permit:
    """Whether a person may order an application in an environment, with reason and remedy."""

    environment: Environment
    answer: Answer

    @property
    def given(self) -> bool:
        return self.answer.outcome in checks.PASSING

    @property
    def is_referred(self) -> bool:
        """Say whether sources could not tell, so that a person decides whatever policy says."""
        return self.answer.outcome is Outcome.REFERRED

    @property
    def words(self) -> str:
        return f"{self.answer.reason} {self.answer.remedy}".strip()


def environments() -> Sequence[Environment]:
    return list(record.environments())


def sizes() -> Sequence[Size]:
    return list(record.sizes())


def destinations() -> Sequence[Destination]:
    return list(record.destinations().filter(offered=True))


def regions() -> Sequence[str]:
    """Return the regions in which some cluster accepts services."""
    found = Cluster.objects.filter(accepting=True).values_list("region", flat=True)
    return sorted(set(found))


def applications(person: User, typed: str) -> tuple[Sequence[Application], int]:
    """Return the first applications of this person that match, and how many do."""
    found = record.applications_of(person).filter(retired_at=None)
    found = listings.searched(found, typed, ("name", "slug", "reference", "tenant__name"))
    return list(found[:SHOWN]), found.count()


def permits(person: User, application: Application, sources: Sources) -> list[Permit]:
    """Ask for each environment; a hint for the form, asked again at submit."""
    places = environments()
    queries = checks.queries_of(person, "onboard", application, places)
    answers = checks.hints(sources, person, queries)
    return [Permit(*each) for each in zip(places, answers, strict=True)]


def permit(
    person: User,
    application: Application,
    environment: Environment,
    sources: Sources,
    *,
    kind: Kind = Kind.ONBOARD,
) -> Permit:
    """Ask for one environment; a hint too."""
    query = checks.query_of(person, kind, application, environment)
    return Permit(environment, checks.hints(sources, person, [query])[0])


@dataclass(frozen=True)
class Ground:
    """The clusters that follow for an application somewhere, or why none does."""

    clusters: Sequence[Cluster] = ()
    why_not: str = ""
    is_refused: bool = False  # by the eligibility matrix; there are clusters otherwise


def ground(
    application: Application, environment: Environment, region: str, rules: Matrix | None = None
) -> Ground:
    """Return where the application would be by the operators' rule; nowhere is an answer too."""
    try:
        return Ground(submission.clusters_for(application, environment, region, rules))
    except (NoCluster, PlaceRefused) as error:
        return Ground(why_not=error.detail, is_refused=isinstance(error, PlaceRefused))


def any_rehearsal(clusters: Sequence[str]) -> bool:
    """Say whether a rehearsal cluster is among these."""
    return Cluster.objects.filter(slug__in=clusters, delivery=Delivery.REHEARSAL).exists()


def scaffolds(templates: Scaffolder) -> Sequence[About]:
    """Return what each scaffold says of itself. Raises ScaffoldBroken."""
    return [templates.about(name) for name in templates.names()]


def owners(application: Application) -> Sequence[User]:
    """Return who may own a service of the application: its owner and its tenant's members.

    Nobody who has left: the service would need a new owner at once.
    """
    members = Q(tenants=application.tenant) | Q(pk=application.owner_id)
    there = User.objects.filter(members, ~door.left("pk"), is_active=True)
    return list(there.distinct().order_by("username"))
