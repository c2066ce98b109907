"""The rehearsal cluster keeps the contract, and what is its own: files, and digests of secrets."""

import json
from pathlib import Path

import pytest

from fleet.connections.rehearsal import RehearsalAccess
from fleet.ports import Manifest
from tests.contracts.cluster_access import ClusterAccessContract, Space


def credential(space: Space, password: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "git", "namespace": space.name},
        "stringData": {"password": password},
    }


class TestRehearsal(ClusterAccessContract):
    @pytest.fixture
    def access(self, tmp_path: Path) -> RehearsalAccess:
        return RehearsalAccess(tmp_path / "cluster")

    def test_two_folders_are_two_clusters(self, space: Space, tmp_path: Path) -> None:
        assert RehearsalAccess(tmp_path / "two").read(space.ref) is None

    def test_each_object_is_a_file_that_people_can_read(self, space: Space, tmp_path: Path) -> None:
        space.apply(space.policy(colour="red"))
        folder = tmp_path / "cluster" / space.name / "NetworkPolicy.networking.k8s.io"
        kept = json.loads((folder / "policy.json").read_text())["object"]
        assert kept["spec"]["podSelector"] == {"matchLabels": {"colour": "red"}}

    def test_the_value_of_a_secret_is_in_no_file(self, space: Space, tmp_path: Path) -> None:
        space.apply(credential(space, "correct horse battery"))
        texts = [file.read_text() for file in tmp_path.rglob("*.json")]
        assert len(texts) == 3
        assert not any("correct horse" in text for text in texts)

    def test_another_value_of_a_secret_is_a_new_version(self, space: Space) -> None:
        first = space.apply(credential(space, "correct horse")).applied
        again = space.apply(credential(space, "correct horse")).applied
        other = space.apply(credential(space, "wrong horse")).applied
        assert first == again != other
