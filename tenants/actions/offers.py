"""What operators offer: clusters with their rules, environments, sizes and destinations."""

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from django.db import transaction

from accounts.doers import Doer, operator
from tenants.actions import reviews, rows
from tenants.actions.rows import Changes
from tenants.catalogue import Destination, Environment, Size
from tenants.models import Cluster

Offer: TypeAlias = Environment | Size | Destination

# What a row is known by or was joined with; everything else may change.
FIXED = frozenset({"id", "uuid", "slug", "created_at", "updated_at", "version", "delivery"})


@transaction.atomic
def offer(row: Offer, *, by: Doer) -> None:
    """Put an environment, size or destination into the catalogue. Raises ValidationError."""
    rows.make(row, by=operator(by))


@transaction.atomic
def change_offer(row: Offer, wanted: Mapping[str, Any], *, seen: int, by: Doer) -> Changes:
    """Change columns of an offer if the version is still `seen`; the slug stays for ever."""
    _changeable(wanted)
    changes = rows.change(row, wanted, seen=seen, by=operator(by))
    if isinstance(row, Environment) and "review_months" in changes:
        reviews.follow_interval(row)
    return changes


@transaction.atomic
def make_cluster(cluster: Cluster, environments: Collection[Environment], *, by: Doer) -> None:
    """Put a cluster into the record. Raises ValidationError in words."""
    actor = operator(by)
    rows.make(cluster, by=actor, also={"environments": _slugs(environments)})
    cluster.environments.set(environments)


@transaction.atomic
def change_cluster(
    cluster: Cluster,
    wanted: Mapping[str, Any],
    *,
    seen: int,
    by: Doer,
    environments: Collection[Environment] | None = None,
) -> Changes:
    """Change the rules of a cluster, and which environments it takes, if it is still as `seen`."""
    actor = operator(by)
    _changeable(wanted)
    changes = rows.change(cluster, wanted, seen=seen, by=actor)
    if environments is None:
        return changes
    return {**changes, **_change_environments(cluster, environments, by=actor)}


def _change_environments(
    cluster: Cluster, environments: Collection[Environment], *, by: Doer
) -> Changes:
    before, after = _slugs(cluster.environments.all()), _slugs(environments)
    if before == after:
        return {}
    rows.move(cluster, to={})
    cluster.environments.set(environments)
    changes = {"environments": (before, after)}
    rows.note("changed", cluster, by=operator(by), changes=changes)
    return changes


def _slugs(environments: Collection[Environment]) -> str:
    return ", ".join(sorted(environment.slug for environment in environments))


def _changeable(wanted: Mapping[str, Any]) -> None:
    fixed = sorted(FIXED.intersection(wanted))
    if fixed:
        raise ValueError(f"These columns stay as they were made: {', '.join(fixed)}.")
