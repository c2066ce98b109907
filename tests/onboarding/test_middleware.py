"""Expected errors become a page in words, with the right status, and nothing typed is lost."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from onboarding.middleware import expected_errors
from portal.errors import (
    ClusterUnreachable,
    NameTaken,
    NotEntitled,
    ReasonMissing,
)


def answered(http: HttpRequest, error: Exception) -> HttpResponse | None:
    http.user = AnonymousUser()
    return expected_errors(lambda _http: HttpResponse()).process_exception(http, error)


def page_of(http: HttpRequest, error: Exception) -> str:
    answer = answered(http, error)
    assert answer is not None
    return answer.content.decode()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotEntitled("No rule."), 403),
        (NameTaken("basket is taken."), 409),
        (ReasonMissing("Say why."), 422),
        (ClusterUnreachable("eu1"), 503),
        (OperationalError("canceling statement due to lock timeout"), 503),
    ],
)
def test_the_kind_of_an_error_gives_the_status(
    rf: RequestFactory, error: Exception, status: int
) -> None:
    answer = answered(rf.get("/"), error)
    assert answer is not None
    assert answer.status_code == status


def test_the_page_says_what_happened_what_it_means_and_what_to_do(rf: RequestFactory) -> None:
    text = page_of(rf.get("/"), NameTaken("basket is taken on eu1."))
    for words in ("This name is taken", "basket is taken on eu1.", "Choose another name"):
        assert words in text
    assert "Code order.name-taken" in text


def test_what_was_typed_can_be_sent_again_but_for_secrets(rf: RequestFactory) -> None:
    sent = {"reason": 'Because "we" must', "password": "hunter2", "token": "berth_x"}
    text = page_of(rf.post("/", sent), ClusterUnreachable(""))
    assert "Because &quot;we&quot; must" in text
    assert "Send it again" in text
    assert "hunter2" not in text
    assert "berth_x" not in text


def test_a_fragment_gets_a_banner_in_its_place(rf: RequestFactory) -> None:
    http = rf.get("/", headers={"HX-Request": "true"})
    answer = answered(http, ClusterUnreachable("eu1"))
    assert answer is not None
    assert answer.status_code == 422
    assert "<html" not in answer.content.decode()


def test_what_nobody_foresaw_stays_an_error(rf: RequestFactory) -> None:
    assert answered(rf.get("/"), ValueError("a bug")) is None


def test_a_database_that_gives_no_lock_is_told_in_words_and_not_in_its_own(
    rf: RequestFactory,
) -> None:
    sent = rf.post("/", {"reason": "Not needed"})
    text = page_of(sent, OperationalError("connection to db.bank.example failed"))
    assert "The database did not answer in time" in text
    assert "Not needed" in text
    assert "db.bank.example" not in text
