"""What every kind of order has to have beside its story."""

from pathlib import Path

import pytest
from django.conf import settings

from onboarding.api.kinds import ASKS
from onboarding.engine.steps import Story
from onboarding.models import TOWARDS, Kind
from onboarding.stories import STORIES

FAREWELLS = Path(settings.ROOT) / "templates" / "onboarding" / "farewells"
SHARED = ["check_entitlement", "draft_plan", "open_change", "await_approval", "start_change"]


def test_every_kind_has_a_story_a_title_a_farewell_and_a_way_to_order_it() -> None:
    for known in (STORIES, TOWARDS, ASKS):
        assert set(known) == set(Kind.values)
    assert {path.stem for path in FAREWELLS.iterdir()} == set(Kind.values)


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_every_story_is_approved_before_it_makes_anything(story: Story) -> None:
    names = [step.name for step in story.steps]
    assert len(names) == len(set(names))
    first = next(i for i, step in enumerate(story.steps) if step.guarded)
    assert [name for name in names[:first] if name in SHARED] == SHARED


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_what_can_be_undone_says_what_that_takes_back(story: Story) -> None:
    assert [step.name for step in story.steps if step.undo and not step.takes_back] == []
