"""Tenants with their members, applications, and what machine tokens may see."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction

from accounts.doers import Doer, operator
from accounts.models import MachineToken, User
from audit import ledger
from audit.ledger import Actor
from portal.clock import now
from portal.errors import InUse
from tenants.actions import rows
from tenants.actions.rows import Changes
from tenants.lifecycle import LIVE
from tenants.models import Application, Membership, Tenant, TokenGrant

TENANT_FIELDS = ("name", "support_group")
APPLICATION_FIELDS = (
    "name",
    "reference",
    "owner",
    "cost_centre",
    "criticality",
    "classification",
    "support_group",
)


@transaction.atomic
def make_tenant(*, slug: str, name: str, support_group: str = "", by: Doer) -> Tenant:
    """Make a tenant. Raises ValidationError in words, RoleMissing."""
    tenant = Tenant(slug=slug, name=name, support_group=support_group)
    rows.make(tenant, by=operator(by))
    return tenant


@transaction.atomic
def change_tenant(tenant: Tenant, wanted: Mapping[str, Any], *, seen: int, by: Doer) -> Changes:
    """Change columns of TENANT_FIELDS if the version is still `seen`; the slug stays for ever."""
    _only(TENANT_FIELDS, wanted)
    return rows.change(tenant, wanted, seen=seen, by=operator(by))


@transaction.atomic
def add_member(tenant: Tenant, person: User, *, by: Doer) -> bool:
    """Let a person see what is the tenant's. False when they could already."""
    actor = operator(by)
    _, made = Membership.objects.get_or_create(tenant=tenant, user=person)
    # what people say stays when a provider no longer says so
    kept = Membership.objects.filter(tenant=tenant, user=person).exclude(source="")
    if kept.update(source="") or made:
        _note_member("added a member to", tenant, person, (None, person.ident), by=actor)
    return made


@transaction.atomic
def remove_member(tenant: Tenant, person: User, *, by: Doer) -> bool:
    """Take a person's sight of the tenant away. False when they had none."""
    actor = operator(by)
    gone, _ = Membership.objects.filter(tenant=tenant, user=person).delete()
    if gone:
        _note_member("removed a member from", tenant, person, (person.ident, None), by=actor)
    return gone > 0


@transaction.atomic
def follow_provider(
    person: User, slugs: Collection[str], *, source: str, by: Actor, **_signal: Any
) -> None:
    """Make a person a member where their identity provider says so now, and nowhere else by it.

    What people added is left alone; a slug that no tenant has means nothing yet. Hears
    `accounts.oidc.signals.arrived`.
    """
    told = Membership.objects.filter(user=person).exclude(source="")
    gone = told.exclude(tenant__slug__in=slugs).select_related("tenant")
    for membership in gone:
        membership.delete()
        change = (person.ident, None)
        _note_member("removed a member from", membership.tenant, person, change, by=by)
    for tenant in Tenant.objects.filter(slug__in=slugs).exclude(memberships__user=person):
        Membership.objects.get_or_create(tenant=tenant, user=person, defaults={"source": source})
        _note_member("added a member to", tenant, person, (None, person.ident), by=by)


def _note_member(
    verb: str, tenant: Tenant, person: User, change: tuple[Any, Any], *, by: Actor
) -> None:
    rows.move(tenant, to={})
    about = rows.subject(tenant)
    ledger.note(verb, about, by=by, changes={"member": change}, also=[person.as_subject])


@transaction.atomic
def make_application(
    tenant: Tenant, *, slug: str, name: str, owner: User, by: Doer, **more: Any
) -> Application:
    """Make an application; `more` are columns of APPLICATION_FIELDS. Raises ValidationError."""
    _only(APPLICATION_FIELDS, more)
    application = Application(tenant=tenant, slug=slug, name=name, owner=owner, **more)
    rows.make(application, by=operator(by))
    return application


@transaction.atomic
def change_application(
    application: Application, wanted: Mapping[str, Any], *, seen: int, by: Doer
) -> Changes:
    """Change columns of APPLICATION_FIELDS if the version is still `seen`."""
    _only(APPLICATION_FIELDS, wanted)
    return rows.change(application, wanted, seen=seen, by=operator(by))


@transaction.atomic
def retire_application(application: Application, *, by: Doer, reason: str = "") -> bool:
    """Retire an application that nothing rests on any more. False when it was retired already.

    Raises InUse while it has live services or claims names, as an order under way does.
    """
    actor = operator(by)
    if not rows.hold(application, retired_at=None):
        return False
    _refuse_use(application)
    rows.move(application, to={"retired_at": now()}, retired_at=None)
    application.refresh_from_db()
    changes = {"retired_at": (None, application.retired_at)}
    rows.note("retired", application, by=actor, changes=changes, reason=reason)
    return True


def _refuse_use(application: Application) -> None:
    live = application.services.filter(lifecycle__in=LIVE).values_list("environment", flat=True)
    if live:
        raise InUse(f"{rows.title(application)} still runs in {', '.join(sorted(live))}.")
    if application.claims.filter(released_at=None).exists():
        raise InUse(f"An order for {rows.title(application)} is under way.")


@transaction.atomic
def note_repository(application: Application, *, name: str, url: str, host: str, by: Actor) -> bool:
    """Write down the repository that was made for the application. False when it is known."""
    repository = {"repository_host": host, "repository_name": name, "repository_url": url}
    known = {field: getattr(application, field) for field in repository}
    if known == repository or not rows.move(application, to=repository, **known):
        return False
    application.refresh_from_db()
    changes = {field: (known[field], after) for field, after in repository.items()}
    rows.note("noted the repository of", application, by=by, changes=changes)
    return True


@transaction.atomic
def grant_sight(token: MachineToken, tenant: Tenant | None, *, by: Doer) -> bool:
    """Let a machine see a tenant, or every tenant where none is named. False when it does."""
    actor = operator(by)
    _, made = TokenGrant.objects.get_or_create(token=token, tenant=tenant)
    if made:
        _note_sight("gave sight to", token, tenant, by=actor)
    return made


@transaction.atomic
def withdraw_sight(token: MachineToken, tenant: Tenant | None, *, by: Doer) -> bool:
    """Take a machine's sight of a tenant, or of every tenant, away. False when it had none."""
    actor = operator(by)
    gone, _ = TokenGrant.objects.filter(token=token, tenant=tenant).delete()
    if gone:
        _note_sight("took sight from", token, tenant, by=actor)
    return gone > 0


def _note_sight(verb: str, token: MachineToken, tenant: Tenant | None, *, by: Actor) -> None:
    machine = ledger.Subject("MachineToken", token.uuid, token.name)
    of = rows.title(tenant) if tenant else "every tenant"
    change = (None, of) if verb.startswith("gave") else (of, None)
    also = [rows.subject(tenant)] if tenant else []
    ledger.note(verb, machine, by=by, changes={"sight": change}, also=also)


def _only(allowed: tuple[str, ...], wanted: Mapping[str, Any]) -> None:
    foreign = sorted(set(wanted) - set(allowed))
    if foreign:
        raise ValueError(f"These columns are not changed by people: {', '.join(foreign)}.")
