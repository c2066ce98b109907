"""The pack of a real order that ended, with entries of others between its own."""

from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction

from accounts.models import User
from audit import inspection, ledger
from audit.ledger import SYSTEM, Subject
from audit.offline import verify
from audit.sealer import seal
from onboarding import actions
from onboarding.models import Order
from tests.journey import Portal

OTHERS = "the-tenant-next-door"


def something_else() -> None:
    """Let something happen to a record of somebody else's, and be sealed."""
    with transaction.atomic():
        ledger.note("changed", Subject("Tenant", uuid4(), OTHERS), by=SYSTEM, reason="Not yours.")
    seal()


def fetched(order: Order, by: User) -> bytes:
    """Return the pack of an order as it is handed out."""
    with actions.fetch_evidence(order, by=by).file as file:
        return file.read()


def findings(pack: bytes, key: str = "") -> list[str]:
    """Return what the verifier finds."""
    found, _ = verify.verify(pack, key)
    return found


@pytest.fixture
def ended(portal: Portal, alice: User) -> Order:
    """An order for production that was amended, approved by somebody, and that ended."""
    order = portal.order(alice, "prod", destinations=[])
    something_else()
    portal.go_on(order)
    portal.amend(order, alice, destinations=["orders-db"])
    something_else()
    done = portal.finish(order)
    something_else()
    return done


@pytest.fixture
def pack(ended: Order, audra: User) -> bytes:
    """The pack of that order, fetched when an anchor stands behind its last entry."""
    while seal():
        pass
    inspection.anchor(settings.BERTH_AUDIT_ANCHORS)
    return fetched(ended, audra)


@pytest.fixture(autouse=True)
def anchors_of_this_test(portal: Portal) -> None:
    """Keep anchors in the folder of the test."""
    settings.BERTH_AUDIT_ANCHORS = portal.folder / "anchors.jsonl"
