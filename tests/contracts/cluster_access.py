"""What every ClusterAccess must do; an adapter's test class inherits this and gives `access`."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from fleet.ports import MANAGED, ClusterAccess, Manifest, Ref, Report
from portal.errors import ClusterBusy, FieldOwned, NamespaceForeign, ObjectRefused

MINE = {**MANAGED, "berth.internal/placement": "0001"}
NETWORK = "networking.k8s.io/v1"


@dataclass(frozen=True)
class Space:
    """A namespace of a test on a cluster, and objects that the portal may make in it."""

    access: ClusterAccess
    name: str

    @property
    def ref(self) -> Ref:
        return Ref("v1", "Namespace", "", self.name)

    @property
    def policy_ref(self) -> Ref:
        return Ref(NETWORK, "NetworkPolicy", self.name, "policy")

    def apply(self, *objects: Manifest, manager: str = "berth") -> Report:
        """Apply objects one after the other."""
        return self.access.apply([[each] for each in objects], manager=manager)

    def namespace(self) -> Manifest:
        labels = {
            **MINE,
            "berth.internal/scope": "workload",
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/enforce-version": "latest",
        }
        metadata = {"name": self.name, "labels": labels}
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}

    def annotated(self, key: str, value: str) -> Manifest:
        """Return the namespace with nothing but one annotation."""
        metadata = {"name": self.name, "annotations": {key: value}}
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}

    def own_binding(self) -> Manifest:
        """Give the portal's account its rights in the namespace, as every pack does first."""
        return {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "berth", "namespace": self.name, "labels": MINE},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "berth:namespace-primer",
            },
            "subjects": [{"kind": "ServiceAccount", "name": "primer", "namespace": "berth"}],
        }

    def policy(self, name: str = "policy", **chosen: str) -> Manifest:
        """Return what the portal may make in a workload namespace, with values to change."""
        return {
            "apiVersion": NETWORK,
            "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": self.name, "labels": MINE},
            "spec": {
                "podSelector": {"matchLabels": chosen or {"colour": "blue"}},
                "policyTypes": ["Ingress"],
            },
        }

    def chosen(self) -> dict[str, str]:
        """Return the values of the policy as it is now."""
        return dict(self.read(self.policy_ref)["spec"]["podSelector"]["matchLabels"])

    def annotations(self, ref: Ref) -> dict[str, str]:
        return dict(self.read(ref)["metadata"].get("annotations", {}))

    def version(self) -> str:
        return str(self.read(self.policy_ref)["metadata"]["resourceVersion"])

    def read(self, ref: Ref) -> Manifest:
        found = self.access.read(ref)
        assert found is not None, ref
        return found


class ClusterAccessContract:
    """`empty` is a namespace that is not there yet, `space` one that is."""

    @pytest.fixture
    def access(self) -> ClusterAccess:
        raise NotImplementedError

    @pytest.fixture
    def empty(self, access: ClusterAccess) -> Space:
        return Space(access, f"contract-{uuid4().hex[:8]}")

    @pytest.fixture
    def space(self, empty: Space) -> Space:
        failed = empty.apply(empty.namespace(), empty.own_binding()).failed
        assert not failed, failed
        self.await_rights(empty)
        return empty

    def test_what_was_applied_can_be_read(self, space: Space) -> None:
        report = space.apply(space.policy(colour="red"))
        assert space.chosen() == {"colour": "red"}
        assert [each.ref for each in report.applied] == [space.policy_ref]

    def test_applying_the_same_again_makes_no_new_version(self, space: Space) -> None:
        objects = (space.namespace(), space.own_binding(), space.policy())
        assert space.apply(*objects).applied == space.apply(*objects).applied

    def test_a_changed_value_makes_a_new_version(self, space: Space) -> None:
        space.apply(space.policy(colour="blue"))
        before = space.version()
        space.apply(space.policy(colour="red"))
        assert space.version() != before

    def test_what_is_no_longer_wished_goes(self, space: Space) -> None:
        space.apply(space.policy(colour="blue", size="s"))
        space.apply(space.policy(colour="blue"))
        assert space.chosen() == {"colour": "blue"}

    def test_another_managers_value_is_a_conflict_that_names_it(self, space: Space) -> None:
        space.apply(space.policy(colour="blue"), manager="the-neighbours")
        error = space.apply(space.policy(colour="red")).failed[0].error
        assert isinstance(error, FieldOwned)
        assert "the-neighbours" in error.detail
        assert space.chosen() == {"colour": "blue"}

    def test_two_managers_may_set_the_same_value(self, space: Space) -> None:
        space.apply(space.policy(colour="blue"), manager="the-neighbours")
        assert not space.apply(space.policy(colour="blue")).failed

    def test_managers_of_different_fields_leave_each_other_alone(self, space: Space) -> None:
        space.apply(space.annotated("example.com/one", "1"), manager="berth-one")
        space.apply(space.annotated("example.com/two", "2"), manager="berth-two")
        space.apply(space.namespace())
        assert space.annotations(space.ref) == {"example.com/one": "1", "example.com/two": "2"}
        assert MINE.items() <= space.read(space.ref)["metadata"]["labels"].items()

    def test_a_wave_is_not_started_before_the_one_before_is_whole(
        self, space: Space, access: ClusterAccess
    ) -> None:
        lost = Space(access, "nowhere").policy("lost")
        waves = [[space.policy(), lost], [space.policy("later")]]
        report = access.apply(waves, manager="berth")
        assert [each.ref.name for each in report.applied] == ["policy"]
        assert [each.ref.name for each in report.failed] == ["lost"]
        assert report.not_tried == 1
        assert access.read(Ref(NETWORK, "NetworkPolicy", space.name, "later")) is None

    def test_an_unknown_kind_is_refused_in_words(self, space: Space) -> None:
        odd: dict[str, Any] = {**space.policy(), "apiVersion": "example.com/v1", "kind": "Oddity"}
        error = space.apply(odd).failed[0].error
        assert isinstance(error, ObjectRefused)
        assert "Oddity" in error.detail

    def test_a_name_that_leads_elsewhere_is_refused(self, space: Space) -> None:
        with pytest.raises(ObjectRefused):
            space.access.read(Ref("v1", "Secret", space.name, "../berth/token"))

    def test_absent_reads_as_none(self, space: Space) -> None:
        assert space.access.read(space.policy_ref) is None

    def test_an_annotation_is_set_and_taken_away(self, space: Space) -> None:
        space.apply(space.policy())
        ref = space.policy_ref
        assert space.access.annotate(ref, {"example.com/a": "1", "example.com/b": "2"})
        assert space.access.annotate(ref, {"example.com/a": None})
        assert space.annotations(ref) == {"example.com/b": "2"}

    def test_an_annotation_that_another_manager_applied_can_be_taken_away(
        self, space: Space
    ) -> None:
        space.apply(space.annotated("example.com/one", "1"), manager="berth-one")
        assert space.access.annotate(space.ref, {"example.com/one": None})
        assert "example.com/one" not in space.annotations(space.ref)

    def test_an_apply_to_an_object_of_a_uid_never_makes_it_anew(self, empty: Space) -> None:
        line = empty.annotated("example.com/one", "1")
        line["metadata"]["uid"] = str(uuid4())
        (failed,) = empty.apply(line, manager="berth-one").failed
        assert isinstance(failed.error, ClusterBusy)
        assert empty.access.read(empty.ref) is None

    def test_an_apply_to_an_object_of_its_own_uid_is_like_any_other(self, space: Space) -> None:
        line = space.annotated("example.com/one", "1")
        line["metadata"]["uid"] = space.read(space.ref)["metadata"]["uid"]
        assert space.apply(line, manager="berth-one").failed == []
        assert space.annotations(space.ref) == {"example.com/one": "1"}

    def test_annotating_what_is_absent_makes_nothing(self, empty: Space) -> None:
        assert not empty.access.annotate(empty.ref, {"example.com/a": None})
        assert empty.access.read(empty.ref) is None

    def test_annotations_outlast_the_next_apply(self, space: Space) -> None:
        space.apply(space.policy())
        space.access.annotate(space.policy_ref, {"example.com/asked-at": "now"})
        before = space.read(space.policy_ref)
        space.apply(space.policy())
        after = space.read(space.policy_ref)
        assert after == before, (before, after)

    def test_removing_what_is_absent_is_done(self, space: Space) -> None:
        assert space.access.remove(space.policy_ref, only_labelled=MINE)

    def test_what_carries_other_labels_is_not_removed(self, space: Space) -> None:
        space.apply(space.policy())
        other = {"berth.internal/placement": "0002"}
        with pytest.raises(NamespaceForeign):
            space.access.remove(space.policy_ref, only_labelled=other)
        assert space.access.read(space.policy_ref) is not None

    def test_removing_takes_away_one_object(self, space: Space) -> None:
        space.apply(space.policy(), space.policy("other"))
        assert space.access.remove(space.policy_ref, only_labelled=MINE)
        assert space.access.read(space.policy_ref) is None
        assert space.access.read(Ref(NETWORK, "NetworkPolicy", space.name, "other")) is not None

    def test_removing_a_namespace_removes_what_is_in_it(self, space: Space) -> None:
        space.apply(space.policy())
        self.remove_wholly(space)
        assert space.access.read(space.ref) is None
        space.apply(space.namespace(), space.own_binding())
        self.await_rights(space)
        assert space.access.read(space.policy_ref) is None

    def test_nothing_is_applied_into_a_namespace_that_is_not_there(self, empty: Space) -> None:
        report = empty.apply(empty.policy())
        assert empty.name in report.failed[0].error.detail
        assert empty.access.read(empty.ref) is None

    def test_a_list_has_what_carries_all_of_the_labels(self, space: Space) -> None:
        def names(labels: str) -> list[str]:
            found = space.access.listed("v1", "Namespace", labels=labels) or ()
            return [each["metadata"]["name"] for each in found]

        ours = ",".join(f"{key}={value}" for key, value in MINE.items())
        assert space.name in names(ours)
        assert space.name not in names(f"{ours},berth.internal/scope=control")

    def test_the_placements_of_a_namespace_are_its_annotations(self, space: Space) -> None:
        key = "placement.berth.internal/shop-basket-dev"
        space.apply(space.annotated(key, "basket-dev"), manager="berth-one")
        assert list(space.access.placements_of(space.name)) == ["shop-basket-dev"]
        assert list(space.access.placements_of("nowhere")) == []

    def await_rights(self, space: Space) -> None:
        """Wait until what was bound counts for reading; for servers that cache rights."""

    def remove_wholly(self, space: Space) -> None:
        """Ask until it is gone; an adapter that has to wait in between overrides this."""
        assert space.access.remove(space.ref, only_labelled=MINE)
