"""The matrix in the database: it changes by editions, and every edition can be read again."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User
from audit.models import Entry
from portal.clock import now
from portal.errors import RecordMoved, RoleMissing
from tenants import matrix
from tenants.actions.eligibility import Proposal, put_in_force
from tenants.lifecycle import Lifecycle
from tenants.models import Edition, Rule
from tests.make import (
    make_application,
    make_cluster,
    make_environment,
    make_placement,
    make_rule,
    make_service,
)
from tests.tenants.conftest import AtOnce

pytestmark = pytest.mark.django_db


def a_rule(**changes: object) -> Rule:
    make_environment("prod")
    columns = {"environment_id": "prod", "classification": "restricted", "tier": "gold"}
    return Rule(**{**columns, "allows": True, "why": "Sealed hosts.", **changes})


def add(rule: Rule, by: User, seen: int = 0) -> Edition:
    return put_in_force(Proposal(rule, None, "Decided."), seen=seen, by=by)


def test_a_row_that_is_put_in_force_counts_at_once(olivia: User) -> None:
    add(a_rule(), olivia)
    assert [str(line) for line in matrix.in_force().lines] == [
        "Restricted data in prod may be on tier gold"
    ]
    assert matrix.in_force().edition == 1


def test_a_row_that_goes_stays_in_its_editions(olivia: User) -> None:
    rule = a_rule()
    add(rule, olivia)
    put_in_force(Proposal(None, rule, "Not any more."), seen=1, by=olivia)
    assert not matrix.in_force().lines
    assert matrix.as_of(1).lines == {rule.line}
    assert Rule.objects.get().until_id == 2


def test_what_held_on_a_day_can_be_told(olivia: User, clock: time_machine.Traveller) -> None:
    add(a_rule(), olivia)
    first = now()
    clock.shift(timedelta(days=3))
    add(a_rule(tier="lab*", allows=False), olivia, seen=1)
    assert matrix.edition_at(first - timedelta(seconds=1)) == 0
    assert matrix.edition_at(first + timedelta(days=2)) == 1
    assert len(matrix.as_of(matrix.edition_at(now())).lines) == 2


def test_a_row_that_takes_another_s_place_leaves_one_entry_with_before_and_after(
    olivia: User,
) -> None:
    old = a_rule()
    add(old, olivia)
    put_in_force(Proposal(a_rule(tier="silver"), old, "Gold is full."), seen=1, by=olivia)
    entry = Entry.objects.get(verb="replaced")
    assert entry.changes == {"tier": ["gold", "silver"], "edition": [1, 2]}
    assert (entry.actor, entry.reason) == (olivia.ident, "Gold is full.")


def test_who_saw_an_older_matrix_changes_nothing(olivia: User) -> None:
    add(a_rule(), olivia)
    with pytest.raises(RecordMoved):
        add(a_rule(tier="silver"), olivia)
    with pytest.raises(RecordMoved):
        add(a_rule(tier="silver"), olivia, seen=7)
    assert Rule.objects.count() == Edition.objects.count() == Entry.objects.count() == 1


def test_only_operators_change_the_matrix(alice: User, audra: User) -> None:
    for person in (alice, audra):
        with pytest.raises(RoleMissing):
            add(a_rule(), person)
    assert not Rule.objects.exists()


def test_the_same_row_is_in_force_once(olivia: User) -> None:
    for environment in ("prod", None):
        add(a_rule(environment_id=environment), olivia, seen=matrix.in_force().edition)
        with pytest.raises(ValidationError, match="in force already"):
            add(a_rule(environment_id=environment), olivia, seen=matrix.in_force().edition)
    assert Edition.objects.count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"tier": "a*b"},
        {"region": ""},
        {"why": ""},
        {"classification": "secret"},
        {"tier": "*", "environment_id": None, "classification": "", "allows": False},
    ],
)
def test_a_row_that_makes_no_sense_is_refused_in_words(
    wrong: dict[str, object], olivia: User
) -> None:
    with pytest.raises(ValidationError):
        add(a_rule(**wrong), olivia)
    assert not Edition.objects.exists()


def test_the_database_itself_keeps_a_row_from_ending_before_it_began() -> None:
    rule = make_rule()
    with pytest.raises(IntegrityError), transaction.atomic():
        Rule.objects.update(until=rule.since)


def test_rows_are_for_those_who_see_everything(alice: User, olivia: User, audra: User) -> None:
    make_rule()
    assert [matrix.rules_for(each).count() for each in (alice, olivia, audra)] == [0, 1, 1]
    assert [matrix.editions_for(each).count() for each in (alice, olivia, audra)] == [0, 1, 1]


def test_what_lives_where_it_may_not_is_counted_by_place() -> None:
    make_rule(tier="shared", allows=False)
    shared = make_cluster("eu1-a", tier="shared")
    for slug, lifecycle in (("a", "operational"), ("b", "retiring"), ("c", "retired")):
        service = make_service(make_application(slug, classification="restricted"))
        make_placement(service, shared, lifecycle=Lifecycle(lifecycle))
    make_placement(make_service(make_application("d")), shared)
    refused = matrix.tally().refused_by(matrix.in_force())
    assert sum(refused.values()) == 2
    found = matrix.placements_at(refused.keys(), 50)
    assert [each.service.application.slug for each in found] == ["a", "b"]
    assert len(matrix.placements_at(refused.keys(), 1)) == 1


def test_of_two_who_change_the_matrix_at_once_one_finds_out(at_once: AtOnce, olivia: User) -> None:
    rules = [a_rule(tier=tier) for tier in ("gold", "silver")]
    results = at_once(*(lambda rule=rule: add(rule, olivia) for rule in rules))
    assert sorted(type(each).__name__ for each in results) == ["Edition", "RecordMoved"]
    assert Rule.objects.count() == 1
