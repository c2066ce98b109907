"""What the frame of every page shows: navigation by role, counts that ask for action, the theme."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.models import Role, User
from fleet import lookups as fleet
from onboarding import actions, lookups, toolbox
from onboarding.changes import inbox
from onboarding.leavers import lookups as left
from onboarding.running import waiting
from portal.errors import OrderUnderWay
from tenants import lookups as record

GOES_ON = (
    "Processes that have read a good one go by that; one that starts permits nobody. Put a good "
    "file in its place: nothing has to be restarted."
)
THEMES = ("light", "dark")
COOKIE = "berth-theme"
MANY = 99
QUEUE_SECONDS = 15  # for so long a process believes what it saw of the queue, and of files
EVERYBODY = frozenset(Role.values)
WATCHERS = frozenset({Role.OPERATOR, Role.AUDITOR})
OPERATORS = frozenset({Role.OPERATOR})


@dataclass(frozen=True)
class Place:
    """Somewhere to go: `tally` counts what asks this person for action there."""

    label: str
    url: str
    icon: str
    here: bool = False
    tally: int = 0

    @property
    def tally_shown(self) -> str:
        """Return the count as it is shown: of many only that they are many."""
        return f"{MANY}+" if self.tally > MANY else str(self.tally)


@dataclass(frozen=True)
class Entry:
    """A line of the table below: where it leads, and which roles may open it."""

    label: str
    route: str
    icon: str
    roles: frozenset[str]
    tally: Callable[[User], int] | None = None


def _inbox(user: User) -> int:
    return inbox.count_for(user)


def _stuck(user: User) -> int:
    return lookups.stuck(user).count()


def _strays(user: User) -> int:
    return fleet.strays_of(user).count() if user.is_operator else 0  # auditors only read


def _leavers(user: User) -> int:
    return left.unsettled(left.leavers_for(user)).count() if user.is_operator else 0


def _wishes(_user: User) -> int:
    return lookups.unlisted_open().count()


MAIN = (
    Entry("My work", "onboarding:home", "home", EVERYBODY),
    Entry("Services", "tenants:services", "apps", EVERYBODY),
    Entry("Orders", "onboarding:orders", "clipboard-check", EVERYBODY),
    Entry("Approvals", "onboarding:inbox", "gavel", frozenset({Role.APPROVER}), _inbox),
    Entry("Calendar", "onboarding:calendar", "calendar", EVERYBODY),
)
MORE = (
    Entry("Stuck orders", "onboarding:stuck", "alert-triangle", OPERATORS, _stuck),
    Entry("Nightly look", "onboarding:strays", "moon", WATCHERS, _strays),
    Entry("People who left", "onboarding:leavers", "logout", WATCHERS, _leavers),
    Entry("Missing applications", "onboarding:unlisted", "inbox", OPERATORS, _wishes),
    Entry("Fleet", "fleet:clusters", "heartbeat", WATCHERS),
    Entry("Clusters", "tenants:clusters", "server", WATCHERS),
    Entry("Tenants", "tenants:tenants", "users", WATCHERS),
    Entry("Applications", "tenants:applications", "box", WATCHERS),
    Entry("Eligibility", "onboarding:eligibility", "table", WATCHERS),
    Entry("Catalogue", "tenants:catalogue", "list-details", WATCHERS),
    Entry("People", "accounts:people", "user-check", OPERATORS),
    Entry("Machine tokens", "accounts:machines", "key", OPERATORS),
    Entry("What machines see", "tenants:sight", "eye", OPERATORS),
    Entry("Connections", "onboarding:connections", "plug-connected", WATCHERS),
    Entry("What if", "onboarding:suppose", "help-circle", OPERATORS),
    Entry("Audit", "audit:entries", "fingerprint", WATCHERS),
    Entry("Changes", "onboarding:population", "list", WATCHERS),
    Entry("Rights", "onboarding:rights", "shield-check", WATCHERS),
    Entry("Components", "onboarding:components", "layout-grid", OPERATORS),
)
# pages of the rooms below that are about one service, and what is ordered for it from there
OF_A_SERVICE = frozenset(
    {
        "tenants:service",
        "tenants:service-placements",
        "tenants:service-history",
        "tenants:service-raw",
        "fleet:deliveries",
    }
)
ORDERED = (
    ("Resize", "onboarding:resize", "adjustments"),
    ("Offboard", "onboarding:offboard", "archive"),
)
OWN = (Entry("Account and Git passwords", "accounts:you", "key", EVERYBODY),)


def frame(http: HttpRequest) -> dict[str, Any]:
    """Return what `base.html` needs; nothing is looked up until a page draws it."""
    return {"frame": SimpleLazyObject(lambda: _frame(http))}


def _frame(http: HttpRequest) -> dict[str, Any]:
    theme = http.COOKIES.get(COOKIE, "")
    shown = {
        "theme": theme if theme in THEMES else "auto",
        "here": http.get_full_path(),
        "searched": http.GET.get("q", "") if http.path == reverse("onboarding:search") else "",
        "version": settings.BERTH_VERSION,
        "support": settings.BERTH_SUPPORT,
    }
    if not http.user.is_authenticated:
        return shown
    more = _places(MORE, http.user, http.path)
    return shown | {
        "moves": _moves(http, http.user),
        "places": _places(MAIN, http.user, http.path),
        "more": more,
        "within_more": any(place.here for place in more),
        "more_tally": sum(place.tally for place in more),
        "own": _places(OWN, http.user, http.path),
        "broken_files": _broken_files(http.user),
        "queue_away": not cache.get_or_set("queue", waiting.answers, QUEUE_SECONDS),
        "roles": ", ".join(Role(role).label for role in sorted(http.user.roles)),
        "zone": http.user.time_zone,
    }


def _broken_files(user: User) -> Mapping[str, str]:
    """Return what is wrong with files of entitlement, by source, to those who look after them."""
    if WATCHERS.isdisjoint(user.roles):
        return {}
    found = cache.get("entitlement-files")
    if found is None:
        doubts = toolbox.sources().doubts()
        found = {source: f"{doubt} {GOES_ON}" for source, doubt in doubts.items()}
        cache.set("entitlement-files", found, QUEUE_SECONDS)
    return dict(found)


def _moves(http: HttpRequest, user: User) -> list[Place]:
    """Return what may be ordered for the service that the page is about, or the order under way."""
    match = http.resolver_match
    if match is None or match.view_name not in OF_A_SERVICE:
        return []
    service = record.services_of(user).filter(uuid=match.kwargs["uuid"]).first()
    if service is None:
        return []
    problem = actions.hindrance(service, by=user)
    if isinstance(problem, OrderUnderWay):
        orders = lookups.orders_of_service(user, service.pk).filter(ended_as="")
        return [
            Place(f"{each} is under way", reverse("onboarding:order", args=(each.pk,)), "progress")
            for each in orders
        ]
    at = {"uuid": service.uuid}
    offered = [] if problem else ORDERED
    return [Place(word, reverse(route, kwargs=at), icon) for word, route, icon in offered]


def _places(entries: Sequence[Entry], user: User, path: str) -> list[Place]:
    return [_place(entry, user, path) for entry in entries if entry.roles & user.roles]


def _place(entry: Entry, user: User, path: str) -> Place:
    url = reverse(entry.route)
    tally = entry.tally(user) if entry.tally else 0
    return Place(entry.label, url, entry.icon, path == url, tally)
