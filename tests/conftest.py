"""Fixtures of every room: five people with a fixed relation, a clock, and Debian's Chromium.

alice and bob belong to tenant retail, and bob is an approver too; charlie belongs to another one,
payments; olivia operates the portal; audra audits it.

With BERTH_NO_SKIPS set, a test that would be skipped fails: CI leaves nothing out unseen.
"""

import os
import shutil
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
import time_machine
from django.conf import settings

from accounts.models import Role, User
from onboarding import toolbox
from tenants.models import Tenant
from tests import thorough
from tests.chaos import table
from tests.make import make_tenant, make_user

thorough.load()

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
CHROMIUM = shutil.which("chromium")
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(table)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--only-database",
        action="store_true",
        help="leave out tests that touch no database: they are the same on every one",
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not asked for, and tests in a browser where there is none.

    Those in a browser come last: Playwright keeps an event loop in the thread to the end of the
    run, and Django's database refuses to be used beside one.
    """
    if config.getoption("only_database"):
        others = [item for item in items if not _touches_database(item)]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if _touches_database(item)]
    if CHROMIUM is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def _touches_database(item: pytest.Item) -> bool:
    asked_for = {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
    marks = [item.get_closest_marker(name) for name in ("django_db", "postgresql")]
    return bool(asked_for) or any(marks)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _without_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _without_skip((yield))


def _without_skip(report: Report) -> Report:
    if report.skipped and os.environ.get("BERTH_NO_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"This was skipped, and nothing may be: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the system's Chromium instead of one that Playwright would download."""
    # as root, and in containers, Chromium cannot make its own sandbox
    sandbox = [] if os.getuid() else ["--no-sandbox"]
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": sandbox}


@pytest.fixture(autouse=True)
def _tools_of_these_settings() -> None:
    """Adapters are made once a process: forget those made from another test's settings."""
    toolbox.tools.cache_clear()


@pytest.fixture(autouse=True)
def _no_anchors_of_other_ledgers() -> None:
    """Every test has a ledger of its own, which no anchor of another test's fits."""
    settings.BERTH_AUDIT_ANCHORS.unlink(missing_ok=True)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stop the time at START; `clock.shift(timedelta(minutes=6))` moves it."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def alice(db: None) -> User:
    """A developer of tenant retail."""
    return make_user("alice", Role.DEVELOPER)


@pytest.fixture
def bob(db: None) -> User:
    """A developer of tenant retail who is also an approver."""
    return make_user("bob", Role.DEVELOPER, Role.APPROVER)


@pytest.fixture
def charlie(db: None) -> User:
    """A developer of tenant payments: a stranger to retail."""
    return make_user("charlie", Role.DEVELOPER)


@pytest.fixture
def olivia(db: None) -> User:
    """An operator."""
    return make_user("olivia", Role.OPERATOR)


@pytest.fixture
def audra(db: None) -> User:
    """An auditor."""
    return make_user("audra", Role.AUDITOR)


@pytest.fixture
def retail(alice: User, bob: User) -> Tenant:
    return make_tenant("retail", members=[alice, bob])


@pytest.fixture
def payments(charlie: User) -> Tenant:
    return make_tenant("payments", members=[charlie])
