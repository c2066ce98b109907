"""The digest changes if and only if the desired state does.

Every column of every row that a plan is rendered from is changed, one at a time, and so is every
answer, allotment and choice. A new column fails here until somebody says on which side it stands.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db.models import Model
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from onboarding.plans import canonical
from tests.properties.rows import Rows, choices, digest, inputs, subject, with_spot

# the columns that the desired state is made of; every other one leaves the digest alone
SAID = {
    "application.slug",
    "application.name",
    "application.cost_centre",
    "application.criticality",
    "environment.slug",
    "environment.production",
    "environment.follow",
    "environment.reference",
    "environment.reference_protected",
    *(f"size.{part}_{end}" for part in ("cpu", "memory") for end in ("requests", "limits")),
    "size.storage",
    "size.pods",
    "owner.first_name",
    "owner.last_name",
    "destination.slug",
    "destination.cidr",
    "destination.port",
    "destination.protocol",
    "cluster.slug",
}
# which cannot be changed alone; each has a test of its own
APART = {"tenant.slug", "destination.namespace"}
OTHER = {
    "cidr": "10.30.0.0/16",
    "namespace": "elsewhere",
    "follow": "semver",
    "protocol": "UDP",
    "criticality": "critical",
    **dict.fromkeys(("cpu_requests", "cpu_limits"), "3"),
    **dict.fromkeys(("memory_requests", "memory_limits", "storage"), "3Gi"),
}


ANOTHER: dict[type, Callable[[Any], Any]] = {
    bool: lambda value: not value,
    int: lambda value: value + 1,
    str: lambda value: f"{value}x",
    UUID: lambda _: UUID(int=99),
    list: lambda value: [*value, "x"],
    datetime: lambda value: value + timedelta(days=1),
    type(None): lambda _: 7,
}


def columns() -> Iterator[tuple[str, str]]:
    """Return (row, column) of everything that the rows hold, but for links to other rows."""
    whole = Rows()
    for name in (*(each.name for each in fields(Rows)), "tenant"):
        row: Model = getattr(whole, name)
        for column in row._meta.concrete_fields:
            if not column.is_relation and f"{name}.{column.attname}" not in APART:
                yield name, column.attname


def another(name: str, value: Any) -> Any:
    """Return another value that the column could hold."""
    if name in OTHER:
        return OTHER[name]
    return next(change for kind, change in ANOTHER.items() if isinstance(value, kind))(value)


@pytest.mark.parametrize(("row", "column"), list(columns()), ids=".".join)
def test_the_digest_changes_with_what_is_said_and_with_nothing_else(row: str, column: str) -> None:
    rows = Rows()
    before = inputs(rows)
    held = getattr(rows, row)
    setattr(held, column, another(column, getattr(held, column)))
    said = f"{row}.{column}" in SAID
    assert (digest(rows) != digest()) is said
    # a waiting plan is found outdated by its inputs, also where a newer pack forbids to compare
    assert inputs(rows) != before or not said


def test_a_destination_that_becomes_a_namespace_changes_the_digest() -> None:
    rows = Rows()
    rows.destination.cidr, rows.destination.namespace = "", "orders"
    assert digest(rows) != digest()
    assert inputs(rows) != inputs(Rows())


def test_a_tenant_by_another_name_changes_the_digest() -> None:
    rows, whole = Rows(), subject()
    rows.tenant.slug = "trade"
    moved = replace(whole, allotted=replace(whole.allotted, repository="trade/basket"))
    assert digest(rows, moved) != digest()
    assert inputs(rows) != inputs(Rows())


def test_a_label_that_a_site_demands_is_part_of_the_digest(settings: Settings) -> None:
    rows, before = Rows(), digest()
    settings.BERTH_MANDATORY_LABELS = {"class": "{classification}"}
    demanded = digest()
    rows.application.classification = "public"
    assert len({before, demanded, digest(rows)}) == 3


NAMES: dict[str, Any] = {
    "application": UUID(int=99),
    "owner": UUID(int=99),
    "destinations": ("another",),
}


@pytest.mark.parametrize("name", [each.name for each in fields(subject().answers)])
def test_every_answer_is_part_of_the_digest_but_the_name_that_was_allotted(name: str) -> None:
    whole = subject()
    value = NAMES.get(name) or another(name, getattr(whole.answers, name))
    changed = replace(whole, answers=replace(whole.answers, **{name: value}))
    assert (digest(of=changed) != digest()) is (name != "name")


@pytest.mark.parametrize("name", [each.name for each in fields(subject().allotted.spots[0])])
def test_every_name_and_uuid_of_a_spot_is_part_of_the_digest(name: str) -> None:
    spot = subject().allotted.spots[0]
    assert digest(of=with_spot(**{name: another(name, getattr(spot, name))})) != digest()


def test_the_service_the_repository_and_the_order_are_part_of_the_digest() -> None:
    whole = subject()
    others = [
        replace(whole, allotted=replace(whole.allotted, service=UUID(int=99))),
        replace(whole, allotted=replace(whole.allotted, repository="retail/other")),
        replace(whole, order_uuid=UUID(int=99)),
    ]
    assert len({digest(), *(digest(of=each) for each in others)}) == 4


CHOSEN = {
    "scaffold": "worker",
    "scaffold_version": "1.0.1",
    "commit_at": "2026-11-24T09:00:00+00:00",
    "author": "Somebody",
    "email": "somebody@example.com",
}
CHOSEN_FOR_A_SPOT = {
    "pack": ("classic", True),
    "pack_version": (2, False),  # a plan says what is made, not by which version
    "flux_namespace": ("retail-elsewhere", True),
    "shard": ("shard1", True),
    "pace": ({**choices(subject())["spots"][str(UUID(int=1))]["pace"], "interval": "30m"}, True),
}


def test_every_choice_is_tried() -> None:
    chosen = choices(subject())
    (spot,) = chosen["spots"].values()
    assert chosen.keys() == CHOSEN.keys() | {"spots"}
    assert spot.keys() == CHOSEN_FOR_A_SPOT.keys()


@pytest.mark.parametrize("name", CHOSEN)
def test_what_was_chosen_for_the_order_is_part_of_the_digest(name: str) -> None:
    assert digest(chosen=choices(subject()) | {name: CHOSEN[name]}) != digest()


@pytest.mark.parametrize("name", CHOSEN_FOR_A_SPOT)
def test_what_was_chosen_for_a_spot_is_part_of_the_digest_but_not_versions(name: str) -> None:
    other, said = CHOSEN_FOR_A_SPOT[name]
    whole = with_spot(control_namespace="retail-basket-prod") if name == "pack" else subject()
    chosen = choices(whole)
    (spot,) = chosen["spots"].values()
    spot[name] = other
    assert (digest(of=whole, chosen=chosen) != digest()) is said


def test_neither_time_nor_secrets_are_part_of_the_digest(settings: Settings) -> None:
    before = digest()
    settings.SECRET_KEY = "another secret of another portal"
    settings.BERTH_TOKEN_PEPPERS = ["another"]
    settings.BERTH_FIELD_KEYS = ["another"]
    settings.BERTH_GIT_KEYS = {"9": "another"}
    with time_machine.travel("2031-01-01"):
        assert digest() == before


def test_the_order_in_which_things_are_kept_is_no_part_of_the_digest(settings: Settings) -> None:
    before = digest()
    turned = dict(reversed(django_settings.BERTH_MANDATORY_LABELS.items()))
    settings.BERTH_MANDATORY_LABELS = turned
    assert digest(chosen=dict(reversed(choices(subject()).items()))) == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_two_states_have_one_digest_only_if_they_are_the_same(one: Any, other: Any) -> None:
    same = _typed(one) == _typed(other)
    texts = canonical.text(one), canonical.text(other)
    assert (texts[0] == texts[1]) is same
    assert (canonical.digest(texts[0]) == canonical.digest(texts[1])) is same


@given(JSON)
def test_a_state_that_was_stored_and_read_keeps_its_digest(value: Any) -> None:
    assert canonical.text(json.loads(canonical.text(value))) == canonical.text(value)


def _typed(value: Any) -> Any:
    """Return the value so that == tells True from 1 as well."""
    match value:
        case dict():
            return {key: _typed(each) for key, each in value.items()}
        case list():
            return [_typed(each) for each in value]
        case _:
            return type(value).__name__, value
