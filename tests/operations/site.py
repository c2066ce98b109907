"""What people do on the portal of test_operate_page.py, and what there is afterwards.

Run in the portal's environment: `python -m tests.operations.site begin|order|approve|use|tell`.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import django
import pygit2

django.setup()  # the imports below need the tables

from django.conf import settings  # noqa: E402 (after the setup)

from accounts import tokens  # noqa: E402 (the same)
from accounts.doers import command_line  # noqa: E402 (the same)
from accounts.models import Scope, User  # noqa: E402 (the same)
from audit.models import Entry, Seal  # noqa: E402 (the same)
from onboarding import actions, toolbox  # noqa: E402 (the same)
from onboarding.form import drafts  # noqa: E402 (the same)
from onboarding.models import Order, Plan  # noqa: E402 (the same)
from portal.demo import people, record  # noqa: E402 (the same)
from tenants.models import Application  # noqa: E402 (the same)


def begin() -> None:
    people.make(by=command_line())
    record.make(by=command_line())
    order("basket")


def order(application: str) -> None:
    """Order the application for test, as a person does who needs an approval there."""
    wanted = Application.objects.get(slug=application)
    rex = User.objects.get(subject="rex")
    form = {
        "application": str(wanted.uuid),
        "environments": ["test"],
        "region": "eu1",
        "name": wanted.slug,
        "size": "s",
        "scaffold": "web-service",
        "destinations": [],
        "owner": str(wanted.owner.uuid),
    }
    actions.submit(drafts.begin(rex, form), by=rex, tools=toolbox.tools())


def approve() -> None:
    """Approve every order that waits for it."""
    for plan in Plan.objects.filter(revision__order__ended_as=""):
        waiting = plan.revision.order
        actions.approve(
            waiting,
            by=User.objects.get(subject="andy"),
            digest=plan.digest,
            reason="Fine.",
            sources=toolbox.tools().sources,
        )


def tell() -> Any:
    return {
        "orders": list(Order.objects.order_by("pk").values_list("change_number", "ended_as")),
        "plans": Plan.objects.count(),
        "repositories": repositories(settings.BERTH_GIT_FOLDER),
        "entries": list(Entry.objects.order_by("pk").values_list("pk", "verb")),
        "sealed": Seal.objects.count(),
    }


def use(text: str) -> bool:
    """Say whether a token for the figures opens them, and let it be used."""
    return tokens.verify(text, Scope.METRICS) is not None


def repositories(folder: Path) -> dict[str, dict[str, str]]:
    """Return repository -> reference -> the tree that it leads to, read to its last file."""
    found = {}
    for path in sorted(path.parent for path in folder.rglob("*.git/HEAD")):
        store = pygit2.Repository(str(path))
        trees = {name: store.references[name].peel(pygit2.Tree) for name in store.references}
        for tree in trees.values():
            index = pygit2.Index()
            index.read_tree(tree)
            assert all(store[entry.id] for entry in index)
        names = {name: str(tree.id) for name, tree in trees.items()}
        found[path.relative_to(folder).as_posix()] = names
    return found


DEEDS: Mapping[str, Callable[..., Any]] = {
    "begin": begin,
    "order": order,
    "approve": approve,
    "tell": tell,
    "use": use,
}
sys.stdout.write(json.dumps(DEEDS[sys.argv[1]](*sys.argv[2:])))
