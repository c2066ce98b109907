"""Rows that the pages' tests look at: an order that waits for a decision, and one that is stuck.

Run in the environment of the portal under test: `python -m tests.e2e.rows`.
"""

from datetime import timedelta

import django

django.setup()

from django.contrib.auth.models import Group  # noqa: E402 (models can be imported only once Django is set up)
from django.db import transaction  # noqa: E402 (the same)

from accounts.actions import make_token  # noqa: E402 (the same)
from accounts.leaving import flag  # noqa: E402 (the same)
from accounts.models import Scope, User  # noqa: E402 (the same)
from audit.ledger import SYSTEM  # noqa: E402 (the same)
from fleet.models import Beat, Stray  # noqa: E402 (the same)
from onboarding import actions, toolbox  # noqa: E402 (the same)
from onboarding.form import drafts  # noqa: E402 (the same)
from onboarding.form.answers import Allotted, Answers, Spot  # noqa: E402 (the same)
from onboarding.models import (  # noqa: E402 (the same)
    GlassBreak,
    Order,
    Progress,
    Register,
    Revision,
    RunState,
    StepRun,
)
from onboarding.plans import basis, drafting  # noqa: E402 (the same)
from portal.clock import now  # noqa: E402 (the same)
from tenants.catalogue import Environment, Size  # noqa: E402 (the same)
from tenants.lifecycle import Lifecycle  # noqa: E402 (the same)
from tenants.models import Application, Cluster, Service, Tenant  # noqa: E402 (the same)
from tests.e2e.pages import SERVICE, WINDOW  # noqa: E402 (the same)
from tests.make import (  # noqa: E402 (the same)
    make_application,
    make_delegation,
    make_placement,
    make_service,
    make_user,
    make_window,
)

STRAYS = (
    ("namespace", "retail-wishlist-dev", "here"),
    ("flux", "Kustomization retail-flux/wishlist-dev", "here"),
    ("missing", "retail-catalogue-dev", "here"),
    ("guard", "The portal's account", "here"),
    ("repository", "retail/wishlist", "git"),
    ("namespace", "retail-tryout-dev", "gone"),
)
REFUSED = "ResourceQuota retail-basket-dev/workload: denied by a policy of the cluster."


def main() -> None:
    """Order Catalogue for test, which waits for approval, and Basket for dev, which is stuck."""
    rex = User.objects.get(username="rex")
    _order(rex, "catalogue", "test")
    with transaction.atomic():  # the worker sees the order only once it is stuck
        stuck = _order(rex, "basket", "dev")
        Order.objects.filter(pk=stuck.pk).update(next_try_at=None)
        StepRun.objects.create(
            order=stuck,
            revision=stuck.revision_number,
            step="claim_names",
            state=RunState.STUCK,
            error_code="cluster.object-refused",
            error_detail=REFUSED,
        )
    _placed(rex)
    _strays()
    _leaver()
    _windows()
    _approvers()
    _emergency(stuck)
    actions.report_unlisted(by=rex, name="Loyalty points", note="Owned by retail since May.")


def _approvers() -> None:
    """Let Pat decide in Andy's place next week, and keep a view of his inbox."""
    andy, pat = (User.objects.get(username=name) for name in ("andy", "pat"))
    begins = now() + timedelta(days=7)
    make_delegation(andy, pat, begins=begins, ends=begins + timedelta(days=5), why="At sea.")
    actions.keep_view("Production, within a day", "environment=prod&due=day", by=andy)


def _emergency(order: Order) -> None:
    """Let an order have passed a freeze, so that Olga has to review it."""
    olga, pat, andy = (User.objects.get(username=name) for name in ("olga", "pat", "andy"))
    olga.groups.add(Group.objects.get_or_create(name="change-board")[0])
    GlassBreak.objects.create(
        order=order,
        incident="INC-4711",
        why="Payments stand still until basket answers again.",
        asked_by=pat,
        confirmed_by=andy,
        confirmed_at=now(),
        until=now() + timedelta(hours=4),
        review_due=now() + timedelta(days=5),
    )


def _placed(owner: User) -> None:
    """Put Catalogue for dev on the rehearsal cluster, as if an order had done so long ago."""
    service = make_service(
        Application.objects.get(slug="catalogue"),
        Environment.objects.get(slug="dev"),
        uuid=SERVICE,
        owner=owner,
        size=Size.objects.get(slug="m"),
        lifecycle=Lifecycle.REHEARSED,
        review_due=(now() - timedelta(days=40)).date(),
    )
    cluster = Cluster.objects.get(slug="rehearsal")
    make_placement(service, cluster, lifecycle=Lifecycle.REHEARSED, live_at=now())
    _ordered(service)


def _ordered(service: Service) -> None:
    """Write down the order that the service came of, with its plan."""
    application, place = service.application, service.placements.get()
    order = Order.objects.create(
        requester=service.owner,
        tenant=application.tenant,
        application=application,
        environment=service.environment,
        service=service,
        ended_as=Progress.REHEARSED,
        ended_at=now(),
        settled_at=now(),
        next_try_at=None,
    )
    asked = Answers(
        application=application.uuid,
        environment=service.environment.slug,
        region=service.region,
        name=application.slug,
        size=service.size.slug,
        scaffold="web-service",
        destinations=(),
        owner=service.owner.uuid,
    )
    ground = place.tenant_cluster
    spot = Spot(
        place.uuid,
        place.cluster.uuid,
        ground.uuid,
        ground.control_namespace,
        place.namespace,
        place.name,
    )
    allotted = Allotted(service.uuid, f"{application.tenant.slug}/{application.slug}", (spot,))
    revision = Revision.objects.create(
        order=order,
        number=1,
        answers=asked.as_json(),
        allotted=allotted.as_json(),
        made_by=service.owner,
    )
    drafting.draft(order, revision, toolbox.tools(), basis.of_answers)


def _strays() -> None:
    """Let the nightly look have found one thing of each kind, and one that is gone again."""
    moment = now()
    cluster = Cluster.objects.get(slug="rehearsal")
    there = {"place": str(cluster.uuid), "cluster": cluster, "looked_at": moment}
    # tomorrow, so that the sweeper under test does not find these to be gone
    tomorrow = moment + timedelta(days=1)
    beat, _ = Beat.objects.update_or_create(
        place=there["place"], defaults=there | {"due_at": tomorrow}
    )
    host, _ = Beat.objects.update_or_create(
        place="embedded", defaults={"due_at": tomorrow, "last_error": "No space left on device."}
    )
    for kind, name, where in STRAYS:
        Stray.objects.create(
            beat=host if where == "git" else beat,
            kind=kind,
            name=name,
            first_seen_at=moment - timedelta(days=2),
            settled_at=moment - timedelta(days=2),
            gone_at=moment if where == "gone" else None,
        )


def _windows() -> None:
    """Fill the calendar; of what is there, only the order that waits for approval meets any."""
    begin = now().replace(minute=0)
    make_window(begin, place="tenant:retail", minutes=4 * 24 * 60, name="Stocktaking")
    make_window(begin, kind="maintenance", place="region:us9", name="Night", rule="FREQ=DAILY")
    make_window(
        begin + timedelta(days=40),
        minutes=11 * 24 * 60,
        name="Turn of the year",
        reason="Books are closed, and few people are there to help.",
        rule="FREQ=YEARLY",
        uuid=WINDOW,
    )
    gone = make_window(begin + timedelta(days=3), name="Move of a data centre")
    actions.withdraw_window(gone, why="It was put off to spring.", by=SYSTEM)


def _leaver() -> None:
    """Let somebody of retail have left, with two services, an application, an order and a token.

    No source is called so, and the sweeper under test leaves them alone.
    """
    lena = make_user("lena", first_name="Lena-Charlotte", last_name="von der Weiden-Hohenfels")
    tenant = Tenant.objects.get(slug="retail")
    tenant.members.add(make_user("mira", last_name="Sandoval"))  # who could take over
    application = make_application("loyalty", tenant=tenant, owner=lena)
    due = (now() + timedelta(days=12)).date()
    for slug in ("dev", "prod"):
        environment = Environment.objects.get(slug=slug)
        in_use = {"lifecycle": Lifecycle.OPERATIONAL, "review_due": due}
        make_service(application, environment, size=Size.objects.get(slug="m"), **in_use)
    Order.objects.create(
        requester=lena,
        tenant=tenant,
        application=application,
        environment=Environment.objects.get(slug="test"),
        settled_at=now(),
        next_try_at=None,
    )
    make_token("billing", Scope.CMDB_READ, contact="lena@example.com", by=SYSTEM)
    flag(lena, told_by="directory", by=SYSTEM)
    missed = "It misses 312 of 4180 people at once, more than 5 %. Nobody is flagged."
    tomorrow = now() + timedelta(days=1)
    Register.objects.create(name="partners", due_at=tomorrow, looked_at=now(), last_error=missed)
    Register.objects.create(name="directory", due_at=tomorrow, looked_at=now())


def _order(person: User, application: str, environment: str) -> Order:
    wanted = Application.objects.get(slug=application)
    form = {
        "application": str(wanted.uuid),
        "environments": [environment],
        "region": "eu1",
        "name": wanted.slug,
        "size": "s",
        "scaffold": "web-service",
        "destinations": [],
        "owner": str(wanted.owner.uuid),
    }
    draft = drafts.begin(person, form)
    tools = toolbox.tools()
    return actions.submit(draft, by=person, tools=tools)[0]


if __name__ == "__main__":
    main()
