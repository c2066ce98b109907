"""Who may do what in the portal, as a plain table: right × who × how far.

It decides nothing: lookups and actions do. It says what they do, and tests/portal/test_rights.py
asks every route as everybody and fails where one word here is not true. People may hold several
roles; then the farthest reach counts. What an order may touch is a matter of entitlement besides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Reach(StrEnum):
    """How far a right goes."""

    NONE = "none"
    OWN = "own"  # what they made themselves, or what is theirs to decide
    TENANT = "tenant"  # what belongs to a tenant that they are a member of, or were granted
    ALL = "all"

    @property
    def word(self) -> str:
        """What the page says."""
        return "" if self is Reach.NONE else self.value


COLUMNS = {
    "person": "Anybody signed in",
    "developer": "Developer",
    "approver": "Approver",
    "operator": "Operator",
    "auditor": "Auditor",
    "machine": "Machine or workload",
}
NONE, OWN, TENANT, ALL = Reach.NONE, Reach.OWN, Reach.TENANT, Reach.ALL

# of the columns above, in their order
OWN_THINGS = (OWN, OWN, OWN, OWN, OWN, NONE)
SIGNED_IN = (ALL, ALL, ALL, ALL, ALL, NONE)
OPERATORS = (NONE, NONE, NONE, ALL, NONE, NONE)
WATCHERS = (NONE, NONE, NONE, ALL, ALL, NONE)
RECORD = (TENANT, TENANT, TENANT, ALL, ALL, TENANT)


@dataclass(frozen=True)
class Right:
    """One thing that can be done: its name, what it is, how far it goes, and by which routes."""

    name: str
    what: str
    reaches: tuple[Reach, ...]
    routes: tuple[str, ...]  # `METHOD route`

    @property
    def by_column(self) -> Mapping[str, Reach]:
        return dict(zip(COLUMNS, self.reaches, strict=True))


def right(name: str, what: str, reaches: tuple[Reach, ...], routes: str) -> Right:
    """Return a right whose routes are divided by commas."""
    return Right(name, what, reaches, tuple(each.strip() for each in routes.split(",")))


RIGHTS = (
    right(
        "account.keep",
        "Look after one's own account: password, time zone, sessions",
        OWN_THINGS,
        """GET accounts:you, GET accounts:password, POST accounts:time-zone,
        POST accounts:sign-out-elsewhere, GET accounts:oidc-again, GET accounts:git-passwords""",
    ),
    right(
        "account.revoke-token",
        "Revoke one's own Git passwords and tokens",
        OWN_THINGS,
        "GET accounts:revoke-git-password",
    ),
    right(
        "people.look-after",
        "See people, give and take roles, switch accounts off and on; never one's own",
        OPERATORS,
        """GET accounts:people, GET accounts:person, POST accounts:roles, GET accounts:switch-off,
        POST accounts:switch-off, POST accounts:switch-on""",
    ),
    right(
        "machine.look-after",
        "Make, list and revoke tokens of machines, and decide what they see",
        OPERATORS,
        """GET accounts:machines, GET accounts:workloads, GET accounts:make-machine,
        POST accounts:make-machine, GET accounts:revoke-machine, GET tenants:sight,
        POST tenants:sight, POST tenants:withdraw-sight""",
    ),
    right(
        "audit.read",
        "Read the audit ledger, and this table",
        WATCHERS,
        "GET audit:entries, GET audit:entry, GET onboarding:rights",
    ),
    right(
        "record.read",
        "Read tenants, applications, services and placements",
        RECORD,
        """GET api:tenants-one, GET api:applications-one, GET api:services-one,
        GET api:tenant-clusters-one, GET api:placements-one, GET api:tenants,
        GET api:applications, GET api:services, GET api:tenant-clusters, GET api:placements,
        GET api:export, GET api:schema""",
    ),
    right(
        "record.see",
        "See tenants, applications and services on pages, with history and what Flux says",
        (TENANT, TENANT, TENANT, ALL, ALL, NONE),
        """GET tenants:services, GET tenants:service, GET tenants:service-placements,
        GET tenants:service-history, GET tenants:service-raw, GET tenants:tenants,
        GET tenants:tenant, GET tenants:applications, GET tenants:application,
        GET fleet:deliveries, GET onboarding:search""",
    ),
    right(
        "service.review",
        "Confirm a service that one answers for, or hand it over to a member of its tenant",
        (OWN, OWN, OWN, ALL, OWN, NONE),
        """POST tenants:confirm-service, GET tenants:hand-over, POST tenants:hand-over""",
    ),
    right(
        "record.change",
        "Make and change tenants, members, applications, clusters and the catalogue",
        OPERATORS,
        """GET tenants:make-tenant, POST tenants:make-tenant, GET tenants:change-tenant,
        POST tenants:change-tenant, GET tenants:add-member, POST tenants:add-member,
        GET tenants:remove-member, POST tenants:remove-member, GET tenants:make-application,
        POST tenants:make-application, GET tenants:change-application,
        POST tenants:change-application, GET tenants:retire-application,
        POST tenants:retire-application, GET tenants:change-cluster,
        POST tenants:change-cluster, GET tenants:make-offer, POST tenants:make-offer,
        GET tenants:change-offer, POST tenants:change-offer""",
    ),
    right(
        "claims.read",
        "Read which names are taken, whoever holds them",
        WATCHERS,
        "GET api:claims-one",
    ),
    right(
        "eligibility.read",
        "Read which data may be on which clusters, and how that has changed",
        WATCHERS,
        """GET onboarding:eligibility, GET onboarding:eligibility-history,
        GET api:eligibility-rules-one""",
    ),
    right(
        "eligibility.change",
        "Add, change and retire rows of the eligibility matrix",
        OPERATORS,
        """GET onboarding:add-rule, POST onboarding:add-rule, GET onboarding:replace-rule,
        POST onboarding:replace-rule, GET onboarding:retire-rule, POST onboarding:retire-rule""",
    ),
    right(
        "catalogue.read",
        "Read the catalogue as operators keep it",
        WATCHERS,
        "GET tenants:catalogue",
    ),
    right(
        "clusters.read",
        "Read the names, regions and tiers of clusters over the API",
        (ALL, ALL, ALL, ALL, ALL, ALL),
        "GET api:clusters, GET api:clusters-one, GET api:claims, GET api:eligibility-rules",
    ),
    right(
        "clusters.see",
        "See clusters on pages, and the description of the API",
        SIGNED_IN,
        "GET tenants:clusters, GET tenants:cluster, GET api:docs",
    ),
    right(
        "fleet.watch",
        "See how clusters stand, and what belongs to nobody there",
        WATCHERS,
        "GET fleet:clusters, GET fleet:cluster, GET onboarding:strays",
    ),
    right(
        "fleet.look",
        "Have a cluster, or all of them, looked at now",
        OPERATORS,
        "POST fleet:look, POST onboarding:look-for-strays",
    ),
    right(
        "leavers.see",
        "See who has left, and what of theirs is open",
        WATCHERS,
        "GET onboarding:leavers",
    ),
    right(
        "leavers.settle",
        "Hand over what people leave behind, take a flag off, have sources asked now",
        OPERATORS,
        """POST onboarding:look-for-leavers, POST onboarding:clear-leaver,
        POST onboarding:hand-over-of-leaver""",
    ),
    right(
        "order.prepare",
        "Begin an order, and report an application that is missing",
        SIGNED_IN,
        """GET onboarding:home, GET onboarding:orders, GET onboarding:start, POST onboarding:start,
        GET onboarding:report-unlisted, POST onboarding:report-unlisted""",
    ),
    right(
        "order.place",
        "Go on with a draft, send it, throw it away",
        OWN_THINGS,
        """GET onboarding:name-check, GET onboarding:preview, POST onboarding:submit,
        POST onboarding:discard, GET onboarding:step""",
    ),
    right(
        "order.change-service",
        "Order another size of a service, or that it goes",
        (TENANT, TENANT, TENANT, ALL, TENANT, NONE),
        """GET onboarding:resize, POST onboarding:resize, GET onboarding:offboard,
        POST onboarding:offboard""",
    ),
    right(
        "order.see",
        "See an order on pages: plan, evidence, trail",
        (TENANT, TENANT, TENANT, ALL, ALL, NONE),
        """GET onboarding:order, GET onboarding:timeline, GET onboarding:plan,
        GET onboarding:evidence, GET onboarding:trail, GET onboarding:raw,
        GET onboarding:withdraw""",
    ),
    right(
        "order.read",
        "Read orders over the API",
        (TENANT, TENANT, TENANT, ALL, ALL, TENANT),
        "GET order-api:orders, GET order-api:order, GET order-api:next-free-slot",
    ),
    right(
        "evidence.fetch",
        "Fetch the evidence pack of an order on pages",
        (TENANT, TENANT, TENANT, ALL, ALL, NONE),
        "GET onboarding:evidence-pack",
    ),
    right(
        "evidence.read",
        "Fetch evidence packs over the API, and orders as a population to sample",
        (TENANT, TENANT, TENANT, ALL, ALL, TENANT),
        "GET order-api:evidence-pack, GET order-api:export",
    ),
    right(
        "evidence.sample",
        "Draw samples from all changes of a time on a page",
        WATCHERS,
        "GET onboarding:population",
    ),
    right(
        "order.move",
        "Withdraw an order, amend it, try a stuck step again",
        (OWN, OWN, OWN, ALL, OWN, NONE),
        """POST onboarding:withdraw, POST onboarding:amend, POST onboarding:retry,
        POST order-api:withdraw, POST order-api:retry""",
    ),
    right(
        "order.inbox",
        "See what waits for a decision of theirs",
        (NONE, NONE, OWN, NONE, NONE, NONE),
        "GET onboarding:inbox",
    ),
    right(
        "order.weigh",
        "See what a decision is about",
        (NONE, NONE, TENANT, NONE, NONE, NONE),
        "GET onboarding:approval",
    ),
    right(
        "order.decide",
        "Approve or refuse orders of others, in a browser only",
        (NONE, NONE, OWN, NONE, NONE, NONE),
        """POST onboarding:approve, POST onboarding:refuse, POST order-api:approve,
        POST order-api:refuse""",
    ),
    right(
        "order.look-after",
        "See stuck orders, and settle reports of missing applications",
        OPERATORS,
        """GET onboarding:stuck, GET onboarding:unlisted, POST onboarding:settle-unlisted,
        GET onboarding:components""",
    ),
    right(
        "calendar.see",
        "See the calendar: freezes and maintenance windows, one's own tenants' among them",
        SIGNED_IN,
        "GET onboarding:calendar, GET onboarding:windows",
    ),
    right(
        "calendar.read",
        "Read the calendar over the API, with the windows of tenants that one sees",
        (ALL, ALL, ALL, ALL, ALL, ALL),
        "GET order-api:windows, GET order-api:occurrences",
    ),
    right(
        "calendar.trace",
        "See every edition of every window: who put it in force and why",
        WATCHERS,
        "GET onboarding:window-history",
    ),
    right(
        "calendar.change",
        "Put windows in force, change and withdraw them",
        OPERATORS,
        """GET onboarding:add-window, POST onboarding:add-window, GET onboarding:replace-window,
        POST onboarding:replace-window, GET onboarding:withdraw-window,
        POST onboarding:withdraw-window""",
    ),
    right(
        "connections.see",
        "See which identity providers, sources and issuers are configured, and where they are",
        WATCHERS,
        "GET onboarding:connections",
    ),
    right(
        "connections.test",
        "Test the connection to one of them",
        OPERATORS,
        "POST onboarding:test-connection",
    ),
    right(
        "entitlement.suppose",
        "Ask what sources would answer to somebody else's wish, without deciding anything",
        OPERATORS,
        "GET onboarding:suppose, POST onboarding:suppose",
    ),
    right(
        "figures.read",
        "Read the figures for monitoring, by token or from a named network",
        (NONE, NONE, NONE, NONE, NONE, ALL),
        "GET onboarding:metrics",
    ),
)
# open to everybody, also to whoever is not signed in
PUBLIC = (
    "GET livez",
    "GET readyz",
    "GET accounts:sign-in",
    "POST accounts:sign-in",
    "POST accounts:theme",
    "GET accounts:oidc-start",
    "GET accounts:oidc-return",
    "GET accounts:oidc-onward",
    "POST accounts:oidc-back-channel",
    "GET accounts:signed-out",
)
