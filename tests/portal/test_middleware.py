"""What every request goes through."""

from collections.abc import Mapping

import pytest

from accounts.models import User
from tests.make import browser_of


@pytest.mark.parametrize("query", [{"q": "a\0"}, {"after": "\0"}, {"\0": "x"}])
def test_a_null_character_in_the_address_is_refused_on_a_page(
    alice: User, query: Mapping[str, str]
) -> None:
    answer = browser_of(alice).get("/services/", query)
    assert answer.status_code == 400
    assert "could not be read" in answer.text


def test_a_null_character_in_a_form_is_refused(alice: User) -> None:
    assert browser_of(alice).post("/orders/new/", {"application": "\0"}).status_code == 400
