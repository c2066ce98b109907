"""What a page shows of people who have left: what is theirs still, and who could take it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from accounts.models import Leaver, MachineToken, User
from onboarding.leavers import lookups
from onboarding.models import Order
from tenants.models import Application, Service

MOST_SERVICES = 20  # of one person; the list of services has all
MOST_MEMBERS = 50  # to choose from on the page; from a longer list on a page of its own


@dataclass
class Estate:
    """Somebody who has left, with what they leave behind."""

    leaver: Leaver
    services: list[tuple[Service, Sequence[User]]] = field(default_factory=list)
    more: int = 0  # services that are not shown
    applications: list[Application] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    machines: list[MachineToken] = field(default_factory=list)

    @property
    def is_settled(self) -> bool:
        return not (self.services or self.applications or self.orders or self.machines)


def estates(leavers: Sequence[Leaver]) -> list[Estate]:
    """Return what these people leave behind; the number of queries grows with machines only."""
    people = [each.user for each in leavers]
    found = {each.user_id: Estate(each) for each in leavers}
    services = list(lookups.services_of(people))
    heirs = _heirs(services)
    for service in services:
        _add(found[service.owner_id], service, heirs[service.application.tenant_id])
    for application in lookups.applications_of(people):
        found[application.owner_id].applications.append(application)
    for order in lookups.orders_of(people):
        found[order.requester_id].orders.append(order)
    for estate in found.values():
        estate.machines = list(lookups.machines_of(estate.leaver.user))
    return list(found.values())


def _add(estate: Estate, service: Service, heirs: Sequence[User]) -> None:
    if len(estate.services) < MOST_SERVICES:
        estate.services.append((service, heirs if len(heirs) <= MOST_MEMBERS else ()))
    else:
        estate.more += 1


def _heirs(services: Sequence[Service]) -> defaultdict[int, list[User]]:
    """Return who may take over services, by tenant."""
    heirs: defaultdict[int, list[User]] = defaultdict(list)
    for membership in lookups.members_of({each.application.tenant_id for each in services}):
        heirs[membership.tenant_id].append(membership.user)
    return heirs
