"""What probes are told."""

import pytest
from django.core.management import call_command
from django.test import Client


@pytest.mark.django_db
def test_a_portal_whose_database_answers_is_ready(client: Client) -> None:
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_portal_that_is_not_migrated_is_not_ready(client: Client) -> None:
    call_command("migrate", "onboarding", "zero", fake=True, verbosity=0)
    try:
        assert client.get("/readyz").status_code == 503
        assert client.get("/livez").status_code == 200
    finally:
        call_command("migrate", fake=True, verbosity=0)


def test_a_probe_needs_no_database_to_see_that_the_process_lives(client: Client) -> None:
    assert client.get("/livez").content == b"alive\n"


def test_health_is_read_only(client: Client) -> None:
    assert client.post("/livez").status_code == 405
