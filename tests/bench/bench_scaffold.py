"""A repository scaffolded by the portal, beside the cookiecutter and git command lines."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings

from onboarding.ports import Commit
from onboarding.repositories.bare import BareGitHost
from onboarding.repositories.cookiecutter_templates import CookiecutterScaffolds
from tests.bench.figures import Figures, Watch, ratio_of_medians
from tests.contracts.scaffolder import ANSWERS

ROUNDS = 15

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ENVIRONMENT = {
    "PATH": os.environ["PATH"],  # noqa: TID251 - to find git
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Alice",
    "GIT_AUTHOR_EMAIL": "alice@example.com",
    "GIT_COMMITTER_NAME": "Alice",
    "GIT_COMMITTER_EMAIL": "alice@example.com",
}


def test_scaffold(tmp_path: Path, figures: Figures) -> None:
    ours, theirs = Watch(), Watch()
    scaffolds = CookiecutterScaffolds(settings.BERTH_SCAFFOLDS)
    host = BareGitHost(tmp_path / "hosted", "http://127.0.0.1:9/git", name="bench")
    for number in range(ROUNDS):
        with ours.running():
            by_portal(scaffolds, host, f"retail/app{number}")
        with theirs.running():
            by_hand(tmp_path / f"by-hand-{number}")
    figures.tell(
        "scaffold.vs_cli",
        ratio_of_medians(theirs, ours),
        "×",
        f"render, commit and push of `web-service`: cookiecutter and git on the command line took "
        f"{theirs.median_ms:.0f} ms, the portal {ours.median_ms:.0f} ms; medians of {ROUNDS}",
        aim="≥ 3",
    )


def by_portal(scaffolds: CookiecutterScaffolds, host: BareGitHost, name: str) -> None:
    files = scaffolds.render("web-service", ANSWERS)
    host.ensure(name, owner=uuid4())
    commit = Commit("bench", files, "Onboard", "Alice", "alice@example.com", AT, ("main",))
    assert host.push(name, commit)


def by_hand(folder: Path) -> None:
    """Do the same as a person in a shell."""
    folder.mkdir()
    bare, made = folder / "hosted.git", folder / "made"
    answers = [f"{key}={value}" for key, value in ANSWERS.items() if key != "scaffold_version"]
    template = str(settings.BERTH_SCAFFOLDS / "web-service")
    _run(
        *(sys.executable, "-m", "cookiecutter", "--no-input", "--output-dir", str(made)),
        *(template, *answers),
    )
    (tree,) = made.iterdir()
    _run("git", "init", "--quiet", "--bare", "--initial-branch", "main", str(bare))
    _run("git", "-C", str(tree), "init", "--quiet", "--initial-branch", "main")
    _run("git", "-C", str(tree), "add", "--all")
    _run("git", "-C", str(tree), "commit", "--quiet", "--message", "Onboard")
    _run("git", "-C", str(tree), "push", "--quiet", str(bare), "main")


def _run(*command: str) -> None:
    done = subprocess.run(
        command, env=ENVIRONMENT, check=False, capture_output=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr.decode()
