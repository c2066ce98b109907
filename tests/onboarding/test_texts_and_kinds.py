"""What people read of an error fits what Berth does about it."""

from collections.abc import Iterator

import pytest

from onboarding import messages
from onboarding.wording import NOTHING_TO_DO
from portal import errors
from portal.errors import BerthError, Conflict, Denied, Permanent, Temporary


def every(kind: type[BerthError]) -> Iterator[type[BerthError]]:
    for each in kind.__subclasses__():
        if each.__module__ == errors.__name__:
            yield from every(each)
            if "code" in vars(each):
                yield each


ALL = sorted(every(BerthError), key=lambda kind: kind.code)


def test_every_error_is_of_exactly_one_kind() -> None:
    kinds = (Temporary, Conflict, Permanent, Denied)
    assert [each.code for each in ALL if sum(issubclass(each, kind) for kind in kinds) != 1] == []


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.code)
def test_who_is_told_to_wait_is_tried_again_and_who_is_told_to_act_is_waited_for(
    kind: type[BerthError],
) -> None:
    told = messages.text_of(kind.code).next_step
    if told.startswith(NOTHING_TO_DO):
        assert issubclass(kind, Temporary | Conflict)
    if "tries again." in told.removeprefix(NOTHING_TO_DO) or "order again" in told.lower():
        assert not issubclass(kind, Temporary)
