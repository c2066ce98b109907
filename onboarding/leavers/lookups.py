"""People who have left: for the nightly look and for pages. Absent and forbidden look alike."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from accounts import lookups as door
from accounts.models import Leaver, MachineToken, User
from onboarding.leavers.models import Acquaintance, Register
from onboarding.models import Direction, Order
from portal.clock import now
from tenants.lifecycle import LIVE
from tenants.models import Application, Membership, Service


def orders_to_stop() -> QuerySet[Order]:
    """Return what people who have left had ordered and can still be stopped."""
    onward = Order.objects.filter(ended_as="", direction=Direction.ONWARD, settled_at=None)
    rows = onward.filter(door.left("requester")).order_by("pk")
    return rows.select_related("requester", "tenant", "application", "environment")


def flagged_by(name: str, met: QuerySet[Acquaintance]) -> QuerySet[Leaver]:
    """Return who is flagged on the word of a source, of these acquaintances of it."""
    flagged = Leaver.objects.filter(told_by=name, cleared_at=None, user__in=met.values("person"))
    return flagged.select_related("user")


def unflagged(met: QuerySet[Acquaintance]) -> QuerySet[Acquaintance]:
    return met.filter(~door.left("person"))


def switched_off() -> QuerySet[User]:
    """Return accounts that are switched off here, and not flagged."""
    return User.objects.filter(~door.left("pk"), is_active=False).order_by("pk")


def switched_on() -> QuerySet[Leaver]:
    """Return who was flagged for being switched off, and is so no more."""
    flagged = Leaver.objects.filter(told_by=Leaver.PORTAL, cleared_at=None)
    return flagged.filter(user__is_active=True).select_related("user")


def leavers_for(asker: User) -> QuerySet[Leaver]:
    """Return who is flagged, the latest first, for whoever sees everything; nobody, for others."""
    flagged = Leaver.objects.filter(cleared_at=None).select_related("user")
    return flagged if asker.sees_everything else flagged.none()


def leaver_for(asker: User, number: int) -> Leaver:
    """Return somebody who is flagged. Raises Http404."""
    leaver = leavers_for(asker).filter(pk=number).first()
    if leaver is None:
        raise Http404
    return leaver


def unsettled(leavers: QuerySet[Leaver]) -> QuerySet[Leaver]:
    """Keep those of whom something is left: a service, an application, an order, a machine."""
    mine = OuterRef("user")
    services = Service.objects.filter(owner=mine, lifecycle__in=LIVE)
    applications = Application.objects.filter(owner=mine, retired_at=None)
    orders = Order.objects.filter(requester=mine, ended_as="")
    named = Q(contact__iexact=OuterRef("user__username")) | Q(
        contact__iexact=OuterRef("user__email")
    )
    machines = _machines().filter(named)
    return leavers.filter(
        Exists(services) | Exists(applications) | Exists(orders) | Exists(machines)
    )


def _machines() -> QuerySet[MachineToken]:
    return MachineToken.objects.usable(now()).filter(owner=None).exclude(contact="")


def services_of(people: Iterable[User]) -> QuerySet[Service]:
    """Return what these people own and what is in use."""
    rows = Service.objects.filter(owner__in=list(people), lifecycle__in=LIVE)
    return rows.select_related("application__tenant", "environment", "owner")


def applications_of(people: Iterable[User]) -> QuerySet[Application]:
    rows = Application.objects.filter(owner__in=list(people), retired_at=None)
    return rows.select_related("tenant")


def orders_of(people: Iterable[User]) -> QuerySet[Order]:
    """Return what these people ordered and what is not over."""
    rows = Order.objects.filter(requester__in=list(people), ended_as="").order_by("pk")
    return rows.select_related("tenant", "application", "environment")


def machines_of(person: User) -> QuerySet[MachineToken]:
    """Return tokens of machines that name this person as whom to ask."""
    named = Q(contact__iexact=person.username)
    named |= Q(contact__iexact=person.email) if person.email else Q()
    return _machines().filter(named)


def members_of(tenants: Iterable[int]) -> QuerySet[Membership]:
    """Return who may take something over of these tenants."""
    here = Membership.objects.filter(~door.left("user"), tenant__in=tenants, user__is_active=True)
    return here.select_related("user").order_by("user__first_name", "user__username")


def registers() -> QuerySet[Register]:
    return Register.objects.order_by("name")
