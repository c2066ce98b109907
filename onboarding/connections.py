"""The outside parties that are configured, and how each is tried. Nothing else can be called.

Who is there follows from the files that settings name; an address is never taken from anybody.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.http import Http404

from accounts.models import User
from accounts.oidc import probing as signing_in
from accounts.oidc import providers
from accounts.workloads import admission
from accounts.workloads import probing as workloads
from accounts.workloads.trusted import Trusted
from audit.ledger import Subject
from onboarding import toolbox
from onboarding.entitlement import checks, sound
from onboarding.entitlement.seat import Seat
from onboarding.ports import Outcome, Query, TriableSource
from portal.errors import storable
from portal.outbound import WayOut
from portal.reaching import Tried, failed, went
from tenants import lookups as record
from tenants.catalogue import Environment
from tenants.models import Application, Tenant

LONGEST_WHERE = 300  # characters
# what a source that needs nobody outside rests on
WITHIN = {"groups": "groups of this portal", "claims": "what was said at the last sign-in"}


@dataclass(frozen=True)
class Party:
    """Somebody outside who is configured. `where` is for people; `tries` what a test does."""

    sort: str
    name: str
    kind: str
    where: str
    tries: Callable[[Query], Iterable[Tried]]

    @property
    def as_subject(self) -> Subject:
        """What is tested, for an audit entry."""
        whole = f"{self.sort}/{self.name}"
        return Subject("Connection", uuid5(NAMESPACE_URL, f"berth:{whole}"), whole)


@dataclass(frozen=True)
class Shelf:
    """Parties of one sort, the setting that names them, and what is wrong with its file."""

    sort: str
    title: str
    setting: str
    parties: Sequence[Party]
    faults: Sequence[str]


def shelves() -> list[Shelf]:
    """Return everything that is configured, by sort."""
    arranged = settings.BERTH_ENTITLEMENT_CONFIG is not None
    return [
        Shelf(
            "providers",
            "Identity providers",
            "BERTH_OIDC_FILE",
            [_provider(each) for each in providers.offered()],
            providers.faults(),
        ),
        Shelf(
            "sources",
            "Sources of entitlement",
            "BERTH_ENTITLEMENT_CONFIG" if arranged else "BERTH_ENTITLEMENT_SOURCES",
            [_source(each) for each in toolbox.seats()],
            toolbox.entitlement_faults(),
        ),
        Shelf(
            "workloads",
            "Issuers of workload tokens",
            "BERTH_WORKLOADS_FILE",
            [_issuer(each) for each in admission.issuers()],
            admission.faults(),
        ),
    ]


def party(sort: str, name: str) -> Party:
    """Return a party that is configured. Raises Http404 for any other."""
    there = (each for shelf in shelves() if shelf.sort == sort for each in shelf.parties)
    found = next((each for each in there if each.name == name), None)
    if found is None:
        raise Http404
    return found


def question(person: User, asker: User) -> Query:
    """Return what sources are asked: may this person order the record's first application.

    A record that has none yet lends names that nobody else has.
    """
    application = record.applications_of(asker).order_by("pk").first()
    nowhere = Application(slug="application", tenant=Tenant(slug="tenant"))
    environment = record.environments().first() or Environment(slug="environment")
    return checks.query_of(person, "onboard", application or nowhere, environment)


def _provider(provider: providers.Provider) -> Party:
    return Party(
        "providers",
        provider.slug,
        "OpenID Connect",
        provider.issuer,
        lambda _query: signing_in.tried(provider),
    )


def _issuer(issuer: Trusted) -> Party:
    where = "keys in the file" if issuer.pinned is not None else issuer.keys_url or issuer.issuer
    way = WayOut(settings.BERTH_CA_BUNDLE, settings.BERTH_PROXY, settings.BERTH_NO_PROXY)
    return Party(
        "workloads",
        issuer.slug,
        "Signed tokens",
        _plain(where),
        lambda _query: workloads.tried(issuer, way),
    )


def _source(seat: Seat) -> Party:
    source = seat.source
    own = WITHIN.get(seat.kind, "of your own")
    where = source.where if isinstance(source, TriableSource) else own
    return Party("sources", seat.name, seat.kind, _plain(where), partial(_tried, seat))


def _tried(seat: Seat, query: Query) -> Iterator[Tried]:
    """Try a source by its own stages; one that has none is asked, past its rest and its memory."""
    if isinstance(seat.source, TriableSource):
        yield from seat.source.probe(query)
        return
    answer = sound.checked(seat.source.check(query), seat.name)
    asked = f"{query.action} {query.tenant}/{query.application} in {query.environment}"
    told = f"{asked}: {answer.outcome.value} ({answer.reason_code}). {answer.reason}"
    if answer.outcome is Outcome.UNKNOWN:
        yield failed("Question", told, answer.remedy)
    else:
        yield went("Question", told)


def _plain(where: object) -> str:
    """Return an address as it may be shown: what stands behind `?` could be a key."""
    text = storable(str(where)).partition("?")[0].partition("#")[0]
    return text[:LONGEST_WHERE]
