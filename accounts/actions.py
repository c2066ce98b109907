"""What can be done with people, roles, sessions and tokens.

Nothing else writes their rows, and each act writes an audit entry.
"""

from collections.abc import Sequence

from django.contrib.auth import login, logout
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts import passwords, tokens
from accounts.doers import Doer, operator
from accounts.models import LOCAL, MachineToken, Role, RoleGrant, Scope, Session, User
from audit import ledger
from audit.ledger import Actor
from portal.errors import ForeignPassword, OwnAccount, PasswordWeak, PersonExists

# People and roles: operators


@transaction.atomic
def create_person(
    username: str,
    *,
    password: str,
    by: Doer,
    roles: Sequence[Role] = (),
    name: str = "",
    email: str = "",
) -> User:
    """Make a person who signs in here. User names are kept in lower case.

    Raises RoleMissing, PersonExists, PasswordWeak, or ValidationError in words.
    """
    actor = operator(by)
    first, _, last = name.strip().partition(" ")
    person = User(username=username.lower(), subject=username.lower(), email=email)
    person.first_name, person.last_name = first, last.strip()
    _give_password(person, password)
    person.clean_fields()
    _insert(person)
    RoleGrant.objects.bulk_create(RoleGrant(user=person, role=role) for role in roles)
    held = ", ".join(sorted(roles))
    ledger.note("made", person.as_subject, by=actor, changes={"roles": (None, held)})
    return person


def _insert(person: User) -> None:
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:
        raise PersonExists(person.username) from error


def _give_password(person: User, password: str) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise PasswordWeak(" ".join(error.messages)) from error
    person.set_password(password)


@transaction.atomic
def grant_role(person: User, role: Role, *, by: Doer, reason: str = "") -> None:
    """Give a person a role. Raises RoleMissing; OwnAccount, for nobody gives one to themselves."""
    actor = _operator_over(person, by)
    _, granted = RoleGrant.objects.get_or_create(user=person, role=role)
    # what people grant stays when a provider no longer says so
    kept = RoleGrant.objects.filter(user=person, role=role).exclude(source="").update(source="")
    if granted or kept:
        _note_change("granted role", person, "role", (None, role), by=actor, reason=reason)


@transaction.atomic
def revoke_role(person: User, role: Role, *, by: Doer, reason: str = "") -> None:
    """Take a role away. Raises RoleMissing; OwnAccount, so that one operator always stays."""
    actor = _operator_over(person, by)
    taken, _ = RoleGrant.objects.filter(user=person, role=role).delete()
    if taken:
        _note_change("revoked role", person, "role", (role, None), by=actor, reason=reason)


@transaction.atomic
def switch_off(person: User, *, by: Doer, reason: str = "") -> None:
    """Shut a person out at once: no sign-in, no session, no token. What they did stays.

    Raises RoleMissing, OwnAccount.
    """
    actor = _operator_over(person, by)
    if User.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
        Session.objects.filter(user=person).delete()
        _note_change("switched off", person, "active", (True, False), by=actor, reason=reason)


@transaction.atomic
def switch_on(person: User, *, by: Doer, reason: str = "") -> None:
    """Let a person in again who was switched off. Raises RoleMissing, OwnAccount."""
    actor = _operator_over(person, by)
    if User.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
        _note_change("switched on", person, "active", (False, True), by=actor, reason=reason)


def _operator_over(person: User, by: Doer) -> Actor:
    actor = operator(by)
    if actor.ident == person.ident:
        raise OwnAccount
    return actor


def _note_change(
    verb: str,
    person: User,
    field: str,
    change: Sequence[object],
    *,
    by: Actor,
    reason: str = "",
) -> None:
    ledger.note(verb, person.as_subject, by=by, reason=reason, changes={field: change})
    person.__dict__.pop("roles", None)  # read again when next asked for


# One's own account


@transaction.atomic
def sign_in(http: HttpRequest, person: User) -> None:
    """Begin a session under a new key."""
    login(http, person)
    ledger.note("signed in", person.as_subject, by=person.actor)


@transaction.atomic
def sign_out(http: HttpRequest, *, by: User) -> None:
    """End this session, also on the server."""
    logout(http)
    ledger.note("signed out", by.as_subject, by=by.actor)


@transaction.atomic
def sign_out_elsewhere(*, keep: str | None, by: User) -> int:
    """End every session of one's own but the one with the key `keep`; return how many."""
    count, _ = Session.objects.filter(user=by).exclude(session_key=keep or "").delete()
    if count:
        _note_change("signed out elsewhere", by, "sessions", (count + 1, 1), by=by.actor)
    return count


@transaction.atomic
def change_password(password: str, *, by: User) -> None:
    """Set one's own local password, which ends every session.

    The view keeps its own with Django's `update_session_auth_hash`. Raises PasswordWeak, or
    ForeignPassword for a person who signs in elsewhere.
    """
    if by.issuer != LOCAL:
        raise ForeignPassword(by.issuer)
    _give_password(by, password)
    by.save(update_fields=["password"])
    Session.objects.filter(user=by).delete()
    ledger.note("changed password", by.as_subject, by=by.actor)


@transaction.atomic
def choose_time_zone(zone: str, *, by: User) -> None:
    """Set the zone that times are shown in; "" is the portal's own."""
    if User.objects.filter(pk=by.pk, time_zone=by.time_zone).update(time_zone=zone):
        _note_change("chose time zone", by, "time zone", (by.time_zone, zone), by=by.actor)


# Tokens


@transaction.atomic
def make_token(
    name: str,
    scope: Scope,
    *,
    by: Doer,
    days: int = tokens.DAYS,
    contact: str = "",
    places: Sequence[str] = (),
) -> tuple[MachineToken, str]:
    """Issue a machine's token and return it with its text, to be shown once.

    `contact` is whom to ask about it, `places` the networks that it may come from, as
    `networks.parsed` returns them. What it sees is granted in `tenants`. Raises RoleMissing.
    """
    actor = operator(by)
    token, text = tokens.issue(name, scope=scope, days=days, contact=contact, places=places)
    _note_issued(token, by=actor)
    return token, text


@transaction.atomic
def make_own_token(
    name: str, scope: Scope, *, by: User, days: int = tokens.DAYS
) -> tuple[MachineToken, str]:
    """Issue a token that acts as oneself and return it with its text, to be shown once.

    One for Git lets the person in at once who was locked out with an old one.
    """
    token, text = tokens.issue(name, scope=scope, owner=by, days=days)
    if scope is Scope.GIT:
        passwords.forget_failures(by)
    _note_issued(token, by=by.actor)
    return token, text


def make_git_password(name: str, *, by: User, days: int = tokens.DAYS) -> tuple[MachineToken, str]:
    """Issue a token for one's own use of Git; see `make_own_token`."""
    return make_own_token(name, Scope.GIT, by=by, days=days)


def _note_issued(token: MachineToken, *, by: Actor) -> None:
    changes = {
        "scope": (None, token.scope),
        "expires": (None, token.expires_at.isoformat()),
        "networks": (None, ", ".join(token.networks)),
        "contact": (None, token.contact),
    }
    ledger.note("issued token", token.as_subject, by=by, changes=changes)


@transaction.atomic
def revoke_token(token: MachineToken, *, by: Doer, reason: str = "") -> None:
    """Switch a token off for good. Raises RoleMissing for people who do not own it."""
    actor = by.actor if isinstance(by, User) and token.owner_id == by.pk else operator(by)
    if MachineToken.objects.filter(pk=token.pk, enabled=True).update(enabled=False):
        enabled = {"enabled": (True, False)}
        ledger.note("revoked token", token.as_subject, by=actor, reason=reason, changes=enabled)
