"""Tokens of workloads that lie, and issuers that fail: none of them lets anybody in."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from joserfc import jwt
from time_machine import Traveller

from accounts.models import WorkloadVisit
from audit.models import Entry
from portal.clock import now
from tests.accounts.workloads import fake_issuer
from tests.accounts.workloads.conftest import Trusting
from tests.accounts.workloads.fake_issuer import AUDIENCE, FakeIssuer

pytestmark = pytest.mark.django_db
HOUR = 3600


def asked(text: str) -> Any:
    """Return what the API answers whoever comes with the token."""
    return Client(headers={"Authorization": f"Bearer {text}"}).get("/api/v1/tenants/")


def later(seconds: int) -> int:
    return int(now().timestamp()) + seconds


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def front(issuer: FakeIssuer, **header: Any) -> str:
    """Return what a token is before its signature."""
    words = ({"kid": "one"} | header, issuer.claims())
    return ".".join(encoded(json.dumps(word).encode()) for word in words)


def unsigned(issuer: FakeIssuer) -> str:
    return f"{front(issuer, alg='none')}."


def signed_with_the_public_key(issuer: FakeIssuer) -> str:
    """Return a token whose HMAC is made with what everybody knows: the key that verifies."""
    secret = fake_issuer.key("one").as_pem(private=False)
    text = front(issuer, alg="HS256")
    return f"{text}.{encoded(hmac.digest(secret, text.encode(), 'sha256'))}"


def with_a_payload_of_another(issuer: FakeIssuer) -> str:
    head, _, signature = issuer.token().split(".")
    _, payload, _ = issuer.token(sub="repo:acme/other:ref:refs/heads/main").split(".")
    return f"{head}.{payload}.{signature}"


def nested() -> str:
    return encoded(b"[" * 3000)


Makes = Callable[[FakeIssuer], str]
HOSTILE: dict[str, Makes] = {
    "of an unknown issuer": lambda issuer: issuer.token(iss="https://evil.example.com"),
    "for another audience": lambda issuer: issuer.token(aud="https://other.example.com"),
    "for several audiences": lambda issuer: issuer.token(aud=[AUDIENCE, "https://o.example.com"]),
    "for an audience that is no text": lambda issuer: issuer.token(aud={"a": AUDIENCE}),
    "without an audience": lambda issuer: issuer.token(aud=None),
    "unsigned": unsigned,
    "signed with the public key": signed_with_the_public_key,
    "of an unknown kid": lambda issuer: issuer.token(kid="two"),
    "signed by another key": lambda issuer: issuer.token(signed_by=fake_issuer.key("two")),
    "with a payload of another": with_a_payload_of_another,
    "expired": lambda issuer: issuer.token(iat=later(-600), exp=later(-60)),
    "not valid yet": lambda issuer: issuer.token(nbf=later(120)),
    "of the future": lambda issuer: issuer.token(iat=later(120), exp=later(300)),
    "too long-lived": lambda issuer: issuer.token(exp=later(HOUR + 60)),
    "for ever": lambda issuer: issuer.token(exp=10**4000),
    "without an end": lambda issuer: issuer.token(exp=None),
    "without a beginning": lambda issuer: issuer.token(iat=None),
    "with an end that is a text": lambda issuer: issuer.token(exp=str(later(300))),
    "of nobody": lambda issuer: issuer.token(sub=""),
    "of somebody who is no text": lambda issuer: issuer.token(sub=["a"]),
    "of another repository": lambda issuer: issuer.token(repository="acme/other"),
    "without the claim asked for": lambda issuer: issuer.token(repository=None),
    "huge": lambda issuer: issuer.token(padding="x" * 20_000),
    "of three odd parts": lambda _: "a.b.c",
    "of three empty parts": lambda _: "..",
    "nested too deeply": lambda _: f"{nested()}.{nested()}.{nested()}",
}


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_token_lets_nobody_in(
    trusting: Trusting, issuer: FakeIssuer, made: Makes
) -> None:
    answer = asked(made(issuer))
    assert answer.status_code == 401
    assert "wrong, expired or revoked" in answer.text
    assert not WorkloadVisit.objects.exists()


def test_a_token_of_another_type_is_none_of_ours(trusting: Trusting, issuer: FakeIssuer) -> None:
    header = {"alg": "RS256", "kid": "one", "typ": "logout+jwt"}
    text = jwt.encode(header, issuer.claims(), fake_issuer.key("one"))
    assert asked(text).status_code == 401


def test_a_header_that_is_critical_and_unknown_is_refused(
    trusting: Trusting, issuer: FakeIssuer
) -> None:
    text = issuer.token()
    critical = front(issuer, alg="RS256", crit=["berth"], berth="1")
    key = fake_issuer.key("one").private_key
    assert key
    signature = key.sign(critical.encode(), PKCS1v15(), SHA256())
    assert asked(f"{critical}.{encoded(signature)}").status_code == 401
    assert asked(text).status_code == 200


@pytest.mark.parametrize(
    "when",
    [
        "repository",  # a text is not true
        "repository == 'acme/payments' && ref",  # nor is what && leaves over
        "`true` == 'true'",
        "starts_with(missing, 'acme/')",
        "length(repository)",
        "[repository == 'acme/payments']",
    ],
)
def test_only_an_expression_that_is_literally_true_lets_in(
    trusting: Trusting, issuer: FakeIssuer, when: str
) -> None:
    trusting(when=when)
    assert asked(issuer.token()).status_code == 401


def test_a_refused_token_leaves_an_entry_once_a_minute_and_nothing_of_it(
    trusting: Trusting, issuer: FakeIssuer, clock: Traveller
) -> None:
    text = issuer.token(repository="acme/other")
    for _ in range(3):
        asked(text)
        clock.shift(timedelta(seconds=40))
    entries = Entry.objects.filter(verb="refused workload")
    assert entries.count() == 2
    assert "workload:forge:repo:acme/payments" in entries[0].reason
    assert all(part not in entries[0].reason for part in text.split("."))


def test_what_strangers_make_up_leaves_no_entry(trusting: Trusting, issuer: FakeIssuer) -> None:
    asked(issuer.token(iss="https://evil.example.com"))
    assert not Entry.objects.filter(verb="refused workload").exists()


def test_a_call_that_names_no_workload_reads_like_any_other_wrong_token(
    trusting: Trusting, issuer: FakeIssuer
) -> None:
    answers = [asked(text) for text in ("a.b.c", "berth_a.b", issuer.token(repository="x"))]
    assert len({answer.text for answer in answers}) == 1


# Issuers that fail


def broken(issuer: FakeIssuer, **how: Any) -> FakeIssuer:
    for name, value in how.items():
        setattr(issuer, name, value)
    return issuer


@pytest.mark.parametrize(
    "how",
    [{"status": 500}, {"status": 302}, {"padding": 300_000}, {"kids": []}, {"speaks_for": "x"}],
)
def test_without_the_keys_of_an_issuer_nobody_is_let_in_and_later_may_help(
    trusting: Trusting, issuer: FakeIssuer, how: dict[str, Any]
) -> None:
    broken(issuer, **how)
    answer = asked(issuer.token())
    assert answer.status_code == 503
    assert answer.json()["code"] == "identity.issuer-away"
    assert not WorkloadVisit.objects.exists()


def test_an_issuer_that_is_away_is_not_asked_by_every_call(
    trusting: Trusting, issuer: FakeIssuer, clock: Traveller
) -> None:
    broken(issuer, status=500)
    assert {asked(issuer.token()).status_code for _ in range(5)} == {503}
    assert len(issuer.asked) == 1
    broken(issuer, status=200)
    clock.shift(timedelta(seconds=31))
    assert asked(issuer.token()).status_code == 200


def test_keys_that_were_fetched_outlive_an_issuer_that_is_away_for_an_hour(
    trusting: Trusting, issuer: FakeIssuer, clock: Traveller
) -> None:
    assert asked(issuer.token()).status_code == 200
    broken(issuer, status=500)
    clock.shift(timedelta(minutes=50))
    assert asked(issuer.token()).status_code == 200
    clock.shift(timedelta(minutes=20))
    # the second time the issuer is not even asked
    assert [asked(issuer.token()).status_code for _ in range(2)] == [503, 503]


def test_a_rotated_key_is_found_and_unknown_ones_do_not_wear_the_issuer_out(
    trusting: Trusting, issuer: FakeIssuer, clock: Traveller
) -> None:
    assert asked(issuer.token()).status_code == 200
    broken(issuer, kids=["two", "one"])
    clock.shift(timedelta(seconds=31))
    assert asked(issuer.token(kid="two")).status_code == 200
    before = len(issuer.asked)
    assert {asked(issuer.token(kid=f"k{n}", signed_by=fake_issuer.key("two"))).status_code
            for n in range(5)} == {401}  # fmt: skip
    assert len(issuer.asked) == before


def test_a_key_that_was_taken_back_counts_for_ten_minutes_at_most(
    trusting: Trusting, issuer: FakeIssuer, clock: Traveller
) -> None:
    assert asked(issuer.token()).status_code == 200
    broken(issuer, kids=["two"])
    clock.shift(timedelta(minutes=11))
    assert asked(issuer.token()).status_code == 401
