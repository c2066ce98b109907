"""Who may clone and push which repository: people with a Git password, and Flux for a placement.

The Git front asks `admit` and needs no Django of its own.
"""

from collections.abc import Mapping
from uuid import UUID

from django.db import connections

from accounts import addresses, passwords
from accounts.models import User
from onboarding.repositories import credentials
from onboarding.repositories.visits import Admit, Admitted, Refusal, Visit
from tenants.actions import fetches
from tenants.lifecycle import LIVE
from tenants.models import Application, Claim, ClaimKind, Placement


def admission(host: str, keys: Mapping[str, str]) -> Admit:
    """Return what the Git front asks about each visitor.

    `host` is the Git host's name in claims, `keys` those of placement credentials. The database
    connection is given back at once: a clone may take minutes, and Django closes only its own.
    """

    def admit(visit: Visit) -> Admitted | Refusal:
        try:
            return decide(visit, host, keys)
        finally:
            connections.close_all()

    return admit


def decide(visit: Visit, host: str, keys: Mapping[str, str]) -> Admitted | Refusal:
    """Say what a visitor may do in a repository, or why they may not come in."""
    if credentials.is_placement(visit.username):
        return _placement(visit, host, keys)
    address = addresses.in_environ(visit.environ)
    person = passwords.person_by_basic(visit.username, visit.password, address=address)
    if person is None or not person.is_active:
        return Refusal.UNKNOWN
    return _person(person, visit, host)


def _person(person: User, visit: Visit, host: str) -> Admitted | Refusal:
    """Members read; developers among them push, approvers release. Operators read everything."""
    application = _application(visit.repository, host)
    if application is None:
        return Refusal.INVISIBLE
    is_member = application.tenant.memberships.filter(user=person).exists()
    if not is_member and not person.is_operator:
        return Refusal.INVISIBLE
    admitted = Admitted(
        name=person.username,
        may_develop=is_member and person.is_developer,
        may_release=is_member and person.is_approver,
    )
    if visit.writes and not (admitted.may_develop or admitted.may_release):
        return Refusal.READ_ONLY
    return admitted


def _placement(visit: Visit, host: str, keys: Mapping[str, str]) -> Admitted | Refusal:
    """Flux reads the repository of the placement's application, and nothing else."""
    proven = credentials.check(keys, visit.username, visit.password)
    placement = _live_placement(proven.placement) if proven else None
    if proven is None or placement is None or not _still_counts(proven.generation, placement):
        return Refusal.UNKNOWN
    application = _application(visit.repository, host)
    if application is None or application.pk != placement.service.application_id:
        return Refusal.INVISIBLE
    if visit.writes:
        return Refusal.READ_ONLY
    if proven.generation > placement.credential_fetched:
        fetches.note_fetch(placement, proven.generation)
    return Admitted(name=visit.username)


def _still_counts(generation: int, placement: Placement) -> bool:
    """Say whether the generation is the newest, or what Flux still uses until it has that one."""
    newest = placement.credential_generation
    oldest = placement.credential_fetched or newest - 1
    return oldest <= generation <= newest


def _live_placement(uuid: UUID) -> Placement | None:
    live = Placement.objects.filter(uuid=uuid, lifecycle__in=LIVE)
    return live.select_related("service").first()


def _application(repository: str, host: str) -> Application | None:
    """Return the application that holds the name on this host."""
    claims = Claim.objects.filter(
        kind=ClaimKind.REPOSITORY, scope=host, name=repository, released_at=None
    )
    claim = claims.select_related("application__tenant").first()
    return claim.application if claim else None
