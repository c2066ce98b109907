"""Every break of the table still fits the tree, so that `make mutants` tries what it says."""

import ast
import inspect
import re
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from onboarding.stories import STORIES
from portal import errors
from tests.mutations import breaking, page
from tests.mutations.breaking import ROOT, Break

TABLE = breaking.table()


@pytest.mark.parametrize("entry", TABLE, ids=lambda each: f"{each.number}-{each.file}")
def test_a_break_fits_the_tree_and_leaves_python_that_can_be_read(entry: Break) -> None:
    assert breaking.fault(entry) == ""
    text = (ROOT / entry.file).read_text()
    broken = text.replace(entry.old, entry.new)
    assert broken != text
    ast.parse(broken)


def test_no_break_stands_in_the_table_twice() -> None:
    counted = Counter((each.file, each.old, each.new) for each in TABLE)
    assert [file for (file, _, _), count in counted.items() if count > 1] == []


def test_every_undo_of_every_story_is_broken() -> None:
    undos = {step.undo for story in STORIES.values() for step in story.steps if step.undo}
    assert [undo.__name__ for undo in map(_plain, undos) if not _is_broken(undo)] == []


def _plain(undo: Callable[..., object]) -> Callable[..., object]:
    return undo.func if isinstance(undo, partial) else undo


def _is_broken(undo: Callable[..., object]) -> bool:
    """Say whether a break changes the undo itself, or takes it out of its story."""
    source = inspect.getsource(undo)
    name = f"undo={undo.__name__}"
    return any(each.old.strip("\n") in source or name in each.old for each in TABLE)


WAITED_FOR = ("cluster.", "githost.", "scaffold.", "entitlement.unknown", "engine.")


def test_every_error_that_an_order_waits_for_is_given_another_kind() -> None:
    changed = {match for each in TABLE for match in re.findall(r"class (\w+)\(", each.old)}
    known = {kind.__name__: kind for kind in vars(errors).values() if isinstance(kind, type)}
    wanted = {
        name
        for name, kind in known.items()
        if issubclass(kind, errors.BerthError) and vars(kind).get("code", "").startswith(WAITED_FOR)
    }
    assert wanted - changed == set()


def test_the_page_tells_of_every_break_and_leaves_none_unexplained() -> None:
    told = page.read()
    assert list(told) == [each.why for each in TABLE]
    assert [why for why, noticed in told.items() if noticed.startswith("**")] == []
