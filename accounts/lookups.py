"""People, tokens and sessions by who is asking. Absent and forbidden look the same."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.http import Http404

from accounts.models import Leaver, MachineToken, Role, RoleGrant, Session, User, WorkloadVisit
from accounts.tokens import SOON
from portal.clock import now


def people_for(asker: User) -> QuerySet[User]:
    """Return everybody, for an operator; nobody, for others."""
    people = User.objects.prefetch_related(
        Prefetch("role_grants", RoleGrant.objects.order_by("role"))
    )
    return people if asker.is_operator else people.none()


def person_for(asker: User, uuid: UUID) -> User:
    """Return a person if an operator asks."""
    return _or_404(people_for(asker).filter(uuid=uuid).first())


def narrowed(people: QuerySet[User], *, text: str, role: str, active: str) -> QuerySet[User]:
    """Return the people that the filters of the list leave; an empty filter leaves all."""
    if text:
        name = Q(first_name__icontains=text) | Q(last_name__icontains=text)
        people = people.filter(name | Q(username__icontains=text) | Q(email__icontains=text))
    if role:
        people = people.filter(role_grants__role=role)
    if active:
        people = people.filter(is_active=active == "yes")
    return people


def called(people: QuerySet[User], name: str) -> QuerySet[User]:
    """Return whom a name means: the one with this identity, else by user name or e-mail address.

    The last two may mean several people, at several providers.
    """
    name = name.replace("\0", "").strip()
    identity = Concat("issuer", Value(":"), "subject")
    exact = people.annotate(identity=identity).filter(identity=name)
    if exact.exists():
        return exact
    return people.filter(Q(username__iexact=name) | Q(email__iexact=name)).order_by("username")


def tally_of_roles(people: QuerySet[User]) -> dict[str, int]:
    """Return how many people hold each role."""
    held = people.order_by().values_list("role_grants__role").annotate(Count("pk"))
    return dict.fromkeys(Role.values, 0) | {role: count for role, count in held if role}


def sessions_of(person: User) -> QuerySet[Session]:
    """Return the browsers that a person is signed in with, the latest first."""
    live = Session.objects.filter(user=person, expire_date__gt=now())
    idle_since = now() - settings.BERTH_SESSION_IDLE
    return live.filter(seen_at__gt=idle_since).order_by("-seen_at")


def tokens_of(person: User) -> QuerySet[MachineToken]:
    """Return a person's own Git passwords and tokens that still open something, newest first."""
    return MachineToken.objects.usable(now()).filter(owner=person).order_by("-created_at")


def token_of(person: User, uuid: UUID) -> MachineToken:
    """Return one of a person's own tokens, also one that opens nothing any more."""
    return _or_404(MachineToken.objects.filter(owner=person, uuid=uuid).first())


def machine_tokens_for(asker: User) -> QuerySet[MachineToken]:
    """Return the tokens of machines, for an operator; none, for others."""
    tokens = MachineToken.objects.filter(owner=None)
    return tokens if asker.is_operator else tokens.none()


def machine_token_for(asker: User, uuid: UUID) -> MachineToken:
    """Return a machine's token, if an operator asks."""
    return _or_404(machine_tokens_for(asker).filter(uuid=uuid).first())


def visits_for(asker: User) -> QuerySet[WorkloadVisit]:
    """Return the tokens of workloads that came lately, for an operator; none, for others."""
    return WorkloadVisit.objects.all() if asker.is_operator else WorkloadVisit.objects.none()


def left(column: str) -> Exists:
    """Return the condition that the person in a column is flagged as having left."""
    return Exists(Leaver.objects.filter(user=OuterRef(column), cleared_at=None))


def by_state(tokens: QuerySet[MachineToken], state: str) -> QuerySet[MachineToken]:
    """Return the tokens in a state of the list: open, soon (to expire), over; else all of them."""
    moment = now()
    match state:
        case "open":
            return tokens.filter(enabled=True, expires_at__gt=moment)
        case "soon":
            soon = (moment, moment + SOON)
            return tokens.filter(enabled=True, expires_at__range=soon)
        case "over":
            return tokens.exclude(enabled=True, expires_at__gt=moment)
        case _:
            return tokens


def locked_until(username: str, address: str | None) -> datetime:
    """Return when somebody who was locked out may try again."""
    attempts = AccessAttempt.objects.filter(username=username, ip_address=address)
    last = attempts.order_by("-attempt_time").values_list("attempt_time", flat=True).first()
    return (last or now()) + settings.AXES_COOLOFF_TIME


Row = TypeVar("Row")


def _or_404(row: Row | None) -> Row:
    if row is None:
        raise Http404
    return row
