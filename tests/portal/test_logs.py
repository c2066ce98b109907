"""Log lines: what they are about, in both formats, and that no secret stands in one."""

import json
import logging
import sys
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from portal import logs, vault
from portal.logs import Json, Text

TOKEN = f"berth_abcdefghijkl.{'x' * 43}"
CLUSTER_TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwcmltZXIifQ.c2lnbmF0dXJl"
GIT = f"1.3.{'ab' * 32}"


def record(message: str, *args: object, fault: bool = False) -> logging.LogRecord:
    exc_info = sys.exc_info() if fault else None
    return logging.LogRecord("onboarding.x", logging.INFO, "x.py", 1, message, args, exc_info)


def test_a_line_for_machines_is_one_object_with_what_it_is_about() -> None:
    with logs.about(order=7), logs.about(step="prime"):
        line = json.loads(Json().format(record("%s objects", 12)))
    assert (line["order"], line["step"], line["message"]) == (7, "prime", "12 objects")
    assert (line["level"], line["logger"]) == ("info", "onboarding.x")
    assert line["time"].endswith("+00:00")


def test_a_line_for_people_ends_in_what_it_is_about() -> None:
    with logs.about(order=7):
        assert Text().format(record("primed")).endswith("INFO onboarding.x primed [order=7]")
    assert Text().format(record("primed")).endswith("primed")


def test_a_foreign_text_cannot_forge_a_second_line() -> None:
    line = Text().format(record("said: %s", "oh\n2026-11-23 INFO all is well\x1b[2J"))
    assert "\n" not in line
    assert "\x1b" not in line


def test_a_fault_is_told_with_its_trace_and_without_the_secret_in_it() -> None:
    trace = json.loads(fault_of(f"Bearer {TOKEN}"))["trace"]
    assert "ValueError" in trace
    assert "x" * 43 not in trace


def fault_of(text: str) -> str:
    """Return the line about the exception that comes of taking this text for a number."""
    try:
        return str(int(text))
    except ValueError:
        return Json().format(record("broke", fault=True))


@pytest.mark.parametrize(
    "secret",
    [
        lambda: TOKEN,
        lambda: CLUSTER_TOKEN,
        lambda: GIT,
        lambda: vault.sealed("anything"),
        lambda: settings.SECRET_KEY,
        lambda: settings.BERTH_TOKEN_PEPPERS[0],
        lambda: settings.BERTH_FIELD_KEYS[0],
        lambda: next(iter(settings.BERTH_GIT_KEYS.values())),
    ],
)
def test_a_secret_of_ours_is_hidden_wherever_it_stands(secret: Callable[[], str]) -> None:
    line = Text().format(record("the server said %s, and more", secret()))
    assert secret() not in line
    assert "and more" in line


@pytest.mark.parametrize(
    "said",
    [
        "Authorization: Basic ZGFuYTpodW50ZXIy",
        "redis://:hunter2@queue:6379/0",
        "Cookie: berth-session=hunter2; x=1",
        '{"password": "hunter2"}',
        "csrfmiddlewaretoken=hunter2",
    ],
)
def test_what_looks_like_a_secret_is_hidden(said: str) -> None:
    hidden = logs.without_secrets(said)
    assert "hunter2" not in hidden
    assert "ZGFuYTpodW50ZXIy" not in hidden


def test_what_is_no_secret_stays() -> None:
    for said in (
        "the token for eu1-a was not renewed: cluster.unreachable",
        f"digest {'d' * 64}",
        "GET https://prod-eu1-a:6443/api/v1/namespaces",
        "main@sha1:3f1c9d7b",
    ):
        assert logs.without_secrets(said) == said


def test_a_request_keeps_the_id_that_a_proxy_gave(client: Client) -> None:
    answer = client.get("/livez", headers={"X-Request-ID": "proxy-0123456789"})
    assert answer.headers["X-Request-ID"] == "proxy-0123456789"


@pytest.mark.parametrize("odd", ["short", "x" * 65, "with space 123", "line\tbreak-123456", ""])
def test_an_id_that_is_not_fit_to_be_kept_is_replaced(client: Client, odd: str) -> None:
    answer = client.get("/livez", headers={"X-Request-ID": odd})
    assert len(answer.headers["X-Request-ID"]) == 32


def test_an_answer_is_a_line_with_its_request_and_without_its_query(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[str] = []
    caplog.handler.setFormatter(Json())
    with caplog.at_level("INFO", "portal.requests"):
        answer = client.get("/sign-in/?next=/orders/7/%3Fx%3Dhunter2")
        lines = caplog.text.splitlines()
    line = next(each for each in map(json.loads, lines) if each["logger"] == "portal.requests")
    assert line["message"].startswith("GET /sign-in/ 200 in ")
    assert line["request"] == answer.headers["X-Request-ID"]


def test_probes_leave_no_line(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "portal.requests"):
        client.get("/livez")
    assert caplog.text == ""
