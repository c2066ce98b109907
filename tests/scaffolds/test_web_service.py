"""The web service that is scaffolded: its own tests, one start on loopback, and its pipeline."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from onboarding.repositories.cookiecutter_templates import CookiecutterScaffolds
from tests.contracts.scaffolder import ANSWERS

IMAGE = "registry.example.com/retail/basket"
STARTER = f"registry.example.com/starter@sha256:{'0' * 64}"
ENV = {
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
    "HOME": "/nonexistent",
    "PYTHONDONTWRITEBYTECODE": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Alice",
    "GIT_AUTHOR_EMAIL": "alice@example.com",
    "GIT_COMMITTER_NAME": "Alice",
    "GIT_COMMITTER_EMAIL": "alice@example.com",
}


def write(place: Path, **changes: str) -> None:
    scaffolds = CookiecutterScaffolds(settings.BERTH_SCAFFOLDS)
    for file in scaffolds.render("web-service", {**ANSWERS, **changes}):
        path = place / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content, encoding="utf-8")
        path.chmod(0o755 if file.executable else 0o644)


def run(place: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        check=False,
        cwd=place,
        env=ENV | env,
        capture_output=True,
        text=True,
        timeout=120,
    )


def ok(place: Path, *words: str, **env: str) -> str:
    done = run(place, *words, **env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """Return the scaffolded repository as files."""
    place = tmp_path / "basket"
    write(place)
    return place


@pytest.fixture
def repository(app: Path, tmp_path: Path) -> Path:
    """Return a clone of the scaffolded repository with two environments."""
    write(app, environment="prod", starter_image=STARTER, replicas="2")
    write(app)
    ok(app, "git", "init", "--quiet", "--initial-branch=main")
    ok(app, "git", "add", ".")
    ok(app, "git", "commit", "--quiet", "--message=Scaffold")
    ok(tmp_path, "git", "clone", "--quiet", "--bare", str(app), "origin.git")
    ok(tmp_path, "git", "clone", "--quiet", "origin.git", "clone")
    return tmp_path / "clone"


@pytest.fixture
def builder(tmp_path: Path) -> Path:
    """Return a program that notes what an image builder was asked for."""
    program = tmp_path / "builder"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/built\n')
    program.chmod(0o755)
    return program


def test_its_own_tests_pass(app: Path) -> None:
    ok(app, "git", "init", "--quiet", "--initial-branch=main")
    ok(app, "git", "add", ".")
    ok(app, "git", "commit", "--quiet", "--message=Scaffold")
    assert "OK" in ok(app, ".ci/pipeline", "test")


@pytest.fixture
def started(app: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the server on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app"],
        cwd=app,
        env=ENV | {"PORT": "0", "DRAIN_SECONDS": "0.1", "VERSION": "abc"},
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def next_line(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    line: dict[str, object] = json.loads(process.stdout.readline())
    return line


def ask(port: int, path: str) -> object:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = json.load(connection.getresponse())
    connection.close()
    return answer


def test_it_answers_logs_json_and_ends_on_sigterm(started: subprocess.Popen[str]) -> None:
    port = int(str(next_line(started)["port"]))
    assert ask(port, "/healthz") == {"status": "ok"}
    assert ask(port, "/?x=1") == {"application": "basket", "version": "abc"}
    logged = next_line(started)
    assert (logged["message"], logged["path"], logged["status"]) == ("answered", "/", 200)
    started.send_signal(signal.SIGTERM)
    assert [next_line(started)["message"] for _ in range(2)] == ["stopping", "stopped"]
    assert started.wait(timeout=30) == 0


def overlay(repository: Path, environment: str) -> dict[str, object]:
    path = repository / "deploy" / "overlays" / environment / "kustomization.yaml"
    found: dict[str, object] = yaml.safe_load(path.read_text())
    return found


def pipeline(repository: Path, builder: Path, *words: str, **env: str) -> str:
    return ok(repository, ".ci/pipeline", *words, BUILDER=str(builder), **env)


def test_the_pipeline_builds_publishes_and_delivers_to_every_overlay(
    repository: Path, builder: Path
) -> None:
    version = ok(repository, "git", "rev-parse", "--short=12", "HEAD").strip()
    pipeline(repository, builder, "all")
    built = (builder.parent / "built").read_text().splitlines()
    assert built[0].endswith(f"--tag {IMAGE}:{version} .")
    assert built[1] == f"push {IMAGE}:{version}"
    for environment in ("dev", "prod"):
        images = [{"name": "app", "newName": IMAGE, "newTag": version}]
        assert overlay(repository, environment)["images"] == images
        assert "replicas" not in overlay(repository, environment)


def test_a_delivery_is_pushed_and_changes_overlays_only(repository: Path, builder: Path) -> None:
    pipeline(repository, builder, "all")
    ok(repository, "git", "fetch", "origin")
    changed = ok(repository, "git", "diff", "--name-only", "HEAD~1", "origin/main").split()
    assert changed == [f"deploy/overlays/{each}/kustomization.yaml" for each in ("dev", "prod")]


def test_a_delivery_is_not_built_and_delivered_again(repository: Path, builder: Path) -> None:
    pipeline(repository, builder, "all")
    head = ok(repository, "git", "rev-parse", "HEAD")
    assert "built already" in pipeline(repository, builder, "all")
    assert ok(repository, "git", "rev-parse", "HEAD") == head
    assert len((builder.parent / "built").read_text().splitlines()) == 2


def test_nothing_is_delivered_from_other_branches(repository: Path, builder: Path) -> None:
    ok(repository, "git", "switch", "--quiet", "--create", "feature")
    assert "Nothing is delivered from feature" in pipeline(repository, builder, "all")
    assert len((builder.parent / "built").read_text().splitlines()) == 1


def test_an_overtaken_pipeline_leaves_delivery_to_the_newer(
    repository: Path, builder: Path, tmp_path: Path
) -> None:
    ok(tmp_path, "git", "clone", "--quiet", "origin.git", "colleague")
    ok(tmp_path / "colleague", "git", "commit", "--quiet", "--allow-empty", "--message=Newer")
    ok(tmp_path / "colleague", "git", "push", "--quiet")
    assert "moved on" in pipeline(repository, builder, "all")
    assert ok(tmp_path / "colleague", "git", "ls-remote", "origin", "main").startswith(
        ok(tmp_path / "colleague", "git", "rev-parse", "HEAD").strip()
    )


def test_a_team_that_scaled_its_overlay_is_not_scaled_again(
    repository: Path, builder: Path
) -> None:
    path = repository / "deploy" / "overlays" / "prod" / "kustomization.yaml"
    path.write_text(f"{path.read_text()}replicas:\n  - name: basket\n    count: 5\n")
    ok(repository, "git", "commit", "--quiet", "--all", "--message=Scale")
    ok(repository, "git", "push", "--quiet")
    pipeline(repository, builder, "all")
    assert overlay(repository, "prod")["replicas"] == [{"name": "basket", "count": 5}]


def test_an_overlay_without_the_image_entry_is_told_and_left(
    repository: Path, builder: Path
) -> None:
    path = repository / "deploy" / "overlays" / "dev" / "kustomization.yaml"
    path.write_text("resources: [../../base]\n")
    done = run(repository, ".ci/pipeline", "deliver", BUILDER=str(builder))
    assert done.returncode != 0
    assert "exactly one entry" in done.stderr
    assert path.read_text() == "resources: [../../base]\n"


def test_a_pipeline_without_a_builder_says_so(repository: Path) -> None:
    done = run(repository, ".ci/pipeline", "build", BUILDER="no-such-program")
    assert done.returncode != 0
    assert "No image builder was found" in done.stderr
