"""When a cluster was last heard of: written down often enough, and not with every answer."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

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


def test_a_cluster_known_to_answer_is_asked_with_one_question_to_the_record(
    connected: MakeConnection, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cluster = connected(heard_at=now()).cluster
    with django_assert_num_queries(1), hearing.listening(cluster):
        pass


@pytest.mark.parametrize(
    ("since", "error"), [(WORTH_WRITING * 2, ""), (timedelta(0), "429"), (None, "")]
)
def test_one_that_was_not_is_written_down_when_it_answers(
    connected: MakeConnection, since: timedelta | None, error: str
) -> None:
    heard_at = None if since is None else now() - since
    cluster = connected(heard_at=heard_at, last_error=error).cluster
    with hearing.listening(cluster):
        pass
    there = Connection.objects.get()
    assert there.last_error == ""
    assert there.heard_at is not None
    assert there.heard_at > now() - WORTH_WRITING


def test_one_that_fails_is_written_down_though_it_answered_just_now(
    connected: MakeConnection,
) -> None:
    cluster = connected(heard_at=now()).cluster
    with pytest.raises(ClusterBusy), hearing.listening(cluster):
        raise ClusterBusy("429")
    assert Connection.objects.get().last_error == "429"
