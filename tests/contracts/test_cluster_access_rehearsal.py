"""The rehearsal cluster keeps the contract, and what is its own: files, and digests of secrets."""

import json
from pathlib import Path

import pytest

from fleet.connections.rehearsal import RehearsalAccess
from fleet.ports import Manifest
from tests.contracts.cluster_access import (
    SPACE,
    SPACE_REF,
    ClusterAccessContract,
    apply,
    namespace,
    policy,
)

SECRET: Manifest = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "git", "namespace": SPACE},
    "stringData": {"password": "correct horse battery"},
}


class TestRehearsal(ClusterAccessContract):
    @pytest.fixture
    def access(self, tmp_path: Path) -> RehearsalAccess:
        return RehearsalAccess(tmp_path / "cluster")

    def test_two_folders_are_two_clusters(self, tmp_path: Path) -> None:
        apply(RehearsalAccess(tmp_path / "one"), namespace())
        assert RehearsalAccess(tmp_path / "two").read(SPACE_REF) is None

    def test_each_object_is_a_file_that_people_can_read(
        self, space: RehearsalAccess, tmp_path: Path
    ) -> None:
        apply(space, policy(colour="red"))
        file = tmp_path / "cluster" / SPACE / "NetworkPolicy.networking.k8s.io" / "policy.json"
        kept = json.loads(file.read_text())["object"]
        assert kept["spec"]["podSelector"] == {"matchLabels": {"colour": "red"}}

    def test_the_value_of_a_secret_is_in_no_file(
        self, space: RehearsalAccess, tmp_path: Path
    ) -> None:
        apply(space, SECRET)
        texts = [file.read_text() for file in tmp_path.rglob("*.json")]
        assert len(texts) == 3
        assert not any("correct horse" in text for text in texts)

    def test_another_value_of_a_secret_is_a_new_version(self, space: RehearsalAccess) -> None:
        first = apply(space, SECRET).applied
        again = apply(space, SECRET).applied
        other = apply(space, SECRET | {"stringData": {"password": "wrong horse"}}).applied
        assert first == again != other
