"""When a cluster was last heard of: written down often enough, and not with every answer."""

from datetime import timedelta

import pytest

from fleet import hearing
from fleet.hearing import WORTH_WRITING
from fleet.models import Connection
from portal.clock import now
from portal.errors import ClusterBusy
from tests.fleet.conftest import MakeConnection

pytestmark = pytest.mark.django_db


def test_an_answer_right_after_another_is_not_written_down(connected: MakeConnection) -> None:
    lately = now() - WORTH_WRITING / 2
    cluster = connected(heard_at=lately).cluster
    hearing.note(cluster, None)
    assert Connection.objects.get().heard_at == lately


@pytest.mark.parametrize("before", [None, timedelta(minutes=1)])
def test_an_answer_after_a_while_is(connected: MakeConnection, before: timedelta | None) -> None:
    cluster = connected(heard_at=now() - before if before else None).cluster
    hearing.note(cluster, None)
    heard = Connection.objects.get().heard_at
    assert heard is not None
    assert heard > now() - WORTH_WRITING


def test_an_answer_right_after_a_failure_takes_the_failure_away(connected: MakeConnection) -> None:
    cluster = connected(heard_at=now()).cluster
    hearing.note(cluster, ClusterBusy("429"))
    hearing.note(cluster, None)
    assert Connection.objects.get().last_error == ""
