"""Every command of docs/operate.md is run, in the order of an installation's life.

The exception is `join_cluster`, which needs a cluster and is run for real in
tests/cluster/test_joining.py; here its words are only read.
"""

import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import load_command_class

from onboarding.entitlement import file as entitlement_file
from portal.demo import people
from tests.operations import page
from tests.operations.installation import BOTH_KEYS, NEW_KEYS, SOON, Installation
from tests.running import until

WHOLE_LIFE = (  # headings whose commands the long test runs; one that is missing here fails
    "A portal that others rely on",
    "Watching it",
    "An order that does not go on",
    "The ledger",
    "Keys",
    "Backup",
    "Restore",
    "Upgrade",
)
BY_ITSELF = ("Clusters", "With SQLite")
ENDLESS = ("gunicorn ", "manage.py work", "manage.py sweep")


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """Give an installation with nothing in it but its empty database."""
    server = {key: value for key, value in os.environ.items() if key.startswith("BERTH_DATABASE")}  # noqa: TID251 - handed on
    installation = Installation(tmp_path, server)
    installation.lay()
    shutil.copy(Path(people.__file__).with_name("entitlements.yaml"), tmp_path)
    installation.do("createdb")
    yield installation
    installation.stop()
    installation.do('dropdb --if-exists --force "$PGDATABASE"')


def run(installation: Installation, heading: str) -> str:
    return "".join(installation.do(block) for block in page.blocks()[heading])


def start(installation: Installation) -> None:
    installation.start([each for each in page.spoken() if each.startswith(ENDLESS)])


def asked(installation: Installation, statement: str) -> list[str]:
    return installation.do(f'psql -tA -c "{statement}"').split()


def ends(installation: Installation) -> list[str]:
    """Return how the orders that are over ended."""
    over = "SELECT ended_as FROM onboarding_order WHERE ended_as != ''"
    return asked(installation, over)


def waits(installation: Installation) -> bool:
    waiting = "SELECT status FROM onboarding_change WHERE status = 'authorize'"
    return asked(installation, waiting) == ["authorize"]


def test_no_command_of_the_page_is_left_out() -> None:
    assert set(page.blocks()) == {*WHOLE_LIFE, *BY_ITSELF}


@pytest.mark.postgresql
@pytest.mark.skipif(settings.BERTH_DATABASE != "postgresql", reason="it needs a server")
def test_an_installation_lives_by_the_page_and_comes_back_from_its_backup(
    installation: Installation,
) -> None:
    run(installation, "A portal that others rely on")
    start(installation)
    token = run(installation, "Watching it").strip()
    installation.people("begin")
    until(lambda: waits(installation), SOON, "the first order waits for approval")
    installation.people("approve")
    until(lambda: ends(installation) == ["rehearsed"], SOON, "the first order is over")
    installation.people("order", "catalogue")
    until(lambda: waits(installation), SOON, "the second order waits for approval")
    assert "(0 rows)" in run(installation, "An order that does not go on")
    assert "It agrees with" in run(installation, "The ledger")
    for words in page.spoken():
        if not words.startswith(ENDLESS) and "$" not in words:
            installation.do(words)

    _rotate(installation, token)
    _lose_everything(installation)
    installation.stop()
    run(installation, "Upgrade")


def _rotate(installation: Installation, token: str) -> None:
    """Change every key without losing anything that the old ones made."""
    installation.stop()
    installation.keys = BOTH_KEYS
    start(installation)
    assert "Not yet used" in installation.do("manage.py rotate_keys || true")
    assert installation.people("use", token)
    assert "Nothing needs an older key any more." in run(installation, "Keys")
    installation.keys = NEW_KEYS  # for every process from now on
    assert installation.people("use", token)
    assert "It agrees with" in installation.do("manage.py verify_audit")


def _lose_everything(installation: Installation) -> None:
    """Back up, go on for a while, lose database and repositories, and restore."""
    before = installation.people("tell")
    run(installation, "Backup")
    installation.do("manage.py create_person late && manage.py anchor_audit")
    installation.stop()
    installation.do('dropdb "$PGDATABASE" && rm -r "$BERTH_GIT_FOLDER"')
    first, second = page.blocks()["Restore"]
    installation.do(first)
    said = installation.do("manage.py verify_audit || true")
    assert "Either somebody took it away, or an older backup was restored." in said
    assert "It agrees with" in installation.do(second)
    assert installation.people("tell") == before

    start(installation)
    installation.people("approve")
    until(lambda: ends(installation) == ["rehearsed"] * 2, SOON, "the restored order is over")
    assert "It agrees with" in installation.do("manage.py anchor_audit && manage.py verify_audit")
    assert {*installation.people("tell")["repositories"]} > {*before["repositories"]}


def test_sqlite_is_copied_while_it_is_written_and_comes_back(tmp_path: Path) -> None:
    installation = Installation(tmp_path, {}, keys={}, embedded=True)
    installation.lay()
    installation.do("manage.py prepare && manage.py anchor_audit")
    installation.do('cp "$BERTH_AUDIT_ANCHORS" "$BACKUP/anchors.jsonl"')
    there, back = page.blocks()["With SQLite"]
    installation.do(there)
    installation.do("manage.py create_person late")
    assert "It agrees with 1 anchors" in installation.do(back)
    assert "late" not in str(installation.people("tell"))


def test_the_words_of_joining_a_cluster_are_right() -> None:
    (block,) = page.blocks()["Clusters"]
    _, command, *words = shlex.split(block)
    parser = load_command_class("fleet", command).create_parser("manage.py", command)
    assert parser.parse_args(words).context == "NAME"


def test_the_entitlement_file_of_the_page_can_be_used(tmp_path: Path) -> None:
    (text,) = page.blocks("yaml")["Entitlement"]
    path = tmp_path / "entitlements.yaml"
    path.write_text(text)
    assert entitlement_file.read(path).rules
