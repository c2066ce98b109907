"""What probes are told."""

import pytest
from django.core.management import call_command
from django.test import Client


@pytest.mark.django_db
def test_a_portal_whose_database_answers_is_ready(client: Client) -> None:
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_portal_that_is_not_migrated_is_not_ready_and_tells_strangers_nothing_else(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    call_command("migrate", "onboarding", "zero", fake=True, verbosity=0)
    try:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.content) == (503, b"not ready\n")
        assert "migrations are missing" in caplog.text
        assert client.get("/livez").status_code == 200
    finally:
        call_command("migrate", fake=True, verbosity=0)


def test_a_probe_needs_no_database_to_see_that_the_process_lives(client: Client) -> None:
    assert client.get("/livez").content == b"alive\n"


def test_health_is_read_only(client: Client) -> None:
    assert client.post("/livez").status_code == 405


@pytest.mark.parametrize("host", ["10.1.2.3:8000", "[fd00::7]:8000", "10.1.2.3"])
def test_a_probe_may_ask_by_the_bare_address_of_a_process(client: Client, host: str) -> None:
    assert client.get("/livez", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("path", "host"), [("/livez", "elsewhere.example.com"), ("/sign-in/", "10.1.2.3")]
)
def test_a_name_that_is_not_ours_is_refused_and_pages_take_no_address(
    client: Client, path: str, host: str
) -> None:
    assert client.get(path, headers={"Host": host}).status_code == 400
