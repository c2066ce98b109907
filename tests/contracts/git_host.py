"""What every GitHost must do; an adapter's test class inherits this and gives `host`.

The class also says how the team's own clone writes and reads: `team_push`, `head`, `paths`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from onboarding.ports import Commit, File, GitHost
from portal.errors import PushRefused, RepositoryForeign, RepositoryMoved

NAME = "retail/basket"
OWNER = UUID("6f1c1f8e-0000-4000-8000-000000000001")
STRANGER = UUID("6f1c1f8e-0000-4000-8000-000000000002")
FIRST = Commit(
    key="11111111-1111-4111-8111-111111111111",
    files=[
        File("README.md", "# Basket\n"),
        File(".ci/pipeline", "#!/bin/sh\n", executable=True),
        File("deploy/overlays/dev/kustomization.yaml", "dev\n"),
    ],
    message="Onboard basket to dev",
    author="Berth",
    email="berth@example.com",
    at=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
)
SECOND = replace(
    FIRST,
    key="22222222-2222-4222-8222-222222222222",
    files=[
        File("README.md", "another text\n"),
        File("deploy/overlays/prod/kustomization.yaml", "prod\n"),
    ],
    message="Onboard basket to prod",
    branches=["prod"],
    tags=["v0.1.0"],
)

LAST = "33333333-3333-4333-8333-333333333333"  # the key of an order that takes a service away


class GitHostContract:
    host: GitHost

    def team_push(self, path: str, content: str, branch: str = "main") -> str:
        """Commit one file on top of the branch, as the team would, and return the SHA-1."""
        raise NotImplementedError

    def head(self, reference: str = "refs/heads/main") -> str | None:
        raise NotImplementedError

    def content(self, path: str) -> str | None:
        """Return a file at the head of main."""
        raise NotImplementedError

    @pytest.fixture
    def repository(self) -> str:
        self.host.ensure(NAME, owner=OWNER)
        return NAME

    @pytest.fixture
    def first(self, repository: str) -> str:
        return self.host.push(repository, FIRST)

    def test_a_repository_is_there_once_it_was_made(self) -> None:
        assert not self.host.exists(NAME)
        address = self.host.ensure(NAME, owner=OWNER)
        assert self.host.exists(NAME)
        assert address == self.host.address(NAME)

    def test_every_repository_is_listed_by_its_name(self, repository: str) -> None:
        self.host.ensure("payments/ledger", owner=STRANGER)
        assert list(self.host.names()) == ["payments/ledger", repository]

    @pytest.mark.usefixtures("first")
    def test_what_was_taken_back_is_listed_no_more(self) -> None:
        self.team_push("README.md", "ours now")
        assert self.host.undo_push(NAME, FIRST.key) == "archived"
        assert list(self.host.names()) == []

    def test_making_it_again_leaves_what_is_in_it(self, first: str) -> None:
        self.host.ensure(NAME, owner=OWNER)
        assert self.head() == first

    def test_a_repository_of_another_owner_is_left_alone(self, first: str) -> None:
        with pytest.raises(RepositoryForeign):
            self.host.ensure(NAME, owner=STRANGER)
        assert self.head() == first

    def test_addresses_of_a_folder_begin_alike(self) -> None:
        assert self.host.address(NAME).startswith(self.host.address("retail/"))
        assert self.host.address("retail/").endswith("/")

    def test_a_push_puts_the_files_on_main(self, first: str) -> None:
        assert self.head() == first
        assert self.content("README.md") == "# Basket\n"

    def test_pushing_again_gives_the_same_commit_and_makes_none(self, first: str) -> None:
        assert self.host.push(NAME, FIRST) == first
        assert self.head() == first

    def test_pushing_again_after_the_team_gives_our_commit(self, first: str) -> None:
        theirs = self.team_push("app.py", "theirs\n")
        assert self.host.push(NAME, FIRST) == first
        assert self.head() == theirs

    def test_the_same_input_gives_the_same_commit_elsewhere(self, first: str) -> None:
        self.host.ensure("retail/copy", owner=OWNER)
        assert self.host.push("retail/copy", FIRST) == first

    @pytest.mark.usefixtures("first")
    def test_a_second_order_adds_its_files_and_leaves_the_teams(self) -> None:
        self.team_push("README.md", "ours now\n")
        self.host.push(NAME, SECOND)
        assert self.content("README.md") == "ours now\n"
        assert self.content("deploy/overlays/prod/kustomization.yaml") == "prod\n"
        assert self.content("deploy/overlays/dev/kustomization.yaml") == "dev\n"

    @pytest.mark.usefixtures("first")
    def test_nothing_to_add_is_the_head_then_and_later(self) -> None:
        theirs = self.team_push("app.py", "theirs\n")
        again = replace(FIRST, key=SECOND.key)
        assert self.host.push(NAME, again) == theirs
        self.team_push("app.py", "more\n")
        assert self.host.push(NAME, again) == theirs

    @pytest.mark.usefixtures("first")
    def test_further_references_are_made_at_the_commit(self) -> None:
        made = self.host.push(NAME, SECOND)
        assert self.head("refs/heads/prod") == made
        assert self.head("refs/tags/v0.1.0") == made

    @pytest.mark.usefixtures("first")
    def test_a_reference_that_is_there_stays_where_it_is(self) -> None:
        theirs = self.team_push("app.py", "theirs\n", branch="prod")
        self.host.push(NAME, SECOND)
        assert self.head("refs/heads/prod") == theirs

    @pytest.mark.usefixtures("first")
    def test_a_branch_that_the_team_deletes_later_stays_deleted(self) -> None:
        self.host.push(NAME, SECOND)
        self.drop("refs/heads/prod")
        self.host.push(NAME, SECOND)
        assert self.head("refs/heads/prod") is None

    def drop(self, reference: str) -> None:
        raise NotImplementedError

    @pytest.mark.parametrize("path", ["README.md/more", "deploy", "../out", ".git/config", "a//b"])
    def test_a_path_that_does_not_fit_changes_nothing(self, first: str, path: str) -> None:
        odd = replace(SECOND, files=[File(path, "x")])
        with pytest.raises(PushRefused):
            self.host.push(NAME, odd)
        assert self.head() == first

    @pytest.mark.parametrize("branch", ["main/more", "a b", "-.lock"])
    @pytest.mark.usefixtures("first")
    def test_a_branch_that_cannot_be_made_is_refused(self, branch: str) -> None:
        with pytest.raises(PushRefused):
            self.host.push(NAME, replace(SECOND, branches=[branch]))

    def test_a_push_into_a_repository_that_went_away_asks_to_look_again(self) -> None:
        with pytest.raises(RepositoryMoved):
            self.host.push(NAME, FIRST)

    def test_our_commit_and_what_came_after_contain_it(self, first: str) -> None:
        theirs = self.team_push("app.py", "theirs\n")
        for applied in (first, theirs, f"main@sha1:{theirs}", f"sha1:{theirs}", f"v1@sha1:{first}"):
            assert self.host.contains(NAME, applied, first) is True

    def test_a_commit_before_ours_does_not_contain_it(self, first: str) -> None:
        assert self.host.contains(NAME, f"main@sha1:{first}", self.host.push(NAME, SECOND)) is False

    @pytest.mark.parametrize("applied", ["", "main", "main@sha1:" + "0" * 40, "main@sha256:1234"])
    def test_an_unknown_revision_cannot_be_told(self, first: str, applied: str) -> None:
        assert self.host.contains(NAME, applied, first) is None

    def test_of_an_absent_repository_nothing_can_be_told(self) -> None:
        assert self.host.contains(NAME, "1" * 40, "1" * 40) is None

    @pytest.mark.usefixtures("first")
    def test_an_archived_repository_is_out_of_reach_and_another_can_have_its_name(
        self,
    ) -> None:
        assert self.host.archive(NAME, LAST, owner=OWNER) == "archived"
        assert not self.host.exists(NAME)
        assert self.host.archive(NAME, LAST, owner=OWNER) == "archived"
        self.host.ensure(NAME, owner=OWNER)
        assert self.head() is None

    @pytest.mark.usefixtures("first")
    def test_a_late_repetition_leaves_the_next_repository_of_the_name(self) -> None:
        self.host.archive(NAME, LAST, owner=OWNER)
        self.host.ensure(NAME, owner=OWNER)
        self.host.push(NAME, SECOND)
        assert self.host.archive(NAME, LAST, owner=OWNER) == "archived"
        assert self.head() is not None

    @pytest.mark.usefixtures("first")
    def test_a_repository_of_another_owner_is_not_archived(self) -> None:
        with pytest.raises(RepositoryForeign):
            self.host.archive(NAME, LAST, owner=STRANGER)
        assert self.host.exists(NAME)

    def test_what_is_not_there_is_not_archived(self) -> None:
        assert self.host.archive(NAME, LAST, owner=OWNER) == "absent"

    @pytest.mark.usefixtures("first")
    def test_undo_deletes_what_nobody_else_touched(self) -> None:
        assert self.host.undo_push(NAME, FIRST.key) == "deleted"
        assert not self.host.exists(NAME)
        assert self.host.undo_push(NAME, FIRST.key) == "absent"

    def test_undo_before_any_push_deletes_the_empty_repository(self, repository: str) -> None:
        assert self.host.undo_push(repository, FIRST.key) == "deleted"

    @pytest.mark.parametrize("branch", ["main", "feature"])
    @pytest.mark.usefixtures("first")
    def test_undo_archives_what_the_team_worked_on(self, branch: str) -> None:
        self.team_push("app.py", "theirs\n", branch=branch)
        assert self.host.undo_push(NAME, FIRST.key) == "archived"
        assert not self.host.exists(NAME)
        assert self.host.undo_push(NAME, FIRST.key) == "archived"

    @pytest.mark.usefixtures("first")
    def test_undo_keeps_what_another_order_uses(self) -> None:
        self.host.push(NAME, SECOND)
        assert self.host.undo_push(NAME, FIRST.key) == "kept"
        assert self.host.undo_push(NAME, FIRST.key) == "kept"
        assert self.host.exists(NAME)

    @pytest.mark.usefixtures("first")
    def test_undo_of_a_second_order_takes_its_untouched_branch_back(self) -> None:
        made = self.host.push(NAME, SECOND)
        assert self.host.undo_push(NAME, SECOND.key) == "kept"
        assert self.head() == made
        assert self.head("refs/heads/prod") is None

    @pytest.mark.usefixtures("first")
    def test_undo_of_the_last_order_archives_what_has_a_longer_history(self) -> None:
        self.host.push(NAME, SECOND)
        self.host.undo_push(NAME, FIRST.key)
        assert self.host.undo_push(NAME, SECOND.key) == "archived"

    @pytest.mark.usefixtures("first")
    def test_undo_of_an_order_that_never_pushed_leaves_the_others(self) -> None:
        assert self.host.undo_push(NAME, SECOND.key) == "kept"

    @pytest.mark.usefixtures("first")
    def test_undo_leaves_a_branch_that_was_moved(self) -> None:
        self.host.push(NAME, SECOND)
        theirs = self.team_push("app.py", "theirs\n", branch="prod")
        self.host.undo_push(NAME, SECOND.key)
        assert self.head("refs/heads/prod") == theirs

    @pytest.mark.usefixtures("first")
    def test_an_order_after_an_undone_one_is_live_at_its_new_branch(self) -> None:
        self.host.push(NAME, SECOND)
        self.host.undo_push(NAME, SECOND.key)
        self.team_push("app.py", "theirs\n")
        ours = self.host.push(NAME, replace(SECOND, key="33333333-3333-4333-8333-333333333333"))
        assert self.host.contains(NAME, str(self.head("refs/heads/prod")), ours) is True

    @pytest.mark.parametrize("patterns", [["refs/heads/prod"], ["refs/tags/v*", "refs/heads/main"]])
    def test_protecting_again_is_no_error(self, repository: str, patterns: Sequence[str]) -> None:
        self.host.protect(repository, patterns)
        self.host.protect(repository, patterns)

    @pytest.mark.parametrize("pattern", ["prod", "refs/heads/a b", "refs/heads/$(id)", "refs/x/*"])
    def test_what_is_no_pattern_is_refused(self, repository: str, pattern: str) -> None:
        with pytest.raises(PushRefused):
            self.host.protect(repository, [pattern])
