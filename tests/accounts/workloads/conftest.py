"""A fake issuer that runs, and the file that trusts it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytest_django import Settings

from tests.accounts.workloads import fake_issuer
from tests.accounts.workloads.fake_issuer import AUDIENCE, FakeIssuer

MAIN_OF_PAYMENTS = "repository == 'acme/payments' && ref == 'refs/heads/main'"
Trusting = Callable[..., None]


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    with fake_issuer.running() as issuer:
        yield issuer


@pytest.fixture
def trusting(settings: Settings, tmp_path: Path, issuer: FakeIssuer) -> Trusting:
    """Give a function that writes the file anew; its words change the usual entry."""

    def write(*, when: str = MAIN_OF_PAYMENTS, **changes: Any) -> None:
        rule = {"name": "payments-ci", "when": when, "scopes": ["cmdb:read"], "tenants": ["retail"]}
        entry = {
            "slug": "forge",
            "issuer": issuer.address,
            "audience": AUDIENCE,
            "workloads": [rule],
        }
        # a path of its own, because a process reads its file once
        path = tmp_path / f"workloads-{len(list(tmp_path.iterdir()))}.yaml"
        path.write_text(yaml.safe_dump({"issuers": [entry | changes]}))
        settings.BERTH_WORKLOADS_FILE = path

    write()
    return write
