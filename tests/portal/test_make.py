"""The test tools themselves: people, rows, the clock and emptying the database."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction

from accounts.models import User
from audit import triggers
from audit.ledger import SYSTEM, Subject, note
from audit.models import Entry
from portal.clock import now
from tenants.models import Placement, Tenant
from tests.conftest import START
from tests.make import make_placement


def test_members_of_retail_are_alice_and_bob(retail: Tenant, charlie: User) -> None:
    assert {user.username for user in retail.members.all()} == {"alice", "bob"}


@pytest.mark.django_db
def test_a_placement_brings_everything_it_stands_on() -> None:
    placement = make_placement()
    assert Placement.objects.get() == placement
    assert placement.namespace == "retail-basket-dev"


def test_the_clock_stands_until_it_is_moved(clock: time_machine.Traveller) -> None:
    assert now() == START
    clock.shift(timedelta(minutes=6))
    assert now() == START + timedelta(minutes=6)


@pytest.mark.django_db(transaction=True)
def test_the_database_can_be_emptied_although_triggers_refuse_it(olivia: User) -> None:
    with transaction.atomic():
        note("made", Subject("User", olivia.uuid, "olivia"), by=SYSTEM)
    call_command("flush", interactive=False, verbosity=0)
    assert not Entry.objects.exists()
    assert not triggers.missing()
