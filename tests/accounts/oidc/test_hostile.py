"""What a lying provider, or somebody between it and us, sends: refused, written down, in words."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from time_machine import Traveller

from accounts.models import Session, User
from accounts.oidc import discovery, providers
from audit.models import Entry
from portal.errors import IssuerAway
from tests.accounts.oidc.conftest import START, Write, answered, begun, came_in, entry, sent_back
from tests.accounts.oidc.fake_provider import FakeProvider, make_key, running

pytestmark = pytest.mark.django_db

Lie = Callable[[FakeProvider], None]
HOUR = 3600


def told(answer: HttpResponse) -> str:
    """Return the code on the page of a refusal, after looking that nobody is in."""
    assert answer.status_code == 403
    assert "What to do now" in answer.text
    assert not Session.objects.exclude(user=None).exists()
    code = answer.text.partition("Code ")[2].partition(" ")[0]
    assert Entry.objects.get(verb="refused sign-in").reason.startswith(code)
    return code


def moment(**away: int) -> Lie:
    """Return a lie that moves times of the token by so many seconds from what is right."""

    def lie(fake: FakeProvider) -> None:
        def forge(claims: dict[str, Any]) -> str:
            moved = {name: claims["iat"] + seconds for name, seconds in away.items()}
            return fake.signed(claims | moved)

        fake.forge = forge

    return lie


def claims(**other: Any) -> Lie:
    return lambda fake: fake.says(**other)


def unsigned(fake: FakeProvider) -> None:
    fake.forge = fake.unsigned


def confused(fake: FakeProvider) -> None:
    fake.forge = fake.signed_with_secret


def unnamed_algorithm(fake: FakeProvider) -> None:
    fake.metadata = {"id_token_signing_alg_values_supported": ["ES256"]}


def unknown_kid(fake: FakeProvider) -> None:
    fake.rotate(publish=False)


def same_kid_of_another_key(fake: FakeProvider) -> None:
    right = fake.signs_with
    fake.signs_with = make_key()
    fake.header = {"kid": right.kid}


def tampered(fake: FakeProvider) -> None:
    def forge(claims: dict[str, Any]) -> str:
        head, _, signature = fake.signed(claims).split(".")
        other = fake.signed(claims | {"sub": "boss"}).split(".")[1]
        return f"{head}.{other}.{signature}"

    fake.forge = forge


def key_in_its_own_header(fake: FakeProvider) -> None:
    published, fake.signs_with = fake.publishes, make_key()
    fake.publishes = published
    fake.header = {"jwk": fake.signs_with.as_dict(private=False)}


def no_token(text: str) -> Lie:
    def lie(fake: FakeProvider) -> None:
        fake.forge = lambda _: text

    return lie


LIES = {
    "another audience": claims(aud="other"),
    "another audience, though meant for us": claims(aud="other", azp="berth"),
    "no audience": claims(aud=None),
    "another issuer": claims(iss="https://idp.example.com"),
    "issuer with a slash more": lambda fake: fake.says(iss=f"{fake.address}/"),
    "another nonce": claims(nonce="n-0"),
    "no nonce": claims(nonce=None),
    "another azp": claims(azp="other"),
    "two audiences without azp": claims(aud=["berth", "other"]),
    "two audiences, azp the other": claims(aud=["berth", "other"], azp="other"),
    "alg none": unsigned,
    "HMAC with the public key": confused,
    "an algorithm that the provider does not name": unnamed_algorithm,
    "unknown kid": unknown_kid,
    "known kid, another key": same_kid_of_another_key,
    "its key in its header": key_in_its_own_header,
    "changed after signing": tampered,
    "expired": moment(exp=-HOUR),
    "not yet valid": moment(nbf=HOUR),
    "issued in the future": moment(iat=HOUR),
    "no expiry": claims(exp=None),
    "expiry that is no number": claims(exp="never"),
    "no subject": claims(sub=None),
    "empty subject": claims(sub=""),
    "subject that is a number": claims(sub=7),
    "subject with a null": claims(sub="a\0b"),
    "subject without end": claims(sub="a" * 300),
    "hash of another access token": claims(at_hash="AAAA"),
    "no token at all": no_token(""),
    "half a token": no_token("eyJhbGciOiJSUzI1NiJ9.e30"),
    "a token that is no JSON": no_token("a.b.c"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie_lets_nobody_in(provider: FakeProvider, lie: Lie) -> None:
    lie(provider)
    assert told(came_in(Client())) == "identity.token-refused"


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_no_entry_and_no_page_repeats_a_token(
    provider: FakeProvider, lie: Lie, caplog: pytest.LogCaptureFixture
) -> None:
    lie(provider)
    page = came_in(Client()).text
    noted = json.dumps(list(Entry.objects.values("reason", "changes")))
    for text in (page, noted, caplog.text):
        assert "eyJ" not in text
        assert "code-" not in text
        assert "opaque" not in text


NO_TOKENS = {
    "no JSON": (200, b"<html>"),
    "a list": (200, b"[]"),
    "no tokens": (200, b"{}"),
    "an ID token that is a number": (200, b'{"access_token": "x", "id_token": 5}'),
    "a life that is no number": (200, b'{"expires_in": "soon", "id_token": "a.b.c"}'),
    "an access token that is a list": (200, b'{"access_token": [], "id_token": "a.b.c"}'),
    "an error that is a mapping": (400, b'{"error": {"a": 1}}'),
    "too many calls": (429, b"later"),
    "a fault": (500, b""),
    "a way elsewhere": (302, b""),
    "nests without end": (200, b"[" * 200_000),
    "more than anybody needs": (200, b"x" * 1_100_000),
    "no UTF-8": (200, b"\xff\xfe"),
}


@pytest.mark.parametrize("says", NO_TOKENS.values(), ids=NO_TOKENS)
def test_an_answer_without_tokens_lets_nobody_in(
    provider: FakeProvider, says: tuple[int, bytes]
) -> None:
    provider.says_for_tokens = says
    answer = came_in(Client())
    assert answer.status_code in {403, 503}
    assert "What to do now" in answer.text
    assert Entry.objects.filter(verb="refused sign-in").exists()
    assert not Session.objects.exclude(user=None).exists()


def test_a_state_counts_once(provider: FakeProvider) -> None:
    browser = Client()
    back = sent_back(begun(browser))
    assert browser.get(back).status_code == 302
    Session.objects.all().delete()
    assert told(answered(browser, back)) == "identity.expired"


def caught(provider: FakeProvider) -> str:
    """Sign somebody in, and return the ID token that was made for it, which then is everybody's."""
    kept: list[str] = []

    def keep(claims: dict[str, Any]) -> str:
        kept.append(provider.signed(claims))
        return kept[0]

    provider.forge = keep
    assert came_in(Client()).status_code == 302
    Session.objects.all().delete()
    provider.forge = lambda _: kept[0]
    return kept[0]


def test_a_token_that_was_used_before_lets_nobody_in_again(provider: FakeProvider) -> None:
    token = caught(provider)
    answer = came_in(Client())
    assert told(answer) == "identity.token-refused"
    assert token not in answer.text


def test_the_token_of_somebody_else_lets_nobody_in(provider: FakeProvider) -> None:
    """Another person of the same provider, with the same address, puts it in place of their own."""
    caught(provider)
    provider.subject = "mallory-1"
    assert told(came_in(Client())) == "identity.token-refused"
    assert not User.objects.filter(subject="mallory-1").exists()


@pytest.mark.parametrize("shows_old_kid", [True, False])
def test_a_key_that_was_rotated_away_lets_nobody_in(
    provider: FakeProvider, clock: Traveller, *, shows_old_kid: bool
) -> None:
    came_in(Client())
    Session.objects.all().delete()
    stolen = provider.signs_with
    provider.rotate()
    right, provider.signs_with = provider.signs_with, stolen
    provider.header = {} if shows_old_kid else {"kid": right.kid}
    clock.shift(timedelta(minutes=11))  # keys are fetched again after ten
    assert told(came_in(Client())) == "identity.token-refused"


def test_a_state_counts_once_when_it_was_refused_too(provider: FakeProvider) -> None:
    browser = Client()
    provider.says(nonce="n-0")
    back = sent_back(begun(browser))
    assert "identity.token-refused" in browser.get(back).text
    assert "identity.expired" in browser.get(back).text


def test_a_code_counts_once(provider: FakeProvider) -> None:
    first, second = Client(), Client()
    back = sent_back(begun(first))
    code = back.partition("code=")[2].partition("&")[0]
    first.get(back)
    Session.objects.all().delete()
    begun(second)
    (state,) = second.session["sign_ins_under_way"]
    back = f"{START}return/?code={code}&state={state}"
    assert told(answered(second, back)) == "identity.provider-refused"


def test_an_answer_opens_nothing_in_another_browser(provider: FakeProvider) -> None:
    back = sent_back(begun(Client()))
    assert told(answered(Client(), back)) == "identity.expired"


def test_an_answer_after_ten_minutes_is_too_late(provider: FakeProvider, clock: Traveller) -> None:
    browser = Client()
    back = sent_back(begun(browser))
    clock.shift(timedelta(minutes=10))
    assert told(answered(browser, back)) == "identity.expired"


def test_an_answer_of_another_issuer_is_refused(provider: FakeProvider) -> None:
    provider.answer = {"iss": "https://idp.example.com"}
    assert told(came_in(Client())) == "identity.token-refused"


def test_a_provider_that_names_itself_in_every_answer_has_to(provider: FakeProvider) -> None:
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    assert told(came_in(Client())) == "identity.token-refused"


def test_an_answer_meant_for_one_provider_is_not_taken_from_another(
    provider: FakeProvider, configure: Write
) -> None:
    with running() as other:
        configure(entry(provider), entry(other, "other"))
        browser = Client()
        back = sent_back(begun(browser)).replace("/corp/", "/other/")
        assert told(answered(browser, back)) == "identity.token-refused"


def test_a_provider_cannot_speak_for_another(provider: FakeProvider, configure: Write) -> None:
    """Its token says that it is of the other one, and that one's person."""
    came_in(Client())
    Session.objects.all().delete()
    with running() as other:
        configure(entry(provider), entry(other, "other"))
        other.says(iss=provider.address)
        answer = came_in(Client(), "/sign-in/other/")
        assert told(answer) == "identity.token-refused"


def test_the_same_address_and_name_at_another_provider_is_somebody_else(
    provider: FakeProvider, configure: Write
) -> None:
    came_in(Client())
    with running() as other:
        configure(entry(provider), entry(other, "other"))
        assert came_in(Client(), "/sign-in/other/").status_code == 302
    assert User.objects.filter(email="anna@example.com").count() == 2


def test_another_subject_with_the_same_address_is_somebody_else(provider: FakeProvider) -> None:
    came_in(Client())
    provider.subject = "anna-2"
    came_in(Client())
    people = User.objects.filter(email="anna@example.com")
    assert sorted(people.values_list("subject", flat=True)) == ["anna-1", "anna-2"]
    assert people.values("username").distinct().count() == 2


def test_a_local_account_is_never_taken_over(provider: FakeProvider, olivia: User) -> None:
    provider.subject = "olivia"
    provider.says(preferred_username="olivia", email=olivia.email)
    browser = Client()
    came_in(browser)
    assert browser.get("/people/").status_code == 403
    assert browser.session["_auth_user_id"] != str(olivia.pk)


def test_what_the_provider_says_of_a_failure_is_cut_to_its_code(provider: FakeProvider) -> None:
    provider.answer = {"error": "access_denied", "error_description": "call 555-1234"}
    answer = came_in(Client())
    assert told(answer) == "identity.provider-refused"
    assert "access_denied" in answer.text
    assert "555-1234" not in answer.text


def test_markup_in_a_failure_is_not_shown(provider: FakeProvider) -> None:
    provider.answer = {"error": "<script>alert(1)</script>"}
    assert "alert(1)" not in came_in(Client()).text


def test_a_provider_that_is_another_than_it_should_be_is_not_asked(
    provider: FakeProvider,
) -> None:
    provider.metadata = {"issuer": "https://idp.example.com"}
    answer = Client().get(START)
    assert answer.status_code == 503
    assert "identity.issuer-away" in answer.text


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri", "authorization_endpoint"])
@pytest.mark.parametrize("address", ["ftp://idp.example.com/x", "https://x:y@[", "", 5, None])
def test_an_address_that_is_none_is_not_gone_to(
    provider: FakeProvider, name: str, address: Any
) -> None:
    provider.metadata = {name: address}
    assert Client().get(START).status_code == 503


def test_an_issuer_by_tls_gives_no_address_without(configure: Write) -> None:
    configure(entry(FakeProvider(address="https://idp.example.com")))
    (found,) = providers.offered()
    document = FakeProvider(address="https://idp.example.com").discovery()
    document["token_endpoint"] = "http://127.0.0.1:9/token"
    with pytest.raises(IssuerAway, match="no address by https as token_endpoint"):
        discovery.told(found, document)


def test_a_provider_that_signs_by_secrets_alone_is_not_asked(provider: FakeProvider) -> None:
    provider.metadata = {"id_token_signing_alg_values_supported": ["HS256", "none"]}
    assert Client().get(START).status_code == 503


def test_a_provider_that_is_away_is_not_waited_for_again_at_once(
    provider: FakeProvider, clock: Traveller
) -> None:
    provider.away = True
    assert Client().get(START).status_code == 503
    provider.away = False
    assert Client().get(START).status_code == 503
    clock.shift(timedelta(seconds=16))
    assert Client().get(START).status_code == 302
