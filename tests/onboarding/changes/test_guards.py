"""Every guard by name: for each model, state, verb and condition, who may and who may not.

The table is made from the shipped file: a new guard or verb without a row here fails.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from onboarding import messages
from onboarding.changes import control
from onboarding.changes.guards import GUARDS, Situation, hindrances
from onboarding.changes.lifecycle import BERTHS, LEADS_TO, Verb
from onboarding.changes.models import ChangeStatus

MODELS = control.read(Path(settings.BERTH_CHANGE_CONTROL)).models
DIGEST = "d" * 64

# somebody who may do everything that guards ask about, at once
FREE = Situation(
    status="authorize",
    who_decides="a member of prod-approvers",
    is_approver=True,
    sits_here=True,
    digest=DIGEST,
    shown=DIGEST,
    reason="Because.",
)
# how each guard is made to fail, and with which code
SPOILT: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "role": ({"is_approver": False}, "change.not-approver"),
    "not-requester": ({"is_requester": True}, "change.own-order"),
    "not-amender": ({"has_amended": True}, "change.own-order"),
    "group": ({"sits_here": False}, "change.not-approver"),
    "once": ({"has_decided": True}, "change.already-decided"),
    "not-sole-owner": ({"is_owner": True}, "change.owners-only"),
    "in-time": ({"is_over_time": True}, "change.expired"),
    "digest": ({"shown": "e" * 64}, "plan.outdated"),
    "reason": ({"reason": ""}, "change.reason-missing"),
    "requester": ({"is_requester": False, "is_operator": False}, "entitlement.denied"),
    "question": ({"questions": 0}, "change.no-question"),
    "approved": ({"has_approved": False}, "change.nothing-to-take-back"),
}
# what a verb needs besides, so that nothing is in its way
BESIDES: Mapping[Verb, Mapping[str, Any]] = {
    Verb.ANSWER: {"is_requester": True, "is_approver": False, "questions": 1},
    Verb.TAKE_BACK: {"has_approved": True, "has_decided": True},
}
CASES = [
    (model, status, verb, guard)
    for model, status, verb, guard in product(MODELS, ChangeStatus.values, Verb, [*GUARDS, None])
]


def test_each_guard_has_a_way_to_fail() -> None:
    assert set(SPOILT) == set(GUARDS)


@pytest.mark.parametrize(("model", "status", "verb", "guard"), CASES)
def test_a_verb_is_open_only_from_its_states_and_while_its_guards_hold(
    model: str, status: str, verb: Verb, guard: str | None
) -> None:
    move = MODELS[model].moves.get(verb)
    spoilt, code = SPOILT[guard] if guard else ({}, "")
    here = replace(FREE, status=status, **{**BESIDES.get(verb, {}), **spoilt})
    found = list(hindrances(MODELS[model], verb, here))
    told = {each.guard: each.error.code for each in found}
    assert ("state" in told) is (move is None or status not in move.sources)
    if guard and move and guard in move.guards:
        assert told[guard] == code
    else:
        assert set(told) <= {"state"}


@pytest.mark.parametrize("guard", GUARDS)
def test_each_guard_says_what_is_wrong_and_what_would_mend_it(guard: str) -> None:
    spoilt, code = SPOILT[guard]
    error = GUARDS[guard](replace(FREE, **spoilt))
    assert error is not None
    assert error.code == code
    assert error.detail.endswith(".")
    assert messages.of(error).next_step


def test_what_is_about_the_person_is_told_first() -> None:
    here = replace(FREE, status="closed", is_requester=True, shown="e" * 64)
    found = [each.guard for each in hindrances(MODELS["normal"], Verb.APPROVE, here)]
    assert found == ["not-requester", "state", "digest"]


OWNERS = [
    # (needed, given, of those by others) and whether an owner may approve now
    ((1, 0, 0), False),
    ((2, 0, 0), True),
    ((2, 1, 0), False),
    ((2, 1, 1), True),
    ((3, 2, 0), False),
    ((3, 2, 1), True),
]


@pytest.mark.parametrize(("counts", "may"), OWNERS)
def test_an_owner_counts_but_never_owners_alone(counts: tuple[int, int, int], may: bool) -> None:  # noqa: FBT001 - a column
    needed, given, by_others = counts
    here = replace(FREE, is_owner=True, needed=needed, given=given, by_others=by_others)
    assert (GUARDS["not-sole-owner"](here) is None) is may


def test_a_digest_that_was_not_sent_yet_is_in_nobodys_way() -> None:
    assert list(hindrances(MODELS["normal"], Verb.APPROVE, replace(FREE, shown=None))) == []


def test_no_verb_leads_to_where_a_change_could_start_but_approval() -> None:
    assert [verb for verb, to in LEADS_TO.items() if to == "scheduled"] == [Verb.APPROVE]
    assert [verb for verb, (_, to, _) in BERTHS.items() if to == "scheduled"] == []
