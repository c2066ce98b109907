"""What a sign-in brings about: the person, what the provider says of them, and the session.

The person is issuer and subject. Roles, groups and tenants that came from a provider are replaced
by what it says now; what people granted by hand is left alone.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth import login
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts import sessions
from accounts.models import RoleGrant, Snapshot, User
from accounts.oidc import claims as read
from accounts.oidc import patterns
from accounts.oidc.flow import Arrival
from accounts.oidc.providers import Provider
from accounts.oidc.signals import arrived
from audit import ledger
from portal import vault
from portal.clock import now
from portal.errors import BerthError, NotAdmitted, OtherPerson, PersonOff

BACKEND = "django.contrib.auth.backends.ModelBackend"
Change = tuple[str | None, str | None]


@transaction.atomic
def sign_in(http: HttpRequest, provider: Provider, arrival: Arrival) -> User:
    """Begin a session of whom the provider vouches for, made now if they come for the first time.

    Raises NotAdmitted, PersonOff, OtherPerson, GroupsUntold, TokenRefused.
    """
    groups = read.groups(arrival.claims, provider)
    if provider.admit and not patterns.fits(provider.admit, groups):
        raise NotAdmitted
    person = _person(arrival.claims, provider)
    if not person.is_active:
        raise PersonOff(person.username)
    if arrival.again is not None and arrival.again != str(person.pk):
        raise OtherPerson
    changes = _take_over(person, provider, groups, arrival.claims)
    _begin_session(http, person, provider, arrival)
    verb = "signed in" if arrival.again is None else "signed in afresh"
    changes["provider"] = (None, provider.slug)
    ledger.note(verb, person.as_subject, by=person.actor, changes=changes)
    return person


@transaction.atomic
def note_refusal(provider: Provider, error: BerthError, *, verb: str = "refused sign-in") -> None:
    """Write down that somebody, or what came by the back channel, was refused, and by which check.

    Nobody is named: what was refused proves nothing about whom it names.
    """
    reason = f"{error.code}: {error.detail}" if error.detail else error.code
    ledger.note(verb, provider.as_subject, by=provider.actor, reason=reason)


def marked(sid: object) -> str:
    """Return a session of the provider as it is kept: its hash, which is never too long."""
    return hashlib.sha256(sid.encode()).hexdigest() if isinstance(sid, str) and sid else ""


def _begin_session(http: HttpRequest, person: User, provider: Provider, arrival: Arrival) -> None:
    login(http, person, backend=BACKEND)
    if arrival.again is not None:
        http.session.cycle_key()
    http.session[sessions.PROVIDER] = provider.slug
    http.session[sessions.SID] = marked(arrival.claims.get("sid"))
    http.session[sessions.AUTH_TIME] = _auth_time(arrival.claims, provider)
    http.session[sessions.ACR] = str(arrival.claims.get("acr", ""))[:200]
    # the provider asks for it at sign-out, and for nothing else is it kept
    http.session[sessions.HINT] = vault.sealed(arrival.id_token)


def _auth_time(claims: Mapping[str, Any], provider: Provider) -> int:
    """Return when the person proved who they are; 0, long ago, where that is not said or to come.

    Some providers have said it in milliseconds, which would be fresh for ever.
    """
    said = claims.get("auth_time", 0)
    newest = (now() + provider.leeway).timestamp()
    return int(said) if isinstance(said, int | float) and 0 <= said <= newest else 0


def _person(claims: Mapping[str, Any], provider: Provider) -> User:
    """Return the person that issuer and subject are; names and address follow the provider."""
    names = read.names(claims)
    called = {"first_name": names.first, "last_name": names.last, "email": names.email}
    person = User.objects.filter(issuer=provider.issuer, subject=claims["sub"]).first()
    if person is None:
        return _newcomer(claims["sub"], provider, names, called)
    User.objects.filter(pk=person.pk).update(**called)
    person.refresh_from_db()
    return person


def _newcomer(subject: str, provider: Provider, names: read.Names, called: dict[str, str]) -> User:
    """Make a person. The user name begins with the provider, so that it is nobody else's.

    Another sign-in of the same person, at the same moment, may be the first.
    """
    person = User(issuer=provider.issuer, subject=subject, **called)
    person.set_unusable_password()
    digest = hashlib.sha256(f"{provider.issuer} {subject}".encode()).hexdigest()[:12]
    name = f"{provider.slug}.{names.user or digest}"
    if _is_made(person, name, provider):
        return person
    known = User.objects.filter(issuer=provider.issuer, subject=subject).first()
    if known is None and _is_made(person, f"{name}.{digest}", provider):
        return person
    return known or User.objects.get(issuer=provider.issuer, subject=subject)


def _is_made(person: User, username: str, provider: Provider) -> bool:
    """Write the person down under this name, unless name or person is there already."""
    person.username = username
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError:
        return False
    ledger.note("made", person.as_subject, by=provider.actor)
    return True


def _take_over(
    person: User, provider: Provider, groups: frozenset[str], claims: Mapping[str, Any]
) -> dict[str, Change]:
    """Replace what the provider said last time; return what changed, for the entry."""
    roles = set(provider.everybody) | patterns.given(provider.roles, groups)
    names = groups | patterns.given(provider.groups, groups)
    ours = frozenset(f"{provider.slug}/{name}" for name in names if len(name) <= read.LONGEST_GROUP)
    changes = {
        "roles": _replace_roles(person, provider, roles),
        "groups": _replace_groups(person, provider, ours),
    }
    Snapshot.objects.update_or_create(
        user=person,
        defaults={
            "provider": provider.slug,
            "at": now(),
            "groups": sorted(ours),
            "claims": read.kept(claims, provider),
        },
    )
    tenants = patterns.given(provider.tenants, groups)
    arrived.send(Provider, person=person, slugs=tenants, source=provider.slug, by=provider.actor)
    return {field: change for field, change in changes.items() if change[0] != change[1]}


def _replace_roles(person: User, provider: Provider, wanted: set[str]) -> Change:
    held = dict(RoleGrant.objects.filter(user=person).values_list("role", "source"))
    before = {role for role, source in held.items() if source}
    RoleGrant.objects.filter(user=person, role__in=before - wanted).exclude(source="").delete()
    RoleGrant.objects.bulk_create(
        [
            RoleGrant(user=person, role=role, source=provider.slug)
            for role in sorted(wanted - held.keys())
        ],
        ignore_conflicts=True,
    )
    person.__dict__.pop("roles", None)  # read again when next asked for
    by_hand = held.keys() - before
    return _listed(before), _listed(wanted - by_hand)


def _replace_groups(person: User, provider: Provider, wanted: frozenset[str]) -> Change:
    told = Snapshot.objects.filter(user=person).values_list("groups", flat=True).first() or []
    ours = person.groups.filter(name__startswith=f"{provider.slug}/")
    before = {*told, *ours.values_list("name", flat=True)}
    Group.objects.bulk_create(
        [Group(name=name) for name in sorted(wanted - before)], ignore_conflicts=True
    )
    person.groups.remove(*Group.objects.filter(name__in=before - wanted))
    person.groups.add(*Group.objects.filter(name__in=wanted))
    return _listed(before), _listed(wanted)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))[:600]
