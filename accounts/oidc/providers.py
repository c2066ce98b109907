"""The identity providers, as the file that BERTH_OIDC_FILE names describes them.

docs/configure.md shows one. What cannot be used is told by `manage.py check`, and a provider with a
fault is not offered to anybody.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from itertools import permutations
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings

from accounts.documents import can_be_asked
from accounts.entries import Entry, Unreadable, load
from accounts.models import IDENT_LIMIT, Role
from accounts.oidc import patterns
from audit.ledger import Actor, Subject
from portal import env

VERSION = 1
SLUG = re.compile("[a-z][a-z0-9-]{0,29}")
VARIABLE = re.compile("[A-Z][A-Z0-9_]{2,100}")
LONGEST_ISSUER = IDENT_LIMIT - 80  # so that a subject finds room beside it
MOST_LEEWAY = 300


@dataclass(frozen=True)
class StepUp:
    """How fresh, and of which class, a sign-in has to be before an approval."""

    max_age: timedelta
    acr_values: Sequence[str] = ()


@dataclass(frozen=True)
class Provider:
    """One identity provider, and what its groups mean here.

    Roles, tenants and groups map what is given to the patterns of groups that give it. `secret` is
    the client's, read from the variable that the file names; a public client has none.
    """

    slug: str
    label: str
    issuer: str
    client_id: str
    secret: str = field(default="", repr=False)
    scopes: Sequence[str] = ("openid", "profile", "email")
    groups_claim: str = ""
    keep_claims: Sequence[str] = ()
    admit: Sequence[str] = ()
    everybody: Sequence[str] = ()
    roles: patterns.Mapped = field(default_factory=dict)
    tenants: patterns.Mapped = field(default_factory=dict)
    groups: patterns.Mapped = field(default_factory=dict)
    leeway: timedelta = timedelta(seconds=60)
    step_up: StepUp | None = None

    @property
    def uuid(self) -> UUID:
        """The identity that entries about this provider are found under."""
        return uuid5(NAMESPACE_URL, self.issuer)

    @property
    def actor(self) -> Actor:
        """The provider as the one who gives roles, groups and tenants."""
        return Actor(ident=f"provider:{self.slug}", name=self.label)

    @property
    def as_subject(self) -> Subject:
        """What is acted on, for an entry that is about nobody known."""
        return Subject("IdentityProvider", self.uuid, self.label)


@dataclass(frozen=True)
class Read:
    """What the file gave: the providers that can be used, and every fault in a sentence."""

    providers: Sequence[Provider] = ()
    faults: Sequence[str] = ()


def offered() -> Sequence[Provider]:
    """Return the providers that people may sign in with, in the order of the file."""
    return _configured().providers


def named(slug: str) -> Provider | None:
    """Return a provider by its slug."""
    return next((each for each in offered() if each.slug == slug), None)


def faults() -> Sequence[str]:
    """Return everything that is wrong with the file."""
    return _configured().faults


def _configured() -> Read:
    return _read_once(settings.BERTH_OIDC_FILE) if settings.BERTH_OIDC_FILE else Read()


def read(path: Path) -> Read:
    """Read the file; a provider that has a fault is left out."""
    try:
        content = load(path)
    except Unreadable as error:
        return Read(faults=[str(error)])
    found: list[str] = []
    top = Entry("The file", content, found)
    entries = _listed(top, content)
    if found:
        return Read(faults=found)
    usable: list[Provider] = []
    for number, each in enumerate(entries, start=1):
        wrong: list[str] = []
        provider = _provider(Entry(f"Provider {number}", each, wrong))
        found.extend(wrong)
        if not wrong:
            usable.append(provider)
    clashes = list(_clashes(usable))
    return Read([] if clashes else usable, [*found, *clashes])


_read_once = lru_cache(maxsize=8)(read)  # once a process: a change asks for a restart


def _listed(top: Entry, content: object) -> Sequence[object]:
    listed = content.get("providers") if isinstance(content, Mapping) else None
    if not isinstance(content, Mapping) or content.get("version") != VERSION:
        top.fault(f"must say `version: {VERSION}` on top")
    if not isinstance(listed, list) or not listed:
        top.fault("must have a list `providers`")
        return ()
    for name in set(content if isinstance(content, Mapping) else ()) - {"version", "providers"}:
        top.fault(f"has `{str(name)[:60]}`, which means nothing here")
    return listed


def _provider(entry: Entry) -> Provider:
    provider = Provider(
        slug=entry.text("slug", shape=SLUG),
        label=entry.text("label"),
        issuer=_issuer(entry),
        client_id=entry.text("client_id"),
        secret=_secret(entry),
        scopes=_scopes(entry),
        groups_claim=entry.text("groups_claim", default=""),
        keep_claims=entry.texts("keep_claims"),
        admit=entry.texts("admit"),
        everybody=_roles(entry, entry.texts("everybody")),
        roles=_mapped(entry, "roles"),
        tenants=_mapped(entry, "tenants"),
        groups=_mapped(entry, "groups"),
        leeway=timedelta(seconds=entry.seconds("leeway_seconds", default=60, most=MOST_LEEWAY)),
        step_up=_step_up(entry.inner("step_up")),
    )
    _roles(entry, list(provider.roles))
    for misfit in patterns.misfits({"": provider.admit}):
        entry.fault(f"has a pattern in `admit` that cannot be used: {misfit}")
    if not provider.groups_claim and (provider.roles or provider.tenants or provider.groups):
        entry.fault("maps groups, but no `groups_claim` says where they stand")
    if provider.admit and not provider.groups_claim:
        entry.fault("admits by groups, but no `groups_claim` says where they stand")
    entry.close()
    return provider


def _issuer(entry: Entry) -> str:
    issuer = entry.text("issuer")
    if issuer and not can_be_asked(issuer):
        entry.fault("must have an `issuer` that begins with https://")
    if "?" in issuer or "#" in issuer:
        entry.fault("must have an `issuer` without a query and a fragment")
    if len(issuer) > LONGEST_ISSUER:
        entry.fault(f"must have an `issuer` of at most {LONGEST_ISSUER} characters")
    return issuer


def _secret(entry: Entry) -> str:
    """Return the client's secret. The file names its variable and never holds it."""
    name = entry.text("client_secret", shape=VARIABLE, default="")
    secret = env.text(name) if name else ""
    if name and not secret:
        entry.fault(f"names {name} as `client_secret`, which is not set")
    return secret


def _scopes(entry: Entry) -> Sequence[str]:
    scopes = entry.texts("scopes", default=("openid", "profile", "email"))
    if "openid" not in scopes:
        entry.fault("must have `openid` among its `scopes`")
    return scopes


def _roles(entry: Entry, named_roles: Sequence[str]) -> Sequence[str]:
    for role in named_roles:
        if role not in Role.values:
            entry.fault(f"gives a role {role[:60]!r}; there are {', '.join(Role.values)}")
    return named_roles


def _mapped(entry: Entry, name: str) -> dict[str, tuple[str, ...]]:
    mapped = entry.lists(name)
    for misfit in patterns.misfits(mapped):
        entry.fault(f"has a pattern in `{name}` that cannot be used: {misfit}")
    return mapped


def _step_up(entry: Entry | None) -> StepUp | None:
    if entry is None:
        return None
    # less would be over before the decision is taken
    age = entry.seconds("max_age_seconds", default=900, least=60, most=86_400)
    found = StepUp(timedelta(seconds=age), entry.texts("acr_values"))
    entry.close()
    return found


def _clashes(providers: Sequence[Provider]) -> Iterator[str]:
    for name in ("slug", "issuer"):
        values = [getattr(each, name) for each in providers]
        for value in sorted({each for each in values if values.count(each) > 1}):
            yield f"Two providers have the {name} {value}"
    for one, other in permutations(providers, 2):
        # `issuer:subject` is how people are written down, and has to be of one person only
        if other.issuer.startswith(f"{one.issuer}:"):
            yield f"The issuer {other.issuer} begins with another one, so people could be mistaken"
