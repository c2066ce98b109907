"""Taking names and giving them back. One live claim a name; the database holds that rule."""

from collections.abc import Collection
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from audit import ledger
from portal.clock import now
from portal.errors import InUse, NameTaken, RepositoryLeaving
from tenants.actions import rows
from tenants.models import Application, Claim, ClaimKind, Presence, TenantCluster


@transaction.atomic
def claim(
    kind: ClaimKind,
    scope: str,
    name: str,
    *,
    order_uuid: UUID,
    application: Application,
    placement_uuid: UUID | None = None,
) -> Claim:
    """Take a name for an order; taking it again gives the same claim.

    `scope` is the cluster's UUID for a namespace and the host's name for a repository. A repository
    is held by the application: its other orders share the claim. Raises NameTaken, InUse when the
    application has been retired, and RepositoryLeaving while its repository is being put away.
    """
    if not rows.hold(application, retired_at=None):
        raise InUse(f"{rows.title(application)} has been retired.")
    wanted = Claim(
        kind=kind,
        scope=scope,
        name=name,
        order_uuid=order_uuid,
        placement_uuid=placement_uuid,
        application=application,
    )
    if kind == ClaimKind.NAMESPACE and _is_ground(scope, name):
        raise _taken(wanted)
    return _held(wanted) or _made(wanted)


def _held(wanted: Claim) -> Claim | None:
    """Return the live claim on this name if the one who asks holds it already."""
    held = _live().filter(kind=wanted.kind, scope=wanted.scope, name=wanted.name).first()
    if held is None:
        return None
    if held.kind == ClaimKind.REPOSITORY and held.application_id == wanted.application_id:
        if held.leaving_at is not None:
            raise RepositoryLeaving(f"The repository {held.name} is just being archived.")
        return held
    if held.order_uuid != wanted.order_uuid:
        raise _taken(wanted)
    # a later revision of the order may have allotted another placement to the same name
    Claim.objects.filter(pk=held.pk).update(placement_uuid=wanted.placement_uuid)
    held.placement_uuid = wanted.placement_uuid
    return held


def _made(wanted: Claim) -> Claim:
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError as error:
        held = _held(wanted)
        if held is None:
            raise _taken(wanted) from error
        return held
    rows.note("claimed", wanted, by=ledger.SYSTEM, changes={"name": (None, wanted.name)})
    return wanted


def _is_ground(scope: str, name: str) -> bool:
    """Say whether a tenant's control namespace on this cluster has the name."""
    there = TenantCluster.objects.filter(cluster__uuid=scope, control_namespace=name)
    return there.exclude(presence=Presence.GONE).exists()


def _taken(wanted: Claim) -> NameTaken:
    return NameTaken(f"The {wanted.get_kind_display().lower()} {wanted.name} is taken.")


@transaction.atomic
def release_claims(order_uuid: UUID, *, keep: Collection[UUID] = ()) -> int:
    """Give back what an order claimed, but for the claims in `keep`; return how many.

    A repository that another order of its application still rests on stays claimed.
    """
    mine = _live().filter(order_uuid=order_uuid).exclude(uuid__in=keep)
    return sum(_release(each) for each in mine.select_related("application__tenant"))


def _release(held: Claim) -> bool:
    rows.hold(held.application)
    others = _live().filter(application=held.application).exclude(order_uuid=held.order_uuid)
    heir = others.filter(kind=ClaimKind.NAMESPACE).first()
    if held.kind == ClaimKind.REPOSITORY and heir is not None:
        Claim.objects.filter(pk=held.pk).update(order_uuid=heir.order_uuid)
        return False
    return _released(held)


def _released(held: Claim) -> bool:
    if Claim.objects.filter(pk=held.pk, released_at=None).update(released_at=now()) != 1:
        return False
    rows.note("released", held, by=ledger.SYSTEM, changes={"name": (held.name, None)})
    return True


@transaction.atomic
def release_places(
    application: Application, placements: Collection[UUID], *, order_uuid: UUID
) -> None:
    """Give back the namespaces of placements that are gone everywhere.

    When no berth of the application is left or on its way, its repository is leaving with this
    order, and nobody orders for the application until `release_repository`. Otherwise the others
    hold on to it.
    """
    rows.hold(application)
    ours = _live().filter(application=application)
    places = ours.filter(kind=ClaimKind.NAMESPACE)
    for held in places.filter(placement_uuid__in=placements).select_related("application__tenant"):
        _release(held)
    repositories = ours.filter(kind=ClaimKind.REPOSITORY)
    heir = places.first()
    if heir is None:
        repositories.filter(leaving_at=None).update(leaving_at=now(), order_uuid=order_uuid)
        return
    # an order that is withdrawn later gives back what is its own, and this must be somebody's
    resting = list(places.values_list("order_uuid", flat=True))
    repositories.exclude(order_uuid__in=resting).update(order_uuid=heir.order_uuid)


@transaction.atomic
def release_repository(application: Application, *, order_uuid: UUID) -> int:
    """Give back the name of the repository that was leaving with an order; return how many."""
    rows.hold(application)
    leaving = _live().filter(order_uuid=order_uuid, leaving_at__isnull=False)
    return sum(_released(each) for each in leaving.select_related("application__tenant"))


def _live() -> QuerySet[Claim]:
    return Claim.objects.filter(released_at=None)
