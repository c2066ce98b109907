"""The embedded Git host: a folder of bare repositories, written with pygit2.

Beside `<name>.git` the folder has `.locks` (one file a repository), `.aside` (what is being made or
taken away) and `.archive`. In each repository a folder `berth` holds three files of ours: `owner`,
`protected` (patterns of references, read by hooks/update) and `pushing`, which a push through the
web locks while it runs.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from uuid import UUID

import pygit2

from onboarding.ports import Commit
from onboarding.repositories import commits
from onboarding.repositories.commits import Fate
from portal.errors import GitHostUnreachable, PushRefused, RepositoryForeign, RepositoryMoved

_NAME = re.compile(r"[a-z][a-z0-9-]*(/[a-z][a-z0-9-]*)*")
# also a glob for `case` in hooks/update, so nothing that means something to a shell
_PATTERN = re.compile(r"refs/(heads|tags)/[A-Za-z0-9._/*?-]+")
_REVISION = re.compile(r"(?:(?:.*@)?sha1:)?([0-9a-f]{40})")  # Flux writes main@sha1:<commit>


class BareGitHost:
    """Bare repositories in `folder`; people and Flux reach them below `base_url`.

    Every change of a repository is made by one worker at a time, and is in order after a kill at
    any point: what was begun is finished or begun again by the next call.
    """

    def __init__(self, folder: Path, base_url: str, name: str) -> None:
        self.name = name
        self._folder = folder
        self._base_url = base_url.rstrip("/")
        # a commit that was reported must survive a power failure; this is one switch a process
        pygit2.settings.enable_fsync_gitdir(value=True)

    def ensure(self, repository: str, *, owner: UUID) -> str:
        with self._alone(repository) as place:
            if not place.exists():
                self._make(repository, owner)
            _require_owner(place, owner)
        return self.address(repository)

    def exists(self, repository: str) -> bool:
        return self._place(repository).exists()

    def names(self) -> Sequence[str]:
        try:
            return sorted(_names_in(self._folder, ""))
        except OSError as error:
            raise GitHostUnreachable(f"The folder of repositories: {error}") from error

    def address(self, repository: str) -> str:
        if repository.endswith("/"):
            return f"{self._base_url}/{repository}"
        return f"{self._base_url}/{repository}.git"

    def push(self, repository: str, commit: Commit) -> str:
        with self._alone(repository) as place:
            return commits.land(_opened(place), commit)

    def protect(self, repository: str, patterns: Sequence[str]) -> None:
        odd = [pattern for pattern in patterns if not _PATTERN.fullmatch(pattern)]
        if odd:
            raise PushRefused(f"{odd[0]} is no pattern of references that can be protected.")
        with self._alone(repository) as place:
            _opened(place)
            kept = place / "berth" / "protected"
            wanted = {*_read(kept).splitlines(), *patterns}
            _write(kept, "".join(f"{pattern}\n" for pattern in sorted(wanted)))

    def contains(self, repository: str, applied: str, ours: str) -> bool | None:
        there, wanted = _REVISION.fullmatch(applied), _REVISION.fullmatch(ours)
        if there is None or wanted is None or not self.exists(repository):
            return None
        try:
            store = pygit2.Repository(str(self._place(repository)))
            return commits.contains(store, there[1], wanted[1])
        except (pygit2.GitError, OSError):
            return None

    def archive(self, repository: str, key: str, *, owner: UUID) -> str:
        with self._alone(repository) as place:
            # another repository may have the name by now, when this is a late repetition
            if any(self._archive(repository, key)):
                return Fate.ARCHIVED.value
            if not place.exists():
                return "absent"
            _require_owner(place, owner)
            with _no_pushes(place):
                self._carry_out(Fate.ARCHIVED, repository, key)
        return Fate.ARCHIVED.value

    def undo_push(self, repository: str, key: str) -> str:
        with self._alone(repository) as place:
            if not place.exists():
                archived = any(self._archive(repository, key))
                return Fate.ARCHIVED.value if archived else "absent"
            with _no_pushes(place):
                fate = commits.fate(_opened(place), key)
                self._carry_out(fate, repository, key)
        return fate.value

    def _carry_out(self, fate: Fate, repository: str, key: str) -> None:
        place = self._place(repository)
        match fate:
            case Fate.KEPT:
                commits.forget(_opened(place), key)
            case Fate.ARCHIVED:
                _move(place, next(self._free_archive(repository, key)))
            case Fate.DELETED:
                # gone at once under its name, whenever the removal of its files ends
                aside = self._aside(repository)
                _move(place, aside)
                shutil.rmtree(aside)

    def _make(self, repository: str, owner: UUID) -> None:
        """Make the repository aside and move it into place whole, with its owner in it."""
        draft = self._aside(repository)
        pygit2.init_repository(str(draft), bare=True, initial_head=commits.MAIN)
        ours = draft / "berth"
        ours.mkdir()
        for name, text in (("owner", f"{owner}\n"), ("protected", ""), ("pushing", "")):
            _write(ours / name, text)
        _move(draft, self._place(repository))

    @contextmanager
    def _alone(self, repository: str) -> Iterator[Path]:
        """Keep other workers away from the repository; the kernel lets go when a worker dies."""
        place = self._place(repository)
        lock = self._folder / ".locks" / _flat(repository)
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            with lock.open("w") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                yield place
        except (pygit2.GitError, OSError) as error:
            raise GitHostUnreachable(f"{repository}: {error}") from error

    def _place(self, repository: str) -> Path:
        if not _NAME.fullmatch(repository):
            raise PushRefused(f"{repository} is no name for a repository.")
        return self._folder / f"{repository}.git"

    def _aside(self, repository: str) -> Path:
        """Return an empty place out of sight; what a killed worker left there is swept away."""
        aside = self._folder / ".aside" / f"{_flat(repository)}.git"
        aside.parent.mkdir(exist_ok=True)
        if aside.exists():
            shutil.rmtree(aside)
        return aside

    def _archive(self, repository: str, key: str) -> Iterator[Path]:
        return (self._folder / ".archive").glob(f"{_flat(repository)}.{key}.*.git")

    def _free_archive(self, repository: str, key: str) -> Iterator[Path]:
        stem = self._folder / ".archive" / f"{_flat(repository)}.{key}"
        names = (stem.with_name(f"{stem.name}.{number}.git") for number in count(1))
        return (name for name in names if not name.exists())


def _names_in(folder: Path, prefix: str) -> Iterator[str]:
    """Give the names of repositories below a folder, and look into none of them."""
    if not folder.exists():  # nothing was made yet, or it was taken away just now
        return
    for entry in folder.iterdir():
        if entry.name.startswith(".") or not entry.is_dir():
            continue
        if entry.name.endswith(".git"):
            yield f"{prefix}{entry.name.removesuffix('.git')}"
        else:
            yield from _names_in(entry, f"{prefix}{entry.name}/")


def _flat(repository: str) -> str:
    return repository.replace("/", ".")  # names hold no dots, so no two become one


def _require_owner(place: Path, owner: UUID) -> None:
    if _read(place / "berth" / "owner") != f"{owner}\n":
        raise RepositoryForeign(f"{place.name} was made for another application.")


def _opened(place: Path) -> pygit2.Repository:
    """Open the repository. One that is not there was taken away meanwhile: make it again first."""
    if not place.exists():
        raise RepositoryMoved(f"{place.name} is not there.")
    commits.clear_stale_locks(place)
    return pygit2.Repository(str(place))


@contextmanager
def _no_pushes(place: Path) -> Iterator[None]:
    """Hold off pushes through the web, so that none is lost between the look and the act."""
    with (place / "berth" / "pushing").open() as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RepositoryMoved("Somebody is pushing at this moment.") from error
        yield


def _read(path: Path) -> str:
    """Return the text of a file of ours; a repository without it was not made by us."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _write(path: Path, text: str) -> None:
    """Replace the file as a whole, so that no reader and no crash ever sees half of it."""
    draft = path.with_name(f".{path.name}")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync(path.parent)


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    """Make a rename in the folder survive a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
