"""Trying whether the keys of an issuer of workload tokens can be had."""

from collections.abc import Sequence

import pytest

from accounts.workloads import admission, probing
from portal.outbound import WayOut
from portal.reaching import Tried
from tests.accounts.workloads.conftest import Trusting
from tests.accounts.workloads.fake_issuer import FakeIssuer


def tried() -> Sequence[Tried]:
    (issuer,) = admission.issuers()
    return list(probing.tried(issuer, WayOut()))


def test_keys_by_discovery_are_tried_to_the_end(trusting: Trusting) -> None:
    rows = tried()
    assert all(row.ok for row in rows)
    assert [row.stage for row in rows][-3:] == ["Issuer", "Keys", "Keys that verify"]


def test_keys_at_an_address_are_tried_there(trusting: Trusting, issuer: FakeIssuer) -> None:
    trusting(keys_url=f"{issuer.address}/keys")
    assert [row.stage for row in tried()] == ["Name", "Connection", "Keys", "Keys that verify"]
    assert issuer.asked == ["/keys"]


def test_pinned_keys_need_no_way(trusting: Trusting, issuer: FakeIssuer) -> None:
    trusting(pinned_keys=issuer.key_set())
    (row,) = tried()
    assert row.ok
    assert row.came_back == "1 of kind RSA."


@pytest.mark.parametrize(
    ("fault", "stage", "told"),
    [
        ({"status": 503}, "Discovery", "status 503"),
        ({"speaks_for": "https://other.example.com"}, "Issuer", "https://other.example.com"),
        ({"padding": 300_000}, "Discovery", "more than"),
        ({"kids": []}, "Keys that verify", "no key"),
    ],
)
def test_an_issuer_that_fails_says_where(
    trusting: Trusting, issuer: FakeIssuer, fault: dict[str, object], stage: str, told: str
) -> None:
    vars(issuer).update(fault)
    row = tried()[-1]
    assert (row.stage, row.ok) == (stage, False)
    assert told in row.came_back
    assert row.change
