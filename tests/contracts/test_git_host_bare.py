"""The embedded Git host keeps the contract."""

from pathlib import Path

import pygit2
import pytest
from pygit2.enums import FileMode

from onboarding.repositories import commits
from onboarding.repositories.bare import BareGitHost
from portal.errors import RepositoryMoved
from tests.contracts.git_host import FIRST, NAME, GitHostContract


class TestBare(GitHostContract):
    @pytest.fixture(autouse=True)
    def _host(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "repositories"
        self.host = BareGitHost(self.folder, "https://berth.example.com/git", "embedded")

    def opened(self) -> pygit2.Repository:
        return pygit2.Repository(str(self.folder / f"{NAME}.git"))

    def head(self, reference: str = "refs/heads/main") -> str | None:
        found = self.opened().references.get(reference)
        return None if found is None else str(found.target)

    def content(self, path: str) -> str | None:
        tree = self.opened().revparse_single("refs/heads/main").peel(pygit2.Tree)
        return tree[path].peel(pygit2.Blob).data.decode() if path in tree else None

    def drop(self, reference: str) -> None:
        self.opened().references.delete(reference)

    def team_push(self, path: str, content: str, branch: str = "main") -> str:
        store = self.opened()
        existing = store.references.get(f"refs/heads/{branch}")
        parent = existing.target if existing else store.references["refs/heads/main"].target
        index = pygit2.Index()
        index.read_tree(store[parent].peel(pygit2.Tree))
        blob = store.create_blob(content.encode())
        index.add(pygit2.IndexEntry(path, blob, FileMode.BLOB))
        who = pygit2.Signature("Alice", "alice@example.com", 1, 0)
        made = store.create_commit(
            None, who, who, f"Change {path}", index.write_tree(store), [parent]
        )
        store.references.create(f"refs/heads/{branch}", made, force=True)
        return str(made)

    def test_the_address_is_what_git_clone_takes(self) -> None:
        assert self.host.address(NAME) == "https://berth.example.com/git/retail/basket.git"

    def test_the_commit_says_which_order_made_it(self, first: str) -> None:
        commit = self.opened()[first].peel(pygit2.Commit)
        assert commit.message == f"Onboard basket to dev\n\nBerth-Order: {FIRST.key}\n"
        assert commit.commit_time == int(FIRST.at.timestamp())

    def test_files_that_may_be_run_are_marked(self, first: str) -> None:
        tree = self.opened()[first].peel(pygit2.Tree)
        assert tree[".ci/pipeline"].filemode == FileMode.BLOB_EXECUTABLE
        assert tree["README.md"].filemode == FileMode.BLOB

    def test_patterns_of_several_environments_add_up(self, repository: str) -> None:
        self.host.protect(repository, ["refs/heads/prod"])
        self.host.protect(repository, ["refs/tags/v*"])
        kept = (self.folder / f"{NAME}.git" / "berth" / "protected").read_text()
        assert kept == "refs/heads/prod\nrefs/tags/v*\n"

    @pytest.mark.usefixtures("first")
    def test_what_is_archived_keeps_its_history(self) -> None:
        theirs = self.team_push("app.py", "theirs\n")
        self.host.undo_push(NAME, FIRST.key)
        (archived,) = (self.folder / ".archive").iterdir()
        assert str(pygit2.Repository(str(archived)).references["refs/heads/main"].target) == theirs

    def test_a_push_whose_end_was_lost_still_gives_our_commit(self, first: str) -> None:
        self.drop(f"refs/berth/{FIRST.key}/pushed")
        theirs = self.team_push("app.py", "theirs\n")
        assert self.host.push(NAME, FIRST) == first
        assert self.head() == theirs

    def test_a_branch_that_moved_meanwhile_is_not_moved_over(self, first: str) -> None:
        theirs = self.team_push("app.py", "theirs\n")
        store, main = self.opened(), "refs/heads/main"
        with pytest.raises(RepositoryMoved):
            commits.move(store, main, pygit2.Oid(hex=first), seen=pygit2.Oid(hex=first))
        assert self.head() == theirs

    @pytest.mark.usefixtures("first")
    def test_undo_leaves_a_repository_whose_orders_nobody_remembers(self) -> None:
        for mark in ("meant", "pushed"):
            self.drop(f"refs/berth/{FIRST.key}/{mark}")
        assert self.host.undo_push(NAME, FIRST.key) == "kept"
        assert self.content("README.md") == "# Basket\n"
