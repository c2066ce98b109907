"""What if somebody asked for that: the real sources answer, and nothing is left but one entry."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.urls import reverse
from pytest_django import Settings

from accounts import leaving
from accounts.models import Snapshot, User
from audit import ledger
from audit.models import Entry
from onboarding import toolbox
from onboarding.changes.models import Approval, Change
from onboarding.entitlement import checks
from onboarding.entitlement.arrangement import Limits
from onboarding.entitlement.asking import Sources
from onboarding.entitlement.combine import one_of
from onboarding.entitlement.seat import Seat
from onboarding.models import Draft, Evidence, Order
from onboarding.ports import Outcome
from tenants.catalogue import Environment
from tenants.models import Application
from tests.journey import Portal
from tests.make import browser_of, make_rule, make_user
from tests.onboarding.entitlement.asked import Told, said

pytestmark = pytest.mark.django_db
ADDRESS = "onboarding:suppose"
WISH = {
    "person": "alice",
    "action": "onboard",
    "application": "retail/basket",
    "environment": "dev",
}
Asking = Callable[..., HttpResponse]


@pytest.fixture
def ask(olivia: User, portal: Portal) -> Asking:
    """Send the form as an operator, with changes."""
    browser = browser_of(olivia)
    return lambda **changes: browser.post(reverse(ADDRESS), WISH | changes)  # type: ignore[return-value] # Django's own


def page(answer: HttpResponse) -> str:
    return answer.content.decode()


def test_it_shows_who_said_what_by_which_rule_and_revision(ask: Asking) -> None:
    text = page(ask())
    for told in ("Who said what", "permitted_by_rule", "rule effect: permit", "revision "):
        assert told in text
    assert "This would be taken as an order" in text


def test_a_refusal_shows_the_remedy(ask: Asking, portal: Portal) -> None:
    portal.write_policy("version: 1\nrules: []\n")
    text = page(ask())
    assert "This would not go through" in text
    assert "Ask to join" in text or "You are in no group" in text


def test_it_leaves_one_entry_and_nothing_else(ask: Asking) -> None:
    before = Entry.objects.count()
    assert ask().status_code == 200
    for model in (Evidence, Order, Draft, Change, Approval):
        assert not model.objects.exists()
    assert Entry.objects.count() == before + 1
    entry = Entry.objects.latest("id")
    assert (entry.verb, entry.actor, entry.object_name) == (
        "asked what if",
        "local:olivia",
        "alice",
    )
    assert entry.changes == {
        "question": [None, "onboard retail/basket in dev"],
        "answer": [None, "permit"],
    }


def test_looking_at_the_form_asks_nobody_and_leaves_no_entry(olivia: User, portal: Portal) -> None:
    before = Entry.objects.count()
    text = page(browser_of(olivia).get(reverse(ADDRESS), WISH))  # type: ignore[arg-type] # Django's
    assert 'value="alice"' in text
    assert Entry.objects.count() == before


def test_it_is_the_same_rendering_as_that_of_an_order(
    ask: Asking, alice: User, olivia: User, portal: Portal
) -> None:
    supposed = page(ask())
    order = portal.order(alice)
    real = browser_of(olivia).get(reverse("onboarding:evidence", args=(order.pk,)))
    assert "?person=local%3Aalice&amp;action=onboard&amp;" in real.content.decode()
    voices = real.content.decode().partition("Who said what")[2].partition("</details>")[0]
    assert voices
    assert voices in supposed


def test_clusters_that_may_not_hold_the_data_are_in_the_way(ask: Asking, portal: Portal) -> None:
    Application.objects.update(classification="restricted")
    assert "may hold data of this class" in page(ask())
    make_rule(why="Restricted data stays on gold.")
    text = page(ask())
    assert "Restricted data stays on gold." in text
    assert "This would not go through" in text


def test_somebody_who_has_left_is_in_the_way(ask: Asking, alice: User) -> None:
    leaving.flag(alice, told_by="directory", by=ledger.SYSTEM)
    text = page(ask())
    assert "has left, says directory" in text
    assert "This would not go through" in text


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nobody-at-all", "Nobody here goes by nobody-at-all."),
        ("twin@example.com", "Several people go by twin@example.com: local:castor, local:pollux."),
    ],
)
def test_a_name_that_does_not_mean_one_person_is_told(ask: Asking, name: str, told: str) -> None:
    for twin in ("castor", "pollux"):
        make_user(twin, email="twin@example.com")
    answer = ask(person=name)
    assert answer.status_code == 422
    assert told in page(answer)


@pytest.mark.parametrize("name", ["local:alice", "ALICE", "alice@example.com", " alice "])
def test_a_person_is_known_by_identity_user_name_and_address(
    ask: Asking, alice: User, name: str
) -> None:
    User.objects.filter(pk=alice.pk).update(email="Alice@example.com")
    assert ask(person=name).status_code == 200


def test_an_identity_counts_before_a_user_name_of_the_same_letters(ask: Asking) -> None:
    make_user("other", email="local:alice")
    assert "local:alice</span>" in page(ask(person="local:alice"))


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"application": "basket"}, "Name the tenant too"),
        ({"application": "retail/nothing"}, "The record has no application retail/nothing."),
        ({"environment": "moon"}, "There is no such environment"),
        ({"action": "rule-the-world"}, "Nobody can ask for that"),
    ],
)
def test_what_is_not_there_is_told(ask: Asking, wish: dict[str, str], told: str) -> None:
    answer = ask(**wish)
    assert answer.status_code == 422
    assert told in page(answer)


def test_of_somebody_switched_off_no_source_is_asked(ask: Asking, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    text = page(ask())
    assert "person_off" in text or "can no longer sign in" in text
    assert "The account is switched off" in text


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"person": "charlie"}, "is no member of Retail"),
        ({"action": "resize"}, "nothing stands to be changed"),
        ({"action": "approve"}, "does not have the role approver"),
        ({"action": "approve"}, "No source is asked who may approve"),
        ({}, "never the person who asks"),
    ],
)
def test_the_portal_says_what_it_asks_besides(
    ask: Asking, charlie: User, wish: dict[str, str], told: str
) -> None:
    Environment.objects.update(change_type="normal")
    assert told in page(ask(**wish))


def test_sources_are_asked_who_may_approve_where_the_site_wants_that(
    ask: Asking, settings: Settings
) -> None:
    settings.BERTH_ENTITLEMENT_APPROVERS = True
    text = page(ask(action="approve"))
    assert "Who said what" in text
    assert "does not have the role approver" in text


def test_what_is_under_way_already_is_in_the_way(ask: Asking, alice: User, portal: Portal) -> None:
    order = portal.order(alice)
    assert f"by {order}." in page(ask())


# What it does to what sources remember


def asked_after_supposing(source: Told, alice: User, basket: Application) -> Outcome:
    """Ask for a hint on a page, after an operator supposed the same."""
    sources = Sources([Seat(source, Limits())], one_of([source.name]))
    query = checks.query_of(alice, "onboard", basket, Environment.objects.get(slug="dev"))
    checks.ask(sources, alice, query)
    return checks.hints(sources, alice, [query])[0].outcome


def test_what_a_hint_repeats_afterwards_is_what_the_source_said_of_the_same_question(
    alice: User, portal: Portal, basket: Application
) -> None:
    source = Told(lambda: said(Outcome.DENY))
    assert asked_after_supposing(source, alice, basket) is Outcome.DENY
    assert source.asked == 1


def test_a_decision_afterwards_asks_anew(
    ask: Asking, alice: User, portal: Portal, monkeypatch: Any
) -> None:
    source = Told()
    sources = Sources([Seat(source, Limits())], one_of([source.name]))
    monkeypatch.setattr(toolbox, "sources", lambda: sources)
    ask()
    assert source.asked == 1
    source.does = lambda: said(Outcome.DENY)
    ask()
    assert source.asked == 2


# The command


def printed(**wish: str) -> str:
    out = StringIO()
    call_command("explain_entitlement", *(f"--{k}={v}" for k, v in wish.items()), stdout=out)
    return out.getvalue()


def test_the_command_tells_the_same(portal: Portal) -> None:
    text = printed(**WISH)
    assert "local:alice would onboard retail/basket in dev. Nothing was decided." in text
    assert "permit by file (permitted_by_rule)" in text
    assert "Account: holds." in text
    assert Entry.objects.latest("id").channel == "command"
    assert not Evidence.objects.exists()


def test_the_command_tells_everything_that_is_missing_or_wrong(portal: Portal) -> None:
    with pytest.raises(CommandError) as told:
        printed(person="nobody", application="retail/basket")
    for sentence in ("--person: Nobody here goes by nobody.", "--action: Say what for."):
        assert sentence in str(told.value)


@pytest.mark.parametrize("words", [(), ("1", "--person=alice")])
def test_the_command_takes_an_order_or_a_wish(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="Name an order, or what somebody would ask for"):
        call_command("explain_entitlement", *words)


def test_an_operator_reads_no_claims_that_no_rule_speaks_of(ask: Asking, alice: User) -> None:
    claims = {"department": "retail", "salary": "9000"}
    Snapshot.objects.create(user=alice, provider="corp", at=alice.date_joined, claims=claims)
    assert "9000" not in page(ask())
