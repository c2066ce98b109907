"""The nightly look as a whole: clusters, and repositories on the Git host that nobody owns."""

from collections.abc import Iterator
from datetime import datetime

from fleet import beats
from fleet.beats import Sighting
from fleet.models import Beat, StrayKind
from fleet.strays import look_over_clusters
from onboarding.ports import GitHost
from onboarding.toolbox import tools
from portal.clock import now
from portal.errors import BerthError
from tenants.models import Application, Claim, ClaimKind


def look_around() -> list[str]:
    """Go over whatever is due, and return the names of the places that answered."""
    moment = now()
    return [*look_over_clusters(moment), *look_over_repositories(tools().githost, moment)]


def look_over_repositories(githost: GitHost, moment: datetime) -> list[str]:
    """Go over the Git host if it is due. Archived repositories are nobody's and stay."""
    beat, _ = Beat.objects.get_or_create(place=githost.name, defaults={"due_at": moment})
    if beat.due_at > moment or not beats.take(beat, moment):
        return []
    before = _owned(githost.name)
    try:
        there = {*githost.names()}
    except BerthError as error:
        beats.keep_failure(beat, error.detail or error.code)
        return []
    # what an order made or took back meanwhile was owned at one of the two moments
    beats.keep(beat, list(_sightings(there - before - _owned(githost.name))), moment)
    return [githost.name]


def _owned(host: str) -> set[str]:
    claimed = Claim.objects.filter(kind=ClaimKind.REPOSITORY, scope=host, released_at=None)
    recorded = Application.objects.filter(repository_host=host).exclude(repository_name="")
    return {
        *claimed.values_list("name", flat=True),
        *recorded.values_list("repository_name", flat=True),
    }


def _sightings(strange: set[str]) -> Iterator[Sighting]:
    return (Sighting(StrayKind.REPOSITORY, name) for name in sorted(strange))
