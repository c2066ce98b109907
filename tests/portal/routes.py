"""Who gets what at every route: one row for each route and method.

A route without a row fails `test_routes.py`. A row says what each role is answered: a status, or
SIGN_IN where a stranger is sent to the sign-in page. `at` gives the arguments of the address, and
`sends` the form of a POST; both are given the World that the requests are made in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.portal.world import World

SIGN_IN = "sign-in"
DIGEST = "d" * 64  # of the order's plan
ROLES = (
    "anonymous",  # nobody is signed in
    "stranger",  # charlie, a developer of another tenant
    "developer",  # alice, of the tenant that everything here belongs to
    "approver",  # adam, who belongs to no tenant
    "operator",  # olivia
    "auditor",  # audra
    "machine",  # a token for reading the tenant's record
)
Answers = Mapping[str, int | str]


def nothing(world: World) -> dict[str, Any]:
    return {}


def provider(world: World) -> dict[str, Any]:
    return {"slug": "corp"}


@dataclass(frozen=True)
class Row:
    route: str
    answers: Answers
    method: str = "GET"
    at: Callable[[World], dict[str, Any]] = nothing
    sends: Mapping[str, Any] = field(default_factory=dict)
    as_json: bool = False
    by_others: bool = False  # another system calls, which has no form of ours

    def __str__(self) -> str:
        return f"{self.method} {self.route}"


def all_but(otherwise: int | str, **answers: int | str) -> Answers:
    """Return what each role is answered; strangers and machines are sent to the sign-in page."""
    return (
        dict.fromkeys(ROLES, otherwise) | {"anonymous": SIGN_IN, "machine": SIGN_IN} | dict(answers)
    )


def everybody(status: int) -> Answers:
    return dict.fromkeys(ROLES, status)


SIGNED_IN = all_but(200)
OPERATOR = all_but(403, operator=200)
OPERATOR_REFUSED = all_but(403, operator=422)  # the form, with what is wrong with it
OPERATOR_DOES = all_but(403, operator=302)
READERS = all_but(403, operator=200, auditor=200)
APPROVER = all_but(403, approver=200)
# what belongs to alice alone, such as her drafts
OWN = all_but(404, developer=200)
# what is a tenant's: not there for a stranger, and for an approver who is no member
RECORD = all_but(200, stranger=404, approver=404)
# what is ordered for a tenant's service: by its members and by operators, not by who only reads
ORDERS = all_but(200, stranger=404, approver=404, auditor=403)
HINDERED = all_but(409, stranger=404, approver=404, auditor=403)  # it is only designed
# an order: those who see it
SEEN = all_but(200, stranger=404)
DECISION = {"digest": DIGEST, "reason": "Not this week"}
API_LIST = dict.fromkeys(ROLES, 200) | {"anonymous": 401}
# names that are taken may tell of other tenants
API_READERS = dict.fromkeys(ROLES, 404) | {"anonymous": 401, "operator": 200, "auditor": 200}
# clusters are everybody's; what is a tenant's is not there for a stranger and for an approver
# orders: a machine without an owner has no token for them
ORDER_LIST = API_LIST | {"machine": 403}
ORDER_ROW = ORDER_LIST | {"stranger": 404}
NOTHING_SENT = dict.fromkeys(("developer", "approver", "operator", "auditor"), 400)
ORDER_OWN = ORDER_ROW | {"approver": 403, "auditor": 403}
API_ROW = API_LIST | {"stranger": 404, "approver": 404}


def alice(world: World) -> dict[str, Any]:
    return {"uuid": world.people["developer"].uuid}


def token(world: World) -> dict[str, Any]:
    return {"uuid": world.token.uuid}


def draft(world: World) -> dict[str, Any]:
    return {"uuid": world.draft.uuid}


def order(world: World) -> dict[str, Any]:
    return {"number": world.order.pk}


def named(world: World) -> dict[str, Any]:
    return {"order": world.order.pk}


def record(name: str) -> Callable[[World], dict[str, Any]]:
    """Return the address of a row of the record, by its name in the World."""
    return lambda world: {"uuid": getattr(world, name).uuid}


def member(world: World) -> dict[str, Any]:
    return {"uuid": world.tenant.uuid, "person": world.people["developer"].uuid}


def sight(world: World) -> dict[str, Any]:
    return {"uuid": world.token.uuid, "number": world.token.grants.get().pk}


def shelf(world: World) -> dict[str, Any]:
    return {"kind": "sizes"}


def leaver(world: World) -> dict[str, Any]:
    return {"number": world.leaver.pk}


def unlisted(world: World) -> dict[str, Any]:
    return {"number": world.unlisted.pk}


def connection(world: World) -> dict[str, Any]:
    return {"sort": "sources", "name": "groups"}


def git_password(world: World) -> dict[str, Any]:
    return {"uuid": world.git_password.uuid}


ROWS = (
    Row("livez", everybody(200)),
    Row("readyz", everybody(200)),
    Row("accounts:sign-in", all_but(302, anonymous=200, machine=200)),
    Row("accounts:sign-in", all_but(302, anonymous=422, machine=422), "POST"),
    Row("accounts:sign-out", all_but(SIGN_IN), "POST"),
    # no identity provider is configured here; with one, tests/accounts/oidc tells
    Row("accounts:oidc-start", everybody(404), at=provider),
    Row("accounts:oidc-return", everybody(404), at=provider),
    Row("accounts:oidc-again", all_but(302)),
    Row("accounts:signed-out", everybody(200)),
    Row("accounts:oidc-onward", everybody(302)),
    Row("accounts:oidc-back-channel", everybody(404), "POST", at=provider, by_others=True),
    Row("accounts:theme", everybody(302), "POST", sends={"theme": "dark"}),
    Row("accounts:you", SIGNED_IN),
    Row("accounts:password", SIGNED_IN),
    Row("accounts:time-zone", all_but(302), "POST", sends={"time_zone": "Europe/Zurich"}),
    Row("accounts:sign-out-elsewhere", all_but(302), "POST"),
    Row("accounts:git-passwords", all_but(302)),
    Row("accounts:revoke-git-password", all_but(404, developer=200), at=git_password),
    Row("accounts:people", OPERATOR),
    Row("accounts:person", OPERATOR, at=alice),
    Row("accounts:roles", OPERATOR_DOES, "POST", at=alice, sends={"roles": "developer"}),
    Row("accounts:switch-off", OPERATOR, at=alice),
    Row("accounts:switch-off", OPERATOR_DOES, "POST", at=alice, sends={"reason": "Left"}),
    Row("accounts:switch-on", OPERATOR_DOES, "POST", at=alice),
    Row("accounts:machines", OPERATOR),
    Row("accounts:make-machine", OPERATOR),
    Row("accounts:workloads", OPERATOR),
    Row("accounts:make-machine", OPERATOR_REFUSED, "POST", sends={"name": "billing"}),
    Row("accounts:revoke-machine", all_but(403, operator=200), at=token),
    Row("audit:entries", READERS),
    Row("audit:entry", READERS, at=record("entry")),
    Row("api:tenants", API_LIST),
    Row("api:tenants-one", API_ROW, at=record("tenant")),
    Row("api:applications", API_LIST),
    Row("api:applications-one", API_ROW, at=record("application")),
    Row("api:services", API_LIST),
    Row("api:services-one", API_ROW, at=record("service")),
    Row("api:clusters", API_LIST),
    Row("api:clusters-one", API_LIST, at=record("cluster")),
    Row("api:tenant-clusters", API_LIST),
    Row("api:tenant-clusters-one", API_ROW, at=record("tenant_cluster")),
    Row("api:placements", API_LIST),
    Row("api:placements-one", API_ROW, at=record("placement")),
    Row("api:claims", API_LIST),
    Row("api:claims-one", API_READERS, at=record("claim")),
    Row("api:eligibility-rules", API_LIST),
    Row("api:eligibility-rules-one", API_READERS, at=record("rule")),
    Row("api:export", API_LIST),
    Row("api:schema", API_LIST),
    Row("api:docs", API_LIST | {"machine": 401}),
    Row("order-api:orders", ORDER_LIST),
    Row("order-api:orders", ORDER_LIST | NOTHING_SENT | {"stranger": 400}, "POST", as_json=True),
    Row("order-api:order", ORDER_ROW, at=named),
    Row("order-api:next-free-slot", ORDER_ROW, at=named),
    Row("order-api:windows", ORDER_LIST),
    Row("order-api:occurrences", ORDER_LIST),
    Row("order-api:export", ORDER_LIST),
    Row("order-api:evidence-pack", ORDER_ROW, at=named),
    # no worker has drafted a plan in this world
    Row("order-api:plan", dict.fromkeys(ROLES, 404) | {"anonymous": 401, "machine": 403}, at=named),
    Row("order-api:withdraw", ORDER_OWN, "POST", at=named, as_json=True),
    Row("order-api:amend", ORDER_ROW | NOTHING_SENT, "POST", at=named, as_json=True),
    Row(
        "order-api:retry",
        ORDER_OWN | {"developer": 409, "operator": 409},
        "POST",
        at=named,
        as_json=True,
    ),
    Row(
        "order-api:approve",
        ORDER_ROW | {"developer": 403, "operator": 403, "auditor": 403},
        "POST",
        at=named,
        sends=DECISION,
        as_json=True,
    ),
    Row(
        "order-api:refuse",
        ORDER_ROW | {"developer": 403, "operator": 403, "auditor": 403},
        "POST",
        at=named,
        sends=DECISION,
        as_json=True,
    ),
    Row("tenants:services", SIGNED_IN),
    Row("tenants:service", RECORD, at=record("service")),
    Row("tenants:service-placements", RECORD, at=record("service")),
    Row("tenants:service-history", RECORD, at=record("service")),
    Row("tenants:service-raw", RECORD, at=record("service")),
    Row(
        "tenants:confirm-service",
        all_but(302, stranger=404, approver=404, auditor=403),
        "POST",
        at=record("service"),
    ),
    Row("tenants:hand-over", ORDERS, at=record("service")),
    Row(
        "tenants:hand-over",
        all_but(422, stranger=404, approver=404, auditor=403),
        "POST",
        at=record("service"),
    ),
    Row("tenants:tenants", SIGNED_IN),
    Row("tenants:make-tenant", OPERATOR),
    Row("tenants:make-tenant", OPERATOR_REFUSED, "POST"),
    Row("tenants:tenant", RECORD, at=record("tenant")),
    Row("tenants:change-tenant", OPERATOR, at=record("tenant")),
    Row("tenants:change-tenant", OPERATOR_REFUSED, "POST", at=record("tenant"), sends={"name": ""}),
    Row("tenants:add-member", OPERATOR, at=record("tenant")),
    Row("tenants:add-member", OPERATOR_DOES, "POST", at=record("tenant"), sends={"person": "adam"}),
    Row("tenants:remove-member", OPERATOR, at=member),
    Row("tenants:remove-member", OPERATOR_DOES, "POST", at=member),
    Row("tenants:applications", SIGNED_IN),
    Row("tenants:application", RECORD, at=record("application")),
    Row("tenants:make-application", OPERATOR, at=record("tenant")),
    Row("tenants:make-application", OPERATOR_REFUSED, "POST", at=record("tenant")),
    Row("tenants:change-application", OPERATOR, at=record("application")),
    Row("tenants:change-application", OPERATOR_REFUSED, "POST", at=record("application")),
    Row("tenants:retire-application", OPERATOR, at=record("application")),
    Row("tenants:retire-application", OPERATOR_REFUSED, "POST", at=record("application")),
    Row("tenants:clusters", SIGNED_IN),
    Row("tenants:cluster", SIGNED_IN, at=record("cluster")),
    Row("tenants:change-cluster", OPERATOR, at=record("cluster")),
    Row("tenants:change-cluster", OPERATOR_REFUSED, "POST", at=record("cluster")),
    Row("tenants:catalogue", READERS),
    Row("tenants:make-offer", OPERATOR, at=shelf),
    Row("tenants:make-offer", OPERATOR_REFUSED, "POST", at=shelf),
    Row("tenants:change-offer", OPERATOR, at=lambda world: shelf(world) | {"slug": "s"}),
    Row(
        "tenants:change-offer",
        OPERATOR_REFUSED,
        "POST",
        at=lambda world: shelf(world) | {"slug": "s"},
    ),
    Row("tenants:sight", OPERATOR),
    Row("tenants:sight", OPERATOR_REFUSED, "POST", sends={"tenant": "nowhere"}),
    Row("tenants:withdraw-sight", OPERATOR_DOES, "POST", at=sight),
    Row("fleet:clusters", READERS),
    Row("fleet:cluster", READERS, at=record("cluster")),
    Row("fleet:deliveries", RECORD, at=record("service")),
    Row("fleet:look", OPERATOR_DOES, "POST", at=record("cluster")),
    Row("onboarding:home", SIGNED_IN),
    Row("onboarding:search", SIGNED_IN),
    Row("onboarding:orders", SIGNED_IN),
    Row("onboarding:start", SIGNED_IN),
    Row("onboarding:start", all_but(422), "POST"),
    Row("onboarding:report-unlisted", SIGNED_IN),
    Row("onboarding:report-unlisted", all_but(422), "POST", sends={"note": "It is new"}),
    Row("onboarding:entitlement", all_but(404)),
    Row("onboarding:name-check", OWN, at=draft),
    Row("onboarding:preview", all_but(404, developer=302), at=draft),
    Row("onboarding:submit", all_but(404, developer=302), "POST", at=draft),
    Row("onboarding:discard", all_but(404, developer=302), "POST", at=draft),
    Row("onboarding:step", OWN, at=lambda world: draft(world) | {"step": "where"}),
    Row("onboarding:resize", ORDERS, at=record("service")),
    Row("onboarding:resize", HINDERED, "POST", at=record("service")),
    Row("onboarding:offboard", ORDERS, at=record("service")),
    Row("onboarding:offboard", HINDERED, "POST", at=record("service")),
    Row("onboarding:order", SEEN, at=order),
    Row("onboarding:timeline", SEEN, at=order),
    Row("onboarding:plan", SEEN, at=order),
    Row("onboarding:evidence", SEEN, at=order),
    Row("onboarding:evidence-pack", SEEN, at=order),
    Row("onboarding:population", READERS),
    Row("onboarding:trail", SEEN, at=order),
    Row("onboarding:raw", SEEN, at=order),
    Row("onboarding:withdraw", SEEN, at=order),
    Row(
        "onboarding:withdraw",
        all_but(403, stranger=404, developer=302, operator=302),
        "POST",
        at=order,
        sends={"reason": "No longer needed"},
    ),
    Row(
        "onboarding:amend",
        all_but(403, stranger=404, developer=302, operator=302),
        "POST",
        at=order,
    ),
    Row(
        "onboarding:retry",
        all_but(403, stranger=404, developer=409, operator=409),
        "POST",
        at=order,
    ),
    Row("onboarding:inbox", APPROVER),
    Row("onboarding:approval", APPROVER, at=order),
    Row("onboarding:approve", all_but(403, approver=302), "POST", at=order, sends=DECISION),
    Row("onboarding:refuse", all_but(403, approver=302), "POST", at=order, sends=DECISION),
    Row("onboarding:stuck", OPERATOR),
    Row("onboarding:unlisted", OPERATOR),
    Row("onboarding:settle-unlisted", OPERATOR_DOES, "POST", at=unlisted),
    Row("onboarding:leavers", READERS),
    Row("onboarding:look-for-leavers", OPERATOR_DOES, "POST"),
    Row("onboarding:clear-leaver", OPERATOR_DOES, "POST", at=leaver),
    Row("onboarding:hand-over-of-leaver", OPERATOR_DOES, "POST", at=record("service")),
    Row("onboarding:strays", READERS),
    Row("onboarding:look-for-strays", OPERATOR_DOES, "POST"),
    Row("onboarding:connections", READERS),
    Row("onboarding:test-connection", OPERATOR, "POST", at=connection),
    Row("onboarding:suppose", OPERATOR),
    Row("onboarding:suppose", OPERATOR_REFUSED, "POST", sends={"person": "nobody"}),
    # whoever is signed in: it is for machines with a token of their own
    Row("onboarding:metrics", dict.fromkeys(ROLES, 401) | {"machine": 403}),
    Row("onboarding:eligibility", READERS),
    Row("onboarding:eligibility-history", READERS),
    Row("onboarding:calendar", SIGNED_IN),
    Row("onboarding:windows", SIGNED_IN),
    Row("onboarding:window-history", READERS),
    Row("onboarding:add-window", OPERATOR),
    Row("onboarding:add-window", OPERATOR_REFUSED, "POST"),
    Row("onboarding:replace-window", OPERATOR, at=record("window")),
    Row("onboarding:replace-window", OPERATOR_REFUSED, "POST", at=record("window")),
    Row("onboarding:withdraw-window", OPERATOR, at=record("window")),
    Row("onboarding:withdraw-window", OPERATOR_REFUSED, "POST", at=record("window")),
    Row("onboarding:add-rule", OPERATOR),
    Row("onboarding:add-rule", OPERATOR_REFUSED, "POST"),
    Row("onboarding:replace-rule", OPERATOR, at=record("rule")),
    Row("onboarding:replace-rule", OPERATOR_REFUSED, "POST", at=record("rule")),
    Row("onboarding:retire-rule", OPERATOR, at=record("rule")),
    Row("onboarding:retire-rule", OPERATOR_REFUSED, "POST", at=record("rule")),
    Row("onboarding:rights", READERS),
    Row("onboarding:components", OPERATOR),
)
