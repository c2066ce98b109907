"""Putting a commit into an open bare repository exactly once, with pygit2.

References below `refs/berth/<key>/` remember what an order did: `meant` is written before the
branch moves, `pushed` when everything is done, `made/…` beside each further reference. They are
hidden from everybody who comes through the web.
"""

import re
import time
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path, PurePosixPath

import pygit2
from pygit2.enums import FileMode, ObjectType

from onboarding.ports import Commit, File
from portal.errors import PushRefused, RepositoryMoved

MAIN = "main"
MARKS = "refs/berth/"
OPEN_TO_ALL = ("refs/heads/", "refs/tags/")
# Git holds the lock of a reference for milliseconds; an older one is of a process that was killed.
STALE_AFTER = 60  # seconds

_KEY = re.compile(r"[A-Za-z0-9-]{1,100}")


class Fate(Enum):
    """What undoing a push comes to."""

    DELETED = "deleted"
    ARCHIVED = "archived"
    KEPT = "kept"


def land(store: pygit2.Repository, commit: Commit) -> str:
    """Put the commit on the default branch once and return its SHA-1 on every call.

    Whatever a killed call left undone is done now. Raises RepositoryMoved when somebody pushed
    meanwhile, and PushRefused when a path or reference of the repository is in the way.
    """
    done = target(store, _mark(commit.key, "pushed"))
    if done is None:
        done = _landed(store, commit.key) or _land(store, commit)
        for name in _further(commit):
            _make_where_absent(store, name, done, key=commit.key)
        move(store, _mark(commit.key, "pushed"), done, seen=None)
    return str(done)


def _landed(store: pygit2.Repository, key: str) -> pygit2.Oid | None:
    """Return the commit of an earlier call that came as far as the branch."""
    meant, head = target(store, _mark(key, "meant")), target(store, f"refs/heads/{MAIN}")
    if meant is None or head is None:
        return None
    return meant if head == meant or store.descendant_of(head, meant) else None


def _land(store: pygit2.Repository, commit: Commit) -> pygit2.Oid:
    head = target(store, f"refs/heads/{MAIN}")
    made = build(store, commit, head)
    meant = _mark(commit.key, "meant")
    move(store, meant, made, seen=target(store, meant))
    if made != head:
        move(store, f"refs/heads/{MAIN}", made, seen=head)
    return made


def _further(commit: Commit) -> list[str]:
    names = [f"refs/heads/{name}" for name in commit.branches if name != MAIN]
    return names + [f"refs/tags/{name}" for name in commit.tags]


def _make_where_absent(
    store: pygit2.Repository, name: str, commit: pygit2.Oid, *, key: str
) -> None:
    if target(store, name) is not None:
        return
    if any(each.startswith(f"{name}/") or name.startswith(f"{each}/") for each in store.references):
        raise PushRefused(f"{name} cannot be made: another reference is in its way.")
    mark = _mark(key, f"made/{name.removeprefix('refs/')}")
    # the mark first: without it an undo would leave the reference behind
    move(store, mark, commit, seen=target(store, mark))
    move(store, name, commit, seen=None)


# The commit itself


def build(store: pygit2.Repository, commit: Commit, parent: pygit2.Oid | None) -> pygit2.Oid:
    """Write the commit on top of the parent; the same input gives the same SHA-1.

    Returns the parent when it has every file already.
    """
    index = pygit2.Index()
    if parent is not None:
        index.read_tree(store[parent].peel(pygit2.Tree))
    missing = _missing(index, commit.files)
    if parent is not None and not missing:
        return parent
    for file in missing:
        mode = FileMode.BLOB_EXECUTABLE if file.executable else FileMode.BLOB
        blob = store.create_blob(file.content.encode())
        index.add(pygit2.IndexEntry(file.path, blob, mode))
    who = pygit2.Signature(_plain(commit.author), _plain(commit.email), int(commit.at.timestamp()))
    message = f"{commit.message.strip()}\n\nBerth-Order: {commit.key}\n"
    parents = [] if parent is None else [parent]
    return store.create_commit(None, who, who, message, index.write_tree(store), parents)


def _missing(index: pygit2.Index, files: Sequence[File]) -> list[File]:
    """Return the files whose path is free.

    Raises PushRefused where a file stands in the place of a folder or the other way round: the
    index would drop what is there without a word.
    """
    paths = {entry.path for entry in index}
    folders = {folder for path in paths for folder in _folders(path)}
    for file in files:
        if file.path in folders or not paths.isdisjoint(_folders(file.path)):
            raise PushRefused(f"{file.path} cannot be added: a file or folder is in its way.")
        _refuse_odd(file.path)
    return [file for file in files if file.path not in paths]


def _folders(path: str) -> Iterator[str]:
    return (str(folder) for folder in PurePosixPath(path).parents if folder.name)


def _refuse_odd(path: str) -> None:
    parts = path.split("/")
    if any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts) or "\\" in path:
        raise PushRefused(f"{path} is no path for a file of a repository.")


def _plain(text: str) -> str:
    """Return the text fit for the author's line of a commit."""
    return " ".join(re.sub(r"[<>\x00-\x1f]", " ", text).split()) or "Berth"


# References


def target(store: pygit2.Repository, name: str) -> pygit2.Oid | None:
    """Return what the reference points at, or None when there is none."""
    reference = store.references.get(name)
    if reference is None:
        return None
    found = reference.resolve().target
    return found if isinstance(found, pygit2.Oid) else None


def move(
    store: pygit2.Repository, name: str, to: pygit2.Oid | None, *, seen: pygit2.Oid | None
) -> None:
    """Point the reference elsewhere (None takes it away) if it still is where it was seen.

    The lock is Git's own, so a push through the web cannot come in between.
    """
    if not pygit2.reference_is_valid_name(name):
        raise PushRefused(f"{name} is no name for a reference.")
    try:
        with store.transaction() as change:
            change.lock_ref(name)
            if target(store, name) != seen:
                raise RepositoryMoved(f"{name} moved.")
            if to is None:
                change.remove(name)
            else:
                change.set_target(name, to)
    except pygit2.GitError as error:
        if Path(store.path, f"{name}.lock").exists():
            raise RepositoryMoved(f"{name} is being moved by somebody else.") from error
        raise


def clear_stale_locks(place: Path) -> None:
    """Take away locks that a killed process left behind, so that the repository can go on."""
    locks = [*(place / "refs").rglob("*.lock"), place / "packed-refs.lock"]
    for lock in locks:
        if lock.exists() and time.time() - lock.stat().st_mtime > STALE_AFTER:
            lock.unlink(missing_ok=True)


# Reading and undoing


def contains(store: pygit2.Repository, applied: str, ours: str) -> bool | None:
    """Say whether commit `applied` is `ours` or came after it; None when one is not known here."""
    there, wanted = _commit(store, applied), _commit(store, ours)
    if there is None or wanted is None:
        return None
    return there == wanted or store.descendant_of(there, wanted)


def _commit(store: pygit2.Repository, sha: str) -> pygit2.Oid | None:
    found = store.get(sha)
    return found.id if found is not None and found.type == ObjectType.COMMIT else None


def fate(store: pygit2.Repository, key: str) -> Fate:
    """Say what undoing the push of this key comes to.

    Deleted only while nothing but our own first commit is there. Kept where other orders have
    pushed, or where this one never did.
    """
    names = list(store.references)
    if any(name.startswith(MARKS) and not name.startswith(_mark(key, "")) for name in names):
        return Fate.KEPT
    heads = {target(store, name) for name in names if name.startswith(OPEN_TO_ALL)}
    ours = target(store, _mark(key, "pushed")) or target(store, _mark(key, "meant"))
    if not heads:
        return Fate.DELETED
    if ours is None:
        return Fate.KEPT
    untouched = heads == {ours} and not store[ours].peel(pygit2.Commit).parent_ids
    return Fate.DELETED if untouched else Fate.ARCHIVED


def forget(store: pygit2.Repository, key: str) -> None:
    """Take back the further references that this key made and nobody moved, then its marks.

    Its files stay: another commit to take them away would be deployed like any other.
    """
    made = _mark(key, "made/")
    marks = [name for name in store.references if name.startswith(_mark(key, ""))]
    for mark in (name for name in marks if name.startswith(made)):
        name, commit = f"refs/{mark.removeprefix(made)}", target(store, mark)
        if target(store, name) == commit:
            move(store, name, None, seen=commit)
    for mark in marks:
        move(store, mark, None, seen=target(store, mark))


def _mark(key: str, what: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError("The key of a commit is letters, digits and dashes.")
    return f"{MARKS}{key}/{what}"
