"""From a filled form to orders: entitlement, clusters by the operators' rule, and names."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings

from fleet.ground import name_is_free
from onboarding.form.answers import Allotted, Answers, Spot
from portal.errors import NameTaken, NoCluster, PlaceRefused
from tenants import lookups as record_lookups
from tenants import matrix, names
from tenants.catalogue import Environment
from tenants.eligibility import Matrix
from tenants.models import Application, Cluster


def answers_of(form: Mapping[str, Any]) -> list[Answers]:
    """Return one set of answers for each environment that was ticked."""
    return [
        Answers(
            application=UUID(form["application"]),
            environment=environment,
            region=form["region"],
            name=form["name"],
            size=form["size"],
            scaffold=form["scaffold"],
            destinations=tuple(sorted(set(form.get("destinations", [])))),
            owner=UUID(form["owner"]),
        )
        for environment in dict.fromkeys(form["environments"])
    ]


def clusters_for(
    application: Application, environment: Environment, region: str, rules: Matrix | None = None
) -> Sequence[Cluster]:
    """Return the clusters that follow by the operators' rule, of those its data may be on.

    As many as the environment asks for, or fewer where there are not so many. `rules` is the
    eligibility matrix where it was read already. Raises NoCluster when none follows, and
    PlaceRefused when the matrix keeps the data from each that does.
    """
    clusters = record_lookups.clusters_in_turn(environment, region)
    if not clusters:
        raise NoCluster(f"No cluster in {region} takes services for {environment.name}.")
    rules = matrix.in_force() if rules is None else rules
    judged = [
        (each, rules.verdict(matrix.place_on(application, environment.pk, each)))
        for each in clusters
    ]
    fit = [each for each, verdict in judged if verdict.allowed]
    if not fit:
        raise PlaceRefused(" ".join(dict.fromkeys(verdict.words for _, verdict in judged)))
    return fit[: environment.clusters_per_service]


def namespace_of(application: Application, answers: Answers) -> str:
    """Return the workload namespace that these answers ask for. Raises NameUnfit in words."""
    return names.workload_namespace(
        application.tenant.slug, answers.name, answers.environment, settings.BERTH_NAME_PATTERNS
    )


def refuse_taken(clusters: Sequence[Cluster], namespace: str) -> None:
    """Raise NameTaken if a cluster has such a namespace already.

    Silence is no answer and passes: priming looks again before it makes anything.
    """
    for cluster in clusters:
        if name_is_free(cluster, namespace) is False:
            raise NameTaken(f"{namespace} is taken on {cluster.slug}.")


def allot(application: Application, answers: Answers, clusters: Sequence[Cluster]) -> Allotted:
    """Give UUIDs and names. Nothing is written: they count once an order stores them."""
    namespace = namespace_of(application, answers)
    patterns = settings.BERTH_NAME_PATTERNS
    name = names.placement(answers.name, answers.environment, patterns)
    return Allotted(
        service=uuid4(),
        repository=names.repository(application.tenant.slug, application.slug, patterns),
        spots=tuple(_spot(application, cluster, namespace, name) for cluster in clusters),
    )


def _spot(application: Application, cluster: Cluster, namespace: str, name: str) -> Spot:
    ground = record_lookups.ground_of(application.tenant, cluster)
    return Spot(
        placement=uuid4(),
        cluster=cluster.uuid,
        tenant_cluster=ground.uuid,
        control_namespace=ground.control_namespace,
        namespace=namespace,
        name=name,
    )
