"""Clone and push with the git command line through the front, in a real threaded server."""

import gzip
import hashlib
import http.client
import os
import shutil
import signal
import socket
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from onboarding.repositories.bare import BareGitHost
from tests.contracts.git_host import FIRST, NAME, OWNER
from tests.onboarding.repositories.served import MEGABYTE, Server, git, gunicorn
from tests.running import until

APP = "tests.onboarding.repositories.served:application"
BIG = 50 * MEGABYTE
PROD = "refs/heads/prod"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("repositories")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with gunicorn(APP, {"SERVED_FOLDER": str(folder), "SERVED_LIMITS": "4,120,60"}) as server:
        yield server


@pytest.fixture
def host(folder: Path) -> Iterator[BareGitHost]:
    host = BareGitHost(folder, "http://unused", "embedded")
    host.ensure(NAME, owner=OWNER)
    host.push(NAME, FIRST)
    host.protect(NAME, ["refs/heads/prod", "refs/tags/v*"])
    yield host
    shutil.rmtree(folder / f"{NAME}.git")


@pytest.fixture
def clone(host: BareGitHost, server: Server, tmp_path: Path) -> Path:
    """Return the developer's clone."""
    place = tmp_path / "clone"
    cloned = git("clone", server.url(f"{NAME}.git", "developer"), str(place))
    assert cloned.returncode == 0, cloned.stderr
    return place


PATIENCE = 60.0  # seconds that a busy machine is given


def commit(clone: Path, name: str = "app.py", content: bytes = b"theirs\n") -> None:
    (clone / name).write_bytes(content)
    assert git("add", name, folder=clone).returncode == 0
    assert git("commit", "-m", f"Add {name}", folder=clone).returncode == 0


def push(clone: Path, server: Server, what: str, who: str = "developer") -> str:
    """Push and return what git said when it was refused, or an empty text."""
    done = git("push", server.url(f"{NAME}.git", who), what, folder=clone)
    return done.stderr if done.returncode else ""


def head(server: Server, reference: str) -> str:
    return git("ls-remote", server.url(f"{NAME}.git", "flux"), reference).stdout.split("\t")[0]


def ask(server: Server, path: str, *, method: str = "GET", user: str = "developer") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Authorization": f"Basic {b64encode(f'{user}:right'.encode()).decode()}"}
    connection.request(method, path, headers=headers if user else {})
    status = connection.getresponse().status
    connection.close()
    return status


def test_fifty_megabytes_are_pushed_and_cloned_whole(
    clone: Path, server: Server, tmp_path: Path
) -> None:
    content = os.urandom(BIG)
    commit(clone, "blob.bin", content)
    assert push(clone, server, "main") == ""
    again = tmp_path / "again"
    assert git("clone", server.url(f"{NAME}.git", "flux"), str(again)).returncode == 0
    got = hashlib.sha256((again / "blob.bin").read_bytes()).hexdigest()
    assert got == hashlib.sha256(content).hexdigest()


def test_a_push_over_the_limit_is_refused_and_changes_nothing(
    clone: Path, server: Server, folder: Path
) -> None:
    before = head(server, "refs/heads/main")
    commit(clone, "blob.bin", os.urandom(4 * MEGABYTE))
    with gunicorn(APP, {"SERVED_FOLDER": str(folder), "SERVED_LIMITS": "4,120,1"}) as small:
        said = push(clone, small, "main")
        # a client that is still sending may meet the closed line before it reads the answer
        assert "413" in said or "hung up" in said
    assert head(server, "refs/heads/main") == before


def test_a_compressed_request_is_understood(host: BareGitHost, server: Server) -> None:
    """Git sends long requests gzipped; this one asks for the references."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {
        "Authorization": f"Basic {b64encode(b'flux:right').decode()}",
        "Content-Type": "application/x-git-upload-pack-request",
        "Content-Encoding": "gzip",
        "Git-Protocol": "version=2",
    }
    asked = gzip.compress(b"0014command=ls-refs\n0000")
    connection.request("POST", f"/{NAME}.git/git-upload-pack", asked, headers)
    assert b"refs/heads/main" in connection.getresponse().read()
    connection.close()


def test_a_developer_cannot_move_a_protected_branch(clone: Path, server: Server) -> None:
    commit(clone)
    assert "only releasers" in push(clone, server, f"main:{PROD}")
    assert head(server, PROD) == ""


def test_an_approver_moves_a_protected_branch_forward_only(clone: Path, server: Server) -> None:
    commit(clone)
    assert push(clone, server, f"main:{PROD}", "approver") == ""
    assert "only goes forward" in push(clone, server, f"+main~1:{PROD}", "approver")
    assert "nobody can delete it" in push(clone, server, f":{PROD}", "approver")
    assert head(server, PROD) == git("rev-parse", "main", folder=clone).stdout.strip()


def test_an_approver_makes_protected_tags_once(clone: Path, server: Server) -> None:
    assert "only releasers" in push(clone, server, "main:refs/tags/v1.0.0")
    assert push(clone, server, "main:refs/tags/v1.0.0", "approver") == ""
    commit(clone)
    assert "a tag that was made stays" in push(clone, server, "+main:refs/tags/v1.0.0", "approver")


def test_who_only_releases_changes_no_other_branch(clone: Path, server: Server) -> None:
    commit(clone)
    assert "only developers" in push(clone, server, "main", "approver")


def test_a_developer_may_rewrite_what_is_not_protected(clone: Path, server: Server) -> None:
    commit(clone)
    assert push(clone, server, "main") == ""
    assert push(clone, server, "+main~1:refs/heads/main") == ""


def test_one_refused_reference_does_not_stop_the_others(clone: Path, server: Server) -> None:
    commit(clone)
    url = server.url(f"{NAME}.git", "developer")
    assert git("push", url, f"main:{PROD}", "main:feature", folder=clone).returncode != 0
    assert head(server, "refs/heads/feature") != ""
    assert head(server, PROD) == ""


def test_a_repository_that_says_nothing_of_protection_takes_no_push(
    clone: Path, server: Server, folder: Path
) -> None:
    (folder / f"{NAME}.git" / "berth" / "protected").unlink()
    commit(clone)
    assert "does not say what is protected" in push(clone, server, "main")


def test_references_of_the_portal_are_neither_shown_nor_taken(clone: Path, server: Server) -> None:
    shown = git("ls-remote", server.url(f"{NAME}.git", "developer")).stdout
    assert "refs/berth" not in shown
    assert push(clone, server, "main:refs/berth/x/pushed") != ""
    assert push(clone, server, "main:refs/notes/x") != ""


def test_a_reader_may_clone_and_not_push(clone: Path, server: Server) -> None:
    commit(clone)
    assert "403" in push(clone, server, "main", "flux")


def test_no_git_setting_in_the_repository_loosens_the_front(
    clone: Path, server: Server, folder: Path
) -> None:
    hooks = folder / "hooks"
    hooks.mkdir(exist_ok=True)
    config = folder / f"{NAME}.git" / "config"
    config.write_text(f"{config.read_text()}\n[core]\n\thooksPath = {hooks}\n")
    commit(clone)
    assert "only releasers" in push(clone, server, f"main:{PROD}")


def test_the_team_keeps_what_it_pushed_while_an_order_adds_an_overlay(
    clone: Path, server: Server, host: BareGitHost
) -> None:
    commit(clone)
    assert push(clone, server, "main") == ""
    assert host.push(NAME, FIRST) != head(server, "refs/heads/main")
    assert git("pull", folder=clone).returncode == 0


def test_a_push_gives_a_hint_and_a_clone_gives_none(
    clone: Path, server: Server, folder: Path
) -> None:
    hints = folder / ".pushed"
    hints.unlink(missing_ok=True)
    commit(clone)
    push(clone, server, "main")
    # the hint comes when the answer has been given, so a moment after git has ended
    until(hints.exists, PATIENCE, "the hint is there")
    assert hints.read_text() == f"{NAME}\n"


@pytest.mark.parametrize("user", ["", "stranger"])
@pytest.mark.parametrize("name", [NAME, "retail/absent"])
def test_without_a_right_password_nothing_is_told(
    host: BareGitHost, server: Server, user: str, name: str
) -> None:
    assert ask(server, f"/{name}.git/info/refs?service=git-upload-pack", user=user) == 401


@pytest.mark.parametrize(
    "path",
    [
        f"/{NAME}.git/info/refs",
        f"/{NAME}.git/info/refs?service=git-upload-archive",
        f"/{NAME}.git/info/refs?service=git-upload-pack&x=1",
        f"/{NAME}.git/HEAD",
        f"/{NAME}.git/config",
        f"/{NAME}.git/objects/info/packs",
        f"/{NAME}.git/git-upload-pack",
        f"/{NAME}/info/refs?service=git-upload-pack",
        "/.archive/retail.basket.x.1.git/info/refs?service=git-upload-pack",
        "/retail/../retail/basket.git/info/refs?service=git-upload-pack",
        "/retail/%2e%2e/retail/basket.git/info/refs?service=git-upload-pack",
        "//retail/basket.git/info/refs?service=git-upload-pack",
        f"/{NAME}.git/%0a/info/refs?service=git-upload-pack",
    ],
)
def test_whatever_is_not_gits_smart_protocol_is_not_there(
    host: BareGitHost, server: Server, path: str
) -> None:
    assert ask(server, f"/{NAME}.git/info/refs?service=git-upload-pack") == 200
    assert ask(server, path) == 404


def test_a_folder_without_our_mark_is_not_there(server: Server, folder: Path) -> None:
    assert git("init", "--bare", str(folder / "retail" / "foreign.git")).returncode == 0
    assert ask(server, "/retail/foreign.git/info/refs?service=git-upload-pack") == 404


def test_more_at_once_than_there_are_threads_is_told_to_come_again(
    host: BareGitHost, folder: Path
) -> None:
    env = {"SERVED_FOLDER": str(folder), "SERVED_LIMITS": "1,120,60"}
    with gunicorn(APP, env) as server, slow_push(server) as slow:
        wait_for(503, server)
        slow.close()
        wait_for(200, server)


def slow_push(server: Server) -> socket.socket:
    """Begin a push whose body never comes; the server has begun to serve it when this returns."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    login = b64encode(b"developer:right").decode()
    connection.sendall(
        f"POST /{NAME}.git/git-receive-pack HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Basic {login}\r\nExpect: 100-continue\r\n"
        "Content-Type: application/x-git-receive-pack-request\r\n"
        "Content-Length: 1000\r\n\r\n".encode()
    )
    assert connection.recv(100).startswith(b"HTTP/1.1 100")
    # that much is said before a slot is taken: a question asked now might take the last one
    until(lambda: backends_below(server.process.pid), PATIENCE, "Git serves the push")
    return connection


def wait_for(status: int, server: Server) -> None:
    """Ask until the answer is this one."""
    path = f"/{NAME}.git/info/refs?service=git-upload-pack"
    until(lambda: ask(server, path) == status, PATIENCE, f"the answer is {status}")


def test_a_client_that_sends_nothing_is_cut_off_when_its_time_is_over(
    host: BareGitHost, folder: Path
) -> None:
    env = {"SERVED_FOLDER": str(folder), "SERVED_LIMITS": "1,1,60"}
    with gunicorn(APP, env) as server, slow_push(server) as slow:
        slow.settimeout(30)
        assert slow.recv(100).startswith(b"HTTP/1.1 500")
        wait_for(200, server)


def test_nothing_is_left_running_when_the_client_goes(host: BareGitHost, folder: Path) -> None:
    env = {"SERVED_FOLDER": str(folder), "SERVED_LIMITS": "1,120,60"}
    with gunicorn(APP, env) as server:
        with slow_push(server):
            wait_for(503, server)
            until(lambda: backends_below(server.process.pid), PATIENCE, "Git serves the push")
        # those of our own questions end a moment after their answers
        until(lambda: not backends_below(server.process.pid), PATIENCE, "all of Git has ended")


def test_nothing_is_left_running_when_the_portal_is_killed(host: BareGitHost, folder: Path) -> None:
    env = {"SERVED_FOLDER": str(folder), "SERVED_LIMITS": "1,120,60"}
    with gunicorn(APP, env) as server, slow_push(server):
        wait_for(503, server)
        found = until(lambda: backends_below(server.process.pid), PATIENCE, "Git serves the push")
        sessions = set(found)
        for pid in (*children(server.process.pid), server.process.pid):
            os.kill(pid, signal.SIGKILL)
        until(lambda: not runs_in(sessions), PATIENCE, "all of Git has ended")


def runs_in(sessions: set[int]) -> bool:
    """Say whether a process of these sessions is there, other than one that ended uncollected."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, _group, session = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(session) in sessions and state != "Z":
            return True
    return False


def backends_below(pid: int) -> list[int]:
    """Return the git processes that the server has started, each in a session of its own."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            line = (stat.parent / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        if "http-backend" in line and parent in {pid, *children(pid)}:
            found.append(int(stat.parent.name))
    return found


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_the_portals_own_environment_does_not_reach_git(
    host: BareGitHost, folder: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    env = {
        "SERVED_FOLDER": str(folder),
        "SERVED_LIMITS": "1,120,60",
        "GIT_TRACE": str(trace),
        "HOME": str(tmp_path),
    }
    (tmp_path / ".gitconfig").write_text("[http]\n\tuploadpack = false\n")
    with gunicorn(APP, env) as server:
        assert ask(server, f"/{NAME}.git/info/refs?service=git-upload-pack") == 200
    assert not trace.exists()
