"""The page of connections: what is configured, what a test shows, and what it leaves."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest
from django.http import HttpResponse
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from audit.models import Entry
from onboarding import actions, connections, toolbox
from onboarding.models import Evidence
from onboarding.trials import Trials
from portal.errors import TrialUnderWay
from portal.reaching import Tried, went
from tests.make import browser_of
from tests.onboarding.entitlement import decision_point
from tests.onboarding.entitlement.decision_point import TOKEN, Point

pytestmark = pytest.mark.django_db
FILE = """
version: 1
sources:
  policy: {{kind: authzen, url: "{url}", token: {{variable: POLICY_TOKEN}}}}
  staff: {{kind: groups, permits: ["{{tenant}}:{{environment}}:deployers"]}}
"""
Post = Callable[..., HttpResponse]


@pytest.fixture
def point(tmp_path: Path) -> Iterator[Point]:
    with decision_point.running(tmp_path) as running:
        yield running


@pytest.fixture
def arranged(
    point: Point, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Have the portal ask the decision point, by a file."""
    monkeypatch.setenv("POLICY_TOKEN", TOKEN)
    path = tmp_path / "sources.yaml"
    path.write_text(FILE.format(url=f"{point.url}?code=k3y"))
    settings.BERTH_ENTITLEMENT_CONFIG = path
    settings.BERTH_CA_BUNDLE = point.bundle
    toolbox.tools.cache_clear()
    yield path
    toolbox.tools.cache_clear()


@pytest.fixture
def post(olivia: User) -> Post:
    browser = browser_of(olivia)

    def send(name: str, sort: str = "sources", **form: str) -> HttpResponse:
        answer = browser.post(reverse("onboarding:test-connection", args=(sort, name)), form)
        assert isinstance(answer, HttpResponse)
        return answer

    return send


def listed(person: User) -> str:
    return browser_of(person).get(reverse("onboarding:connections")).content.decode()


def test_everything_that_is_configured_is_listed_without_secrets(
    arranged: Path, olivia: User, point: Point
) -> None:
    text = listed(olivia)
    for told in ("policy", "authzen", point.url, "staff", "groups of this portal"):
        assert told in text
    assert TOKEN not in text
    assert "k3y" not in text


def test_an_auditor_sees_them_and_tests_none(arranged: Path, audra: User) -> None:
    text = listed(audra)
    assert "policy" in text
    assert "/test/" not in text


def test_a_fault_of_the_file_is_told_and_the_others_can_be_tested(
    arranged: Path, olivia: User, post: Post
) -> None:
    arranged.write_text(FILE.format(url="nonsense"))
    toolbox.tools.cache_clear()
    text = listed(olivia)
    assert "Source policy: `url` must be an address" in text
    assert "staff" in text
    assert post("policy").status_code == 404
    assert post("staff").status_code == 200


def test_a_test_shows_every_stage_and_leaves_one_entry(
    arranged: Path, post: Post, point: Point
) -> None:
    point.says({"decision": True})
    before = Entry.objects.count()
    text = post("policy").content.decode()
    for told in ("It can be reached and answers", "Connection", "TLS", "Decision"):
        assert told in text
    assert Entry.objects.count() == before + 1
    entry = Entry.objects.latest("id")
    assert (entry.verb, entry.object_name) == ("tested connection", "sources/policy")
    assert entry.changes == {"about": [None, "local:olivia"], "result": [None, "good"]}
    assert not Evidence.objects.exists()


def test_a_failure_says_what_to_change(arranged: Path, post: Post, point: Point) -> None:
    point.says({"error": TOKEN}, 401)
    text = post("policy").content.decode()
    assert "It cannot be used as it is" in text
    assert "Put a token that it takes" in text
    assert TOKEN not in text
    assert Entry.objects.latest("id").changes["result"] == [None, "failed at Answer"]


def test_a_test_asks_about_the_person_that_is_named(
    arranged: Path, post: Post, point: Point, alice: User
) -> None:
    post("policy", person="alice")
    assert point.server.asked[-1].body["subject"]["id"] == "local:alice"
    answer = post("policy", person="nobody")
    assert answer.status_code == 422
    assert "Nobody here goes by nobody." in answer.content.decode()


def test_nothing_that_is_sent_becomes_an_address(arranged: Path, post: Post, point: Point) -> None:
    elsewhere = {"url": "https://169.254.169.254/", "where": "https://169.254.169.254/"}
    text = post("policy", **elsewhere).content.decode()
    assert "169.254" not in text
    for name, sort in (("other", "sources"), ("policy", "providers"), ("policy", "files")):
        assert post(name, sort).status_code == 404
    assert len(point.server.asked) == 1


def test_a_source_without_stages_is_asked_once(arranged: Path, post: Post) -> None:
    text = post("staff").content.decode()
    assert "onboard tenant/application in environment: silent (not_in_group)" in text


def test_a_test_teaches_the_portal_nothing(arranged: Path, post: Post, point: Point) -> None:
    seat = toolbox.seats()[0]
    point.says({}, 503)
    for _ in range(seat.limits.failures + 1):
        post("policy")
    point.says({"decision": True})
    assert "It can be reached" in post("policy").content.decode()
    query = connections.question(User.objects.get(username="olivia"), User.objects.get())
    answer = toolbox.sources().ruling(query).heard[0].answer
    assert answer.reason_code != "source_resting"


def test_who_tests_two_at_once_is_told_to_wait(olivia: User) -> None:
    trials, never = Trials(seconds=0.05), Event()

    def hangs() -> Iterator[Tried]:
        never.wait(20)
        yield went("Name", "")

    party = connections.Party("sources", "own", "own", "", lambda _query: hangs())
    actions.try_connection(party, about=olivia, by=olivia, trials=trials)
    with pytest.raises(TrialUnderWay):
        actions.try_connection(party, about=olivia, by=olivia, trials=trials)
    never.set()


def test_without_a_file_the_usual_sources_are_listed_and_tested(
    olivia: User, post: Post, settings: Settings, tmp_path: Path
) -> None:
    settings.BERTH_ENTITLEMENT_FILE = tmp_path / "rules.yaml"
    toolbox.tools.cache_clear()
    assert str(tmp_path / "rules.yaml") in listed(olivia)
    assert "Put the file there" in post("file").content.decode()
