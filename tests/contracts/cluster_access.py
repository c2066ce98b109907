"""What every ClusterAccess must do; an adapter's test class inherits this and gives `access`."""

from typing import Any

import pytest

from fleet.ports import MANAGED, ClusterAccess, Manifest, Ref, Report
from portal.errors import FieldOwned, NamespaceForeign, ObjectRefused

SPACE = "contract-space"
MINE = {**MANAGED, "berth.internal/placement": "0001"}


def namespace(name: str = SPACE, **metadata: Any) -> Manifest:
    labels = {
        **MINE,
        "berth.internal/scope": "workload",
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "latest",
    }
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": labels, **metadata},
    }


def own_binding(name: str = SPACE) -> Manifest:
    """Give the portal's account its rights in the namespace, as every pack does first."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "berth", "namespace": name, "labels": MINE},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "berth:namespace-primer",
        },
        "subjects": [{"kind": "ServiceAccount", "name": "primer", "namespace": "berth"}],
    }


def policy(name: str = "policy", *, space: str = SPACE, **chosen: str) -> Manifest:
    """Return what the portal may make in a workload namespace, with values to change."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": space, "labels": MINE},
        "spec": {
            "podSelector": {"matchLabels": chosen or {"colour": "blue"}},
            "policyTypes": ["Ingress"],
        },
    }


def annotated_namespace(key: str, value: str) -> Manifest:
    """Return the namespace with nothing but one annotation."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": SPACE, "annotations": {key: value}},
    }


POLICY = Ref("networking.k8s.io/v1", "NetworkPolicy", SPACE, "policy")
OTHER = Ref("networking.k8s.io/v1", "NetworkPolicy", SPACE, "other")
SPACE_REF = Ref("v1", "Namespace", "", SPACE)


def apply(access: ClusterAccess, *objects: Manifest, manager: str = "berth") -> Report:
    return access.apply([[each] for each in objects], manager=manager)


def version(access: ClusterAccess, ref: Ref = POLICY) -> str:
    found = access.read(ref)
    assert found is not None
    return str(found["metadata"]["resourceVersion"])


def chosen(access: ClusterAccess) -> dict[str, str]:
    found = access.read(POLICY)
    assert found is not None
    return dict(found["spec"]["podSelector"]["matchLabels"])


class ClusterAccessContract:
    """`access` is a cluster where SPACE is not there; `space` is the same with SPACE made."""

    @pytest.fixture
    def access(self) -> ClusterAccess:
        raise NotImplementedError

    @pytest.fixture
    def space(self, access: ClusterAccess) -> ClusterAccess:
        report = apply(access, namespace(), own_binding())
        assert not report.failed
        return access

    def test_what_was_applied_can_be_read(self, space: ClusterAccess) -> None:
        report = apply(space, policy(colour="red"))
        assert chosen(space) == {"colour": "red"}
        assert [each.ref for each in report.applied] == [POLICY]

    def test_applying_the_same_again_makes_no_new_version(self, space: ClusterAccess) -> None:
        first = apply(space, namespace(), own_binding(), policy())
        again = apply(space, namespace(), own_binding(), policy())
        assert first.applied == again.applied

    def test_a_changed_value_makes_a_new_version(self, space: ClusterAccess) -> None:
        apply(space, policy(colour="blue"))
        before = version(space)
        apply(space, policy(colour="red"))
        assert version(space) != before

    def test_what_is_no_longer_wished_goes(self, space: ClusterAccess) -> None:
        apply(space, policy(colour="blue", size="s"))
        apply(space, policy(colour="blue"))
        assert chosen(space) == {"colour": "blue"}

    def test_another_managers_value_is_a_conflict_that_names_it(self, space: ClusterAccess) -> None:
        apply(space, policy(colour="blue"), manager="the-neighbours")
        report = apply(space, policy(colour="red"))
        assert isinstance(report.failed[0].error, FieldOwned)
        assert "the-neighbours" in report.failed[0].error.detail
        assert chosen(space) == {"colour": "blue"}

    def test_two_managers_may_set_the_same_value(self, space: ClusterAccess) -> None:
        apply(space, policy(colour="blue"), manager="the-neighbours")
        assert not apply(space, policy(colour="blue")).failed

    def test_managers_of_different_fields_leave_each_other_alone(
        self, space: ClusterAccess
    ) -> None:
        apply(space, annotated_namespace("example.com/one", "1"), manager="berth-one")
        apply(space, annotated_namespace("example.com/two", "2"), manager="berth-two")
        apply(space, namespace())
        found = space.read(SPACE_REF)
        assert found is not None
        assert found["metadata"]["annotations"] == {"example.com/one": "1", "example.com/two": "2"}
        assert MINE.items() <= found["metadata"]["labels"].items()

    def test_a_wave_is_not_started_before_the_one_before_is_whole(
        self, space: ClusterAccess
    ) -> None:
        lost = policy("lost", space="nowhere")
        report = space.apply([[policy(), lost], [policy("other")]], manager="berth")
        assert [each.ref.name for each in report.applied] == ["policy"]
        assert [each.ref.name for each in report.failed] == ["lost"]
        assert report.not_tried == 1
        assert space.read(OTHER) is None

    def test_an_unknown_kind_is_refused_in_words(self, space: ClusterAccess) -> None:
        odd = {**policy(), "apiVersion": "example.com/v1", "kind": "Oddity"}
        error = apply(space, odd).failed[0].error
        assert isinstance(error, ObjectRefused)
        assert "Oddity" in error.detail

    def test_a_name_that_leads_elsewhere_is_refused(self, space: ClusterAccess) -> None:
        with pytest.raises(ObjectRefused):
            space.read(Ref("v1", "Secret", SPACE, "../berth/token"))

    def test_absent_reads_as_none(self, space: ClusterAccess) -> None:
        assert space.read(POLICY) is None

    def test_an_annotation_is_set_and_taken_away(self, space: ClusterAccess) -> None:
        apply(space, policy())
        assert space.annotate(POLICY, {"example.com/a": "1", "example.com/b": "2"})
        assert space.annotate(POLICY, {"example.com/a": None})
        found = space.read(POLICY)
        assert found is not None
        assert found["metadata"]["annotations"] == {"example.com/b": "2"}

    def test_an_annotation_that_another_manager_applied_can_be_taken_away(
        self, space: ClusterAccess
    ) -> None:
        apply(space, annotated_namespace("example.com/one", "1"), manager="berth-one")
        assert space.annotate(SPACE_REF, {"example.com/one": None})
        found = space.read(SPACE_REF)
        assert found is not None
        assert "example.com/one" not in found["metadata"].get("annotations", {})

    def test_annotating_what_is_absent_makes_nothing(self, access: ClusterAccess) -> None:
        assert not access.annotate(SPACE_REF, {"example.com/a": None})
        assert access.read(SPACE_REF) is None

    def test_annotations_outlast_the_next_apply(self, space: ClusterAccess) -> None:
        apply(space, policy())
        space.annotate(POLICY, {"example.com/asked-at": "now"})
        before = version(space)
        apply(space, policy())
        assert version(space) == before

    def test_removing_what_is_absent_is_done(self, space: ClusterAccess) -> None:
        assert space.remove(POLICY, only_labelled=MINE)

    def test_what_carries_other_labels_is_not_removed(self, space: ClusterAccess) -> None:
        apply(space, policy())
        with pytest.raises(NamespaceForeign):
            space.remove(POLICY, only_labelled={"berth.internal/placement": "0002"})
        assert space.read(POLICY) is not None

    def test_removing_takes_away_one_object(self, space: ClusterAccess) -> None:
        apply(space, policy(), policy("other"))
        assert space.remove(POLICY, only_labelled=MINE)
        assert space.read(POLICY) is None
        assert space.read(OTHER) is not None

    def test_removing_a_namespace_removes_what_is_in_it(self, space: ClusterAccess) -> None:
        apply(space, policy())
        self.remove_wholly(space, SPACE_REF)
        assert space.read(SPACE_REF) is None
        apply(space, namespace(), own_binding())
        assert space.read(POLICY) is None

    def test_nothing_is_applied_into_a_namespace_that_is_not_there(
        self, access: ClusterAccess
    ) -> None:
        report = apply(access, policy())
        assert SPACE in report.failed[0].error.detail
        assert access.read(SPACE_REF) is None

    def test_the_placements_of_a_namespace_are_its_annotations(self, space: ClusterAccess) -> None:
        key = "placement.berth.internal/shop-basket-dev"
        apply(space, annotated_namespace(key, "basket-dev"), manager="berth-one")
        assert list(space.placements_of(SPACE)) == ["shop-basket-dev"]
        assert list(space.placements_of("nowhere")) == []

    def remove_wholly(self, access: ClusterAccess, ref: Ref) -> None:
        """Ask until it is gone; an adapter that has to wait in between overrides this."""
        assert access.remove(ref, only_labelled=MINE)
