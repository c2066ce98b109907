"""Workers of the embedded Git host that are killed, come at once, or find the disk full."""

import fcntl
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType

import pygit2
import pytest

from onboarding.ports import File
from onboarding.repositories.bare import BareGitHost
from portal.errors import GitHostUnreachable, RepositoryMoved
from tests.contracts.git_host import FIRST, NAME, OWNER, SECOND
from tests.onboarding.repositories.served import git

STEP = 17  # every seventeenth call of a function is a place to die at


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "repositories"


@pytest.fixture
def host(folder: Path) -> BareGitHost:
    return BareGitHost(folder, "https://berth.example.com/git", "embedded")


def in_child(work: Callable[[], object]) -> int:
    """Run the work in a child process and return its exit status; negative: the signal."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            failed = sys.exc_info()[0] is not None
            os._exit(1 if failed else 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def dying_after(calls: int, work: Callable[[], object]) -> Callable[[], None]:
    """Return the work with a SIGKILL at the given call of a function, Python's or C's."""

    def doomed() -> None:
        left = calls

        def count(_frame: FrameType, event: str, _argument: object) -> None:
            nonlocal left
            left -= event in {"call", "c_call"}
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(count)
        work()

    return doomed


def deaths(work: Callable[[], object]) -> Iterator[int]:
    """Kill the work later and later, until it comes through alive."""
    calls = 1
    while in_child(dying_after(calls, work)) == -signal.SIGKILL:
        yield calls
        calls += STEP


def age_locks(folder: Path) -> None:
    for lock in folder.rglob("*.lock"):
        os.utime(lock, (1, 1))


def store(folder: Path) -> pygit2.Repository:
    return pygit2.Repository(str(folder / f"{NAME}.git"))


def history(folder: Path) -> list[str]:
    tip = store(folder).references["refs/heads/main"].target
    return [commit.message.splitlines()[0] for commit in store(folder).walk(tip)]


def test_a_first_order_killed_anywhere_is_finished_by_the_next_try(tmp_path: Path) -> None:
    died = 0
    commits = set()
    for number in deaths(lambda: first_order(tmp_path / "doomed")):
        place = tmp_path / "doomed"
        age_locks(place)
        commits.add(first_order(place))
        assert history(place) == ["Onboard basket to dev"]
        place.rename(tmp_path / f"was-{number}")
        died += 1
    assert died > 15
    assert len(commits) == 1


def first_order(folder: Path) -> str:
    host = BareGitHost(folder, "https://berth.example.com/git", "embedded")
    host.ensure(NAME, owner=OWNER)
    host.protect(NAME, ["refs/heads/prod"])
    return host.push(NAME, FIRST)


def test_a_second_order_killed_anywhere_doubles_nothing(tmp_path: Path) -> None:
    died = 0
    place = tmp_path / "doomed"
    first_order(place)
    for number in deaths(lambda: second_order(place)):
        age_locks(place)
        made = second_order(place)
        assert history(place) == ["Onboard basket to prod", "Onboard basket to dev"]
        assert str(store(place).references["refs/heads/prod"].target) == made
        place.rename(tmp_path / f"was-{number}")
        first_order(place)
        died += 1
    assert died > 15


def second_order(folder: Path) -> str:
    return BareGitHost(folder, "https://berth.example.com/git", "embedded").push(NAME, SECOND)


def test_an_undo_killed_anywhere_is_finished_by_the_next_try(tmp_path: Path) -> None:
    place = tmp_path / "doomed"
    host = BareGitHost(place, "https://berth.example.com/git", "embedded")
    died = 0
    first_order(place)
    for _ in deaths(lambda: host.undo_push(NAME, FIRST.key)):
        age_locks(place)
        host.undo_push(NAME, FIRST.key)
        assert not host.exists(NAME)
        first_order(place)
        died += 1
    assert died > 5


def test_orders_that_push_at_once_all_arrive(host: BareGitHost, folder: Path) -> None:
    host.ensure(NAME, owner=OWNER)
    host.push(NAME, FIRST)
    orders = [
        replace(SECOND, key=f"order-{number}", files=[File(f"overlay-{number}", "x")], message="m")
        for number in range(8)
    ]
    children = [in_background(partial(host.push, NAME, each)) for each in orders]
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 8
    assert len(history(folder)) == 9
    tip = store(folder).revparse_single("main").peel(pygit2.Tree)
    assert {f"overlay-{number}" for number in range(8)} <= {entry.name for entry in tip}


def in_background(work: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        os._exit(in_child(work))
    return child


def test_two_workers_on_one_order_make_one_commit(host: BareGitHost, folder: Path) -> None:
    host.ensure(NAME, owner=OWNER)
    children = [in_background(lambda: host.push(NAME, FIRST)) for _ in range(4)]
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
    assert history(folder) == ["Onboard basket to dev"]


def test_orders_and_a_team_that_push_at_once_lose_nothing(
    host: BareGitHost, folder: Path, tmp_path: Path
) -> None:
    host.ensure(NAME, owner=OWNER)
    host.push(NAME, FIRST)
    child = in_background(partial(many_orders, host))
    many_pushes(folder / f"{NAME}.git", tmp_path / "clone")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    subjects = [f"order-{number}" for number in range(12)] + [f"team-{n}" for n in range(12)]
    assert sorted(history(folder)) == sorted([*subjects, "Onboard basket to dev"])


def many_orders(host: BareGitHost) -> None:
    for number in range(12):
        name = f"order-{number}"
        order = replace(FIRST, key=name, files=[File(name, "x")], message=name)
        again(partial(host.push, NAME, order))


def again(push: Callable[[], object]) -> None:
    """Try until nobody comes in between, as the engine does."""
    for _ in range(1000):
        try:
            push()
        except RepositoryMoved:
            continue
        return
    raise AssertionError


def many_pushes(origin: Path, clone: Path) -> None:
    assert git("clone", str(origin), str(clone)).returncode == 0
    for number in range(12):
        git("commit", "--allow-empty", "-m", f"team-{number}", folder=clone)
        tries = (git("push", folder=clone).returncode == 0 or rebase(clone) for _ in range(100))
        assert any(tries)


def rebase(clone: Path) -> bool:
    assert git("pull", "--rebase", folder=clone).returncode == 0
    return False


def test_a_full_disk_asks_for_another_try_and_leaves_the_head(
    host: BareGitHost, folder: Path
) -> None:
    host.ensure(NAME, owner=OWNER)
    made = host.push(NAME, FIRST)
    assert in_child(lambda: refused_for_space(host)) == 0
    assert str(store(folder).references["refs/heads/main"].target) == made
    assert host.push(NAME, SECOND) != made


def refused_for_space(host: BareGitHost) -> None:
    """Push while no file may grow, which fails like a full disk does."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    with pytest.raises(GitHostUnreachable):
        host.push(NAME, SECOND)


def test_a_lock_that_somebody_holds_is_respected(host: BareGitHost, folder: Path) -> None:
    host.ensure(NAME, owner=OWNER)
    lock = folder / f"{NAME}.git" / "refs" / "heads" / "main.lock"
    lock.touch()
    with pytest.raises(RepositoryMoved):
        host.push(NAME, FIRST)
    assert lock.exists()


def test_a_lock_of_a_killed_process_is_taken_away(host: BareGitHost, folder: Path) -> None:
    host.ensure(NAME, owner=OWNER)
    (folder / f"{NAME}.git" / "refs" / "heads" / "main.lock").touch()
    age_locks(folder)
    host.push(NAME, FIRST)
    assert history(folder) == ["Onboard basket to dev"]


def test_a_repository_is_not_taken_away_under_a_push(host: BareGitHost, folder: Path) -> None:
    host.ensure(NAME, owner=OWNER)
    host.push(NAME, FIRST)
    with (folder / f"{NAME}.git" / "berth" / "pushing").open() as pushing:
        fcntl.flock(pushing, fcntl.LOCK_SH)
        with pytest.raises(RepositoryMoved):
            host.undo_push(NAME, FIRST.key)
    assert host.undo_push(NAME, FIRST.key) == "deleted"
